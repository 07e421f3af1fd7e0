# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""`bridgehead schema`: what runs fits it (every test that starts a gateway checks that too), and what
it refuses does not run."""

import json
import pathlib
import re

import pytest

from harness import gateway as gateways
from harness import schema

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = sorted(ROOT.glob("examples/*/bridgehead.json*"))
GOOD = {
    "listeners": [{"name": "a", "address": "127.0.0.1:0"}],
    "bridges": {"echo": {"type": "loopback"}},
    "mappings": [{"name": "m", "match": {"path": "/"}, "send": {"bridge": "echo"}}],
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_examples_fit(path):
    text = schema.without_comments(path.read_text())
    assert schema.complaints(json.loads(text)) == []


def test_mappings_of_the_manual_fit():
    blocks = re.findall(r"```jsonc\n(.*?)```", (ROOT / "docs/mappings.md").read_text(), re.S)
    mappings = []
    for block in blocks:
        try:
            value = json.loads(schema.without_comments(block))
        except ValueError:
            continue  # a part of one
        mappings += [value] if "match" in value else []
    assert len(mappings) >= 3
    assert schema.complaints(mappings, "mappings") == []


def test_a_configuration_may_name_its_schema(loopback):
    assert loopback(**{"$schema": "./bridgehead.schema.json"}).post("/").status == 200


def test_references_fit():
    log = {"level": "${env:LEVEL}"}
    assert schema.complaints(GOOD | {"log": log, "drain_timeout": "${env:DRAIN}"}) == []


def changed(*path, to):
    """GOOD with one value changed, or added."""
    config = json.loads(json.dumps(GOOD))
    at = config
    for key in path[:-1]:
        at = at[key] if isinstance(at, list) else at.setdefault(key, {})
    at[path[-1]] = to
    return config


@pytest.mark.parametrize(
    "config",
    [
        changed("listener", to=[]),
        changed("listeners", to={}),
        changed("listeners", 0, "adress", to="127.0.0.1:1"),
        changed("listeners", 0, "address", to=8080),
        changed("listeners", 0, "limits", to={"body": "1 MB"}),
        changed("listeners", 0, "websockets", to=[{"path": "/ws", "envelope": "json"}]),
        changed("drain_timeout", to=5),
        changed("drain_timeout", to="5"),
        changed("shards", to=0),
        changed("log", to={"level": "loud"}),
        changed("bridges", "echo", to={"type": "kafkaa"}),
        changed("bridges", "echo", to={}),
        changed("bridges", "echo", "url", to="amqp://a"),
        changed("bridges", "k", to={"type": "kafka", "bootstrap": "a:1", "options": {"a": []}}),
        changed("mappings", 0, "match", to=None),
        changed("mappings", 0, "match", "json", to="yes"),
        changed("mappings", 0, "match", "query", to={"a": 1}),
        changed("mappings", 0, "send", "delay", to=1),
        changed("mappings", 0, "answer", to={"error": {"equals": 1}}),
        changed("mappings", 0, "answer", to={"status_map": {"at": "body:/a", "map": {"a": "b"}}}),
        changed("mappings", 0, "answer", to={"stream": {"more": {"at": "body:", "equals": 1}}}),
        changed("mappings", 0, "answer", to={"parts": "xml"}),
        changed("mappings", 0, "cors", to=True),
        changed("cors", to={"origins": 1}),
    ],
    ids=lambda config: json.dumps({k: v for k, v in config.items() if v != GOOD.get(k)})[:70],
)
def test_what_it_refuses_does_not_run(config, tmp_path):
    assert schema.complaints(config)
    path = tmp_path / "bridgehead.json"
    path.write_text(json.dumps(config))
    assert gateways.run("check", path).returncode == 1


def test_usage():
    assert gateways.run("schema", "nothing").returncode == 2
    assert "JSON Schema" in gateways.run("schema", "--help").stdout
