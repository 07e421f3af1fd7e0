# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Includes point down only: base ← message ← mappings, bridges ← gateway."""

import re

import tree

QUOTED = re.compile(r'^#\s*include "([^"]+)"', re.MULTILINE)
ANY = re.compile(r'^#\s*include [<"]([^">]+)[">]')


def test_includes_point_down_only():
    wrong = []
    for path in tree.product():
        for name in QUOTED.findall(tree.text(path)):
            if name.split("/")[0] not in tree.LAYERS[path.parts[0]]:
                wrong.append(f"{path} includes {name}")
    assert not wrong, "\n".join(wrong)


def test_includes_are_written_from_the_root():
    wrong = []
    for path in tree.product():
        for name in QUOTED.findall(tree.text(path)):
            if "/" not in name or not (tree.ROOT / name).is_file():
                wrong.append(f"{path} includes {name}")
    assert not wrong, "\n".join(wrong)


def test_a_source_file_includes_its_own_header_first():
    wrong = []
    for path in tree.product():
        own = path.with_suffix(".h")
        if path.suffix == ".c" and (tree.ROOT / own).is_file():
            names = QUOTED.findall(tree.text(path))
            if not names or names[0] != str(own):
                wrong.append(f"{path}: {names[:1]} before {own}")
    assert not wrong, "\n".join(wrong)


def test_groups_of_includes_are_in_alphabetical_order():
    wrong = []
    for path in tree.files(".c", ".h", below=(*tree.LAYERS, "test")):
        group = []
        for line in [*tree.text(path).split("\n"), ""]:
            match = ANY.match(line)
            if match:
                group.append(match[1])
                continue
            if group != sorted(group) and not line.startswith("#"):
                wrong.append(f"{path}: {group}")
            group = []
    assert not wrong, "\n".join(wrong)


def test_only_the_bridge_itself_knows_its_library():
    """One file group per broker: a second user of the library would be a second bridge."""
    wrong = []
    for path in tree.product():
        if re.search(r"#\s*include <(rabbitmq-c/)?amqp", tree.text(path)):
            if not str(path).startswith("bridges/amqp"):
                wrong.append(str(path))
    assert not wrong, "\n".join(wrong)
