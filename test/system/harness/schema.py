# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The JSON Schema that the program prints, as an editor uses it."""

import functools
import json

import jsonschema

from harness import gateway as gateways


@functools.cache
def validator(which=""):
    printed = gateways.run("schema", *([which] if which else []))
    assert printed.returncode == 0, printed.stderr
    schema = json.loads(printed.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def complaints(config, which=""):
    """What it finds wrong: "path: message"."""
    return [f"{error.json_path}: {error.message}" for error in validator(which).iter_errors(config)]


def without_comments(text):
    """JSON from JSON with comments."""
    out, i = [], 0
    while i < len(text):
        if text[i] == '"':
            end = i + 1
            while text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            out.append(text[i : end + 1])
            i = end + 1
        elif text.startswith("//", i):
            i = text.find("\n", i) if "\n" in text[i:] else len(text)
        elif text.startswith("/*", i):
            i = text.index("*/", i) + 2
        else:
            out.append(text[i])
            i += 1
    return "".join(out)
