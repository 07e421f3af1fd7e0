# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""`bridgehead check` says everything that is wrong at once: where, what was expected, what was meant."""

import json
import re

import pytest

from harness.gateway import run

PLACE = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<kind>error|warning): (?P<text>.*)$")

GOOD = """{
  // comments of both kinds
  "listeners": [{ "name": "public", "address": "127.0.0.1:8080" }],
  "admin": { "address": "127.0.0.1:9080" }, /* like this */
  "bridges": { "rabbit": { "type": "amqp", "url": "amqp://guest:guest@127.0.0.1:5672/" } },
  "defaults": { "bridge": "rabbit", "timeout": "5s" },
  "mappings": [
    { "name": "orders", "match": { "method": "POST", "path": "/orders" }, "send": { "queue": "orders" } }
  ]
}
"""


@pytest.fixture
def check(tmp_path):
    """check(text or dict): exit status and the problems, each with line, column, kind and text."""

    def start(config, **files):
        path = tmp_path / "bridgehead.json"
        path.write_text(config if isinstance(config, str) else json.dumps(config))
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        done = run("check", path, env={"SECRET": "hunter2"})
        problems = []
        for line in done.stderr.splitlines():
            match = PLACE.match(line)
            assert match, f"not a problem with a place: {line!r}"
            problems.append(
                (int(match["line"]), int(match["column"]), match["kind"], match["text"])
            )
        return done.returncode, problems

    return start


def errors(problems):
    return [problem for problem in problems if problem[2] == "error"]


def change(pattern, replacement):
    text = GOOD.replace(pattern, replacement)
    assert text != GOOD
    return text


def test_a_good_configuration_is_0_and_silent(check):
    assert check(GOOD) == (0, [])


@pytest.mark.parametrize(
    "pattern, replacement, words",
    [
        ('"listeners":', '¶"listerners":', ["listerners", "listeners"]),
        ('"timeout"', '¶"timeuot"', ["defaults", "timeuot", "timeout"]),
        ('"5s"', '¶"5"', ["defaults", "timeout"]),
        ('"5s"', "¶true", ["defaults", "timeout"]),
        ('"127.0.0.1:8080"', '¶"localhost"', ["listeners", "address"]),
        ('"type": "amqp"', '"type": ¶"ampq"', ["rabbit", "ampq", "amqp"]),
        ('"bridge": "rabbit"', '"bridge": ¶"rabit"', ["defaults.bridge", "rabit"]),
        ('"path": "/orders"', '"path": ¶"orders"', ["mappings", "path"]),
        ('"path": "/orders"', '"path": ¶"/:a/:a"', ["mappings", "a"]),
        ('"queue": "orders"', '"queue": ¶"${path.id}"', ["mappings", "id"]),
        ('"queue": "orders"', '"queue": ¶"${nonsense}"', ["mappings", "nonsense"]),
        ('"queue": "orders"', '¶"topic": "orders"', ["mappings", "topic"]),
        ('"method": "POST"', '"method": ¶"P OST"', ["mappings", "method"]),
        ('"method": "POST"', '¶"pahts": "a"', ["pahts", "path"]),
        ('"method": "POST"', '"layer": ¶"a"', ["match.layer", "a", "layers"]),
        ('"method": "POST"', '"accept": ¶"a"', ["match.accept", "a", "accept_types"]),
        ('"method": "POST"', '"host": ¶":a.:a"', ["match.host", "twice"]),
        ('"queue": "orders"', '"queue": ¶"${host.a}"', ["match.host", "a"]),
        ('"queue": "orders"', '"queue": ¶"${accept}"', ["match.accept"]),
        ('"defaults"', '"layers": ¶[], "defaults"', ["layers", "last_call"]),
        ('"defaults"', '"layers": ["a", ¶"a"], "defaults"', ["layers", "there already"]),
        ('"defaults"', '"accept_types": {"a": ¶"*/b"}, "defaults"', ["accept_types.a", "range"]),
    ],
)
def test_a_problem_has_its_place_and_says_what_was_meant(check, pattern, replacement, words):
    """The ¶ marks the place where the problem must point."""
    text = change(pattern, replacement)
    before = text[: text.index("¶")].split("\n")
    status, problems = check(text.replace("¶", "", 1))
    assert status == 1
    found = [p for p in errors(problems) if all(word in p[3] for word in words)]
    assert found, problems
    assert found[0][:2] == (len(before), len(before[-1]) + 1), problems


def test_all_problems_are_told_at_once_in_order(check):
    text = GOOD.replace('"5s"', '"5 parsecs"').replace('"/orders"', '"orders"')
    text = text.replace('"127.0.0.1:9080"', "9080").replace('"type": "amqp"', '"type": "soap"')
    status, problems = check(text)
    assert status == 1
    places = [problem[:2] for problem in errors(problems)]
    assert {line for line, _ in places} == {4, 5, 6, 8}
    assert places == sorted(places)


def test_json_that_is_broken_is_told_with_its_place(check):
    for text, line in (("{\n  \"a\": \n}", 3), ("", 1), ("[]", 1), ("{\"a\": 1, \"a\": 2}", 1)):
        status, problems = check(text)
        assert status == 1
        assert errors(problems)[0][0] == line, (text, problems)


@pytest.mark.parametrize(
    "text",
    [
        change("amqp://", "amqps://"),
        change('"address": "127.0.0.1:8080"', '"address": "127.0.0.1:8080", "tls": {}'),
        change('"queue": "orders" }', '"queue": "orders", "headers": {"a": "${claim.sub}"} }'),
    ],
)
def test_keys_of_later_are_not_available_yet(check, text):
    status, problems = check(text)
    assert status == 1
    assert any("not available yet" in problem[3] for problem in errors(problems)), problems


@pytest.mark.parametrize(
    "send, answer",
    [
        ({"queue": "q", "exchange": "x", "routing_key": "r"}, {}),
        ({}, {}),
        ({"queue": "q", "forward_headers": ["reply_to"]}, {}),
        ({"queue": "q", "headers": {"x-death": "a"}}, {}),
        ({"queue": "q", "headers": {"correlation_id": "a"}}, {}),
        ({"queue": "q", "properties": {"no_such_property": "a"}}, {}),
        ({"queue": "q", "mandatory": False}, {}),
        ({"queue": "q", "body": "${body:no-slash}"}, {}),
        ({"queue": "q", "body": "${unclosed"}, {}),
        ({"queue": "q", "headers": {"a": "${header.x|[z-a]}"}}, {}),
        ({"queue": "q", "headers": {"a": "${header.x|nofilter}"}}, {}),
        ({"queue": "q"}, {"when": "never"}),
        ({"queue": "q"}, {"timeout": "0s"}),
        ({"queue": "q"}, {"body": "nowhere:x"}),
        ({"queue": "q"}, {"status": ["prop:nothing_like_it"]}),
        ({"queue": "q"}, {"error": {"at": "body:/x"}}),
        ({"queue": "q"}, {"error": {"equals": 1}}),
        ({"queue": "q"}, {"status_map": {"at": "body:/x", "map": {"a": 99}}}),
    ],
)
def test_mappings_that_mean_nothing_are_refused(check, send, answer):
    config = json.loads(re.sub(r"//.*|/\*.*?\*/", "", GOOD.replace("amqp://", "AMQP")).replace("AMQP", "amqp://"))
    config["mappings"][0]["send"] = send
    if answer:
        config["mappings"][0]["answer"] = answer
    status, problems = check(config)
    assert status == 1
    assert any("mappings" in problem[3] for problem in errors(problems)), problems


def test_who_waits_for_confirms_must_not_switch_them_off(check):
    waiting = change('"queue": "orders" }', '"queue": "orders" }, "answer": { "when": "confirmed" }')
    assert check(waiting) == (0, [])
    status, problems = check(waiting.replace('"type": "amqp"', '"type": "amqp", "confirms": false'))
    assert status == 1
    ((line, _, _, text),) = errors(problems)
    assert line == 5 and "bridges.rabbit.confirms" in text and "orders" in text, problems


def test_duplicate_names_are_refused(check):
    again = GOOD.replace('"mappings": [', '"mappings": [ { "name": "orders", "match": {"path": "/b"}, "send": {"queue": "b"} },')
    status, problems = check(again)
    assert status == 1
    assert any("orders" in problem[3] for problem in errors(problems))


def test_warnings_do_not_fail(check):
    unreachable = GOOD.replace(
        '"mappings": [', '"mappings": [ { "name": "all", "match": {"path": "/*rest"}, "send": {"queue": "b"} },'
    )
    status, problems = check(unreachable)
    assert status == 0
    assert [problem[2] for problem in problems] == ["warning"]
    assert "'all'" in problems[0][3]
    status, problems = check(GOOD.replace("127.0.0.1:9080", "0.0.0.0:9080"))
    assert (status, [problem[2] for problem in problems]) == (0, ["warning"])
    status, problems = check(
        GOOD.replace('"127.0.0.1:8080"', '"127.0.0.1:8080", "websockets": [{"path": "/ws", "origins": ["*"]}]')
    )
    assert (status, {problem[2] for problem in problems}) == (0, {"warning"})


ANSWERS = {"answer": {"a": "${answer.body}"}, "error": {"e": "${problem}"}}


@pytest.mark.parametrize(
    "entrance, match, warned",
    [
        ({}, {"op": "a"}, True),
        ({}, {"op": "a", "host": "*.example"}, False),
        ({"origins": ["https://app.example"]}, {"op": "a"}, False),
        ({}, {"path": "/a"}, False),
        ({"paths": True}, {"path": "/a"}, True),
        ({"paths": True}, {"path": "/a", "host": "a.example"}, False),
        ({"envelope": "raw"}, {"path": "/ws"}, True),
        ({"envelope": "raw"}, {"op": "a"}, False),
        ({"envelope": {"path": "body:/path", **ANSWERS}}, {"path": "/a"}, True),
        ({"envelope": {"op": "body:/op", **ANSWERS}}, {"path": "/a"}, False),
    ],
)
def test_a_websocket_is_guarded_by_origins_or_by_the_hosts_of_its_mappings(check, entrance, match, warned):
    websockets = json.dumps([{"path": "/ws", **entrance}])
    status, problems = check(
        GOOD.replace('"127.0.0.1:8080"', f'"127.0.0.1:8080", "websockets": {websockets}').replace(
            '{ "method": "POST", "path": "/orders" }', json.dumps(match)
        )
    )
    assert (status, [problem[2] for problem in problems]) == (0, ["warning"] * warned), problems
    assert all("rebinding" in problem[3] for problem in problems)


@pytest.mark.parametrize(
    "origins, said",
    [
        ("HTTPS://App.example:443/", 'browsers write this origin "https://app.example"'),
        (["*", "https://app.example"], "write it alone"),
        ([], "at least one origin"),
        (["https://app.example", 5], "expected a string"),
    ],
)
def test_origins_of_a_websocket_are_written_as_browsers_do(check, origins, said):
    websockets = json.dumps([{"path": "/ws", "origins": origins}])
    status, problems = check(
        GOOD.replace('"127.0.0.1:8080"', f'"127.0.0.1:8080", "websockets": {websockets}')
    )
    assert status == 1
    assert [said in problem[3] for problem in errors(problems)] == [True], problems


TOO_MUCH = (
    'bridge "%s" carries at most %d bytes in a message, larger bodies are 413; lower this, or raise what the bridge carries'
)
LIMITS = """{
 "listeners": [{ "name": "a", "address": "127.0.0.1:0", "limits": { "body": "LISTENER" } }],
 "bridges": {
  "kafka": { "type": "kafka", "bootstrap": "127.0.0.1:1", "options": { OPTIONS } },
  "rabbit": { "type": "amqp", "url": "amqp://127.0.0.1/", "max_message": "16MiB" }
 },
 "defaults": { "bridge": "kafka", "limits": { "body": "DEFAULT" } },
 "mappings": [
  { "name": "a", "match": { "path": "/a" }, "send": { "topic": "a" }, "limits": { "body": "OWN" } },
  { "name": "b", "match": { "path": "/b" }, "send": { "topic": "b" } },
  { "name": "c", "match": { "path": "/c" }, "send": { "topic": "c" } },
  { "name": "d", "match": { "path": "/d" }, "send": { "bridge": "rabbit", "queue": "d" } }
 ]
}"""
OWN, DEFAULT, LISTENER = "mappings[0].limits.body", "defaults.limits.body", "listeners[0].limits.body"


@pytest.mark.parametrize(
    "listener, default, own, options, said",
    [
        ("1MiB", "1MiB", "1MiB", "", []),
        ("2MiB", "1MiB", "1MiB", "", []),
        ("1MiB", "4MiB", "2MiB", "", []),
        ("8MiB", "4MiB", "1MiB", "", [(DEFAULT, "kafka", 1 << 20)]),
        ("8MiB", "4MiB", "2MiB", "", [(DEFAULT, "kafka", 1 << 20), (OWN, "kafka", 1 << 20)]),
        ("8MiB", "0", "1MiB", "", [(LISTENER, "kafka", 1 << 20)]),
        ("0", "0", "1MiB", "", [(LISTENER, "kafka", 1 << 20), (LISTENER, "rabbit", 16 << 20)]),
        ("8MiB", "8MiB", "1MiB", '"message.max.bytes": 8388608', []),
        ("8MiB", "8MiB", "1MiB", '"message.max.bytes": 500000', [(DEFAULT, "kafka", 500000), (OWN, "kafka", 500000)]),
    ],
)
def test_bodies_that_a_bridge_cannot_carry(check, listener, default, own, options, said):
    text = LIMITS.replace("LISTENER", listener).replace("DEFAULT", default).replace("OWN", own).replace("OPTIONS", options)
    status, problems = check(text.replace('"0"', "0"))
    expected = [f"{path}: {TOO_MUCH % (bridge, most)}" for path, bridge, most in said]
    assert (status, {problem[2] for problem in problems}) == (0, {"warning"} if said else set())
    assert sorted(problem[3] for problem in problems) == sorted(expected)


def test_secrets_are_read_and_never_printed(check):
    text = GOOD.replace("guest:guest@", "${env:SECRET}:${file:password}@").replace('"5s"', '"x"')
    status, problems = check(text, password="hunter3\n")
    assert status == 1
    assert "hunter" not in str(problems)
    assert len(errors(problems)) == 1, "the references themselves were fine"
    status, problems = check(GOOD.replace("guest:guest@", "${env:NOT_SET}:${file:nowhere}@"))
    assert status == 1
    assert any("NOT_SET" in problem[3] for problem in errors(problems)), problems


def test_a_reference_is_replaced_once(check):
    text = GOOD.replace('"queue": "orders"', '"queue": "${file:name}"')
    assert check(text, name="orders\n")[0] == 0


def test_included_files_are_checked_in_their_own_place(check, tmp_path):
    text = GOOD.replace('"mappings"', '"include": ["more-*.json"], "mappings"')
    (tmp_path / "more-1.json").write_text(
        '[\n  { "name": "a", "match": {"path": "/a"}, "send": {"queue": "a"} },\n  { "name": "b" }\n]'
    )
    path = tmp_path / "bridgehead.json"
    path.write_text(text)
    done = run("check", path)
    assert done.returncode == 1
    assert re.search(r"more-1\.json:3:\d+: error: ", done.stderr), done.stderr


def test_a_file_that_is_not_there(tmp_path):
    done = run("check", tmp_path / "nothing.json")
    assert done.returncode == 1
    assert "nothing.json" in done.stderr


def test_run_refuses_what_check_refuses(tmp_path):
    path = tmp_path / "bridgehead.json"
    path.write_text(GOOD.replace('"5s"', '"x"'))
    checked, ran = run("check", path), run("run", "-c", path)
    assert (checked.returncode, ran.returncode) == (1, 1)
    assert checked.stderr in ran.stderr


def test_help_is_everywhere_and_nonsense_is_refused():
    for command in ([], ["run"], ["check"], ["call"], ["version"]):
        done = run(*command, "--help")
        assert done.returncode == 0
        assert "usage:" in done.stdout.lower()
    assert re.search(r"\d+\.\d+", run("version").stdout)
    for command in ([], ["nonsense"], ["run"], ["check"], ["run", "-c"]):
        done = run(*command)
        assert done.returncode not in (0, -6, -11), command
        assert done.stderr
