# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""examples/static-site as it stands: what its script shows, and what a browser asks of its pages."""

import json
import re
from urllib.parse import urljoin, urlsplit

import pytest

from harness.examples import run_once
from harness.gateway import ROOT

HERE = ROOT / "examples" / "static-site"

pytestmark = pytest.mark.timeout(300)


def test_it_shows_a_request_to_each_mapping_and_leaves_nothing_behind(tmp_path):
    done = run_once("static-site", tmp_path)
    for said in (
        "Location: /notes/",
        "Content-Range: bytes 0-5/",
        "Hello &lt;Ada&gt;!",
        "Location: /notes/first.html",
        '{"said":"Is anybody there?","at":',
        "7 requests, 7 answers.",
    ):
        assert said in done.stdout, done.stdout + done.stderr


def test_every_link_of_its_pages_leads_somewhere(gateway):
    config = (HERE / "bridgehead.json").read_text().replace('"site', f'"{HERE}/site')
    config = config.replace(f'"name": "{HERE}/site"', '"name": "site"')
    config = re.sub(r"^\s*//.*$", "", config, flags=re.MULTILINE)
    document = json.loads(config)
    del document["listeners"]
    one = gateway(**document)
    seen, queue = set(), ["/"]
    while queue:
        target = queue.pop()
        if target in seen:
            continue
        seen.add(target)
        answer = one.get(target)
        assert answer.status in (200, 308), (target, answer)
        if answer.status == 308:
            queue.append(urlsplit(urljoin(target, answer.header("location"))).path)
        elif answer.header("content-type").startswith("text/html"):
            links = re.findall(r'(?:href|src)="([^"]+)"', answer.body.decode())
            queue += [urlsplit(urljoin(target, link)).path for link in links]
    assert {"/notes/", "/notes/first.html", "/assets/app.1.js", "/blog/first.html"} <= seen
    assert one.post_json("/api/shout", {"text": "hi"}).json["said"] == "hi"
    assert one.post_json("/api/shout", {"text": "hi\n"}).status == 400
