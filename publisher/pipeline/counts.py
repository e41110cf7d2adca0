"""What is counted of a release: the figures of VoID, part by part, so that they can be added up."""

from __future__ import annotations

import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from pyoxigraph import NamedNode, Quad, Triple

from publisher.iris import Iris
from publisher.vocab import RDF, SKOS

LINKS = tuple(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"))
_COUNTABLE = 20_000_000
"""Triples up to which distinct objects are counted: each one has to be remembered."""


@dataclass
class Counts:
    """Figures of triples no two parts of which have a subject in common, but for those in `tellers`."""

    triples: int = 0
    subjects: int = 0
    entities: int = 0
    """Subjects that are things of ours."""
    properties: Counter[str] = field(default_factory=Counter)
    property_subjects: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    linksets: Counter[str] = field(default_factory=Counter)
    """By predicate and target, with a space between."""
    graphs: Counter[str] = field(default_factory=Counter)
    """Triples of each named graph, by its IRI."""
    asserted: int = 0
    """Different triples of the sources."""
    tellers: dict[str, list[str]] = field(default_factory=dict)
    """Perspectives, whose triples may be in several parts, by property; they are in no other figure of subjects."""

    @classmethod
    def of(cls, default_graph: Iterable[Triple], named: Iterable[Quad], sources: frozenset[str], iris: Iris) -> Counts:
        """Count one part. `sources` are the graphs of the sources; what is given is without repetition."""
        found = cls()
        subjects: set[object] = set()
        ends: set[tuple[str, object]] = set()
        tellers: set[tuple[str, str]] = set()
        for t in default_graph:
            predicate = t.predicate.value
            found.triples += 1
            found.properties[predicate] += 1
            if isinstance(t.subject, NamedNode) and iris.is_perspective(t.subject.value):
                tellers.add((predicate, t.subject.value))
            else:
                subjects.add(t.subject)
                ends.add((predicate, t.subject))
            if not isinstance(t.object, NamedNode):
                continue
            if predicate == RDF + "type":
                found.classes[t.object.value] += 1
            elif predicate in LINKS and not t.object.value.startswith(iris.base):
                target = t.object.value.rstrip("/").rpartition("/")[0] + "/"
                found.linksets[f"{predicate} {target}"] += 1
        found.property_subjects.update(predicate for predicate, _ in ends)
        for predicate, teller in sorted(tellers):
            found.tellers.setdefault(predicate, []).append(teller)
        found.subjects = len(subjects)
        found.entities = sum(1 for s in subjects if isinstance(s, NamedNode) and iris.entity_name(s.value))
        asserted: set[Triple] = set()
        for q in named:
            graph = q.graph_name
            assert isinstance(graph, NamedNode)  # noqa: S101
            found.graphs[graph.value] += 1
            if graph.value in sources:
                asserted.add(q.triple)
        found.asserted = len(asserted)
        return found

    def add(self, other: Counts) -> None:
        """Take in the figures of another part."""
        self.triples += other.triples
        self.subjects += other.subjects
        self.entities += other.entities
        self.asserted += other.asserted
        for name in ("properties", "property_subjects", "classes", "linksets", "graphs"):
            getattr(self, name).update(getattr(other, name))
        for predicate, tellers in other.tellers.items():
            self.tellers[predicate] = sorted({*self.tellers.get(predicate, ()), *tellers})

    def subjects_of(self, property_: str) -> int:
        """Distinct subjects of a property."""
        return self.property_subjects[property_] + len(self.tellers.get(property_, ()))

    def distinct_subjects(self) -> int:
        """Of all properties."""
        return self.subjects + len({teller for tellers in self.tellers.values() for teller in tellers})

    def to_json(self) -> bytes:
        """For keeping."""
        return json.dumps(vars(self), sort_keys=True).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Counts:
        """What was kept."""
        fields: dict[str, Any] = json.loads(body)
        for name in ("properties", "property_subjects", "classes", "linksets", "graphs"):
            fields[name] = Counter(fields[name])
        return cls(**fields)


def mark_objects(default_graph: Iterable[Triple]) -> bytes:
    """The distinct objects of each property in one part, as marks, so that parts can be put together."""
    found: dict[str, set[int]] = defaultdict(set)
    for t in default_graph:
        found[t.predicate.value].add(int.from_bytes(blake2b(str(t.object).encode(), digest_size=8).digest(), "little"))
    names = sorted(found)
    head = json.dumps([[name, len(found[name])] for name in names]).encode()
    return head + b"\n" + b"".join(array("Q", sorted(found[name])).tobytes() for name in names)


def distinct_objects(parts: Iterable[bytes], triples: int) -> tuple[dict[str, int], int | None]:
    """The number of distinct objects of each property, and of all together, from the marks of parts.

    Too many to be remembered at once are None for all together, and left out for a property.
    """
    if triples > _COUNTABLE:
        return {}, None
    found: dict[str, set[int]] = defaultdict(set)
    for part in parts:
        head, _, body = part.partition(b"\n")
        at = 0
        for name, number in json.loads(head):
            marks = array("Q")
            marks.frombytes(body[at : at + 8 * number])
            found[name].update(marks)
            at += 8 * number
    return {name: len(marks) for name, marks in found.items()}, len(set[int]().union(*found.values()))
