"""What we say about an IRI, ours or foreign: DESIGN section 5.

A description holds, from the default graph: the triples that begin at the IRI and those that end at it, what
belongs to it closely (a statement's relays, evidence and selector; the statements of a proposition; the
propositions about an incident), and labels and types of everything named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import cast

import pyoxigraph as ox

from publisher.iris import Iris
from publisher.query.labels import LABELS
from publisher.query.serialise import sort_triples
from publisher.query.store import Store
from publisher.vocab import DCTERMS, FOAF, OA, PROV, RDF, XSD

PAGE = 1000
"""Incoming triples on one page of a description."""

TYPE = ox.NamedNode(f"{RDF}type")
_XHV = "http://www.w3.org/1999/xhtml/vocab#"
_HOPS = 4


@dataclass(frozen=True)
class Description:
    """The triples about `subject`, sorted, its own first. `incoming` counts all triples that end at it.

    If there are more incoming triples than fit on one page, `pages` is above 1, and the description says so
    itself: it names the previous and next page and the number of triples that end at the subject.
    """

    subject: ox.NamedNode
    triples: tuple[ox.Triple, ...]
    incoming: int
    page: int
    pages: int


@dataclass(frozen=True)
class Withdrawal:
    """Why a thing was withdrawn, and when, if that is known."""

    time: str | None
    reason: str


def describe(
    store: Store, iris: Iris, subject: ox.NamedNode, page: int = 1, size: int = PAGE, *, closely: bool = True
) -> Description | None:
    """Describe `subject`. None if nothing is said about it, or there is no such page.

    Without `closely`, only the triples that begin or end at it: a page looks up the rest as it shows it.
    """
    outgoing = [quad.triple for quad in store.quads(subject)]
    shown = [quad.triple for quad in islice(store.quads(object_=subject), size + 1)]
    total = len(shown) if len(shown) <= size else _count_incoming(store, subject)
    pages = max(1, -(-total // size))
    if not (outgoing or shown) or not 1 <= page <= pages:
        return None
    if pages > 1:
        shown = _incoming(store, subject, (page - 1) * size, size)
    triples = {*outgoing, *shown}
    if not closely:
        return Description(subject, sort_triples(triples, subject), total, page, pages)
    triples |= _belonging(store, iris, subject, shown)
    triples |= names_of(store, triples)
    if pages > 1:
        triples |= _paging(iris, subject, total, page, pages)
    return Description(subject, sort_triples(triples, subject), total, page, pages)


def _count_incoming(store: Store, subject: ox.NamedNode) -> int:
    """Counted by the engine, which does not read the terms for it."""
    (row,) = cast("ox.QuerySolutions", store.query(f"SELECT (COUNT(*) AS ?n) {{ ?s ?p {subject} }}"))
    return int(row["n"].value)


def _incoming(store: Store, subject: ox.NamedNode, start: int, number: int) -> list[ox.Triple]:
    """Some of the incoming triples, in the order of the store, which is the same each time."""
    query = f"SELECT ?s ?p {{ ?s ?p {subject} }} OFFSET {start} LIMIT {number}"
    return [ox.Triple(row["s"], row["p"], subject) for row in cast("ox.QuerySolutions", store.query(query))]


def withdrawal(store: Store, iris: Iris, subject: ox.NamedNode) -> Withdrawal | None:
    """Why `subject` was withdrawn: its `att:withdrawnBecause`; None if it was not. The time may be unknown."""
    reason = next(store.quads(subject, ox.NamedNode(iris.att("withdrawnBecause"))), None)
    if reason is None:
        return None
    time = next(store.quads(subject, ox.NamedNode(f"{PROV}invalidatedAtTime")), None)
    return Withdrawal(_text(time.object) if time else None, _text(reason.object))


def _text(term: object) -> str:
    return term.value if isinstance(term, ox.Literal | ox.NamedNode) else str(term)


def _belonging(store: Store, iris: Iris, subject: ox.NamedNode, incoming: Iterable[ox.Triple]) -> set[ox.Triple]:
    """Triples of the nodes that belong to `subject`, followed over a few fixed properties."""
    forward = [ox.NamedNode(iris.att(name)) for name in ("relay", "evidence", "proposition", "conjunct")]
    forward += [ox.NamedNode(iris.att("between")), ox.NamedNode(f"{OA}hasSelector")]
    about, proposition = ox.NamedNode(iris.att("about")), ox.NamedNode(iris.att("proposition"))
    seen: set[ox.NamedNode] = {subject}
    found: set[ox.Triple] = set()
    level = {quad.object for p in forward for quad in store.quads(subject, p)}
    claims = {t.subject for t in incoming if t.predicate == about}
    level |= claims | {t.subject for t in incoming if t.predicate == proposition}
    for claim in claims:
        if isinstance(claim, ox.NamedNode):
            level |= {quad.subject for quad in store.quads(None, proposition, claim)}
    for _ in range(_HOPS):
        nodes = {node for node in level if isinstance(node, ox.NamedNode)} - seen
        seen |= nodes
        quads = [quad for node in nodes for quad in store.quads(node)]
        found |= {quad.triple for quad in quads}
        level = {quad.object for quad in quads if quad.predicate in forward}
    return found


def names_of(store: Store, triples: Iterable[ox.Triple]) -> set[ox.Triple]:
    """Labels and types of every IRI in subject or object place, and labels of predicates and types."""
    nodes = {t for triple in triples for t in (triple.subject, triple.object) if isinstance(t, ox.NamedNode)}
    names: set[ox.Triple] = {quad.triple for node in nodes for quad in store.quads(node, TYPE)}
    nodes |= {triple.predicate for triple in triples}
    nodes |= {triple.object for triple in names if isinstance(triple.object, ox.NamedNode)}
    for node in nodes:
        for predicate in LABELS:
            names |= {quad.triple for quad in store.quads(node, predicate)}
    return names


def _paging(iris: Iris, subject: ox.NamedNode, total: int, page: int, pages: int) -> set[ox.Triple]:
    name = iris.entity_name(subject.value)
    path = iris.document_path(name) if name else f"/lookup?iri={subject.value}"

    def at(number: int) -> ox.NamedNode:
        return ox.NamedNode(f"{iris.base[:-1]}{path}{'&' if '?' in path else '?'}page={number}")

    this = at(page)
    triples = {
        ox.Triple(this, TYPE, ox.NamedNode(f"{FOAF}Document")),
        ox.Triple(this, ox.NamedNode(f"{FOAF}primaryTopic"), subject),
        ox.Triple(
            this,
            ox.NamedNode(f"{DCTERMS}description"),
            ox.Literal(
                f"Page {page} of {pages}; {total} triples end at the thing described, in a fixed order.",
                language="en",
            ),
        ),
        ox.Triple(
            this,
            ox.NamedNode("http://www.w3.org/ns/hydra/core#totalItems"),
            ox.Literal(str(total), datatype=ox.NamedNode(f"{XSD}integer")),
        ),
    }
    if page > 1:
        triples.add(ox.Triple(this, ox.NamedNode(f"{_XHV}prev"), at(page - 1)))
    if page < pages:
        triples.add(ox.Triple(this, ox.NamedNode(f"{_XHV}next"), at(page + 1)))
    return triples
