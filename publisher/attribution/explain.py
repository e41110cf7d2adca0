"""The published query behind each number: it returns as many rows as the number says.

The files are `publisher/rules/explain/<name>.rq`. `?proposition` stands for a proposition or an incident.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from publisher.attribution.headers import parse_header
from publisher.iris import Iris
from publisher.vocab import CANONICAL_BASE

COUNTED = {
    "independent-sources": "independentSources",
    "named-independent-sources": "namedIndependentSources",
    "report-count": "reportCount",
    "outlet-count": "outletCount",
}
"""Explanations of numbers, each with the property whose value is the number of rows."""

LISTED = {"affirmed-by": "affirmedBy", "denied-by": "deniedBy", "left-open-by": "leftOpenBy"}
"""Explanations of lists, each with the property that has one value for each row."""


@dataclass(frozen=True)
class Explanation:
    """A published query: what it answers, and its text with the base replaced."""

    name: str
    title: str
    question: str
    query: str

    def about(self, iri: str) -> str:
        """The query on one proposition or incident. Raises `ValueError` for what cannot be an IRI."""
        if re.search(r'[\s<>"{}|\\^`]', iri):
            raise ValueError(f"not an IRI: {iri}")
        return re.sub(r"\?proposition\b", lambda _: f"<{iri}>", self.query)


def read_explanations(iris: Iris) -> dict[str, Explanation]:
    """Every explanation by name, sorted. Raises `RuleError` for a faulty header."""
    folder = files("publisher") / "rules" / "explain"
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".rq"):
            text = entry.read_text(encoding="utf-8")
            header = parse_header(entry.name, text, ("id", "title", "question"))
            query = text.replace(CANONICAL_BASE, iris.base)
            found[header["id"]] = Explanation(header["id"], header["title"], header["question"], query)
    return found
