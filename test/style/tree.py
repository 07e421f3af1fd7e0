# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The source tree as the style checks read it."""

import functools
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
# From the lowest to the highest; each may include itself and what stands before it.
LAYERS = {
    "base": {"base"},
    "message": {"base", "message"},
    "mappings": {"base", "message", "mappings"},
    "bridges": {"base", "message", "bridges"},
    "gateway": {"base", "message", "mappings", "bridges", "gateway"},
}
IGNORED = {".git", "node_modules", "__pycache__", ".pytest_cache"}


@functools.cache
def files(*suffixes, below=None):
    """All files of the project with one of the suffixes, as paths relative to its root."""
    found = []
    folders = [ROOT]
    while folders:
        for path in folders.pop().iterdir():
            if path.is_dir():
                generated = path.parent == ROOT and path.name.startswith("build")
                if path.name not in IGNORED and not generated:
                    folders.append(path)
            elif path.suffix in suffixes:
                found.append(path.relative_to(ROOT))
    return sorted(path for path in found if below is None or path.parts[0] in below)


def product():
    return files(".c", ".h", below=tuple(LAYERS))


@functools.cache
def text(path):
    return (ROOT / path).read_text()


@functools.cache
def code(path):
    """The text with comments, strings and characters blanked out; lines stay where they are."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0)) if match.group(0)[0] == "/" else '""'

    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, blank, text(path), flags=re.DOTALL)


class Function:
    def __init__(self, path, line, name, parameters, length):
        self.path, self.line, self.name = path, line, name
        self.parameters, self.length = parameters, length

    def __str__(self):
        return f"{self.path}:{self.line}: {self.name}"


def count_parameters(text):
    inner = text.strip()
    if inner in ("", "void"):
        return 0
    depth, count = 0, 1
    for character in inner:
        depth += (character in "([{") - (character in ")]}")
        count += character == "," and depth == 0
    return count


@functools.cache
def functions(path):
    """Definitions, by what clang-format makes of them: braces of a body stand in the first column."""
    lines = code(path).split("\n")
    found = []
    for start, line in enumerate(lines):
        if line.rstrip() != "{":
            continue
        first = start
        while first > 0 and lines[first - 1].strip() and lines[first - 1].rstrip()[-1] not in ";}":
            first -= 1
        signature = " ".join(lines[first:start])
        match = re.search(r"(\w+)\s*\((.*)\)[^()]*$", re.sub(r"__attribute__\(\(.*?\)\)\)?", "", signature))
        if not match:
            continue
        end = next((i for i in range(start, len(lines)) if lines[i].startswith("}")), len(lines))
        found.append(
            Function(path, first + 1, match[1], count_parameters(match[2]), end - first + 1)
        )
    return found
