# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Coming in to a real Kafka: TLS, passwords, rights. And what /readyz says of those who may not."""

import json
import time
import uuid

import pytest

from harness.gateway import run
from harness.kafka import echo
from harness.kafka_secure import Certificates, SecureKafka
from harness.waiting import eventually

PASSWORD = "correct-horse-battery"
WRONG = "tr0ub4dor-and-3"


def to(topic, name="to", when="replied"):
    return {
        "name": name,
        "match": {"path": f"/{name}"},
        "send": {"topic": topic},
        "answer": {"when": when, "timeout": "5s"},
    }


@pytest.fixture(scope="module")
def secure():
    node = SecureKafka()
    node.users = {"gateway": PASSWORD}
    try:
        yield node.start()
    finally:
        node.destroy()


def login(password=PASSWORD, user="gateway", mechanism="PLAIN", protocol="sasl_plaintext"):
    return {
        "security.protocol": protocol,
        "sasl.mechanism": mechanism,
        "sasl.username": user,
        "sasl.password": password,
    }


def join(gateway, node, listener, *mappings, options, ready=True, **more):
    bridge = {
        "type": "kafka",
        "bootstrap": node.at[listener],
        "reply": {"topic": f"replies-{uuid.uuid4()}"},
        "options": options,
    }
    return gateway(bridges={"kafka": bridge}, mappings=list(mappings), ready=ready, **more)


def why_not_ready(one, *words, within=1.5):
    """What /readyz says of the bridge, as soon as it says these words."""

    def look():
        bridge = json.loads(one.admin("/readyz").body)["bridges"]["kafka"]
        text = bridge.get("why", "")
        last.append(text)
        return text if all(word in text.lower() for word in words) else None

    last = []
    try:
        return eventually(look, within)
    except AssertionError:
        raise AssertionError(f"said within {within} s: {list(dict.fromkeys(last))}") from None


def test_calls_go_over_tls_to_a_broker_whose_authority_is_known(secure, kafka_worker, gateway):
    topic = secure.topic()
    kafka_worker(secure, topic, echo)
    tls = {"security.protocol": "ssl", "ssl.ca.location": str(secure.authority.path)}
    one = join(gateway, secure, "TLS", to(topic), to(topic, "event", "confirmed"), options=tls)
    assert one.post("/to", "x").body == b"x"
    assert one.post("/event", "x").status == 202


def test_a_broker_of_another_authority_is_not_trusted(secure, gateway, tmp_path):
    stranger = Certificates(tmp_path, "stranger")
    tls = {"security.protocol": "ssl", "ssl.ca.location": str(stranger.path)}
    one = join(gateway, secure, "TLS", to("t"), options=tls, ready=False)
    why_not_ready(one, "tls failed", "certificate")
    assert one.post("/to", "x").status == 503


def test_a_client_shows_its_certificate_where_the_broker_wants_one(secure, kafka_worker, gateway):
    topic = secure.topic()
    kafka_worker(secure, topic, echo)
    certificate, key = secure.authority.sign("client")
    tls = {"security.protocol": "ssl", "ssl.ca.location": str(secure.authority.path)}
    own = {"ssl.certificate.location": str(certificate), "ssl.key.location": str(key)}
    one = join(gateway, secure, "MUTUAL", to(topic), options={**tls, **own})
    assert one.post("/to", "x").body == b"x"
    without = join(gateway, secure, "MUTUAL", to(topic), options=tls, ready=False)
    why_not_ready(without, "certificate")


def test_an_authority_that_cannot_be_read_ends_the_start(secure, tmp_path):
    tls = {"security.protocol": "ssl", "ssl.ca.location": str(tmp_path / "nothing.pem")}
    file = tmp_path / "bridgehead.json"
    bridge = {"type": "kafka", "bootstrap": secure.at["TLS"], "options": tls}
    listener = {"name": "a", "address": "127.0.0.1:0"}
    file.write_text(json.dumps({"listeners": [listener], "bridges": {"kafka": bridge}}))
    for command in (["run", "-c", file], ["check", file]):
        done = run(*command)
        assert done.returncode == 1
        assert "bridges.kafka.options: librdkafka: ssl.ca.location failed" in done.stderr


@pytest.mark.parametrize("listener, protocol", [("LOGIN", "sasl_plaintext"), ("TLSLOGIN", "sasl_ssl")])
def test_a_password_opens(secure, kafka_worker, gateway, listener, protocol):
    topic = secure.topic()
    kafka_worker(secure, topic, echo)
    options = {**login(protocol=protocol), "ssl.ca.location": str(secure.authority.path)}
    one = join(gateway, secure, listener, to(topic), options=options)
    assert one.post("/to", "x").body == b"x"


@pytest.mark.parametrize("listener, protocol", [("LOGIN", "sasl_plaintext"), ("TLSLOGIN", "sasl_ssl")])
def test_a_wrong_password_is_said_within_a_second(secure, gateway, listener, protocol):
    options = {
        **login(WRONG, protocol=protocol),
        "statistics.interval.ms": 100,
        "ssl.ca.location": str(secure.authority.path),
    }
    one = join(gateway, secure, listener, to("t"), options=options, ready=False)
    assert why_not_ready(one, "authentication", within=1.0).startswith("authentication failed: ")
    assert one.post("/to", "x").status == 503
    # Many attempts later the log has not been filled with them.
    one.wait_metric("bridgehead_kafka_broker_up", 0)
    eventually(lambda: one.metric("bridgehead_kafka_disconnects_total") > 20, 20, "more attempts")
    assert len(one.log(msg="bridge")) < 4, one.stderr


def test_scram_opens_or_is_known_not_to(secure, gateway):
    secure.scram("gateway", PASSWORD)
    options = login(mechanism="SCRAM-SHA-256")
    one = join(gateway, secure, "LOGIN", to("t"), options=options, ready=False)
    if "cannot log in by SCRAM to Kafka 4" in one.stderr:
        why = why_not_ready(one, "authentication", "scram", within=1.0)
        assert "this librdkafka cannot do SCRAM with Kafka 4" in why
    else:
        one.wait_ready(3)


def test_tls_and_plain_that_meet_are_told(secure, gateway):
    one = join(gateway, secure, "TLS", to("t"), options={}, ready=False)
    why_not_ready(one, "security.protocol", "connecting to a ssl listener")
    tls = {"security.protocol": "ssl", "ssl.ca.location": str(secure.authority.path)}
    two = join(gateway, secure, "PLAINTEXT", to("t"), options=tls, ready=False)
    why_not_ready(two, "tls failed")


def test_a_topic_that_is_forbidden_is_503_for_its_own_mappings(secure, kafka_worker, gateway):
    topic, closed = secure.topic(), secure.topic()
    kafka_worker(secure, topic, echo)
    secure.allow("somebody", closed)
    one = join(
        gateway, secure, "LOGIN", to(topic), to(closed, "closed"), to(closed, "event", "confirmed"),
        options=login(),
    )
    for name in ("closed", "event"):
        started = time.monotonic()
        answer = one.post(f"/{name}", "x")
        assert time.monotonic() - started < 1
        assert (answer.status, answer.problem["published"]) == (503, "no")
        assert closed not in answer.body.decode()
    assert one.post("/to", "x").status == 200
    ready = one.admin("/readyz")
    assert ready.status == 200 and set(ready.json["mappings"]) == {"closed", "event"}
    assert "allow" in ready.json["mappings"]["event"]
    secure.allow("gateway", closed)
    eventually(lambda: one.post("/event", "x").status == 202, 3, "the right to write")
    eventually(lambda: "mappings" not in one.admin("/readyz").json, 3)


def test_a_topic_that_may_be_seen_but_not_written_is_503_at_once(secure, gateway):
    topic = secure.topic()
    secure.allow("gateway", topic, "DESCRIBE")
    one = join(gateway, secure, "LOGIN", to(topic), to(topic, "event", "confirmed"), options=login())
    for name in ("to", "event", "to", "event"):
        started = time.monotonic()
        answer = one.post(f"/{name}", "x")
        assert time.monotonic() - started < 1
        assert (answer.status, answer.problem["published"]) == (503, "no")
    eventually(lambda: set(one.admin("/readyz").json.get("mappings", {})) == {"to", "event"}, 1)
    secure.allow("gateway", topic, "WRITE")
    eventually(lambda: one.post("/event", "x").status == 202, 15, "the right to write")
    eventually(lambda: "mappings" not in one.admin("/readyz").json, 3)


def test_a_reply_topic_that_is_forbidden_is_said(secure, gateway):
    replies = secure.topic()
    secure.allow("somebody", replies)
    bridge = {
        "type": "kafka",
        "bootstrap": secure.at["LOGIN"],
        "reply": {"topic": replies},
        "options": login(),
    }
    one = gateway(bridges={"kafka": bridge}, mappings=[to("t")], ready=False)
    assert replies in why_not_ready(one, "reply topic", "authorization")
    secure.allow("gateway", replies)
    one.wait_ready(3)


def test_a_user_that_is_made_later_is_let_in(gateway):
    node = SecureKafka()
    try:
        node.start()
        topic = node.topic()
        one = join(gateway, node, "LOGIN", to(topic, "event", "confirmed"), options=login(), ready=False)
        why_not_ready(one, "authentication")
        node.stop()
        node.users = {"gateway": PASSWORD}
        node.start()
        one.wait_ready(3)
        assert one.post("/event", "x").status == 202
    finally:
        node.destroy()


@pytest.mark.parametrize("password", [PASSWORD, WRONG])
def test_a_password_is_never_printed(secure, gateway, password):
    options = {
        **login(password, protocol="sasl_ssl"),
        "ssl.ca.location": str(secure.authority.path),
        "ssl.key.password": f"key-{password}",
        "debug": "all",
        "statistics.interval.ms": 100,
    }
    one = join(gateway, secure, "TLSLOGIN", to("t"), options=options, ready=password == PASSWORD,
               log={"level": "debug"})
    if password == WRONG:
        why_not_ready(one, "authentication")
    said = [one.post("/to", "x").body, one.admin("/readyz").body, one.admin("/metrics").body]
    checked = run("check", one.file)
    said += [checked.stdout.encode(), checked.stderr.encode(), one.stderr.encode()]
    for text in said:
        assert password.encode() not in text
