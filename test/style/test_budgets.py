# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Sizes that keep a reader's head above water."""

import statistics

import tree

MAX_FUNCTION, MAX_PARAMETERS, MAX_FILE, MAX_LINE = 100, 5, 600, 100


def all_functions(paths):
    return [function for path in paths for function in tree.functions(path)]


def test_the_scanner_sees_the_functions():
    names = [function.name for function in tree.functions(tree.pathlib.Path("base/buffer.c"))]
    assert "buffer_grow" in names and "buffer_finish" in names


def test_functions_are_short():
    paths = tree.files(".c")
    wrong = [f"{f}: {f.length} lines" for f in all_functions(paths) if f.length > MAX_FUNCTION]
    assert not wrong, "\n".join(wrong)


def test_most_functions_are_much_shorter():
    lengths = sorted(function.length for function in all_functions(tree.product()))
    median, p95 = statistics.median(lengths), lengths[len(lengths) * 95 // 100]
    assert median <= 15 and p95 <= 55, f"median {median}, 95th percentile {p95}"


def test_functions_have_few_parameters():
    wrong = [
        f"{f}: {f.parameters} parameters"
        for f in all_functions(tree.files(".c"))
        if f.parameters > MAX_PARAMETERS
    ]
    assert not wrong, "\n".join(wrong)


def test_files_are_short():
    wrong = []
    for path in tree.files(".c", ".h"):
        lines = tree.text(path).count("\n")
        if lines > MAX_FILE:
            wrong.append(f"{path}: {lines} lines")
    assert not wrong, "\n".join(wrong)


def test_lines_are_short():
    wrong = []
    for path in tree.files(".c", ".h"):
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            if len(line.expandtabs(8)) > MAX_LINE and "http" not in line:
                wrong.append(f"{path}:{number}")
    assert not wrong, "\n".join(wrong)
