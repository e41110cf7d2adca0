"""Units of work: some files at a time, each with what it refers to, so that cost follows the change.

A unit is a run of files. Its view is its own triples and, from everywhere else, the descriptions of all that it
mentions, and of what those mention, to the end. For paths that shapes follow backwards, the view also has the triples
that point at what the unit describes. Shapes and OWL rules look along triples, from a node outward, so what is found
for the nodes of a unit is what would be found in the whole; what is found for others is left to their own units.
Axioms that join triples by their object (inverse functional properties, keys) would break that: with one of them all
is one unit.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize
from rdflib import URIRef

from publisher.pipeline.load import Loaded, SourceFile
from publisher.pipeline.validate import Report, Result
from publisher.vocab import OWL, RDF, SH

Term = NamedNode | BlankNode | Literal | Triple

_BY_OBJECT = {OWL + "InverseFunctionalProperty", OWL + "hasKey"}
_SPARQL = f"{SH}SPARQLConstraintComponent"


@dataclass(frozen=True)
class Unit:
    """Files that are worked on together. `hash` is that of their text; `triples` are theirs alone."""

    name: str
    hash: str
    triples: tuple[Triple, ...]

    @cached_property
    def subjects(self) -> frozenset[Term]:
        """What the unit describes."""
        return frozenset(t.subject for t in self.triples)

    @cached_property
    def terms(self) -> frozenset[Term]:
        """What the unit describes or mentions."""
        return self.subjects | {t.object for t in self.triples}


def cut(loaded: Loaded, mappings: Sequence[Triple], limit: int) -> list[Unit]:
    """The units: files of one source in their order, up to `limit` characters, and the mappings as one of their own.

    Where to cut also depends on the names of files, so that one that grows moves the cuts after it only so far.
    """
    units: list[Unit] = []
    for source in loaded.sources:
        run: list[tuple[SourceFile, Sequence[Triple]]] = []
        size = 0
        for pair in source.parts():
            run.append(pair)
            size += len(pair[0].text)
            marked = hashlib.sha256(pair[0].path.encode()).digest()[0] < 64
            if size >= limit or (marked and size >= limit // 4):
                units.append(_unit(run))
                run, size = [], 0
        if run:
            units.append(_unit(run))
    if mappings:
        texts = "".join(file.text for file in loaded.mapping_files)
        units.append(Unit("mappings", hashlib.sha256(texts.encode()).hexdigest(), tuple(mappings)))
    if any(isinstance(o, NamedNode) and o.value in _BY_OBJECT for t in _all(loaded) for o in (t.predicate, t.object)):
        whole = hashlib.sha256("".join(unit.hash for unit in units).encode()).hexdigest()
        units = [Unit("everything", whole, tuple(t for unit in units for t in unit.triples))]
    return units


def _all(loaded: Loaded) -> Iterator[Triple]:
    yield from loaded.ontology.triples
    for source in loaded.sources:
        yield from source.triples


def _unit(run: Sequence[tuple[SourceFile, Sequence[Triple]]]) -> Unit:
    whole = hashlib.sha256()
    for file, _ in run:
        whole.update(hashlib.sha256(file.text.encode()).digest())
    return Unit(run[0][0].path, whole.hexdigest(), tuple(t for _, triples in run for t in triples))


class Context:
    """What units need of each other. `shapes` tell which paths are followed backwards."""

    def __init__(self, units: Iterable[Unit], shapes: Iterable[Triple] = ()) -> None:
        units = list(units)
        backwards, onward = inverse_paths(shapes)
        self._onward = onward
        self._described: dict[Term, list[Triple]] = defaultdict(list)
        self._pointing: dict[Term, list[Triple]] = defaultdict(list)
        for unit in units:
            for t in unit.triples:
                self._described[t.subject].append(t)
                if t.predicate.value in backwards:
                    self._pointing[t.object].append(t)

    def of(self, unit: Unit) -> list[Triple]:
        """What the view of a unit has beyond its own triples, sorted."""
        own = set(unit.triples)
        found: set[Triple] = set()
        seen: set[Term] = set()
        waiting: list[Term] = list(unit.terms)
        while waiting:
            node = waiting.pop()
            if node in seen or node not in self._described:
                continue
            seen.add(node)
            for t in self._described[node]:
                if t not in own:
                    found.add(t)
                    waiting.append(t.object)
        for node in unit.terms:
            if not isinstance(node, Literal) and (node in unit.subjects or node not in self._described):
                self._point(node, found, own)
        return sorted(found, key=str)

    def _point(self, node: Term, found: set[Triple], own: set[Triple]) -> None:
        waiting: list[Triple] = self._pointing.get(node, [])
        while waiting:
            new = [t for t in waiting if t not in found and t not in own]
            found.update(new)
            ends = [t.subject for t in new] + [t.object for t in new]
            waiting = [
                t
                for end in ends
                if end != node
                for t in self._described.get(end, ())
                if t.predicate.value in self._onward and t not in found and self._leads_on(t.object)
            ]

    def _leads_on(self, node: Term) -> bool:
        """Whether a path could go on from here, or could end here with a value."""
        return isinstance(node, Literal) or any(
            t.predicate.value in self._onward for t in self._described.get(node, ())
        )

    def keep(self, report: Report, unit: Unit) -> Report:
        """The results that are for this unit to report."""

        def is_for(result: Result) -> bool:
            node = NamedNode(result.subject) if isinstance(result.focus_node, URIRef) else None
            if node is None or node in unit.subjects or node not in self._described:
                return True
            return result.component == _SPARQL and node in unit.terms

        return Report(tuple(r for r in report.results if is_for(r)))


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


def as_bytes(triples: Iterable[Triple]) -> bytes:
    """Triples as N-Triples."""
    written = serialize(triples, format=RdfFormat.N_TRIPLES)
    assert written is not None  # noqa: S101
    return written
