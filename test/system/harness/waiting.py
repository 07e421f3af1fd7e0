# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import time


def eventually(condition, timeout=10.0, what=None):
    """Polls until `condition` returns something true, and returns that. For facts that nobody
    announces (a gauge, a process list); where there is a signal, wait for the signal."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {what or condition}")
        time.sleep(0.02)
