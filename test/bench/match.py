# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What it costs to find the mapping of a request, in tables of ten and of ten thousand: instructions
by callgrind as the difference of two runs, and processor time."""

import re
import statistics
import subprocess

import lab as laboratory

FEW, MANY = 1000, 6000
SHAPES = ("literal", "capture", "late", "host", "op")


def program(shape, mappings, count):
    return (laboratory.PROGRAMS / "match_calls", shape, str(mappings), str(count))


def counted(lab, shape, mappings, count):
    output = lab.directory / "match.callgrind"
    output.unlink(missing_ok=True)
    tool = ("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={output}")
    subprocess.run(
        [*tool, *program(shape, mappings, count)],
        check=True,
        timeout=300,
        stdout=subprocess.DEVNULL,
    )
    return int(re.search(r"^(?:summary|totals): (\d+)", output.read_text(), re.M)[1])


def instructions(lab, shape, mappings):
    difference = counted(lab, shape, mappings, MANY) - counted(lab, shape, mappings, FEW)
    return difference / (MANY - FEW)


def microseconds(shape, mappings):
    turns = []
    for _ in range(5):
        run = subprocess.run(
            program(shape, mappings, 500_000),
            check=True,
            timeout=300,
            capture_output=True,
            text=True,
        )
        turns.append(float(run.stdout) / 1000)
    return statistics.median(turns)


def measure(lab, figure):
    for shape in SHAPES:
        few, many = instructions(lab, shape, 10), instructions(lab, shape, 10_000)
        yield figure(f"instructions to match by {shape}, 10 mappings", few, None)
        yield figure(f"instructions to match by {shape}, 10,000 over 10", many / few, 1.5, digits=2)
        yield figure(
            f"time to match by {shape}, 10,000 mappings",
            microseconds(shape, 10_000),
            1.5,
            " µs",
            digits=2,
        )
