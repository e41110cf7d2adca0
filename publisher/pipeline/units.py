"""Units of work: some files at a time, so that cost follows the change and memory the unit.

A unit is a run of files of one source, or the mappings. It is parsed once; what others have to know of it is its
outline: what it describes, what it mentions and does not describe, and its triples that may have to be followed
backwards. Axioms that join triples by their object (inverse functional properties, keys) would need more than that:
with one of them all is one unit.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from publisher.errors import SourceError, Where
from publisher.iris import Iris
from publisher.pipeline.backwards import Paths, Pointers
from publisher.pipeline.cache import digest, hash_file, software
from publisher.pipeline.lines import (
    as_bytes,
    as_term,
    join_lines,
    join_triples,
    put_in_graph,
    read_lines,
    split_lines,
    split_quad,
    split_triple,
)
from publisher.pipeline.load import Loaded, SourceFile, read_data, read_source_file
from publisher.pipeline.work import Job, Parts, Step, Workshop
from publisher.vocab import OWL, RDF

BY_OBJECT = {OWL + "InverseFunctionalProperty", OWL + "hasKey"}
MARK = 8
"""Bytes of the hash that stands for a node where there are too many to hold their IRIs."""
_PLACE = 6
"""Bytes that tell where a description begins."""
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
                hashes.append(hash_file(path).hex())
                size += path.stat().st_size
            except OSError as error:
                raise SourceError(
                    f"this file cannot be read: {error.strerror}", where=Where(str(path)), hint="Check the path."
                ) from None
            run.append(path)
            marked = hashlib.sha256(str(path).encode()).digest()[0] < _MARKED
            if size >= limit or (marked and size >= limit // 4):
                units.append(Unit(str(run[0]), source.iri, digest(hashes), size, tuple(run)))
                run, hashes, size = [], [], 0
        if run:
            units.append(Unit(str(run[0]), source.iri, digest(hashes), size, tuple(run)))
    if mappings:
        units.append(Unit.of("mappings", loaded.iris.graph("mappings"), mappings))
    return units


def mark(node: bytes) -> bytes:
    """What stands for a node (in N-Triples form) where there are too many to hold their names."""
    return hashlib.blake2b(node, digest_size=MARK).digest()


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
        common = digest([software(), iris.base, repr(paths)])
        self._options = (iris.base, paths)
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

    def subjects(self, i: int) -> bytes:
        """The marks of what a unit describes, sorted, one after the other."""
        return self._shop.read(PARSE, "subjects", self.keys[i])

    def wanted(self, i: int) -> list[bytes]:
        """What a unit mentions and does not describe, in N-Triples form."""
        return split_lines(self._shop.read(PARSE, "wanted", self.keys[i]))

    def topics(self, i: int) -> list[bytes]:
        """What the propositions of a unit are about."""
        return split_lines(self._shop.read(PARSE, "topics", self.keys[i]))

    def pointers(self, i: int) -> Pointers:
        """The triples of a unit that may have to be followed backwards from what it does not describe."""
        pointing, steps = (self._shop.read(PARSE, name, self.keys[i]) for name in ("pointing", "steps"))
        return Pointers(read_lines(pointing), read_lines(steps), self.paths)

    def described(self, i: int) -> Described:
        """What a unit describes, to be looked up."""
        subjects, places = (self._shop.read(PARSE, name, self.keys[i]) for name in ("subjects", "places"))
        return Described(subjects, places, self.quads(i))


@dataclass(frozen=True)
class Described:
    """The nodes that a unit describes, by their marks, without reading all that it says of them."""

    subjects: bytes
    places: bytes
    quads: bytes

    def is_pointed(self, marked: bytes) -> bool:
        """Whether the unit itself has triples at a node that may have to be followed backwards."""
        return bool((self._place(marked) or 0) & 1)

    def name(self, marked: bytes) -> bytes:
        """The node of a mark."""
        start = (self._place(marked) or 0) >> 1
        return self.quads[start : self.quads.index(b" ", start)]

    def triples(self, node: bytes) -> Iterator[bytes]:
        """What the unit says of a node, as lines in their order."""
        if (place := self._place(mark(node))) is not None:
            start, begin = place >> 1, node + b" "
            while self.quads.startswith(begin, start):
                end = self.quads.index(b"\n", start)
                yield split_quad(self.quads[start:end])[1]
                start = end + 1

    def _place(self, marked: bytes) -> int | None:
        places = range(0, len(self.subjects), MARK)
        k = bisect_left(places, marked, key=lambda at: self.subjects[at : at + MARK])
        if k == len(places) or self.subjects[places[k] : places[k] + MARK] != marked:
            return None
        return int.from_bytes(self.places[k * _PLACE : (k + 1) * _PLACE], "big")


def split_marks(marks: bytes, number: int = 0, parts: int = 1) -> list[bytes]:
    """The marks that stand one after the other, sorted; of several parts, by their first bytes, only one."""
    places = range(0, len(marks), MARK)
    first, last = (
        bisect_left(places, (1 << 16) * n // parts, key=lambda at: int.from_bytes(marks[at : at + 2], "big"))
        for n in (number, number + 1)
    )
    return [marks[at : at + MARK] for at in places[first:last]]


def _parse(files: Sequence[tuple[str, str]], plain: bytes, graph: str, base: str, paths: Paths) -> Parts:
    """The task of the step. `plain` are triples, or quads if `graph` is empty."""
    if graph:
        triples = sorted({*read_lines(plain), *read_data([SourceFile(path, text) for path, text in files])})
        ordered = list(put_in_graph(triples, as_term(graph)))
    else:
        ordered = sorted(set(split_lines(plain)))
        triples = [split_quad(line)[1] for line in ordered]
    own = Iris(base).att("")
    about = {as_term(RDF + "subject"), as_term(own + "about")}
    by_object = {as_term(iri) for iri in BY_OBJECT}
    voices = {as_term(own + "speaksFor"), as_term(own + "sameUtterance")}
    followed = {as_term(iri) for iri in (*paths.backwards, *paths.onward)}
    objects, predicates, topics = set[bytes](), set[bytes](), set[bytes]()
    ways: list[bytes] = []
    starts: dict[bytes, int] = {}
    at = 0
    for line, triple in zip(ordered, triples, strict=True):
        subject, predicate, object_ = split_triple(triple)
        starts.setdefault(subject, at)
        at += len(line) + 1
        if predicate in followed:
            ways.append(triple)
        predicates.add(predicate)
        if not object_.startswith(b'"'):
            objects.add(object_)
            if predicate in about:
                topics.add(object_)
    wanted = {node for node in objects - starts.keys() if not node.startswith(as_term(own)[:-1])}
    flags = {b"joins": not by_object.isdisjoint(objects | predicates), b"voices": not voices.isdisjoint(predicates)}
    pointers = Pointers(ways, ways, paths)
    pointed = {split_triple(triple)[2] for triple in pointers.pointing}
    pointers = pointers.to(wanted)
    marks = sorted((mark(node), at << 1 | (node in pointed)) for node, at in starts.items())
    return {
        "quads": join_lines(ordered),
        "subjects": b"".join(m for m, _ in marks),
        "places": b"".join(place.to_bytes(_PLACE, "big") for _, place in marks),
        "wanted": join_lines(sorted(wanted)),
        "topics": join_lines(sorted(topics)),
        "pointing": join_triples(sorted(pointers.pointing)),
        "steps": join_triples(sorted(pointers.steps())),
        "flags": b" ".join(name for name, is_set in flags.items() if is_set),
    }


PARSE = Step("parse", _parse, ("quads", "subjects", "places", "wanted", "topics", "pointing", "steps", "flags"))


def _joins(t: Triple) -> bool:
    """Whether a triple makes things one by what they have in common."""
    return any(isinstance(node, NamedNode) and node.value in BY_OBJECT for node in (t.predicate, t.object))
