# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import pathlib
import subprocess

import confluent_kafka.admin as admin

from harness.kafka import Kafka
from harness.ports import free_port

JAAS = "org.apache.kafka.common.security"


class Certificates:
    """A certificate authority, and what it has signed, made by openssl in a folder."""

    def __init__(self, directory, name):
        self.directory = pathlib.Path(directory)
        self.name = name
        self.path = self.directory / f"{name}.crt"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")

    def _openssl(self, *arguments, **options):
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.directory, capture_output=True, text=True, timeout=60, **options
        )
        assert done.returncode == 0, done.stderr

    def sign(self, name, san=None):
        """The paths of a certificate and its key."""
        extension = self.directory / f"{name}.ext"
        extension.write_text(f"subjectAltName={san}\n" if san else "basicConstraints=CA:FALSE\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                      f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.crt", "-CAkey",
                      f"{self.name}.key", "-CAcreateserial", "-days", "2", "-extfile", extension,
                      "-out", f"{name}.crt")
        return self.directory / f"{name}.crt", self.directory / f"{name}.key"


class SecureKafka(Kafka):
    """A Kafka with a listener for each way to come in: `at` names their addresses. On the plain one
    everybody may do everything; users of the others what ACLs allow, all where there are none."""

    LISTENERS = {
        "PLAINTEXT": "PLAINTEXT",
        "TLS": "SSL",
        "MUTUAL": "SSL",
        "LOGIN": "SASL_PLAINTEXT",
        "TLSLOGIN": "SASL_SSL",
    }

    def __init__(self):
        super().__init__()
        self.users = {}
        self.authority = Certificates(self.directory, "authority")
        self._ports = {name: free_port() for name in [*self.LISTENERS, "CONTROLLER"]}
        self.at = {name: f"127.0.0.1:{self._ports[name]}" for name in self.LISTENERS}

    def start(self):
        directory = pathlib.Path(self.directory)
        ports = self._ports
        (directory / "ports").write_text(
            f"broker_port={ports['PLAINTEXT']}\ncontroller_port={ports['CONTROLLER']}\n"
        )
        certificate, key = self.authority.sign("server", "IP:127.0.0.1")
        (directory / "server.pem").write_text(key.read_text() + certificate.read_text())
        (directory / "more.properties").write_text("\n".join(self._properties()) + "\n")
        return super().start()

    def _properties(self):
        listeners = ",".join(f"{name}://{address}" for name, address in self.at.items())
        protocols = ",".join(f"{name}:{protocol}" for name, protocol in self.LISTENERS.items())
        yield f"listeners={listeners},CONTROLLER://127.0.0.1:{self._ports['CONTROLLER']}"
        yield f"advertised.listeners={listeners}"
        yield f"listener.security.protocol.map={protocols},CONTROLLER:PLAINTEXT"
        yield "inter.broker.listener.name=PLAINTEXT"
        yield "ssl.keystore.type=PEM"
        yield f"ssl.keystore.location={self.directory}/server.pem"
        yield "ssl.truststore.type=PEM"
        yield f"ssl.truststore.location={self.authority.path}"
        yield "listener.name.mutual.ssl.client.auth=required"
        yield "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        yield "super.users=User:ANONYMOUS"
        yield "allow.everyone.if.no.acl.found=true"
        users = "".join(f' user_{name}="{password}"' for name, password in self.users.items())
        for listener in ("login", "tlslogin"):
            name = f"listener.name.{listener}"
            yield f"{name}.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256"
            yield f"{name}.plain.sasl.jaas.config={JAAS}.plain.PlainLoginModule required{users};"
            yield f"{name}.scram-sha-256.sasl.jaas.config={JAAS}.scram.ScramLoginModule required;"

    def scram(self, user, password):
        secret = admin.ScramCredentialInfo(admin.ScramMechanism.SCRAM_SHA_256, 4096)
        change = admin.UserScramCredentialUpsertion(user, secret, password.encode())
        client = self._admin()
        for each in client.alter_user_scram_credentials([change]).values():
            each.result(20)

    def allow(self, user, topic, *operations):
        """From now on the topic is for this user alone."""
        self._change_acls("create_acls", user, topic, operations or ("ALL",))

    def disallow(self, user, topic, *operations):
        self._change_acls("delete_acls", user, topic, operations or ("ALL",))

    def _change_acls(self, change, user, topic, operations):
        kind = admin.AclBinding if change == "create_acls" else admin.AclBindingFilter
        rules = [
            kind(
                admin.ResourceType.TOPIC,
                topic,
                admin.ResourcePatternType.LITERAL,
                f"User:{user}",
                "*",
                admin.AclOperation[operation],
                admin.AclPermissionType.ALLOW,
            )
            for operation in operations
        ]
        client = self._admin()
        for each in getattr(client, change)(rules).values():
            each.result(20)
