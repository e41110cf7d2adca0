"""Units of work: some files at a time, so that cost follows the change and memory the unit.

A unit is a run of files of one source, or the mappings. It is parsed once; what others have to know of it is its
outline: what it describes, what it mentions and does not describe, and its triples that may have to be followed
backwards. Axioms that join triples by their object (inverse functional properties, keys) would need more than that:
with one of them all is one unit.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from publisher.errors import SourceError, Where
from publisher.iris import Iris
from publisher.pipeline.cache import digest, software
from publisher.pipeline.lines import (
    as_bytes,
    as_term,
    join_lines,
    join_triples,
    put_in_graph,
    read_lines,
    read_triples,
    split_lines,
    split_quad,
    split_triple,
)
from publisher.pipeline.load import Loaded, SourceFile, parse_data, read_source_file
from publisher.pipeline.work import Job, Parts, Step, Workshop
from publisher.vocab import OWL, RDF, SH

Term = NamedNode | BlankNode | Literal | Triple

BY_OBJECT = {OWL + "InverseFunctionalProperty", OWL + "hasKey"}
MARK = 8
"""Bytes of the hash that stands for a node where there are too many to hold their IRIs."""
_HELD = 2_000_000
"""Marks in the outlines that are held."""
_MARKED = 64
"""Of 256 files, how many may end a unit early; see `cut`."""


@dataclass(frozen=True)
class Unit:
    """Files that are worked on together; or triples, where there is no file. `graph` is their named graph.

    `hash` is that of the bytes; `size` their number.
    """

    name: str
    graph: str
    hash: str
    size: int
    paths: tuple[Path, ...] = ()
    triples: tuple[Triple, ...] = ()

    @classmethod
    def of(cls, name: str, graph: str, triples: Iterable[Triple]) -> Unit:
        """A unit without files."""
        held = tuple(triples)
        return cls(name, graph, hashlib.sha256(as_bytes(held)).hexdigest(), 100 * len(held), (), held)


def cut(loaded: Loaded, mappings: Sequence[Triple], limit: int) -> list[Unit]:
    """The units: files of one source in their order, up to `limit` bytes, and the mappings as one of their own.

    Where to cut also depends on the names of files, so that one that grows moves the cuts after it only so far.
    Raises `SourceError` for a file that cannot be read.
    """
    units: list[Unit] = []
    for source in loaded.sources:
        run: list[Path] = []
        hashes: list[str] = []
        size = 0
        for path in source.paths:
            try:
                body = path.read_bytes()
            except OSError as error:
                raise SourceError(
                    f"this file cannot be read: {error.strerror}", where=Where(str(path)), hint="Check the path."
                ) from None
            run.append(path)
            hashes.append(hashlib.sha256(body).hexdigest())
            size += len(body)
            marked = hashlib.sha256(str(path).encode()).digest()[0] < _MARKED
            if size >= limit or (marked and size >= limit // 4):
                units.append(Unit(str(run[0]), source.iri, digest(hashes), size, tuple(run)))
                run, hashes, size = [], [], 0
        if run:
            units.append(Unit(str(run[0]), source.iri, digest(hashes), size, tuple(run)))
    if mappings:
        units.append(Unit.of("mappings", loaded.iris.graph("mappings"), mappings))
    return units


@dataclass(frozen=True)
class Outline:
    """What others have to know of a unit. Nodes are in N-Triples form.

    `subjects` are the marks of what it describes, `wanted` what it mentions and does not describe, `topics` what its
    propositions are about; `pointing` are the triples that may have to be followed backwards, `steps` those by which a
    path goes on from there.
    """

    subjects: frozenset[bytes]
    wanted: frozenset[str]
    topics: frozenset[str]
    pointing: tuple[Triple, ...]
    steps: tuple[Triple, ...]


def mark(node: str) -> bytes:
    """What stands for a node (in N-Triples form) in an outline."""
    return hashlib.blake2b(node.encode(), digest_size=MARK).digest()


@dataclass(frozen=True)
class Paths:
    """The predicates that are followed from object to subject, and those by which a path goes on from there."""

    backwards: frozenset[str]
    onward: frozenset[str]

    @classmethod
    def of(cls, shapes: Iterable[Triple], mandate: str) -> Paths:
        """Those of the shapes, and one that attribution follows."""
        backwards, onward = inverse_paths(shapes)
        return cls(frozenset({*backwards, mandate}), frozenset(onward))


class Parsed:
    """All units, parsed and kept. Raises `SourceError` if one of them cannot be."""

    def __init__(
        self, units: Sequence[Unit], iris: Iris, shop: Workshop, schema: Iterable[Triple], paths: Paths
    ) -> None:
        """`schema` is the ontology."""
        self._shop = shop
        self.iris = iris
        self.paths = paths
        self.units = list(units)
        common = digest([software(), iris.base, *sorted(paths.backwards), "", *sorted(paths.onward)])
        self._options = (iris.base, tuple(sorted(paths.backwards)), tuple(sorted(paths.onward)))
        self._held: dict[int, Outline] = {}
        self._room = _HELD
        self.keys = [digest([common, unit.graph, unit.hash]) for unit in self.units]
        shop.run(PARSE, {k: Job(partial(self._job, u), u.size) for k, u in zip(self.keys, self.units, strict=True)})
        joined = [i for i in range(len(self.keys)) if self.has(i, "joins")]
        if len(self.units) > 1 and (joined or any(_joins(t) for t in schema)):
            self._make_one(common)

    def _job(self, unit: Unit) -> tuple[object, ...]:
        files = [read_source_file(path, Iris(self._options[0])) for path in unit.paths]
        return tuple((file.path, file.text) for file in files), as_bytes(unit.triples), unit.graph, *self._options

    def _make_one(self, common: str) -> None:
        """One unit of everything, in place of all."""
        quads = b"".join(self._shop.read(PARSE, "quads", key) for key in self.keys)
        whole = Unit("everything", "", digest(self.keys), len(quads))
        key = digest([common, "everything", *self.keys])
        self._shop.run(PARSE, {key: Job(lambda: ((), quads, "", *self._options), len(quads))})
        self.units, self.keys = [whole], [key]

    def __len__(self) -> int:
        return len(self.units)

    def quads(self, i: int) -> bytes:
        """What a unit says, as N-Quads, sorted by graph and triple."""
        return self._shop.read(PARSE, "quads", self.keys[i])

    def triples(self, i: int) -> list[Triple]:
        """The same without the graphs."""
        return [q.triple for q in parse(input=self.quads(i), format=RdfFormat.N_QUADS)]

    def has(self, i: int, flag: str) -> bool:
        """`joins`: a unit makes things one by what they have in common; `voices`: it says who has one voice."""
        return flag.encode() in self._shop.read(PARSE, "flags", self.keys[i]).split()

    def subjects(self, i: int) -> frozenset[bytes]:
        """The marks of what a unit describes."""
        if (held := self._held.get(i)) is not None:
            return held.subjects
        marks = self._shop.read(PARSE, "subjects", self.keys[i])
        return frozenset(marks[at : at + MARK] for at in range(0, len(marks), MARK))

    def outline(self, i: int) -> Outline:
        """What others have to know of a unit. Those of a small release are held."""
        if (held := self._held.get(i)) is not None:
            return held

        def part(name: str) -> bytes:
            return self._shop.read(PARSE, name, self.keys[i])

        found = Outline(
            subjects=self.subjects(i),
            wanted=_lines(part("wanted")),
            topics=_lines(part("topics")),
            pointing=tuple(read_triples(part("pointing"))),
            steps=tuple(read_triples(part("steps"))),
        )
        self._room -= len(found.subjects)
        if self._room > 0:
            self._held[i] = found
        return found


def _lines(body: bytes) -> frozenset[str]:
    return frozenset(body.decode().split("\n")) - {""}


def _parse(
    files: Sequence[tuple[str, str]],
    plain: bytes,
    graph: str,
    base: str,
    backwards: Sequence[str],
    onward: Sequence[str],
) -> Parts:
    """The task of the step. `plain` are triples, or quads if `graph` is empty."""
    lines = set(split_lines(plain))
    if graph:
        read = as_bytes(t for path, text in files for t in parse_data(SourceFile(path, text)))
        lines = set(put_in_graph(chain(read_lines(plain), read_lines(read)), as_term(graph)))
    ordered = sorted(lines)
    triples = [split_triple(split_quad(line)[1]) for line in ordered]
    own = Iris(base).att("")
    about = {as_term(RDF + "subject"), as_term(own + "about")}
    by_object = {as_term(iri) for iri in BY_OBJECT}
    voices = {as_term(own + "speaksFor"), as_term(own + "sameUtterance")}
    back = {as_term(iri) for iri in backwards}
    subjects, objects, predicates, topics = set[bytes](), set[bytes](), set[bytes](), set[bytes]()
    pointing: set[tuple[bytes, bytes, bytes]] = set()
    for triple in triples:
        subject, predicate, object_ = triple
        subjects.add(subject)
        predicates.add(predicate)
        if not object_.startswith(b'"'):
            objects.add(object_)
        if predicate in about:
            topics.add(object_)
        if predicate in back:
            pointing.add(triple)
    wanted = (node for node in objects - subjects if not node.startswith(as_term(own)[:-1]))
    flags = {b"joins": not by_object.isdisjoint(objects | predicates), b"voices": not voices.isdisjoint(predicates)}
    steps = _steps({s for s, _, _ in pointing}, triples, {as_term(iri) for iri in onward})
    return {
        "quads": join_lines(ordered),
        "subjects": b"".join(sorted(mark(node.decode()) for node in subjects)),
        "wanted": b"\n".join(sorted(wanted)),
        "topics": b"\n".join(sorted(topics)),
        "pointing": _joined(pointing),
        "steps": _joined(steps),
        "flags": b" ".join(name for name, is_set in flags.items() if is_set),
    }


def _joined(triples: Iterable[tuple[bytes, bytes, bytes]]) -> bytes:
    return join_triples(sorted(b" ".join(triple) for triple in triples))


def _steps(
    start: Iterable[bytes], triples: Iterable[tuple[bytes, bytes, bytes]], onward: Collection[bytes]
) -> set[tuple[bytes, bytes, bytes]]:
    by_subject: dict[bytes, list[tuple[bytes, bytes, bytes]]] = defaultdict(list)
    for triple in triples:
        if triple[1] in onward:
            by_subject[triple[0]].append(triple)
    waiting, seen, found = list(start), set[bytes](), set[tuple[bytes, bytes, bytes]]()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            found.update(by_subject.get(node, ()))
            waiting += [object_ for _, _, object_ in by_subject.get(node, ())]
    return found


PARSE = Step("parse", _parse, ("quads", "subjects", "wanted", "topics", "pointing", "steps", "flags"))


def _joins(t: Triple) -> bool:
    """Whether a triple makes things one by what they have in common."""
    return any(isinstance(node, NamedNode) and node.value in BY_OBJECT for node in (t.predicate, t.object))


def inverse_paths(shapes: Iterable[Triple]) -> tuple[set[str], set[str]]:
    """The predicates that shapes follow backwards, and those that stand in a path that is followed so."""
    shapes = list(shapes)
    outgoing: dict[Term, list[Triple]] = defaultdict(list)
    for t in shapes:
        outgoing[t.subject].append(t)
    inverse = {
        t.object.value for t in shapes if t.predicate.value == f"{SH}inversePath" and isinstance(t.object, NamedNode)
    }
    onward: set[str] = set()
    for t in shapes:
        if t.predicate.value != f"{SH}path" or isinstance(t.object, NamedNode):
            continue
        parts: list[Term] = [t.object]
        names: set[str] = set()
        sequence = False
        for node in parts:
            for step in outgoing.get(node, ()):
                if isinstance(step.object, NamedNode) and step.object.value != RDF + "nil":
                    names.add(step.object.value)
                elif isinstance(step.object, BlankNode):
                    parts.append(step.object)
                sequence = sequence or step.predicate.value == RDF + "rest"
        if sequence and names & inverse:
            onward |= names
    return inverse, onward
