# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import pathlib
import signal

from harness.waiting import eventually


def freeze(gateway):
    """Stops the process; back when every thread of it stands. SIGCONT lets it go on."""

    def stands(task):
        return (task / "stat").read_text().rsplit(")", 1)[1].split()[0] == "T"

    gateway.signal(signal.SIGSTOP)
    tasks = pathlib.Path(f"/proc/{gateway.pid}/task")
    eventually(lambda: all(stands(task) for task in tasks.iterdir()), 5, "a stopped process")


def processes_of(directory):
    """The command lines of what runs with this temporary folder in its environment."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if f"TMPDIR={directory}".encode() in (path / "environ").read_bytes().split(b"\0"):
                found.append((path / "cmdline").read_text().replace("\0", " "))
        except OSError:
            pass
    return found
