# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""A corpus of configurations that cannot work. Each file of broken/ says in its first line what is wrong,
and behind `//!` exactly what `check` must say; … stands for what depends on the machine."""

import pathlib
import re

import pytest

from harness.gateway import run

pytestmark = pytest.mark.hostile

FOLDER = pathlib.Path(__file__).parent / "broken"
FILES = sorted(FOLDER.glob("*.jsonc"))
SECRET = "hunter2"


def expected_of(path):
    return re.findall(r"^//! (.*)$", path.read_text(), re.M)


def is_said(shown, line):
    return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), line)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_refused_with_the_words_that_stand_below_it(path):
    done = run("check", path.name, cwd=FOLDER, env={"SECRET": SECRET})
    said = done.stderr.splitlines()
    expected = expected_of(path)
    assert done.returncode == 1 and done.stdout == ""
    assert any(": error: " in line for line in expected), "a file of the corpus is broken"
    assert len(said) == len(expected), done.stderr
    for shown, line in zip(expected, said, strict=True):
        assert is_said(shown, line), done.stderr
    assert SECRET not in done.stderr


def test_the_corpus_is_all_there():
    assert len(FILES) >= 120
