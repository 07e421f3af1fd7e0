# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""nginx as a reverse proxy in front of nginx: what the best known program of its kind spends."""

import contextlib
import pathlib
import shutil
import subprocess

import lab
from harness.ports import free_port
from harness.waiting import eventually

COMMON = """
daemon off;
worker_processes 1;
pid {directory}/{name}.pid;
error_log {directory}/{name}.error;
events {{ worker_connections 4096; }}
http {{
    client_body_temp_path {directory}/{name}.body;
    proxy_temp_path {directory}/{name}.proxy;
    fastcgi_temp_path {directory}/{name}.fastcgi;
    uwsgi_temp_path {directory}/{name}.uwsgi;
    scgi_temp_path {directory}/{name}.scgi;
    keepalive_requests 1000000000;
    tcp_nodelay on;
    {http}
}}
"""
BACK = """
    access_log off;
    server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "{body}"; }} }}
"""
FRONT = """
    access_log {directory}/front.access;
    upstream back {{
        server 127.0.0.1:{back};
        keepalive 512;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://back;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
"""


class Nginx:
    def __init__(self, directory, name, port, http):
        self.port = port
        file = pathlib.Path(directory, f"{name}.conf")
        file.write_text(COMMON.format(directory=directory, name=name, http=http))
        self.process = subprocess.Popen(
            ["nginx", "-c", file, "-p", directory, "-e", f"{directory}/{name}.error"]
        )

    def address(self):
        return "127.0.0.1", self.port

    @property
    def worker_pid(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(eventually(lambda: children.read_text().split(), 10, "nginx's worker")[0])


def available():
    return shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin") is not None


@contextlib.contextmanager
def running(directory, body_size):
    back_port, front_port = free_port(), free_port()
    directory.chmod(0o755)  # nginx's workers are somebody else when it starts as root
    with contextlib.ExitStack() as stack:
        back = Nginx(directory, "back", back_port, BACK.format(port=back_port, body="x" * body_size))
        stack.callback(lab.end, back.process)
        front = Nginx(
            directory,
            "front",
            front_port,
            FRONT.format(directory=directory, port=front_port, back=back_port),
        )
        stack.callback(lab.end, front.process)
        for nginx in (back, front):
            assert nginx.worker_pid
        yield front
