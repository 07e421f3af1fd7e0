# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The manual keeps its word: each example loads, and does what the page says it does.

A block in a ```jsonc fence is a configuration or a part of one, and gets around it what it lacks. Above it
comments that a reader does not see say what becomes of a request:

    <!-- explain: ARGUMENTS → STATUS [MAPPING] [{members of explain --json}] -->
    <!-- conventions: NAME -->     what `bridgehead conventions NAME` prints has these members
    <!-- warns: WORDS -->          `check` says this; otherwise it must be silent

A block in a ```console fence are commands with what they print. FILE is the configuration above it, and … stands
for lines, or for the rest of one, that the page leaves out."""

import json
import re
import shlex

import pytest

from harness import gateway as gateways
from harness.gateway import ROOT
from harness.schema import without_comments

PAGES = ["README.md", "docs/mappings.md", "docs/conventions.md", "docs/operations.md", "bridges/amqp.md", "bridges/kafka.md", "bridges/loopback.md"]
FENCE = re.compile(r"((?:<!-- .*? -->\n)*)```(jsonc|console)\n(.*?)```", re.S)
BRIDGES = {
    "rabbit": {"type": "amqp", "url": "amqp://guest:guest@127.0.0.1:1/"},
    "kafka": {"type": "kafka", "bootstrap": "127.0.0.1:1"},
    "echo": {"type": "loopback"},
}
ACCEPT_TYPES = {"json": "application/json", "html": "text/html"}


class Example:
    """A configuration of a page, what it must do, and the commands that stand below it."""

    def __init__(self, page, number, notes, text):
        self.name = f"{page}:{number}"
        self.value = parsed(text)
        self.notes = re.findall(r"<!-- (\w+): (.*?) -->", notes)
        self.commands = ""

    def said(self, kind):
        return [words for name, words in self.notes if name == kind]


def parsed(text):
    """A value; or the members of an object whose braces the page leaves out."""
    text = without_comments(text).strip()
    return json.loads(text if text.startswith("{") else "{" + text + "}")


def examples_of(page):
    found, text = [], (ROOT / page).read_text()
    for fence in FENCE.finditer(text):
        notes, kind, block = fence.groups()
        if kind == "jsonc":
            number = text.count("\n", 0, fence.start(3))
            found.append(Example(page, number, notes, block))
        else:
            found[-1].commands += block
    return found


EXAMPLES = [example for page in PAGES for example in examples_of(page)]
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)


def is_convention(value):
    return value.get("bridge") in ("amqp", "kafka")


def parts_of(value):
    """The top level members that a part of a configuration stands for."""
    if value.keys() & {"mappings", "listeners", "bridges", "layers", "cors", "conventions", "accept_types"}:
        return value
    if "address" in value:
        return {"listeners": [value]}
    if "dead_letter" in value:
        return {"bridges": {"kafka": {**BRIDGES["kafka"], **value}}}
    if is_convention(value):
        return {"conventions": ["own/*.json"], "mappings": [mapping_of({"send": {"convention": value["name"]}})]}
    return {"mappings": [mapping_of(value)]}


def mapping_of(part):
    mapping = {"name": "example", "match": {"method": "POST", "path": "/"}, **part}
    if not mapping.keys() & {"send", "respond", "files", "redirect"}:
        mapping["send"] = {}
    send = mapping.get("send", {})
    if "topic" in send:
        mapping["send"] = {"bridge": "kafka", **send}
    elif "send" in mapping and not send.keys() & {"queue", "exchange", "behave"} and not has_destination(send):
        mapping["send"] = {**send, "queue": "example"}
    return mapping


def has_destination(send):
    return send.get("convention") in ("celery", "nameko", "moleculer")


def completed(value):
    parts = parts_of(value)
    config = {
        "listeners": [
            {
                "name": "public",
                "address": "127.0.0.1:8080",
                "websockets": [{"path": "/ws", "origins": ["https://app.example"]}],
            }
        ],
        "accept_types": ACCEPT_TYPES,
        "defaults": {"bridge": "rabbit"},
        **parts,
    }
    config["bridges"] = {**BRIDGES, **parts.get("bridges", {})}
    return config


@pytest.fixture
def file(example, tmp_path):
    """The configuration of the example, and the files that it names."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    if is_convention(example.value):
        (tmp_path / "own" / "own.json").write_text(json.dumps(example.value))
    path = tmp_path / "bridgehead.json"
    path.write_text(json.dumps(completed(example.value), indent=1).replace("${file:/run/", "${file:"))
    return path


OWN = json.dumps({"name": "own", "bridge": "amqp", "send": {}, "answer": {}})
FILES = {
    "site/index.html": "<p>Hello</p>",
    "site/assets/a.js": "1",
    "site/assets/css/a.css": "a {}",
    "own/own.json": OWN,
    "conventions/own.json": OWN,
    "secrets/rabbitmq": "guest",
    "secrets/kafka": "guest",
}
ENVIRONMENT = {"RABBIT_PASSWORD": "guest", "PATH": "/usr/bin:/bin"}


def run(*arguments):
    return gateways.run(*arguments, env=ENVIRONMENT)


@each_example
def test_it_loads_and_warns_of_what_the_page_says(example, file):
    done = run("check", file)
    warnings = [line for line in done.stderr.splitlines() if ": warning: " in line]
    assert done.returncode == 0, done.stderr
    expected = example.said("warns")
    assert len(warnings) == len(expected), done.stderr
    assert all(words in line for words, line in zip(expected, warnings, strict=True)), done.stderr


def is_within(part, whole):
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and is_within(value, whole[name]) for name, value in part.items())
    return part == whole


@each_example
def test_it_does_what_the_page_says(example, file):
    for words in example.said("explain"):
        arguments, expected = words.split(" → ")
        status, mapping, members = re.fullmatch(r"(\d{3})(?: ([\w-]+))?(?: (\{.*\}))?", expected).groups()
        done = run("explain", "-c", file, "--json", *shlex.split(arguments))
        said = json.loads(done.stdout)
        assert said["status"] == int(status), (words, said)
        assert mapping is None or said["mapping"] == mapping, (words, said)
        assert is_within(json.loads(members or "{}"), said), (words, said)
    for name in example.said("conventions"):
        printed = json.loads(run("conventions", name).stdout)
        assert {key: printed.get(key) for key in example.value} == example.value


def matches(shown, line):
    """Whether this line of a page stands for that one of a program."""
    shown = shown.rstrip()
    if shown.endswith("…"):
        return line.startswith(shown[:-1])
    return line.rstrip() == shown


def assert_shown(shown, printed):
    """Each line that the page shows is printed, in this order; only a … alone leaves lines out."""
    lines, position, gap = printed.splitlines(), 0, False
    for line in shown:
        if line.strip() == "…":
            gap = True
            continue
        while gap and position < len(lines) and not matches(line, lines[position]):
            position += 1
        assert position < len(lines) and matches(line, lines[position]), f"{line!r} is not in\n{printed}"
        position, gap = position + 1, False
    assert gap or position == len(lines), f"the page does not end as\n{printed}"


@pytest.mark.parametrize("example", [each for each in EXAMPLES if each.commands], ids=lambda each: each.name)
def test_its_commands_print_what_the_page_shows(example, file):
    for session in re.split(r"^\$ ", example.commands, flags=re.M)[1:]:
        command, *shown = session.rstrip("\n").split("\n")
        program, *arguments = shlex.split(command)
        assert program == "bridgehead"
        done = run(*(file if word == "FILE" else word for word in arguments))
        assert_shown(shown, done.stdout + done.stderr)


def test_the_pages_have_examples_that_say_what_they_do():
    assert len(EXAMPLES) >= 30
    assert sum(len(example.said("explain")) for example in EXAMPLES) >= 25
    assert sum(example.commands.count("\n$ ") + 1 for example in EXAMPLES if example.commands) >= 8
