# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""campaign.py [--record] [--keep COUNT] BUILD [TARGET...]: fuzzes each target for LONG_SECONDS (600),
JOBS (one for each processor) at a time, from its corpus and from what earlier campaigns found in
BUILD/corpus. Prints a line for each; ends with status 1 when one found something, which then lies in
BUILD. --record puts the lines into docs/fuzzing.md, where other targets keep theirs. --keep adds up
to COUNT of the inputs that reached new code to the corpus in the tree."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FUZZ = ROOT / "test" / "fuzz"
RECORD = ROOT / "docs" / "fuzzing.md"
BEGIN, END = "<!-- campaigns -->\n", "<!-- end -->\n"
COLUMNS = ("target", "date", "seconds", "executions", "edges", "result")
KEPT_BYTES = 256  # of the inputs up to this size the larger ones reach more
ARTIFACTS = re.compile(r"^artifact_prefix=.*; Test unit written to (\S+)", re.M)
stopping = threading.Event()


def program(build, target):
    return build / "test" / "fuzz" / f"fuzz_{target}"


def statistic(output, name):
    found = re.search(rf"^stat::{name}: +(\d+)$", output, re.M)
    return int(found[1]) if found else 0


def edges(output):
    found = re.findall(r"\bcov: (\d+)", output)
    return int(found[-1]) if found else 0


def fuzz(build, target, seconds):
    """The row of the record for one target, and what it printed."""
    grown = build / "corpus" / target
    grown.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    process = subprocess.Popen(
        [
            program(build, target),
            f"-max_total_time={seconds}",
            "-timeout=10",
            "-rss_limit_mb=1024",
            "-print_final_stats=1",
            f"-artifact_prefix={build}/{target}-",
            grown,
            FUZZ / "corpus" / target,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    # A thread that only reads would leave the fuzzer behind when the campaign is told to end.
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(process.stderr))
    reader.start()
    while process.poll() is None and not stopping.wait(0.2):
        pass
    process.terminate()
    status = process.wait()
    reader.join()
    output = "".join(lines)
    found = ARTIFACTS.search(output)
    result = "clean" if status == 0 else pathlib.Path(found[1]).name if found else f"status {status}"
    row = {
        "target": target,
        "date": time.strftime("%Y-%m-%d"),
        "seconds": f"{time.monotonic() - began:.0f}",
        "executions": f"{statistic(output, 'number_of_executed_units'):,}",
        "edges": str(edges(output)),
        "result": result,
    }
    return row, output


def keep(build, target, count):
    """Adds inputs that cover what the corpus does not; a merge takes the fewest that do."""
    corpus = FUZZ / "corpus" / target
    with tempfile.TemporaryDirectory() as directory:
        merged = pathlib.Path(directory)
        for path in corpus.iterdir():
            shutil.copy(path, merged)
        subprocess.run(
            [program(build, target), "-set_cover_merge=1", merged, build / "corpus" / target],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        new = [
            path
            for path in merged.iterdir()
            if not (corpus / path.name).exists() and path.stat().st_size <= KEPT_BYTES
        ]
        new.sort(key=lambda path: (-path.stat().st_size, path.name))
        for path in new[:count]:
            shutil.copy(path, corpus / path.name)


def record(row):
    """Replaces the line of this target in the table; the others stay."""
    head, rest = RECORD.read_text().split(BEGIN, 1)
    table, tail = rest.split(END, 1)
    lines = {line.split("|")[1].strip(): line for line in table.splitlines()[2:] if line}
    lines[row["target"]] = "| " + " | ".join(row[column] for column in COLUMNS) + " |"
    title = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    lines = title + [lines[target] for target in sorted(lines)]
    RECORD.write_text(head + BEGIN + "\n".join(lines) + "\n" + END + tail)


def finish(options, row, output):
    """What is done for each target at once, so that a campaign may be cut short."""
    print("  ".join(f"{row[column]:>12}" for column in COLUMNS), flush=True)
    if row["result"] != "clean":
        print(output[-8000:], flush=True)
    elif options.keep:
        keep(options.build, row["target"], options.keep)
    if options.record:
        record(row)
    return row["result"] == "clean"


def run(options):
    """Whether all were clean."""
    clean = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        started = [
            pool.submit(fuzz, options.build, target, options.seconds) for target in options.targets
        ]
        try:
            for done in concurrent.futures.as_completed(started):
                clean.append(finish(options, *done.result()))
        except KeyboardInterrupt:
            stopping.set()
            pool.shutdown(cancel_futures=True)
            sys.exit(130)
    return all(clean)


def main():
    known = sorted(path.stem.removeprefix("fuzz_") for path in FUZZ.glob("fuzz_*.c"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--keep", type=int, default=0, metavar="COUNT")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("targets", nargs="*", default=[], metavar="TARGET")
    options = parser.parse_args()
    unknown = set(options.targets) - set(known)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    options.targets = options.targets or known
    options.build = options.build.resolve()
    options.seconds = int(os.environ.get("LONG_SECONDS", 600))
    options.jobs = int(os.environ.get("JOBS", os.cpu_count()))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return 0 if run(options) else 1


if __name__ == "__main__":
    sys.exit(main())
