"""The programs that the READMEs print, by the name that stands before each: <!-- snippet: NAME -->."""

import re

from broker import ROOT

DOCUMENTS = [ROOT / path for path in ("README.md", "include/README.md", "deploy/README.md", "worker/gate/README.md")]


def snippets(document):
    return dict(re.findall(r"(?ms)^<!-- snippet: (\S+) -->\n```\w+\n(.*?)^```$", document.read_text(encoding="utf-8")))


def snippet(name):
    (found,) = [blocks[name] for blocks in map(snippets, DOCUMENTS) if name in blocks]
    return found
