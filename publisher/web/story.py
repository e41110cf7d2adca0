"""Around the statements of an incident: the reports that carry it, and the names it goes by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from publisher.query.facts import Facts
from publisher.vocab import DCTERMS, OA, RDF, RDFS, SKOS
from publisher.web.view import Item, Viewer, literal_item


@dataclass(frozen=True)
class ReportLine:
    """A report: who published it, when, and how many of the statements are in it."""

    document: Item
    outlets: tuple[Item, ...]
    issued: tuple[Item, ...]
    statements: int


@dataclass(frozen=True)
class NameLine:
    """A thing and the names it goes by besides its label."""

    thing: Item
    names: tuple[Item, ...]


def reports(facts: Facts, viewer: Viewer, statements: Iterable[ox.NamedNode]) -> tuple[ReportLine, ...]:
    """Documents that the statements are found in, those with a date first."""
    found: dict[ox.NamedNode, set[ox.NamedNode]] = {}
    for statement in statements:
        for evidence in facts.nodes(statement, "evidence"):
            for source in facts.objects(evidence, ox.NamedNode(f"{OA}hasSource")):
                if isinstance(source, ox.NamedNode):
                    found.setdefault(source, set()).add(statement)
    lines = [
        ReportLine(
            viewer.item(document),
            viewer.items(facts.objects(document, ox.NamedNode(f"{DCTERMS}publisher"))),
            viewer.items(facts.objects(document, ox.NamedNode(f"{DCTERMS}issued"))),
            len(carried),
        )
        for document, carried in found.items()
    ]
    return tuple(
        sorted(lines, key=lambda r: (not r.issued, [i.text for i in r.issued], r.document.text, r.document.iri))
    )


def _by_date(line: ReportLine) -> tuple[bool, list[str], str, str]:
    return not line.issued, [item.text for item in line.issued], line.document.text, line.document.iri


def variants(facts: Facts, viewer: Viewer, node: ox.NamedNode) -> tuple[NameLine, ...]:
    """Other names of what the propositions about `node` speak of."""
    things = set()
    for claim in facts.subjects(facts.att("about"), node):
        for name in ("subject", "object"):
            things |= {o for o in facts.objects(claim, ox.NamedNode(f"{RDF}{name}")) if isinstance(o, ox.NamedNode)}
    lines = []
    for thing in things - {node}:
        best = facts.label(thing)
        predicates = (ox.NamedNode(f"{SKOS}altLabel"), ox.NamedNode(f"{RDFS}label"))
        names = {v for p in predicates for v in facts.objects(thing, p) if isinstance(v, ox.Literal) and v != best}
        if names and facts.iris.entity_name(thing.value) is not None:
            lines.append(NameLine(viewer.item(thing), tuple(literal_item(v) for v in sorted(names, key=str))))
    return tuple(sorted(lines, key=lambda line: (line.thing.text.casefold(), line.thing.iri)))
