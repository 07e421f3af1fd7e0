# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

SCRIPTS = pathlib.Path(__file__).parents[3] / "examples" / "broker"


class Node:
    """A private broker of the kind that `script` starts. It keeps its ports and data over stop and
    start."""

    script = None

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="bhb.")
        self.address = None  # what its script prints: a URL, HOST:PORT

    def _script(self, verb, *arguments):
        done = subprocess.run(
            [SCRIPTS / self.script, verb, self.directory, *arguments],
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert done.returncode == 0, f"{verb}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self):
        self.address = self._script("start").strip()
        return self

    def stop(self):
        self._script("stop")

    def kill(self):
        self._script("kill")

    def destroy(self):
        self._script("stop")
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def pid(self):
        return int(pathlib.Path(self.directory, "pid").read_text())

    def is_running(self):
        try:
            os.kill(self.pid, 0)
        except (OSError, ValueError):
            return False
        return True

    def freeze(self):
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.pid, signal.SIGCONT)
