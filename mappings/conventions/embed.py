# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""embed.py OUT FILE...: the files as C arrays, so that the program needs none of them to run."""

import pathlib
import sys


def array(number, data):
    lines = [", ".join(f"{byte:#04x}" for byte in data[at : at + 16]) for at in range(0, len(data), 16)]
    return f"static const unsigned char file{number}[] = {{\n\t" + ",\n\t".join(lines) + "\n};\n"


def main(out, *files):
    paths = [pathlib.Path(file) for file in files]
    paths.sort(key=lambda path: (path.parent.name, path.stem))
    text = '#include "mappings/convention_table.h"\n\n'
    rows = ""
    for number, path in enumerate(paths):
        data = path.read_bytes()
        name = f"{path.parent.name}/{path.stem}"
        text += array(number, data) + "\n"
        rows += f'\t{{ "{name}", (const char *)file{number}, {len(data)} }},\n'
    text += f"const struct convention_file convention_files[] = {{\n{rows}\t{{ 0 }},\n}};\n"
    pathlib.Path(out).write_text(text, encoding="ascii")


main(*sys.argv[1:])
