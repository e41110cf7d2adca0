"""The numbers behind a status, from the statements that affirm something: reports, outlets, speakers, named ones.

The same definitions as the rules and the published explanations (`publisher/rules/explain`), for a choice of
statements, so that they can be had as of a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from publisher.attribution.asof import Standing
from publisher.attribution.quads import Quads
from publisher.iris import Iris
from publisher.vocab import DCTERMS, OA, RDF, XSD


@dataclass(frozen=True)
class Numbers:
    """How many reports, outlets, original speakers and named original speakers there are."""

    reports: int
    outlets: int
    independent: int
    named: int


def standing_triples(store: Quads, iris: Iris, thing: str, standing: Standing) -> set[ox.Triple]:
    """What a release says of a thing that stands like this: its status, who is on which side, and the numbers."""
    values = [
        *(("affirmedBy", s) for s in standing.affirmed_by),
        *(("deniedBy", s) for s in standing.denied_by),
        *(("leftOpenBy", s) for s in standing.left_open_by),
    ]
    if standing.status is not None:
        values.append(("status", iris.att(standing.status)))
    said: list[tuple[str, ox.NamedNode | ox.Literal]] = [(name, ox.NamedNode(value)) for name, value in values]
    if standing.affirming:
        count, type_ = numbers(store, iris, standing.affirming), ox.NamedNode(f"{XSD}nonNegativeInteger")
        for name, number in (
            ("reportCount", count.reports),
            ("outletCount", count.outlets),
            ("independentSources", count.independent),
            ("namedIndependentSources", count.named),
        ):
            said.append((name, ox.Literal(str(number), datatype=type_)))
    return {ox.Triple(ox.NamedNode(thing), ox.NamedNode(iris.att(name)), value) for name, value in said}


def numbers(store: Quads, iris: Iris, affirming: Iterable[str]) -> Numbers:
    """Count over the statements given."""
    reports, outlets, sources, named, coders = set(), set(), set(), set(), set()
    table, type_ = ox.NamedNode(iris.att("Dataset")), ox.NamedNode(f"{RDF}type")
    unnamed = ox.NamedNode(iris.att("UnnamedSource"))

    def objects(subject: ox.NamedNode, predicate: str) -> list[ox.NamedNode]:
        found = (quad.object for quad in store.quads(subject, ox.NamedNode(predicate)))
        return [o for o in found if isinstance(o, ox.NamedNode)]

    for statement in (ox.NamedNode(s) for s in affirming):
        for evidence in objects(statement, iris.att("evidence")):
            for report in objects(evidence, f"{OA}hasSource"):
                reports.add(report)
                outlets |= set(objects(report, f"{DCTERMS}publisher"))
        for speaker in objects(statement, iris.att("speaker")):
            counted = objects(speaker, iris.att("countsAs")) or [speaker]
            published = (quad.subject for quad in store.quads(None, ox.NamedNode(f"{DCTERMS}publisher"), speaker))
            if any(True for node in published for _ in store.quads(node, type_, table)):
                coders |= set(counted)
                continue
            sources |= set(counted)
            if next(iter(store.quads(speaker, type_, unnamed)), None) is None:
                named |= set(counted)
    if not sources:  # nobody but who codes what others have said
        return Numbers(len(reports), len(outlets), len(coders), len(coders))
    return Numbers(len(reports), len(outlets), len(sources), len(named))
