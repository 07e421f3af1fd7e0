# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Files of a folder over HTTP: what is there, what a client has already, what nobody may see, and large
ones to clients that read slowly, not at all, or only a part."""

import hashlib
import os
import socket
import threading
import time

import pytest

from harness.waiting import eventually

THEN = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
BIG = 24 << 20


def content(size, seed=b"x"):
    block = hashlib.sha512(seed).digest() * 1024
    return (block * (size // len(block) + 1))[:size]


def put(path, data, modified=THEN):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (modified, modified))


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "site"
    put(root / "index.html", b"<h1>home</h1>")
    put(root / "app.js", b"let a")
    put(root / "data", bytes(range(100)))
    put(root / "empty.txt", b"")
    put(root / "folder" / "index.html", b"<h1>folder</h1>")
    put(root / "folder" / "pïc türe.svg", b"<svg/>")
    put(root / "bare" / "file.txt", b"bare")
    put(root / "medium.bin", content(100_000))
    put(root / "big.bin", content(BIG))
    put(root / ".hidden", b"secret")
    put(root / ".git" / "config", b"secret")
    put(root / "folder" / ".env", b"secret")
    put(tmp_path / "outside.txt", b"secret")
    put(tmp_path / "site-too" / "file.txt", b"secret")
    (root / "inside").symlink_to("app.js")
    (root / "inner").symlink_to("folder")
    (root / "folder" / "up").symlink_to("../app.js")
    (root / "out").symlink_to("../outside.txt")
    (root / "parent").symlink_to("..")
    (root / "sibling").symlink_to("../site-too")
    (root / "passwd").symlink_to("/etc/passwd")
    (root / "absolute").symlink_to(root / "app.js")
    (root / "loop").symlink_to("loop")
    (root / "proc").symlink_to("/proc/self")
    os.mkfifo(root / "fifo")
    (root / "to-fifo").symlink_to("fifo")
    return root


@pytest.fixture
def site(gateway, root):
    return gateway(
        bridges={},
        mappings=[
            {"name": "site", "match": {"path": "/s/*rest"}, "files": {"root": str(root), "max_age": "1h"}},
            {"name": "plain", "match": {"path": "/plain/*rest"}, "files": {"root": str(root), "index": ""}},
            {"name": "hello", "match": {"path": "/hello"}, "respond": {"body": "hello"}},
            {"name": "rest", "match": {"path": "/*rest"}, "files": {"root": str(root)}},
        ],
        limits={"write_timeout": "2s"},
    )


def headers(answer, *names):
    return {name: answer.header(name) for name in names}


# ---- what is there ----


@pytest.mark.parametrize(
    "target, body, content_type",
    [
        ("/", b"<h1>home</h1>", "text/html; charset=utf-8"),
        ("/s/", b"<h1>home</h1>", "text/html; charset=utf-8"),
        ("/s/index.html", b"<h1>home</h1>", "text/html; charset=utf-8"),
        ("/s/app.js?v=2", b"let a", "text/javascript; charset=utf-8"),
        ("/s/folder/", b"<h1>folder</h1>", "text/html; charset=utf-8"),
        ("/s/folder/p%C3%AFc%20t%C3%BCre.svg", b"<svg/>", "image/svg+xml"),
        ("/s/empty.txt", b"", "text/plain; charset=utf-8"),
        ("/s/data", bytes(range(100)), "application/octet-stream"),
        ("/s/inside", b"let a", "application/octet-stream"),
        ("/s/inner/", b"<h1>folder</h1>", "text/html; charset=utf-8"),
        ("/s/folder/up", b"let a", "application/octet-stream"),
        ("/plain/bare/file.txt", b"bare", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_has_the_type_of_its_name(site, target, body, content_type):
    answer = site.get(target)
    assert (answer.status, answer.body) == (200, body)
    assert answer.header("content-type") == content_type
    assert answer.header("accept-ranges") == "bytes"
    assert answer.header("last-modified") == DATE


def test_max_age_is_said_where_it_is_set(site):
    assert site.get("/s/app.js").header("cache-control") == "max-age=3600"
    assert site.get("/app.js").header("cache-control") is None


@pytest.mark.parametrize(
    "target, location",
    [
        ("/s", "/s/"),
        ("/s?a=%26b", "/s/?a=%26b"),
        ("/s/folder", "/s/folder/"),
        ("/folder?x=//evil.example", "/folder/?x=//evil.example"),
        ("/s/inner", "/s/inner/"),
        ("/plain/bare", "/plain/bare/"),
    ],
)
def test_a_folder_gets_its_slash(site, target, location):
    answer = site.get(target)
    assert (answer.status, answer.header("location"), answer.body) == (308, location, b"")


def test_head_is_a_get_without_the_content(site):
    with site.connect() as client:
        for target in ("/s/app.js", "/s/big.bin", "/s/empty.txt", "/s/medium.bin", "/s/nope"):
            client.request("GET", target)
            whole = client.response()
            client.request("HEAD", target)
            answer = client.response(to="HEAD")
            assert answer.status == whole.status
            assert [h for h in answer.headers if h[0] != "Date"] == [
                h for h in whole.headers if h[0] != "Date"
            ]
        client.request("GET", "/hello")
        assert client.response().body == b"hello"


def test_what_changes_on_disk_changes_at_once(site, root):
    tag = site.get("/app.js").header("etag")
    put(root / "app.js", b"let b", THEN + 1)
    answer = site.get("/app.js", headers={"If-None-Match": tag})
    assert (answer.status, answer.body) == (200, b"let b")
    (root / "app.js").unlink()
    assert site.get("/app.js").status == 404
    root.rename(root.with_name("old"))
    assert site.get("/").status == 404
    put(root / "index.html", b"new")
    assert site.get("/").body == b"new"


# ---- what a client has already ----


def test_a_copy_that_is_still_good_is_304(site):
    first = site.get("/s/app.js")
    with site.connect() as client:
        for condition in (
            {"If-None-Match": first.header("etag")},
            {"If-None-Match": f'W/{first.header("etag")}, "other"'},
            {"If-None-Match": "*"},
            {"If-Modified-Since": DATE},
            {"If-Modified-Since": "Sunday, 06-Nov-94 08:49:37 GMT"},
            {"If-Modified-Since": "Sun Nov  6 08:49:37 1994"},
        ):
            client.request("GET", "/s/app.js", headers=condition)
            answer = client.response()
            assert (answer.status, answer.body) == (304, b""), condition
            names = ("etag", "last-modified", "cache-control")
            assert headers(answer, *names) == headers(first, *names)
            assert answer.header("content-length") is None
        for condition in (
            {"If-None-Match": '"other"', "If-Modified-Since": DATE},
            {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:36 GMT"},
            {"If-Modified-Since": "not a date"},
        ):
            client.request("GET", "/s/app.js", headers=condition)
            assert client.response().status == 200, condition
        client.request("GET", "/s/app.js", headers={"If-Match": '"other"'})
        answer = client.response()
        assert (answer.status, answer.problem["type"]) == (412, "precondition-failed")


@pytest.mark.parametrize(
    "value, status, part, content_range",
    [
        ("bytes=0-0", 206, slice(0, 1), "bytes 0-0/100"),
        ("bytes=10-19", 206, slice(10, 20), "bytes 10-19/100"),
        ("bytes=90-200", 206, slice(90, 100), "bytes 90-99/100"),
        ("bytes=50-", 206, slice(50, 100), "bytes 50-99/100"),
        ("bytes=-7", 206, slice(93, 100), "bytes 93-99/100"),
        ("bytes=-700", 206, slice(0, 100), "bytes 0-99/100"),
        ("bytes=0-1,5-6", 200, slice(0, 100), None),
        ("bytes=9-1", 200, slice(0, 100), None),
        ("bytes=a-b", 200, slice(0, 100), None),
        ("lines=1-2", 200, slice(0, 100), None),
        ("bytes=100-", 416, None, "bytes */100"),
        ("bytes=-0", 416, None, "bytes */100"),
        ("bytes=99999999999999999999999-", 416, None, "bytes */100"),
    ],
)
def test_one_range_is_a_part(site, value, status, part, content_range):
    answer = site.get("/s/data", headers={"Range": value})
    assert (answer.status, answer.header("content-range")) == (status, content_range)
    if part is None:
        assert answer.problem["type"] == "range-not-satisfiable"
    else:
        assert answer.body == bytes(range(100))[part]
        assert answer.header("etag") == site.get("/s/data").header("etag")


def test_if_range_keeps_parts_of_different_files_apart(site):
    tag = site.get("/s/data").header("etag")
    for value, status in ((tag, 206), (DATE, 206), ('"other"', 200), (f"W/{tag}", 200), ("x", 200)):
        answer = site.get("/s/data", headers={"Range": "bytes=0-9", "If-Range": value})
        assert answer.status == status, value


def test_a_part_of_a_large_file_is_that_part(site):
    whole = content(BIG)
    with site.connect() as client:
        for first, last in ((0, 99), (5_000_000, 5_999_999), (BIG - 70_000, BIG - 1)):
            client.request("GET", "/s/big.bin", headers={"Range": f"bytes={first}-{last}"})
            answer = client.response()
            assert (answer.status, answer.body) == (206, whole[first : last + 1])


# ---- what nobody may see ----

HOSTILE = [
    ("/s/../outside.txt", 400),
    ("/s/%2e%2e/outside.txt", 400),
    ("/s/.%2e/outside.txt", 400),
    ("/s/..%2foutside.txt", 400),
    ("/s/%2e%2e%2foutside.txt", 400),
    ("/s/..%5coutside.txt", 404),
    ("/s/%252e%252e/outside.txt", 404),
    ("/s/folder/../../outside.txt", 400),
    ("/s/./app.js", 400),
    ("/s//etc/passwd", 400),
    ("/s/%2fetc/passwd", 400),
    ("/s/app.js%00.html", 400),
    ("/s/app.js/", 404),
    ("/s/app.js/x", 404),
    ("/s/.hidden", 404),
    ("/s/%2ehidden", 404),
    ("/s/.git/config", 404),
    ("/s/.git/", 404),
    ("/s/.git", 404),
    ("/s/folder/.env", 404),
    ("/s/...", 404),
    ("/s/out", 404),
    ("/s/parent/outside.txt", 404),
    ("/s/parent/site/app.js", 404),
    ("/s/sibling/file.txt", 404),
    ("/s/sibling/", 404),
    ("/s/sibling", 404),
    ("/s/passwd", 404),
    ("/s/absolute", 404),
    ("/s/loop", 404),
    ("/s/proc/status", 404),
    ("/s/proc/root/etc/passwd", 404),
    ("/s/fifo", 404),
    ("/s/to-fifo", 404),
    ("/s/nope", 404),
    ("/s/bare/", 404),
    ("/plain/", 404),
    ("/plain/folder/", 404),
    ("/s/APP.js", 404),
    ("/s/" + "a" * 300, 404),
    ("/s/" + "a/" * 2500 + "b", 404),
    ("/s/a%0d%0aX-Evil:%201", 404),
    ("/s/%ff", 400),
    ("/s/caf%c0%ae", 400),
]


@pytest.mark.hostile
@pytest.mark.parametrize("target, status", HOSTILE, ids=[row[0][:40] for row in HOSTILE])
def test_a_name_leads_nowhere_else(site, target, status):
    with site.connect() as client:
        for method in ("GET", "HEAD"):
            client.send(f"{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n")
            answer = client.response(to=method)
            assert answer.status == status, answer
            assert answer.header("x-evil") is None and b"secret" not in answer.body
            assert answer.header("etag") is None
        assert client.is_open()


@pytest.mark.hostile
def test_what_may_not_be_read_is_not_there(site, root):
    (root / "app.js").chmod(0)
    (root / "folder").chmod(0)
    try:
        readable = os.geteuid() == 0  # who is root may read everything
        assert site.get("/s/app.js").status == (200 if readable else 404)
        assert site.get("/s/folder/").status == (200 if readable else 404)
    finally:
        (root / "folder").chmod(0o755)


@pytest.mark.hostile
def test_nobody_waits_for_a_pipe(site, root):
    """Neither end of it is opened: a writer there goes on waiting for a reader."""
    assert site.get("/s/fifo", timeout=2).status == 404
    with pytest.raises(OSError):
        os.close(os.open(root / "fifo", os.O_WRONLY | os.O_NONBLOCK))


@pytest.mark.hostile
def test_sockets_are_not_files(site, root):
    with socket.socket(socket.AF_UNIX) as one:
        os.chdir(root)
        one.bind("socket")
        assert site.get("/s/socket").status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_files_are_only_read(site, method):
    answer = site.request(method, "/s/app.js", "" if method in ("POST", "PUT") else None)
    assert (answer.status, answer.header("allow")) == (405, "GET, HEAD")


# ---- large files ----


def test_large_files_take_their_turn_on_a_connection(site):
    order = ["/s/big.bin", "/hello", "/s/medium.bin", "/s/app.js", "/s/big.bin", "/s/", "/hello"]
    with site.connect(timeout=60) as client:
        client.send("".join(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n" for target in order))
        bodies = [client.response().body for _ in order]
        assert client.is_open()
    sizes = [BIG, 5, 100_000, 5, BIG, 13, 5]
    assert [len(body) for body in bodies] == sizes
    assert bodies[0] == bodies[4] == content(BIG)
    assert bodies[2] == content(100_000)


def test_a_large_file_costs_no_memory(site):
    if not site.private_bytes():
        pytest.skip("a sanitized binary keeps what was freed")
    before = site.private_bytes()
    clients = [site.connect() for _ in range(10)]
    for client in clients:
        client.request("GET", "/s/big.bin")
    eventually(lambda: len(site.log(msg="call", mapping="site")) == 10, 5, "ten calls")
    assert site.private_bytes() - before < 1 << 20
    for client in clients:
        client.close()


def test_the_connection_closes_behind_the_content_where_the_client_wants_it(site):
    for lines in ("Connection: close\r\n", ""):
        version = "1.1" if lines else "1.0"
        with site.connect(timeout=60) as client:
            client.send(f"GET /s/big.bin HTTP/{version}\r\nHost: a\r\n{lines}\r\n")
            assert client.response().body == content(BIG)
            assert client.is_closed()


def test_a_client_that_half_closes_gets_all_of_it(site):
    with site.connect(timeout=60) as client:
        client.request("GET", "/s/big.bin")
        client.half_close()
        assert len(client.response().body) == BIG
        assert client.is_closed()


@pytest.mark.hostile
def test_a_client_that_reads_nothing_is_dropped_at_write_timeout(site):
    files = site.open_files()
    with site.connect() as client:
        client.request("GET", "/s/big.bin")
        site.wait_metric("bridgehead_rejected_total", 1, reason="write_timeout")
        site.wait_metric("bridgehead_connections", 0)
    eventually(lambda: site.open_files() <= files, 5, "the file is closed")


@pytest.mark.hostile
def test_a_client_that_reads_slowly_is_served_longer_than_write_timeout(site):
    with socket.create_connection(site.address()) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.sendall(b"GET /s/big.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        began, got = time.monotonic(), 0
        while time.monotonic() - began < 4:
            got += len(client.recv(1 << 20))
            time.sleep(0.05)
        assert site.metric("bridgehead_rejected_total", reason="write_timeout") == 0
        while got < BIG:
            data = client.recv(1 << 20)
            assert data, f"cut after {got}"
            got += len(data)


@pytest.mark.hostile
def test_a_client_that_leaves_frees_the_file(site):
    files = site.open_files()
    for end in ("close", "reset"):
        with site.connect() as client:
            client.request("GET", "/s/big.bin")
            client.take(1000)
            getattr(client, end)()
        eventually(lambda: site.open_files() <= files, 5, "the file is closed")
    assert site.get("/hello").body == b"hello"


@pytest.mark.hostile
def test_a_file_that_becomes_shorter_ends_the_connection(site, root):
    with site.connect() as client:
        client.request("GET", "/s/big.bin")
        client.take(100_000)
        os.truncate(root / "big.bin", 1_000_000)
        with pytest.raises((EOFError, ConnectionResetError)):
            client.take(BIG)
    assert site.get("/hello").body == b"hello"


def test_others_are_served_meanwhile(site):
    stop = threading.Event()

    def load():
        while not stop.is_set():
            with site.connect(timeout=60) as client:
                client.request("GET", "/s/big.bin")
                client.response()

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        with site.connect() as client:
            for _ in range(50):
                began = time.monotonic()
                client.request("GET", "/hello")
                assert client.response().body == b"hello"
                assert time.monotonic() - began < 2
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_large_file_is_finished_before_the_end(site):
    with site.connect(timeout=60) as client:
        client.request("GET", "/s/big.bin")
        client.take(1000)
        site.signal(15)
        rest = 0
        while data := client.socket.recv(1 << 20):
            rest += len(data)
        assert rest + 1000 + len(client.input) > BIG
    assert site.wait_exit() == 0


@pytest.mark.hostile
def test_without_descriptors_files_are_503_and_nothing_else_is(gateway, root):
    one = gateway(
        bridges={},
        prefix=["prlimit", "--nofile=64:64"],
        mappings=[
            {"name": "hello", "match": {"path": "/hello"}, "respond": {"body": "hello"}},
            {"name": "rest", "match": {"path": "/*rest"}, "files": {"root": str(root)}},
        ],
        limits={"connections": 40},
    )
    clients = [one.connect() for _ in range(30)]
    statuses = []
    for client in clients:
        client.request("GET", "/big.bin")
        statuses.append(client.head().status)
    assert set(statuses) == {200, 503}, statuses
    answer = one.get("/hello")
    assert answer.body == b"hello"
    assert one.metric("bridgehead_rejected_total", reason="descriptors") >= 1
    for client in clients:
        client.close()
    eventually(lambda: one.get("/data").status == 200, 5, "files again")


# ---- calls like others ----


def test_they_are_counted_and_logged_like_others(site):
    site.get("/s/app.js", headers={"X-Request-Id": "mine"})
    site.get("/s/nope")
    (line,) = site.access(msg="call", mapping="site", status="200")
    assert (line["published"], line["request_id"]) == ("no", "mine") and "bridge" not in line
    (line,) = site.access(msg="call", mapping="site", status="404")
    assert line["problem"] == "not-found"
    assert site.metric("bridgehead_calls_total", mapping="site", status="2xx") == 1
    assert site.metric("bridgehead_rejected_total", reason="not_found") == 1
    site.get("/s/data", headers={"Range": "bytes=100-"})
    assert site.metric("bridgehead_rejected_total", reason="range_not_satisfiable") == 1


def test_they_are_not_there_over_websocket(gateway, root):
    one = gateway(
        bridges={},
        mappings=[{"name": "f", "match": {"path": "/*rest"}, "files": {"root": str(root)}}],
        websockets=[{"path": "/ws", "origins": ["*"], "paths": True}],
    )
    with one.websocket() as socket:
        socket.send({"jsonrpc": "2.0", "id": 1, "method": "GET /app.js"})
        assert socket.receive_json()["error"]["data"]["status"] == 404


def test_a_root_is_relative_to_the_configuration(gateway, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    put(tmp_path / "site" / "a.txt", b"a")
    one = gateway(
        bridges={},
        mappings=[{"name": "f", "match": {"path": "/*rest"}, "files": {"root": "../site"}}],
    )
    assert one.get("/a.txt").body == b"a"


def test_a_page_made_of_a_file_knows_conditions_too(gateway, root):
    one = gateway(
        bridges={},
        mappings=[
            {
                "name": "app",
                "match": {"method": "GET", "path": "/*rest"},
                "respond": {"file": str(root / "index.html"), "headers": {"cache-control": "no-cache"}},
            }
        ],
    )
    answer = one.get("/any/route")
    assert (answer.status, answer.body) == (200, b"<h1>home</h1>")
    assert answer.all("cache-control") == ["no-cache"]
    assert one.get("/", headers={"If-None-Match": answer.header("etag")}).status == 304
    assert one.get("/", headers={"Range": "bytes=1-2"}).body == b"h1"
