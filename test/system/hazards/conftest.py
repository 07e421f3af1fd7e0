# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import pytest

from harness import gateway as gateways
from harness.hazard import logged_seldom


@pytest.fixture(scope="module")
def at(request, tmp_path_factory):
    """at(name): the gateway that GATEWAYS of the module describes so. It serves all rows that are
    sent to it: that it survives the one is part of the test of the next."""
    started = {}

    def start(name):
        if name not in started:
            config = dict(request.module.GATEWAYS[name])
            bridges = {"echo": {"type": "loopback"}}
            if config.pop("broker", False):
                url = request.getfixturevalue("broker").url
                rabbit = {"type": "amqp", "url": url, **config.pop("bridge", {})}
                bridges = {"rabbit": rabbit, **bridges}
            config["bridges"] = bridges
            config["defaults"] = {"bridge": next(iter(bridges)), **config.get("defaults", {})}
            complete = gateways.complete(config, None)
            started[name] = gateways.Gateway(tmp_path_factory.mktemp(name), complete).start()
        return started[name]

    yield start
    for gateway in started.values():
        gateway.stop()
        logged_seldom(gateway)
