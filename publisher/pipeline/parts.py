"""Step 5, parts: the dumps in pieces that need not be made again when something else changes.

The common part holds what is said of nodes that several cells speak of, and what is not in a cell: ontology, shapes,
examples, descriptions. Each cell has a part of its own, with what is said of nothing but its own nodes. So no quad is
in two parts, and no subject of the default graph either, but for perspectives, which tell statements of many cells: a
part tells its own. A small release is one part, sorted throughout; in a larger one each part is sorted.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from publisher.formats import JSON_LD, N_QUADS, N_TRIPLES, TRIG, TURTLE, MediaType
from publisher.iris import Iris
from publisher.pipeline.cache import digest, software
from publisher.pipeline.cells import Attributed
from publisher.pipeline.counts import Counts, mark_objects
from publisher.pipeline.units import read_triples
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


@dataclass(frozen=True)
class NamedGraph:
    """A graph to be published that no cell fills: its triples, and whether the default graph contains them."""

    iri: str
    title: str
    triples: Sequence[Triple]
    in_default: bool = True

    def quads(self) -> set[Quad]:
        """The same as quads."""
        name = NamedNode(self.iri)
        return {Quad(t.subject, t.predicate, t.object, name) for t in self.triples}


@dataclass(frozen=True)
class Dumped:
    """The parts of a release: their keys, the common one first, and where to read them."""

    keys: tuple[str, ...]
    shop: Workshop
    counts: Counts
    prefixes: Mapping[str, str]

    def bodies(self, suffix: str) -> Iterator[bytes]:
        """The pieces of a dump that, one after the other, are the dump."""
        yield from self._framed(suffix, "")

    def members(self, suffix: str) -> Iterator[bytes]:
        """The same as members of a gzip file."""
        yield from self._framed(suffix, ".gz")

    def quads(self, key: str) -> bytes:
        """All of one part as N-Quads."""
        return self.shop.read(PART, N_QUADS.suffix, key)

    def objects(self) -> Iterator[bytes]:
        """The marks of the objects of each part; see `counts.distinct_objects`."""
        return (self.shop.read(PART, "objects", key) for key in self.keys)

    def counted(self) -> dict[str, int]:
        """The triples of each named graph by its IRI, and of the default graph by the empty string."""
        return {name: number for name, number in self.counts.graphs.items() if number} | {"": self.counts.triples}

    def size(self, key: str) -> int:
        """Bytes that one part takes where it is kept. Raises `OSError` if it is not."""
        return self.shop.size(PART, N_QUADS.suffix, key)

    def _framed(self, suffix: str, ending: str) -> Iterator[bytes]:
        first = b""
        head, between, tail = _frame(suffix, self.prefixes)
        for key in self.keys:
            body = self.shop.read(PART, suffix + ending, key)
            if not self.shop.read(PART, suffix, key) if ending else not body:
                continue
            yield _closed(first or head, ending)
            yield body
            first = between
        yield _closed((b"" if first else head) + tail, ending)


def _closed(text: bytes, ending: str) -> bytes:
    return gzip.compress(text, mtime=0) if ending and text else text


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
    shop.run(SPLIT, jobs)
    rest = {quad for graph in common for quad in graph.quads()}
    for key in keys:
        rest.update(_read(shop.read(SPLIT, "rest", key)))
    body = _write(_without_repetition(rest, sources, iris))
    first = digest([base, body])
    work = {first: Job(lambda: (body, *options), len(body))}
    for key in () if whole else keys:
        work[key] = Job(partial(_own, shop, key, options), jobs[key].size)
    shop.run(PART, work)
    counts = Counts()
    for key in work:
        counts.add(Counts.from_json(shop.read(PART, "counts", key)))
    return Dumped(tuple(work), shop, counts, iris.prefixes())


def _own(shop: Workshop, key: str, options: tuple[Any, ...]) -> tuple[Any, ...]:
    return shop.read(SPLIT, "own", key), *options


def _split(
    quads: bytes,
    follows: bytes,
    derived: bytes,
    told: bytes,
    shared: Sequence[str] | None,
    dates: Sequence[tuple[str, str]],
    options: tuple[str, Sequence[str], Sequence[str]],
) -> Bodies:
    """The task that tells a cell's own quads from those that others may have too. `shared` is None if all are."""
    iris = Iris(options[0])
    stated = set(_read(quads))
    found = stated | _recorded(stated, dict(dates), iris) | set(_read(told))
    for body, name in ((follows, "inferred"), (derived, "derived")):
        graph = NamedNode(iris.graph(name))
        found |= {Quad(t.subject, t.predicate, t.object, graph) for t in read_triples(body)}
    others = None if shared is None else frozenset(shared)
    nodes = frozenset() if others is None else frozenset({str(q.subject) for q in stated} - others)
    own: set[Quad] = set()
    if others is not None:
        own = {q for q in found if _is_own(q, nodes, others, iris)}
    return {"own": _write(_without_repetition(own, options[1], iris)), "rest": _write(found - own)}


SPLIT = Step("split", _split, ("own", "rest"))


def _is_own(quad: Quad, nodes: frozenset[str], shared: frozenset[str], iris: Iris) -> bool:
    """Whether no other cell can have a quad: it is about a node of this one, or about one that only it can make up."""
    subject = str(quad.subject)
    if subject in shared or subject.startswith(f"<{iris.att('')}"):
        return False
    if subject in nodes or not isinstance(quad.subject, NamedNode):
        return subject in nodes
    iri = quad.subject.value
    if iris.is_perspective(iri):
        return "#" in iri or str(quad.object) in nodes
    name = iris.entity_name(iri)
    return name is not None and name.type == "contradiction"


def _recorded(stated: Iterable[Quad], dates: Mapping[str, str], iris: Iris) -> set[Quad]:
    """When each statement was recorded here: the date of the source that holds it."""
    statement, graph = NamedNode(iris.att("Statement")), NamedNode(iris.graph("recorded"))
    on, date = NamedNode(iris.att("recordedOn")), NamedNode(XSD + "date")
    found: set[Quad] = set()
    for q in stated:
        day = dates.get(getattr(q.graph_name, "value", ""))
        if day and q.predicate.value == RDF + "type" and q.object == statement:
            found.add(Quad(q.subject, on, Literal(day, datatype=date), graph))
    return found


def _without_repetition(quads: Iterable[Quad], sources: Iterable[str], iris: Iris) -> set[Quad]:
    """Without what is inferred though stated, or derived though stated or inferred."""
    by_graph: dict[str, set[Quad]] = defaultdict(set)
    for quad in quads:
        assert isinstance(quad.graph_name, NamedNode)  # noqa: S101
        by_graph[quad.graph_name.value].add(quad)
    stated = {q.triple for name in (*sources, iris.graph("ontology")) for q in by_graph.get(name, ())}
    inferred = {q for q in by_graph.get(iris.graph("inferred"), ()) if q.triple not in stated}
    by_graph[iris.graph("inferred")] = inferred
    known = stated | {q.triple for q in inferred}
    by_graph[iris.graph("derived")] = {q for q in by_graph.get(iris.graph("derived"), ()) if q.triple not in known}
    return {quad for found in by_graph.values() for quad in found}


def _part(body: bytes, base: str, sources: Sequence[str], hidden: Sequence[str]) -> Bodies:
    """The task that writes one part in every format. `hidden` are graphs that the default graph does not contain,
    beside those of perspectives and policies.
    """
    iris, outside = Iris(base), frozenset(hidden)
    named = sorted(_read(body), key=lambda q: (getattr(q.graph_name, "value", ""), str(q)))

    def served(quad: Quad) -> bool:
        name = quad.graph_name
        assert isinstance(name, NamedNode)  # noqa: S101
        return name.value not in outside and not iris.is_claiming(name.value)

    default = sorted({q.triple for q in named if served(q)}, key=str)
    prefixes = iris.prefixes()
    dataset = [*(Quad(t.subject, t.predicate, t.object) for t in default), *named]
    counts = Counts.of(default, named, frozenset(sources), iris).to_json()
    found: Bodies = {"counts": counts, "objects": mark_objects(default)}
    for suffix, (_, format_) in DUMPS.items():
        given = dataset if suffix in (N_QUADS.suffix, TRIG.suffix) else default
        text = serialize(given, format=format_, prefixes=prefixes if suffix in (TURTLE.suffix, TRIG.suffix) else None)
        found[suffix] = _unframed(text or b"", suffix, prefixes)
        found[f"{suffix}.gz"] = gzip.compress(found[suffix], 6, mtime=0) if found[suffix] else b""
    return found


PART = Step("part", _part, ("counts", "objects", *DUMPS, *(f"{suffix}.gz" for suffix in DUMPS)))


def _unframed(text: bytes, suffix: str, prefixes: Mapping[str, str]) -> bytes:
    head, _, tail = _frame(suffix, prefixes)
    if not text or text == head + tail:
        return b""
    assert text.startswith(head), suffix  # noqa: S101
    return text[len(head) : len(text) - len(tail)]


def _read(body: bytes) -> Iterator[Quad]:
    return iter(parse(input=body, format=RdfFormat.N_QUADS))


def _write(quads: Iterable[Quad]) -> bytes:
    return serialize(sorted(quads, key=str), format=RdfFormat.N_QUADS) or b""
