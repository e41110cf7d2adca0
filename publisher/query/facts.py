"""Small questions to the default graph, for pages: labels, values, who points here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

import pyoxigraph as ox

from publisher.iris import Iris
from publisher.query.description import TYPE
from publisher.query.labels import LABELS
from publisher.query.store import DEFAULT, Graph, Store, Term


@dataclass
class Facts:
    """Reads one graph. Labels are remembered for as long as the object lives, that is, for one page."""

    store: Store
    iris: Iris
    graph: Graph = DEFAULT
    _labels: dict[str, ox.Literal | None] = field(default_factory=dict)
    _having: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def att(self, name: str) -> ox.NamedNode:
        """A term of our vocabulary as a node."""
        return ox.NamedNode(self.iris.att(name))

    def objects(self, subject: Term, predicate: ox.NamedNode) -> list[Term]:
        """Values of a property, sorted."""
        if isinstance(subject, ox.Literal):
            return []
        return sorted((q.object for q in self.store.quads(subject, predicate, None, self.graph)), key=str)

    def value(self, subject: Term, predicate: ox.NamedNode) -> Term | None:
        """The first value of a property."""
        return next(iter(self.objects(subject, predicate)), None)

    def nodes(self, subject: Term, *names: str) -> list[ox.NamedNode]:
        """IRIs that the properties `att:<name>` lead to, sorted within each property."""
        return [o for name in names for o in self.objects(subject, self.att(name)) if isinstance(o, ox.NamedNode)]

    def subjects(self, predicate: ox.NamedNode, object_: Term) -> list[ox.NamedNode]:
        """Subjects that have this value, sorted."""
        found = (q.subject for q in self.store.quads(None, predicate, object_, self.graph))
        return sorted((s for s in found if isinstance(s, ox.NamedNode)), key=str)

    def having(self, predicate: ox.NamedNode, value: Term | None = None) -> frozenset[str]:
        """IRIs of all subjects that have this value, or any; remembered. For what few have: it reads all of them."""
        key = predicate.value, str(value)
        if key not in self._having:
            found = (q.subject for q in self.store.quads(None, predicate, value, self.graph))
            self._having[key] = frozenset(s.value for s in found if isinstance(s, ox.NamedNode))
        return self._having[key]

    def count(self, predicate: ox.NamedNode, value: Term) -> int:
        """How many subjects of the default graph have this value. The engine counts them without reading them."""
        (row,) = cast("ox.QuerySolutions", self.store.query(f"SELECT (COUNT(*) AS ?n) {{ ?s {predicate} {value} }}"))
        return int(row["n"].value)

    def instances(self, *names: str) -> list[ox.NamedNode]:
        """Everything typed with one of our classes, once, sorted."""
        return sorted({s for name in names for s in self.subjects(TYPE, self.att(name))}, key=str)

    def is_a(self, subject: ox.NamedNode, *names: str) -> bool:
        """Whether the subject is typed with one of our classes."""
        return any(
            next(self.store.quads(subject, TYPE, self.att(name), self.graph), None) is not None for name in names
        )

    def label(self, node: ox.NamedNode) -> ox.Literal | None:
        """The best label: English first, then without a language, then the first by language and text."""
        if node.value not in self._labels:
            found = [
                quad.object
                for predicate in LABELS
                for quad in self.store.quads(node, predicate)
                if isinstance(quad.object, ox.Literal)
            ]
            self._labels[node.value] = best_label(found)
        return self._labels[node.value]


def best_label(labels: Iterable[ox.Literal]) -> ox.Literal | None:
    """See `Facts.label`."""

    def rank(label: ox.Literal) -> tuple[int, str, str]:
        language = (label.language or "").lower()
        place = 0 if language == "en" or language.startswith("en-") else 1 if not language else 2
        return place, language, label.value

    return min(labels, key=rank, default=None)
