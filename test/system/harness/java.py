# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import os
import pathlib
import subprocess

# What Maven fetched for test/system/interop/NAME is in NAME below it.
JARS = pathlib.Path(os.environ.get("INTEROP_JAVA", ""))


def build(folder, classes):
    """Compiles the workers of a folder; the class path to run them with."""
    path = f"{classes}:{folder}:{JARS / folder.name}/*"
    sources = [str(each) for each in folder.glob("*.java")]
    subprocess.run(["javac", "-parameters", "-cp", path, "-d", classes, *sources], check=True)
    return path


def command(path, name):
    """Runs the worker of this class with a heap that leaves room for others."""
    return ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", path, name]
