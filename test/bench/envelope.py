# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What the dialect of a framework costs over plain messages: instructions to make a message of a
request and an answer of a reply, by callgrind as the difference of two runs."""

import re
import subprocess

import lab as laboratory

FEW, MANY = 200, 1200
BODIES = {"text": "1 KB of text in a member", "orders": "1 KB of small members"}


def counted(lab, convention, body, count):
    output = lab.directory / "envelope.callgrind"
    output.unlink(missing_ok=True)
    tool = ("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={output}")
    program = (laboratory.PROGRAMS / "envelope_calls", convention, body, str(count))
    subprocess.run([*tool, *program], check=True, timeout=120)
    return int(re.search(r"^(?:summary|totals): (\d+)", output.read_text(), re.M)[1])


def instructions(lab, convention, body):
    few, many = (counted(lab, convention, body, count) for count in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def measure(lab, figure):
    for body, what in BODIES.items():
        over = instructions(lab, "nestjs", body) - instructions(lab, "plain", body)
        limit = 2500 if body == "text" else None
        yield figure(f"instructions of the nestjs envelope over plain, {what}", over, limit)
