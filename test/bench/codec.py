# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""Instructions of the two pure codecs alone, by callgrind, as the difference of two runs."""

import re
import subprocess

import lab as laboratory

FEW, MANY = 1000, 11000


def counted(lab, what, count):
    output = lab.directory / "codec.callgrind"
    output.unlink(missing_ok=True)
    tool = ("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={output}")
    program = (laboratory.PROGRAMS / "codec_calls", what, str(count))
    subprocess.run([*tool, *program], check=True, timeout=120)
    return int(re.search(r"^(?:summary|totals): (\d+)", output.read_text(), re.M)[1])


def measure(lab, figure):
    for name, what, limit in (
        ("a request head of 10 headers", "head", 2500),
        ("a masked text frame of 100 bytes", "frame", 500),
    ):
        difference = counted(lab, what, MANY) - counted(lab, what, FEW)
        yield figure(f"instructions to read {name}", difference / (MANY - FEW), limit)
