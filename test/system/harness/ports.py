# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import random
import socket

TAKEN = set()


def free_port():
    """A port nobody has, below the range from which the kernel takes those of outgoing connections:
    it stays free until its listener comes, and comes back to it after a restart."""
    while True:
        port = random.randrange(10240, 32000)
        if port in TAKEN:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        TAKEN.add(port)
        return port
