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

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, parse, serialize

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
    read_triples,
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
            if not body:
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
    rest = {line for graph in common for line in graph.lines()}
    for key in keys:
        rest.update(split_lines(shop.read(SPLIT, "rest", key)))
    body = _sorted(_without_repetition(rest, sources, iris))
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
    stated = split_lines(quads)
    found = {*stated, *_recorded(stated, dict(dates), iris), *split_lines(told)}
    for body, name in ((follows, "inferred"), (derived, "derived")):
        found.update(put_in_graph(read_lines(body), as_term(iris.graph(name))))
    own: set[bytes] = set()
    if shared is not None:
        is_own = _Ownership(stated, shared, iris)
        own = {line for line in found if is_own(line)}
    return {"own": _sorted(_without_repetition(own, options[1], iris)), "rest": _sorted(found - own)}


SPLIT = Step("split", _split, ("own", "rest"))


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


def _without_repetition(lines: Iterable[bytes], sources: Iterable[str], iris: Iris) -> set[bytes]:
    """Without what is inferred though stated, or derived though stated or inferred."""
    by_graph = _by_graph(lines)
    known: set[bytes] = set()
    for name in (*sources, iris.graph("ontology")):
        known |= by_graph.get(as_term(name), set())
    for name in ("inferred", "derived"):
        graph = as_term(iris.graph(name))
        by_graph[graph] -= known
        known |= by_graph[graph]
    return {line for graph, triples in by_graph.items() for line in put_in_graph(triples, graph)}


def _by_graph(lines: Iterable[bytes]) -> dict[bytes, set[bytes]]:
    """The triples of each graph."""
    found: dict[bytes, set[bytes]] = defaultdict(set)
    for line in lines:
        graph, triple = split_quad(line)
        found[graph].add(triple)
    return found


def _part(body: bytes, base: str, sources: Sequence[str], hidden: Sequence[str]) -> Bodies:
    """The task that writes one part in every format. `hidden` are graphs that the default graph does not contain,
    beside those of perspectives and policies.
    """
    iris = Iris(base)
    named = _by_graph(split_lines(body))
    outside = {as_term(graph) for graph in hidden} | {g for g in named if iris.is_claiming(as_iri(g) or "")}
    default = sorted(set[bytes]().union(*(held for graph, held in named.items() if graph not in outside)))
    triples = join_triples(default)
    in_order = ((graph, sorted(named[graph])) for graph in sorted(named, key=lambda g: g[:-1]))
    quads = triples + b"".join(join_lines(put_in_graph(held, graph)) for graph, held in in_order)
    counts = Counts.of(default, named, frozenset(sources), iris).to_json()
    found: Bodies = {"counts": counts, "objects": mark_objects(default)}
    prefixes = iris.prefixes()
    parsed = [*read_triples(triples)]
    for suffix, (_, format_) in DUMPS.items():
        if suffix in (N_TRIPLES.suffix, N_QUADS.suffix):
            text = triples if suffix == N_TRIPLES.suffix else quads
        else:
            given = _read(quads) if suffix == TRIG.suffix else parsed
            declared = None if suffix == JSON_LD.suffix else prefixes
            text = _unframed(serialize(given, format=format_, prefixes=declared) or b"", suffix, prefixes)
        found[suffix] = text
        found[f"{suffix}.gz"] = gzip.compress(text, 6, mtime=0) if text else b""
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


def _sorted(lines: Iterable[bytes]) -> bytes:
    return join_lines(sorted(lines))
