"""What is counted of a release: the figures of VoID, part by part, so that they can be added up."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any

from publisher.iris import Iris
from publisher.pipeline.lines import as_iri, as_term
from publisher.vocab import RDF, SKOS

LINKS = tuple(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"))
Terms = tuple[bytes, bytes, bytes]
"""Subject, predicate and object of a triple."""
_AT_ONCE = 8_000_000
"""Triples whose distinct objects are counted at the same time: each one has to be remembered."""
_COUNTERS = ("properties", "property_subjects", "classes", "linksets", "graphs", "listed")


@dataclass
class Counts:
    """Figures of triples no two parts of which have a subject in common, but for those in `tellers`."""

    triples: int = 0
    subjects: int = 0
    entities: int = 0
    """Subjects that are things of ours."""
    listed: Counter[str] = field(default_factory=Counter)
    """Those of them that have the class of the type in their IRI and are not withdrawn, by that type."""
    properties: Counter[str] = field(default_factory=Counter)
    property_subjects: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    linksets: Counter[str] = field(default_factory=Counter)
    """By predicate and target, with a space between."""
    graphs: Counter[str] = field(default_factory=Counter)
    """Triples of each named graph, by its IRI."""
    asserted: int = 0
    """Different triples of the sources."""
    tellers: dict[str, set[str]] = field(default_factory=dict)
    """Perspectives, whose triples may be in several parts, by property; they are in no other figure of subjects."""

    @classmethod
    def of(cls, default_graph: Sequence[Terms], graphs: Mapping[bytes, int], asserted: int, iris: Iris) -> Counts:
        """Count one part: the triples of the default graph, sorted and each once, and how many each named graph has.

        Terms and graphs are as in `lines`.
        """
        found = cls(triples=len(default_graph), asserted=asserted)
        kind, links = as_term(RDF + "type"), {as_term(iri) for iri in LINKS}
        ours = as_term(iris.base)[:-1]
        classes: Counter[bytes] = Counter()
        pairs: list[tuple[bytes, bytes]] = []
        typed: list[tuple[bytes, bytes]] = []
        last = (b"", b"")
        for subject, predicate, object_ in default_graph:
            if (subject, predicate) != last:  # they are sorted
                last = (subject, predicate)
                pairs.append(last)
            if predicate == kind:
                classes[object_] += 1
                typed.append((subject, object_))
            elif predicate in links and object_.startswith(b"<") and not object_.startswith(ours):
                target = object_[1:-1].decode().rstrip("/").rpartition("/")[0] + "/"
                found.linksets[f"{_name(predicate)} {target}"] += 1
        subjects = dict.fromkeys(subject for subject, _ in pairs)
        tellers = {s for s in subjects if iris.is_perspective(as_iri(s) or "")}
        telling: dict[bytes, set[str]] = defaultdict(set)
        for subject, predicate in pairs:
            if subject in tellers:
                telling[predicate].add(_name(subject))
        having = Counter(predicate for subject, predicate in pairs if subject not in tellers)
        properties = Counter(predicate for _, predicate, _ in default_graph)
        found.properties.update({_name(p): number for p, number in properties.items()})
        found.property_subjects.update({_name(p): number for p, number in having.items()})
        found.classes.update({_name(c): number for c, number in classes.items() if c.startswith(b"<")})
        found.tellers.update({_name(p): names for p, names in telling.items()})
        found.subjects = len(subjects) - len(tellers)
        names = {s: name for s in subjects if (name := iris.entity_name(as_iri(s) or ""))}
        gone = {s for s, predicate in pairs if predicate == as_term(iris.att("withdrawnBecause"))}
        found.entities = len(names)
        listed = ((names[s].type, class_) for s, class_ in typed if s in names and s not in gone)
        own = {type_: as_term(iris.class_of(type_)) for type_ in {name.type for name in names.values()}}
        found.listed.update(type_ for type_, class_ in listed if class_ == own[type_])
        found.graphs.update({_name(graph): number for graph, number in graphs.items() if number})
        return found

    def add(self, other: Counts) -> None:
        """Take in the figures of another part."""
        self.triples += other.triples
        self.subjects += other.subjects
        self.entities += other.entities
        self.asserted += other.asserted
        for name in _COUNTERS:
            getattr(self, name).update(getattr(other, name))
        for predicate, tellers in other.tellers.items():
            self.tellers.setdefault(predicate, set()).update(tellers)

    def subjects_of(self, property_: str) -> int:
        """Distinct subjects of a property."""
        return self.property_subjects[property_] + len(self.tellers.get(property_, ()))

    def distinct_subjects(self) -> int:
        """Of all properties."""
        return self.subjects + len({teller for tellers in self.tellers.values() for teller in tellers})

    def to_json(self) -> bytes:
        """For keeping."""
        return json.dumps(vars(self), sort_keys=True, default=sorted).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Counts:
        """What was kept."""
        fields: dict[str, Any] = json.loads(body)
        for name in _COUNTERS:
            fields[name] = Counter(fields[name])
        fields["tellers"] = {predicate: set(tellers) for predicate, tellers in fields["tellers"].items()}
        return cls(**fields)


def _name(term: bytes) -> str:
    return term[1:-1].decode()


def mark_objects(default_graph: Iterable[Terms]) -> bytes:
    """The distinct objects of each property in one part, as marks, so that parts can be put together."""
    objects: dict[bytes, set[bytes]] = defaultdict(set)
    for _, predicate, object_ in default_graph:
        objects[predicate].add(object_)
    found = {_name(p): sorted(_mark(object_) for object_ in held) for p, held in objects.items()}
    names = sorted(found)
    head = json.dumps([[name, len(found[name])] for name in names]).encode()
    return head + b"\n" + b"".join(array("Q", found[name]).tobytes() for name in names)


def _mark(term: bytes) -> int:
    return int.from_bytes(blake2b(term, digest_size=8).digest(), "little")


def distinct_objects(parts: Callable[[], Iterable[bytes]], triples: int) -> tuple[dict[str, int], int]:
    """The number of distinct objects of each property, and of all together, from the marks of parts.

    Parts are gone through again for each range of marks, so that only those of one are remembered.
    """
    found: Counter[str] = Counter()
    together = 0
    ranges = 1 + triples // _AT_ONCE
    limits = [(i << 64) // ranges for i in range(ranges + 1)]
    for low, high in pairwise(limits):
        held: dict[str, set[int]] = defaultdict(set)
        for part in parts():
            for name, marks in _marks(part):
                held[name].update(marks[bisect_left(marks, low) : bisect_left(marks, high)])
        found.update({name: len(marks) for name, marks in held.items()})
        together += len(set[int]().union(*held.values()))
    return dict(found), together


def _marks(part: bytes) -> Iterator[tuple[str, array[int]]]:
    """The marks of each property in one part, sorted."""
    head, _, body = part.partition(b"\n")
    at = 0
    for name, number in json.loads(head):
        marks = array("Q")
        marks.frombytes(body[at : at + 8 * number])
        at += 8 * number
        yield name, marks
