# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors
"""Counts test cases: prints "PASSED FAILED" for what meson or pytest wrote down.

A program that died, or said nothing, counts as one failure; so does a file that is not there: a suite
that did not run has not passed.
"""

import json
import re
import sys
import xml.etree.ElementTree

CMOCKA_OK = re.compile(r"^\[ +OK +\]", re.MULTILINE)
CMOCKA_FAILED = re.compile(r"^\[ +(?:FAILED|ERROR) +\] \S+$", re.MULTILINE)


def count_program(test):
    output = test.get("stdout", "") + "\n" + test.get("stderr", "")
    passed = len(CMOCKA_OK.findall(output))
    # cmocka names a failed test where it fails and again in its summary.
    failed = len(set(CMOCKA_FAILED.findall(output)))
    if test["result"] != "OK" and failed == 0:
        failed = 1
    if test["result"] == "OK" and passed == 0:
        passed = 1
    return passed, failed


def count_meson(path):
    with open(path, encoding="utf-8", errors="replace") as lines:
        return [count_program(json.loads(line)) for line in lines if line.strip()]


def count_junit(path):
    """A test that fails and then fails to clean up is written down twice; it is one failure."""
    outcomes = {}
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        found = {child.tag for child in case}
        outcomes.setdefault((case.get("classname"), case.get("name")), set()).update(found)
    return [
        (0, 1) if found & {"failure", "error"} else (0, 0) if "skipped" in found else (1, 0)
        for found in outcomes.values()
    ]


def main(kind, path):
    try:
        counts = {"meson": count_meson, "junit": count_junit}[kind](path)
    except (OSError, ValueError, xml.etree.ElementTree.ParseError) as problem:
        print(f"tally: {path}: {problem}", file=sys.stderr)
        counts = []
    if not counts:
        counts = [(0, 1)]
    print(sum(c[0] for c in counts), sum(c[1] for c in counts))


main(*sys.argv[1:])
