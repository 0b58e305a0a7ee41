"""Reads Prometheus' text format 0.0.4 and insists on every rule of it."""

import re

SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
PARTS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count"), "counter": ("",), "gauge": ("",)}


def labels_of(text):
    labels, at = {}, 0
    while at < len(text):
        found = LABEL.match(text, at)
        assert found and found[1] not in labels, f"labels {text}"
        labels[found[1]] = re.sub(r"\\(.)", lambda escape: {"n": "\n"}.get(escape[1], escape[1]), found[2])
        at = found.end()
    return labels


class Metrics:
    """What one scrape says: types by family, values by (name, labels)."""

    def __init__(self, text):
        assert text.endswith("\n")
        self.types = {}
        self.samples = {}
        family = helped = None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                helped = line.split(" ", 3)[2]
                assert len(line.split(" ", 3)) == 4, line
            elif line.startswith("# TYPE "):
                _, _, family, kind = line.split(" ")
                assert family == helped and family not in self.types, f"one HELP, then one TYPE: {line}"
                assert (kind == "counter") == family.endswith("_total"), line
                self.types[family] = kind
            else:
                self.sample(family, line)
        for family, kind in self.types.items():
            if kind == "histogram":
                self.check_histogram(family)

    def sample(self, family, line):
        found = SAMPLE.fullmatch(line)
        assert found, f"no sample: {line}"
        name, labels = found[1], labels_of(found[2] or "")
        assert name in [family + part for part in PARTS[self.types[family]]], f"in the family {family}: {line}"
        series = name, frozenset(labels.items())
        assert series not in self.samples, f"twice: {line}"
        self.samples[series] = float(found[3])

    def check_histogram(self, family):
        buckets = {}
        for (name, labels), value in self.samples.items():
            if name == f"{family}_bucket":
                rest = dict(labels)
                bound = rest.pop("le")
                assert re.fullmatch(r"[0-9.]+|\+Inf", bound), bound
                bound = float(bound)
                buckets.setdefault(frozenset(rest.items()), []).append((bound, value))
        for labels, found in buckets.items():
            assert found == sorted(found) and [n for _, n in found] == sorted(n for _, n in found), (family, labels)
            assert found[-1] == (float("inf"), self.samples[f"{family}_count", labels]), (family, labels)
            assert (f"{family}_sum", labels) in self.samples

    def value(self, name, **labels):
        return self.samples[name, frozenset(labels.items())]

    def all(self, name):
        """The values of a family, by the values of its labels in the order of their names."""
        return {
            tuple(value for _, value in sorted(labels)): number
            for (found, labels), number in self.samples.items()
            if found == name
        }  # fmt: skip
