# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What the program promises about itself: no mutable globals, a hardened binary, a manual made from
the rows, and a fuzz target for each parser."""

import os
import pathlib
import re
import subprocess

import pytest
import tree

BUILD = tree.ROOT / "build"
BINARY = pathlib.Path(os.environ.get("BRIDGEHEAD", BUILD / "bridgehead"))


def tool(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def test_there_are_no_mutable_globals():
    """Configuration is constant after load, everything else belongs to a shard."""
    wrong = []
    for layer in tree.LAYERS:
        for path in sorted((BUILD / layer).rglob("*.o")):
            for line in tool("objdump", "-t", path).split("\n"):
                match = re.search(r"\s(\.t?bss|\.t?data|\*COM\*)\t[0-9a-f]+ (.+)$", line)
                if match and match[2] != match[1]:
                    wrong.append(f"{path.name}: {match[2]} in {match[1]}")
    assert not wrong, "\n".join(wrong)


def test_the_binary_is_hardened():
    header, dynamic = tool("readelf", "-hW", BINARY), tool("readelf", "-dW", BINARY)
    symbols = tool("readelf", "--dyn-syms", "-W", BINARY)
    assert "DYN (Position-Independent Executable" in header
    assert "GNU_RELRO" in tool("readelf", "-lW", BINARY)
    assert "BIND_NOW" in dynamic or "NOW" in dynamic
    assert "__stack_chk_fail" in symbols
    assert "_chk@" in symbols, "FORTIFY_SOURCE"


@pytest.mark.parametrize("page, arguments", [("configuration.md", ""), ("limits.md", " limits")])
def test_pages_made_from_the_rows_say_what_the_rows_say(page, arguments):
    generated = tool(BINARY, "check", *f"--document{arguments}".split())
    assert (tree.ROOT / "docs" / page).read_text() == generated, (
        f"build/bridgehead check --document{arguments} >docs/{page}"
    )


# Each parser of bytes from outside, and how its targets may be called.
PARSERS = {
    "HTTP head": r"http1_(head|parser)",
    "chunked": r"http1_chunked",
    "WebSocket frames": r"websocket\w*",
    "JSON scanner": r"json",
    "template": r"template",
    "path pattern": r"(path|pattern|match|target)\w*",
    "configuration": r"config\w*",
    "reply headers": r"(answer|reply|amqp)\w*",
}


@pytest.mark.parametrize("parser", PARSERS)
def test_every_parser_has_a_fuzz_target_with_a_corpus(parser):
    fuzz = tree.ROOT / "test" / "fuzz"
    names = [path.stem.removeprefix("fuzz_") for path in fuzz.glob("fuzz_*.c")]
    targets = [name for name in names if re.fullmatch(PARSERS[parser], name)]
    assert targets, f"no target among {names}"
    registered = (fuzz / "meson.build").read_text()
    for name in targets:
        assert f"'{name}'" in registered
        corpus = list((fuzz / "corpus" / name).iterdir())
        assert len(corpus) >= 8, f"{name}: a corpus of {len(corpus)}"


def test_unit_tests_mirror_the_tree():
    """test_log.c is for log.c; where that gets long, so is test_log_turn.c."""
    wrong = []
    for path in tree.files(".c", below=("test",)):
        if path.parts[1] == "unit" and path.stem.startswith("test_"):
            words = path.stem.removeprefix("test_").split("_")
            names = ["_".join(words[:count]) for count in range(1, len(words) + 1)]
            if not any((tree.ROOT / path.parts[2] / f"{name}.h").exists() for name in names):
                wrong.append(f"{path}: there is no {path.parts[2]}/{names[-1]}")
    assert not wrong, "\n".join(wrong)


def test_the_two_commands_are_executable():
    for path in ("test/run", ".ci/run", "examples/quickstart/run", "examples/broker/rabbitmq"):
        assert os.access(tree.ROOT / path, os.X_OK), path


def test_no_lock_file_names_a_host():
    for path in tree.files(".json"):
        if path.name == "package-lock.json":
            assert '"resolved"' not in tree.text(path), path
