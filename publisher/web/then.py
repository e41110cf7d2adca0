"""Descriptions as of a day, as triples: what had been said by then, and what cannot be placed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pyoxigraph as ox

from publisher.attribution.asof import AsOf, When
from publisher.attribution.counted import standing_triples
from publisher.iris import Iris
from publisher.query.description import TYPE, names_of
from publisher.query.facts import Facts
from publisher.query.serialise import sort_triples
from publisher.query.store import Store
from publisher.vocab import FOAF, XSD
from publisher.web.statements import Statements
from publisher.web.urls import Links
from publisher.web.view import Viewer

_RECOMPUTED = (
    *("status", "affirmedBy", "deniedBy", "leftOpenBy", "reportCount", "outletCount", "independentSources"),
    *("namedIndependentSources", "inForce", "contradicts", "affirms", "denies", "leavesOpen"),
)


def about_document(
    iris: Iris, document: str, day: date, later: Iterable[str], undatable: Iterable[str]
) -> set[ox.Triple]:
    """What a document as of a day says of itself."""
    node = ox.NamedNode(document)
    triples = {
        ox.Triple(node, TYPE, ox.NamedNode(f"{FOAF}Document")),
        ox.Triple(
            node,
            ox.NamedNode(iris.att("asOf")),
            ox.Literal(day.isoformat(), datatype=ox.NamedNode(f"{XSD}date")),
        ),
    }
    for name, statements in (("saidLater", later), ("undatable", undatable)):
        triples |= {ox.Triple(node, ox.NamedNode(iris.att(name)), ox.NamedNode(s)) for s in statements}
    return triples


def describe_then(store: Store, iris: Iris, node: ox.NamedNode, document: str, day: date) -> tuple[ox.Triple, ...]:
    """A proposition or an incident as of a day: its status and numbers, and the statements that counted, in full."""
    facts, asof = Facts(store, iris), AsOf(store, iris, day)
    found = Statements(facts, Viewer(facts, Links(iris, "")))
    on_it = {*found.about(node), *facts.subjects(facts.att("proposition"), node)}
    placed = {s: asof.when(s.value) for s in on_it}
    counted = {s for s in on_it if asof.counts(s.value)}
    triples = about_document(
        iris,
        document,
        day,
        (s.value for s in on_it if placed[s] is When.NOT_YET),
        (s.value for s in on_it if placed[s] is When.UNDATABLE),
    )
    triples.add(ox.Triple(ox.NamedNode(document), ox.NamedNode(f"{FOAF}primaryTopic"), node))
    triples |= _own(facts, node)
    triples |= standing_triples(store, iris, node.value, asof.standing(node.value))
    for statement in counted:
        triples |= _own(facts, statement)
        for name in ("proposition", "relay", "evidence"):
            for part in facts.nodes(statement, name):
                triples |= _own(facts, part)
    shown = {s.value for s in counted}
    for conflict in asof.contradictions(node.value):
        if shown & set(conflict.between):
            triples |= set(conflict.triples)
    return sort_triples(triples | names_of(store, triples), node)


def _own(facts: Facts, node: ox.NamedNode) -> set[ox.Triple]:
    """What is said of a node itself, without what depends on the day, and without what speakers affirm of it."""
    left_out = {facts.iris.att(name) for name in _RECOMPUTED}
    twins = {
        q.object.value for q in facts.store.quads(None, facts.att("reportedAs")) if isinstance(q.object, ox.NamedNode)
    }
    quads = facts.store.quads(node)
    return {q.triple for q in quads if q.predicate.value not in left_out and q.predicate.value not in twins}
