"""Step 5, parts: the dumps in pieces that need not be made again when something else changes.

The common part holds what is said of nodes that several cells speak of, and what is not in a cell: ontology, shapes,
examples, descriptions. It is cut between subjects where it is very large. Each cell has a part of its own, with what is
said of nothing but its own nodes. So no quad is in two parts, and no subject of the default graph either, but for
perspectives, which tell statements of many cells: a part tells its own. A small release is one part, sorted throughout;
in a larger one each part is sorted.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import zstandard
from pyoxigraph import NamedNode, RdfFormat, Triple, parse, serialize

from publisher.formats import JSON_LD, N_QUADS, N_TRIPLES, TRIG, TURTLE, MediaType
from publisher.iris import Iris
from publisher.pipeline.cache import digest, software
from publisher.pipeline.cells import Attributed
from publisher.pipeline.counts import Counts, mark_objects
from publisher.pipeline.lines import (
    as_bytes,
    as_iri,
    as_term,
    join_lines,
    join_triples,
    put_in_graph,
    read_lines,
    split_lines,
    split_quad,
    split_triple,
)
from publisher.pipeline.unitwise import Inferred, Survey
from publisher.pipeline.work import Job, Step, Workshop
from publisher.pipeline.work import Parts as Bodies
from publisher.vocab import RDF, XSD

DUMPS: Mapping[str, tuple[MediaType, RdfFormat]] = {
    N_TRIPLES.suffix: (N_TRIPLES, RdfFormat.N_TRIPLES),
    N_QUADS.suffix: (N_QUADS, RdfFormat.N_QUADS),
    TURTLE.suffix: (TURTLE, RdfFormat.TURTLE),
    TRIG.suffix: (TRIG, RdfFormat.TRIG),
    JSON_LD.suffix: (JSON_LD, RdfFormat.JSON_LD),
}
"""What is dumped. N-Quads and TriG hold the whole dataset, the others the default graph."""
_ONE = 8
"""A release of up to so many units of work is one part."""
_LARGEST = 64 << 20
"""Bytes of common lines that are one part in a larger release. A part takes some ten times as much while it is made."""
_GZIP = 3
"""The level: 6 takes two and a half times as long and saves a fifth; who wants it small takes zstd."""
_PACKED, _MEMBER = ".zst", ".gz"
"""How the text of a part is kept: to be read again, and as a member of a gzip file. Both are made where the text is, so
that it is not sent from one process to another as it is."""


@dataclass(frozen=True)
class NamedGraph:
    """A graph to be published that no cell fills: its triples, and whether the default graph contains them."""

    iri: str
    title: str
    triples: Sequence[Triple]
    in_default: bool = True

    def lines(self) -> Iterator[bytes]:
        """The same as lines of N-Quads."""
        return put_in_graph(read_lines(as_bytes(self.triples)), as_term(self.iri))


@dataclass(frozen=True)
class Dumped:
    """The parts of a release: their keys, the common ones first, and where to read them."""

    keys: tuple[str, ...]
    shop: Workshop
    counts: Counts
    prefixes: Mapping[str, str]

    def bodies(self, suffix: str) -> Iterator[bytes]:
        """The pieces of a dump that, one after the other, are the dump."""
        yield from self._framed(suffix, _PACKED)

    def members(self, suffix: str) -> Iterator[bytes]:
        """The same as members of a gzip file."""
        yield from self._framed(suffix, _MEMBER)

    def quads(self, key: str) -> bytes:
        """All of one part as N-Quads."""
        return self._read(N_QUADS.suffix + _PACKED, key)

    def objects(self) -> Iterator[bytes]:
        """The marks of the objects of each part; see `counts.distinct_objects`."""
        return (self.shop.read(PART, "objects", key) for key in self.keys)

    def counted(self) -> dict[str, int]:
        """The triples of each named graph by its IRI, and of the default graph by the empty string."""
        return {name: number for name, number in self.counts.graphs.items() if number} | {"": self.counts.triples}

    def size(self, key: str) -> int:
        """Bytes that one part takes where it is kept. Raises `OSError` if it is not."""
        return self.shop.size(PART, N_QUADS.suffix + _PACKED, key)

    def _framed(self, suffix: str, ending: str) -> Iterator[bytes]:
        first = b""
        head, between, tail = _frame(suffix, self.prefixes)
        for key in self.keys:
            body = self._read(suffix + ending, key)
            if not body:
                continue
            yield _closed(first or head, ending)
            yield body
            first = between
        yield _closed((b"" if first else head) + tail, ending)

    def _read(self, part: str, key: str) -> bytes:
        body = self.shop.read(PART, part, key)
        return zstandard.ZstdDecompressor().decompress(body) if body and part.endswith(_PACKED) else body


def _closed(text: bytes, ending: str) -> bytes:
    return gzip.compress(text, mtime=0) if ending == _MEMBER and text else text


def _frame(suffix: str, prefixes: Mapping[str, str]) -> tuple[bytes, bytes, bytes]:
    """What stands before, between and after the parts of a dump."""
    if suffix == JSON_LD.suffix:
        return b"[", b",", b"]"
    if suffix in (TURTLE.suffix, TRIG.suffix):
        return _declared(tuple(sorted(prefixes.items()))), b"\n", b""
    return b"", b"", b""


@lru_cache(maxsize=2)
def _declared(prefixes: tuple[tuple[str, str], ...]) -> bytes:
    """The lines that declare prefixes, as the writer of Turtle has them."""
    node = NamedNode("http://example.org/")
    written = serialize([Triple(node, node, node)], format=RdfFormat.TURTLE, prefixes=dict(prefixes)) or b""
    return b"".join(line for line in written.splitlines(keepends=True) if line.startswith(b"@prefix"))


def make_parts(survey: Survey, inferred: Inferred, attributed: Attributed, common: Iterable[NamedGraph]) -> Dumped:
    """Make every part that is not there yet. `common` are graphs that no cell fills."""
    shop, iris, parsed = survey.shop, survey.loaded.iris, survey.parsed
    whole = sum(unit.size for unit in parsed.units) <= _ONE * shop.unit
    sources = tuple(sorted(source.iri for source in survey.loaded.sources))
    outside = tuple(sorted(graph.iri for graph in common if not graph.in_default))
    options = (iris.base, sources, outside)
    dates = tuple(sorted((source.iri, source.source.retrieved.isoformat()) for source in survey.loaded.sources))
    base = digest([software(), str(whole), json.dumps([options, dates])])
    jobs: dict[str, Job] = {}
    keys: list[str] = []
    for i, cell in enumerate(attributed.cells):
        units = [(parsed.keys[u], inferred.keys[u]) for u in cell.units]
        shared = sorted(str(node) for node in cell.shared)
        admitted = digest([attributed.told(i)])
        keys.append(digest([base, *(k for pair in units for k in pair), attributed.keys[i], admitted, *shared]))

        def arguments(i: int = i) -> tuple[Any, ...]:
            units = attributed.cells[i].units
            quads = b"".join(parsed.quads(u) for u in units)
            follows = b"".join(inferred.body(u) for u in units)
            shared = None if whole else tuple(str(node) for node in attributed.cells[i].shared)
            return quads, follows, attributed.derived(i), attributed.told(i), shared, dates, options

        jobs[keys[-1]] = Job(arguments, sum(parsed.units[u].size for u in cell.units))
    shop.run(CELL, jobs)
    rest = {line for graph in common for line in graph.lines()}
    for key in keys:
        rest.update(split_lines(shop.read(CELL, "rest", key)))
    bodies = [join_lines(sorted(rest))] if whole else [*_cut(sorted(rest), _LARGEST)]
    del rest
    common_jobs = {digest([base, body]): Job(partial(_given, body, options), len(body)) for body in bodies}
    shop.run(PART, common_jobs)
    made = (*common_jobs, *(() if whole else keys))
    counts = Counts()
    for key in made:
        counts.add(Counts.from_json(shop.read(PART, "counts", key)))
    return Dumped(made, shop, counts, iris.prefixes())


def _given(body: bytes, options: tuple[Any, ...]) -> tuple[Any, ...]:
    return body, *options


def _cut(lines: Sequence[bytes], size: int) -> Iterator[bytes]:
    """Sorted lines as bodies of at least `size` bytes, but for the last. No subject is in two."""
    held: list[bytes] = []
    length = 0
    for line in lines:
        if length >= size and line.partition(b" ")[0] != held[-1].partition(b" ")[0]:
            yield join_lines(held)
            held, length = [], 0
        held.append(line)
        length += len(line) + 1
    yield join_lines(held)


def _cell(
    quads: bytes,
    follows: bytes,
    derived: bytes,
    told: bytes,
    shared: Sequence[str] | None,
    dates: Sequence[tuple[str, str]],
    options: tuple[str, Sequence[str], Sequence[str]],
) -> Bodies:
    """The task that tells a cell's own quads from those that others may have too, and writes the part of the first.

    `shared` is None if all are.
    """
    iris = Iris(options[0])
    stated = split_lines(quads)
    found = {*stated, *_recorded(stated, dict(dates), iris), *split_lines(told)}
    for body, name in ((follows, "inferred"), (derived, "derived")):
        found.update(put_in_graph(read_lines(body), as_term(iris.graph(name))))
    own: set[bytes] = set()
    if shared is not None:
        is_own = _Ownership(stated, shared, iris)
        own = {line for line in found if is_own(line)}
    return {"rest": join_lines(sorted(found - own)), **_write(sorted(own), *options)}


class _Ownership:
    """Whether no other cell can have a quad: it is about a node of this one, or about one that only it can make up."""

    def __init__(self, stated: Iterable[bytes], shared: Iterable[str], iris: Iris) -> None:
        self._shared = frozenset(node.encode() for node in shared)
        self._nodes = frozenset(line.partition(b" ")[0] for line in stated) - self._shared
        self._iris = iris
        self._known: dict[bytes, bool | None] = {}

    def __call__(self, line: bytes) -> bool:
        subject = line.partition(b" ")[0]
        if subject not in self._known:
            self._known[subject] = self._of(subject)
        known = self._known[subject]
        return split_triple(split_quad(line)[1])[2] in self._nodes if known is None else known

    def _of(self, subject: bytes) -> bool | None:
        """None if it depends on the object: of a perspective, what it tells of this cell's nodes is this cell's."""
        iri = as_iri(subject)
        if subject in self._shared or iri is None or iri.startswith(self._iris.att("")):
            return False
        if subject in self._nodes:
            return True
        if self._iris.is_perspective(iri):
            return True if "#" in iri else None
        name = self._iris.entity_name(iri)
        return name is not None and name.type == "contradiction"


def _recorded(stated: Iterable[bytes], dates: Mapping[str, str], iris: Iris) -> set[bytes]:
    """When each statement was recorded here: the date of the source that holds it."""
    typed = b" ".join((b"", as_term(RDF + "type"), as_term(iris.att("Statement")), b""))
    graph, on = as_term(iris.graph("recorded")), as_term(iris.att("recordedOn"))
    days = {as_term(source): f'"{day}"^^<{XSD}date>'.encode() for source, day in dates.items()}
    found: set[bytes] = set()
    for line in stated:
        if typed in line:
            source, triple = split_quad(line)
            subject, _, _ = split_triple(triple)
            if source in days and triple == subject + typed[:-1]:
                found.update(put_in_graph([b" ".join((subject, on, days[source]))], graph))
    return found


def _without_repetition(
    lines: Iterable[bytes], sources: Iterable[str], iris: Iris
) -> Iterator[tuple[bytes, Sequence[bytes]]]:
    """Each triple with its graphs, without what is inferred though stated, or derived though stated or inferred.

    `lines` are sorted, each once. Then a triple's are next to each other, and triples are sorted too: after the
    shorter of two comes a space, before all that a term may go on with.
    """
    stated = {as_term(name) for name in (*sources, iris.graph("ontology"))}
    inferred, derived = as_term(iris.graph("inferred")), as_term(iris.graph("derived"))
    last, graphs = b"", list[bytes]()
    for line in lines:
        triple, _, graph = line[:-2].rpartition(b" ")
        if triple == last:
            graphs.append(graph)
            continue
        if graphs:
            yield last, graphs if len(graphs) == 1 else _first_told(graphs, stated, inferred, derived)
        last, graphs = triple, [graph]
    if graphs:
        yield last, _first_told(graphs, stated, inferred, derived)


def _first_told(graphs: list[bytes], stated: set[bytes], inferred: bytes, derived: bytes) -> list[bytes]:
    """The graphs of one triple without `inferred` if it is stated, without `derived` if it is either."""
    if not stated.isdisjoint(graphs):
        return [graph for graph in graphs if graph not in (inferred, derived)]
    return [graph for graph in graphs if graph != derived] if inferred in graphs else graphs


def _part(body: bytes, base: str, sources: Sequence[str], hidden: Sequence[str]) -> Bodies:
    """The task that writes one part, of sorted lines. See `_write`."""
    return _write(split_lines(body), base, sources, hidden)


def _write(lines: Iterable[bytes], base: str, sources: Sequence[str], hidden: Sequence[str]) -> Bodies:
    """One part in every format, with what is counted of it. `hidden` are graphs that the default graph does not
    contain, beside those of perspectives and policies.
    """
    iris = Iris(base)
    named: dict[bytes, list[bytes]] = {}
    outside = {as_term(graph) for graph in hidden}
    sourced = {as_term(source) for source in sources}
    default: list[bytes] = []
    asserted = 0
    for triple, graphs in _without_repetition(lines, sources, iris):
        for graph in graphs:
            if graph not in named:
                named[graph] = []
                if iris.is_claiming(as_iri(graph) or ""):
                    outside.add(graph)
            named[graph].append(triple)
        if not outside.issuperset(graphs):
            default.append(triple)
        asserted += not sourced.isdisjoint(graphs)
    triples = join_triples(default)
    in_order = sorted(named, key=lambda g: g[:-1])
    others = b"".join(join_lines(put_in_graph(named[graph], graph)) for graph in in_order)
    terms = [split_triple(triple) for triple in default]
    counts = Counts.of(terms, {graph: len(held) for graph, held in named.items()}, asserted, iris)
    found: Bodies = {"counts": counts.to_json(), "objects": mark_objects(terms)}
    del named, default, terms
    for suffix, text in _texts(triples, others, iris.prefixes()):
        found[suffix + _PACKED] = zstandard.ZstdCompressor(level=1).compress(text) if text else b""
        found[suffix + _MEMBER] = gzip.compress(text, _GZIP, mtime=0) if text else b""
    return found


_WRITTEN = ("counts", "objects", *(suffix + ending for suffix in DUMPS for ending in (_PACKED, _MEMBER)))
PART = Step("part", _part, _WRITTEN)
CELL = Step("part", _cell, ("rest", *_WRITTEN))
"""Kept under the same name: what a cell has of its own is a part too."""


def _texts(triples: bytes, others: bytes, prefixes: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """A part in every format, without its frame: of the default graph in N-Triples, and the named ones in N-Quads."""
    yield N_TRIPLES.suffix, triples
    yield N_QUADS.suffix, triples + others
    default = list(parse(input=triples, format=RdfFormat.N_TRIPLES, lenient=True))
    turtle = _unframed(serialize(default, format=RdfFormat.TURTLE, prefixes=prefixes) or b"", TURTLE.suffix, prefixes)
    yield TURTLE.suffix, turtle
    yield JSON_LD.suffix, _unframed(serialize(default, format=RdfFormat.JSON_LD) or b"", JSON_LD.suffix, prefixes)
    del default
    quads = parse(input=others, format=RdfFormat.N_QUADS, lenient=True)
    graphs = serialize(quads, format=RdfFormat.TRIG, prefixes=prefixes) or b""
    # The writer of TriG writes the default graph as that of Turtle does, and before all others.
    yield TRIG.suffix, turtle + _unframed(graphs, TRIG.suffix, prefixes)


def _unframed(text: bytes, suffix: str, prefixes: Mapping[str, str]) -> bytes:
    head, _, tail = _frame(suffix, prefixes)
    if not text or text == head + tail:
        return b""
    assert text.startswith(head), suffix  # noqa: S101
    return text[len(head) : len(text) - len(tail)]
