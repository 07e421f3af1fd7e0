# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""slowhttptest with 1,000 connections in each of its modes, while others go on: how much longer the
slowest hundredth of their requests takes. Their usual is what a second gateway gives that nobody
attacks, asked in turns within the same seconds, because whatever else runs on the machine, the
attacker included, delays single requests by more than the gateway does. The limits are the defaults,
so what an attacker holds is taken from it after ten seconds or more; the turns end before that."""

import contextlib
import shutil
import statistics
import subprocess

import lab as laboratory
from harness.waiting import eventually

ATTACKERS, OTHERS = 1000, 16
TURNS, TURN_S = 9, 0.5  # of each; short ones, so that what disturbs a machine hits few
ATTACK_S = 30  # at most; it is ended when the turns are over
LARGE = 128 * 1024  # an answer that does not fit into what a slow reader lets be sent
MODES = {
    "slow headers": ("-H", "-i", 1),
    "slow body": ("-B", "-i", 1, "-s", 8192, "-x", 10),
    "slow reading": ("-X", "-k", 3, "-n", 1, "-w", 512, "-y", 1024, "-z", 32),
    "ranges": ("-R", "-a", 1, "-b", 2000),
}


def available():
    return shutil.which("slowhttptest") is not None


@contextlib.contextmanager
def attack(lab, gateway, options):
    """Begins when every attacker has been accepted once: some modes are answered at once."""
    before = gateway.metric("bridgehead_connections_total")
    with open(lab.directory / "slowhttptest", "wb") as output:
        process = subprocess.Popen(
            # Attackers are other people's machines: here they only get what nobody else wants.
            ["nice", "-n", "19", "slowhttptest", "-c", str(ATTACKERS), "-r", str(ATTACKERS)]
            + ["-l", str(ATTACK_S), "-p", "5", "-u", gateway.url("/large")]
            + [str(option) for option in options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        eventually(
            lambda: gateway.metric("bridgehead_connections_total") - before >= ATTACKERS,
            20,
            f"{ATTACKERS} attackers",
        )
        yield
    finally:
        laboratory.end(process)


def p99(lab, gateway):
    """Milliseconds, over one turn; every answer is good, and no connection is lost."""
    result = lab.load(gateway, "-c", OTHERS, "-s", TURN_S)
    assert result["broken"] == 0, result
    return result["p99"] * 1000


def measure(lab, figure):
    if not available():
        print("    slowhttptest is not installed: its attacks are left out")
        return
    large = {"name": "large", "match": {"path": "/large"}, "send": {"body": "x" * LARGE}}
    with lab.loopback(large) as attacked, lab.loopback(large) as spared:
        for gateway in (attacked, spared):
            lab.load(gateway, "-c", OTHERS, "-s", TURN_S)
        for name, options in MODES.items():
            with attack(lab, attacked, options):
                turns = [(p99(lab, attacked), p99(lab, spared)) for _ in range(TURNS)]
                held = attacked.metric("bridgehead_connections")
            eventually(lambda: attacked.metric("bridgehead_connections") <= 1, 60, "no attackers")
            during, usual = (statistics.median(column) for column in zip(*turns, strict=True))
            print(f"    {name}: p99 {during:.1f} ms, usually {usual:.1f} ms, {held:.0f} held on")
            yield figure(
                f"p99 of others under {name}, {ATTACKERS:,} connections, over usual",
                statistics.median(one / other for one, other in turns),
                2,
                digits=2,
            )
