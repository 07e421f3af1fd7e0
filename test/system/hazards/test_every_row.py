# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""docs/hazards.md and the tests say the same: no row is without a test, no test without its row, and
the statuses and close codes that the table promises are those that the tests see."""

import pathlib
import re

import pytest
import test_content_rows
import test_fault_rows
import test_http1_rows
import test_reply_rows
import test_websocket_rows

ROOT = pathlib.Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "hazards.md").read_text()
MODULES = [test_http1_rows, test_content_rows, test_reply_rows, test_websocket_rows]
REQUIRED = {*range(1, 65), 77, 78, 80, *range(81, 103)}
LINE = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
CODE = re.compile(r"`(\d{3,4})\b")
NAMED = re.compile(r"^def test_row(\d+)_", re.MULTILINE)
FAULTS = set(range(15, 22))
FAULT_LINE = re.compile(r"^\| F(\d+) \| .+? \| (.+?) \| (.+?) \|$", re.MULTILINE)
STORY = re.compile(r"^static void fault(\d+)_", re.MULTILINE)


def rows_of_tables():
    """number → (the names of its test files, the codes that they see)."""
    found = {}
    for module in MODULES:
        for row in module.ROWS:
            files, codes = found.setdefault(row.number, (set(), set()))
            files.add(pathlib.Path(module.__file__).stem)
            codes.update(row.seen.codes)
    return found


def functions_with_a_number():
    """number → the names of the files that have test_rowNN_… in them."""
    found = {}
    for path in (ROOT / "test" / "system").glob("test_*.py"):
        for number in NAMED.findall(path.read_text()):
            found.setdefault(int(number), set()).add(path.stem)
    return found


DOCUMENTED = {int(n): (given, answer, tests) for n, given, answer, tests in LINE.findall(DOCUMENT)}
IN_TABLES, IN_FUNCTIONS = rows_of_tables(), functions_with_a_number()


def test_every_row_is_documented_once_and_in_order():
    numbers = [int(match[0]) for match in LINE.findall(DOCUMENT)]
    assert numbers == sorted(REQUIRED)


def test_every_row_has_a_test():
    missing = REQUIRED - set(IN_TABLES) - set(IN_FUNCTIONS)
    assert not missing, f"rows without a test: {sorted(missing)}"


def test_every_test_has_a_row():
    unknown = (set(IN_TABLES) | set(IN_FUNCTIONS)) - REQUIRED
    assert not unknown, f"tests of rows that nobody wrote down: {sorted(unknown)}"


@pytest.mark.parametrize("number", sorted(REQUIRED))
def test_the_document_names_the_tests_of_a_row(number):
    named = set(re.findall(r"`(test_\w+)`", DOCUMENTED[number][2]))
    files, _ = IN_TABLES.get(number, (set(), set()))
    assert named == files | IN_FUNCTIONS.get(number, set())


@pytest.mark.parametrize("number", sorted(IN_TABLES))
def test_the_document_promises_what_the_tests_see(number):
    promised = {int(code) for code in CODE.findall(DOCUMENTED[number][1])}
    _, seen = IN_TABLES[number]
    assert promised == seen


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_tables_are_in_order(module):
    numbers = [row.number for row in module.ROWS]
    assert numbers == sorted(numbers)


# ---- the faults ----


def stories_with_a_number():
    """number → the names of the files of the contract that have faultNN_… in them."""
    found = {}
    for path in (ROOT / "test" / "contract").glob("contract_*.c"):
        for number in STORY.findall(path.read_text()):
            found.setdefault(int(number), set()).add(path.stem)
    return found


FAULT_LINES = {int(n): (answer, tests) for n, answer, tests in FAULT_LINE.findall(DOCUMENT)}


def test_every_fault_is_documented_once_and_in_order():
    assert [int(match[0]) for match in FAULT_LINE.findall(DOCUMENT)] == sorted(FAULTS)


@pytest.mark.parametrize("number", sorted(FAULTS))
def test_the_document_names_the_tests_of_a_fault_and_what_they_see(number):
    rows = [row for row in test_fault_rows.ROWS if row.number == number]
    assert rows
    answer, tests = FAULT_LINES[number]
    named = set(re.findall(r"`((?:test|contract)_\w+)`", tests))
    assert named == {"test_fault_rows"} | stories_with_a_number().get(number, set())
    assert {int(code) for code in CODE.findall(answer)} == set().union(*(r.codes for r in rows))


def test_every_story_of_a_fault_has_a_row():
    assert set(stories_with_a_number()) <= FAULTS
