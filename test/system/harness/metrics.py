# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

import re

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """One reading of /metrics."""

    def __init__(self, text):
        self.text = text
        self.samples = []
        for line in text.splitlines():
            if line and not line.startswith("#"):
                match = SAMPLE.match(line)
                assert match, f"not a sample: {line!r}"
                name, labels, value = match.groups()
                self.samples.append((name, dict(LABEL.findall(labels or "")), float(value)))

    def find(self, name, **labels):
        return [
            value
            for sample, have, value in self.samples
            if sample == name and all(have.get(key) == want for key, want in labels.items())
        ]

    def sum(self, name, **labels):
        """0 when there is no such sample: counters may appear with their first event."""
        return sum(self.find(name, **labels))

    def label_names(self):
        return {label for _, labels, _ in self.samples for label in labels}
