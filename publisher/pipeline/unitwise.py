"""Steps 2 and 3 by unit: the same report, and the same entailments, as on everything at once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

from pyoxigraph import Triple
from rdflib import BNode, Literal, URIRef
from rdflib.term import Node

from publisher.config import Engine
from publisher.errors import Where
from publisher.iris import Iris
from publisher.pipeline.backwards import Paths
from publisher.pipeline.cache import digest, software
from publisher.pipeline.context import Context
from publisher.pipeline.infer import close_ontology, infer_lines
from publisher.pipeline.lines import (
    as_bytes,
    as_term,
    join_triples,
    read_lines,
    split_lines,
    split_quad,
    split_triple,
)
from publisher.pipeline.load import Loaded, LoadedSchema, read_source_file
from publisher.pipeline.locate import Places
from publisher.pipeline.shacl import Validator
from publisher.pipeline.units import Parsed, Unit, cut, mark, split_marks
from publisher.pipeline.validate import Report, Result, Severity
from publisher.pipeline.work import Job, Parts, Step, Workshop

_BYTES = 150
"""Of a triple, on average."""


class Survey:
    """The units of all sources, parsed, with what they need of each other. Raises `SourceError`."""

    def __init__(self, loaded: Loaded, mappings: Sequence[Triple], shop: Workshop, units: Sequence[Unit] = ()) -> None:
        """`units`, if given, take the place of those that would be cut."""
        self.loaded = loaded
        self.shop = shop
        mandate = loaded.iris.att("speaksFor")
        paths = Paths.of(loaded.shapes.as_parsed(), mandate)
        units = units or cut(loaded, mappings, shop.unit)
        self.parsed = Parsed(units, loaded.iris, shop, loaded.ontology.triples, paths)
        self.context = Context(self.parsed)


def described_among(iris: Collection[str], loaded: Loaded, shop: Workshop) -> frozenset[str]:
    """Which of these nodes the sources describe. Raises `SourceError`."""
    paths = Paths.of(loaded.shapes.as_parsed(), loaded.iris.att("speaksFor"))
    parsed = Parsed(cut(loaded, (), shop.unit), loaded.iris, shop, loaded.ontology.triples, paths)
    marks = {mark(as_term(iri)): iri for iri in iris}
    described = (marks.keys() & set(split_marks(parsed.subjects(i))) for i in range(len(parsed)))
    return frozenset(marks[m] for mine in described for m in mine)


def _hashes(*schemas: LoadedSchema) -> Iterator[str]:
    return (file.text for schema in schemas for file in schema.files)


def validate_units(survey: Survey) -> Report:
    """Run every shape over the ontology and the units. The same report as on everything at once, with places."""
    loaded, shop, parsed, context = survey.loaded, survey.shop, survey.parsed, survey.context
    shapes, ontology = as_bytes(loaded.shapes.as_parsed()), as_bytes(loaded.ontology.as_parsed())
    common = digest([software(), shop.engine, *_hashes(loaded.shapes, loaded.ontology)])
    alone = digest([common, "ontology"])
    jobs = {alone: Job(lambda: (shapes, b"", ontology, shop.engine.value), len(ontology))}
    keys: list[str] = []

    def arguments(i: int) -> tuple[Any, ...]:
        return shapes, parsed.quads(i), join_triples(context.view(i)) + ontology, shop.engine.value

    for i, unit in enumerate(parsed.units):
        around = join_triples(context.view(i))
        keys.append(digest([common, parsed.keys[i], around]))
        jobs[keys[-1]] = Job(partial(arguments, i), unit.size + len(around))
    shop.run(VALIDATE, jobs)
    results = {r.key: r for r in _from_json(shop.read(VALIDATE, "report", alone))}
    for i, key in enumerate(keys):
        if not (found := _from_json(shop.read(VALIDATE, "report", key))):
            continue
        is_for = context.is_for(i)
        kept = [r for r in found if not isinstance(r.focus_node, URIRef) or is_for(r.subject, r.component)]
        for result in _placed([r for r in kept if r.key not in results], survey, i):
            results[result.key] = result
    return Report(tuple(results[key] for key in sorted(results)))


def _validate(shapes: bytes, data: bytes, around: bytes, engine: str) -> Parts:
    return {"report": _to_json(_validator(shapes, Engine(engine))(_without_graphs(data) + around).results)}


VALIDATE = Step("validate", _validate, ("report",))


def _without_graphs(quads: bytes) -> bytes:
    return join_triples(_triples_in(quads))


def _triples_in(quads: bytes) -> Iterator[bytes]:
    return (split_quad(line)[1] for line in split_lines(quads))


@lru_cache(maxsize=2)
def _validator(shapes: bytes, engine: Engine) -> Validator:
    return Validator(shapes, engine)


def _placed(results: Sequence[Result], survey: Survey, i: int) -> Sequence[Result]:
    """The results with the line of each, where the unit has files."""
    unit = survey.parsed.units[i]
    if not results or not unit.paths:
        return results
    shop, base = survey.shop, survey.loaded.iris.base
    written = _to_json(results)
    key = digest([software(), base, unit.hash, *(str(path) for path in unit.paths), written])

    def arguments() -> tuple[Any, ...]:
        files = [read_source_file(path, Iris(base)) for path in unit.paths]
        return tuple((file.path, file.text) for file in files), written

    shop.run(LOCATE, {key: Job(arguments, unit.size)})
    places = json.loads(shop.read(LOCATE, "places", key))
    return [replace(r, where=Where(*place) if place else None) for r, place in zip(results, places, strict=True)]


def _locate(files: Sequence[tuple[str, str]], written: bytes) -> Parts:
    results = _from_json(written)
    places = Places(files, {r.subject for r in results})
    found = [places.find(r.subject, r.path) for r in results]
    return {"places": json.dumps([[w.file, w.line, w.column] if w else None for w in found]).encode()}


LOCATE = Step("locate", _locate, ("places",))


class Inferred:
    """What follows, by unit; see `infer_units`."""

    def __init__(self, keys: Sequence[str], shop: Workshop, about: dict[bytes, set[bytes]]) -> None:
        self.keys = keys
        """Of the outcome for each unit."""
        self._shop = shop
        self._about = about

    def body(self, i: int) -> bytes:
        """What follows in the view of a unit, as N-Triples: some of it also in others, and some stated elsewhere."""
        return self._shop.read(INFER, "triples", self.keys[i])

    def about(self, nodes: Iterable[bytes]) -> Iterator[bytes]:
        """What follows of nodes that several units see, as lines."""
        return (t for node in nodes for t in self._about.get(node, ()))


def infer_units(survey: Survey) -> Inferred:
    """What follows in each unit and its view.

    What follows in one unit of something that another one sees is given to that one, until nothing is new; so all
    units together have what follows from everything at once. Raises `DataInconsistent`.
    """
    loaded, shop, parsed, context = survey.loaded, survey.shop, survey.parsed, survey.context
    ontology = as_bytes(loaded.ontology.triples)
    common = digest([software(), shop.engine, loaded.iris.base, *_hashes(loaded.ontology)])
    alone = b""
    if shop.engine is Engine.FAST:
        shop.run(AXIOMS, {common: Job(lambda: (ontology,), 8 * len(ontology))})
        alone = shop.read(AXIOMS, "triples", common)
    given: list[set[bytes]] = [set() for _ in parsed.units]
    keys: list[str] = ["" for _ in parsed.units]
    about: dict[bytes, set[bytes]] = defaultdict(set)
    due = list(range(len(parsed)))
    seen_by = [context.reached(i) | context.loosely(i) for i in due]
    while due:
        jobs: dict[str, Job] = {}

        def beside(i: int) -> tuple[bytes, bytes]:
            return join_triples(context.descriptions(i)), join_triples(sorted(given[i]))

        def arguments(i: int) -> tuple[Any, ...]:
            return ontology, alone, parsed.quads(i), *beside(i), loaded.iris.base, shop.engine.value

        def follows(i: int) -> Iterator[bytes]:
            return read_lines(shop.read(INFER, "triples", keys[i]))

        for i in due:
            around, more = beside(i)
            keys[i] = digest([common, parsed.keys[i], around, more])
            jobs[keys[i]] = Job(partial(arguments, i), parsed.units[i].size + len(around) + len(more))
        shop.run(INFER, jobs)
        for i in due:
            for triple in follows(i):
                subject = split_triple(triple)[0]
                if context.is_shared(subject) or subject in context.loose:
                    about[subject].add(triple)
                    seen_by[i].add(subject)
        due = []
        for i, seen in enumerate(seen_by):
            new = {t for node in seen & about.keys() for t in about[node]} - given[i]
            if new and (new := new.difference(follows(i))):
                given[i] |= new
                due.append(i)
    return Inferred(keys, shop, about)


def _close_ontology(ontology: bytes) -> Parts:
    return {"triples": close_ontology(ontology)}


AXIOMS = Step("axioms", _close_ontology, ("triples",))


def _infer(ontology: bytes, alone: bytes, data: bytes, around: bytes, given: bytes, base: str, engine: str) -> Parts:
    """The task of the step. What follows of nodes that only `given` speaks of is left to the units that have them."""
    own, told = {*_triples_in(data), *read_lines(around)}, set(read_lines(given))
    follows = infer_lines(ontology, alone, own | told, Iris(base), Engine(engine))
    if told and (elsewhere := _nodes(told) - _nodes(own) - _nodes(read_lines(ontology))):
        follows = {triple for triple in follows if split_triple(triple)[0] not in elsewhere}
    return {"triples": join_triples(sorted(follows))}


def _nodes(triples: Iterable[bytes]) -> set[bytes]:
    return {node for triple in triples for node in split_triple(triple)[::2]}


INFER = Step("infer", _infer, ("triples",))


def _to_json(results: Iterable[Result]) -> bytes:
    rows = [
        [_term(r.focus_node), r.path, _term(r.value), r.message, r.severity, r.source_shape, r.component]
        for r in results
    ]
    return json.dumps(rows).encode()


def _from_json(body: bytes) -> list[Result]:
    return [
        Result(_node(focus), path, _node(value) if value else None, message, Severity(severity), shape, component)
        for focus, path, value, message, severity, shape, component in json.loads(body)
    ]


def _term(node: Node | None) -> list[str | None] | None:
    if node is None:
        return None
    if isinstance(node, Literal):
        return ["literal", str(node), node.language, node.datatype and str(node.datatype)]
    return ["iri" if isinstance(node, URIRef) else "blank", str(node), None, None]


def _node(row: list[str]) -> Node:
    kind, value, language, datatype = row
    if kind == "literal":
        return Literal(value, lang=language, datatype=datatype and URIRef(datatype), normalize=False)
    return URIRef(value) if kind == "iri" else BNode(value)
