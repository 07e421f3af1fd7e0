# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""The `run` of an example as a newcomer types it; it leaves nothing behind."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess

from harness.gateway import ROOT
from harness.processes import processes_of
from harness.waiting import eventually


def _script(example):
    return ROOT / "examples" / example / "run"


def _environment(directory, more):
    kept = {name: value for name, value in os.environ.items() if name != "AMQP_URL"}
    return {**kept, "TMPDIR": str(directory), **more}


def run_once(example, directory, *arguments, timeout=280, **environment):
    """`run --once` to its good end, with `directory` for its temporary files."""
    done = subprocess.run(
        [_script(example), "--once", *arguments],
        env=_environment(directory, environment),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(directory.iterdir()) == []
    assert processes_of(directory) == []
    return done


@contextlib.contextmanager
def staying_up(example, directory, until, **environment):
    """`run` without arguments: its lines up to one that has the text; then Ctrl-C ends it well."""
    process = subprocess.Popen(
        [_script(example)],
        env=_environment(directory, environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if until in line:
                break
        yield said
        # Ctrl-C in a terminal reaches the whole group.
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0
    finally:
        if process.poll() is None:
            process.kill()
    assert list(directory.iterdir()) == []
    eventually(lambda: processes_of(directory) == [], 5)


def path_without(directory, *names):
    """A PATH with what the system has but for these programs."""
    tools = directory / "bin"
    tools.mkdir()
    for folder in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
        for path in pathlib.Path(folder).iterdir():
            if path.name not in names and not (tools / path.name).is_symlink():
                (tools / path.name).symlink_to(path)
    assert not any(shutil.which(name, path=str(tools)) for name in names)
    return str(tools)
