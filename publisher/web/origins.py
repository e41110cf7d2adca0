"""The sources of a page: what each is called, its licence, and how it asks to be cited."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from publisher.query.facts import Facts
from publisher.query.origins import Origin, origins_of
from publisher.web.snapshot import Snapshot
from publisher.web.urls import Links
from publisher.web.view import Item

_CREATIVE_COMMONS = re.compile(r"https?://creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)/?")


@dataclass(frozen=True)
class Credit:
    """One source as it is named on a page."""

    graph: Item
    curator: str
    licence: Item | None
    release: str
    citations: tuple[str, ...]


def credits_of(
    snapshot: Snapshot, links: Links, triples: Iterable[ox.Triple], statements: Iterable[ox.NamedNode] = ()
) -> tuple[Credit, ...]:
    """The sources of `triples`, and of the stances of `statements`."""
    stance = Facts(snapshot.store, snapshot.iris).att("stance")
    stances = [quad.triple for node in statements for quad in snapshot.store.quads(node, stance)]
    found = origins_of([*triples, *stances], snapshot.origins, snapshot.store)
    return tuple(credit(origin, links) for origin in found)


def credit(origin: Origin, links: Links) -> Credit:
    """A source as it is named on a page."""
    at = links.to(origin.graph.value)
    graph = Item(origin.title, at.href, iri=origin.graph.value)
    return Credit(graph, origin.curator, _licence(origin.licence, links), origin.release, origin.citations)


def _licence(iri: str, links: Links) -> Item | None:
    if not iri:
        return None
    match = _CREATIVE_COMMONS.fullmatch(iri)
    return Item(f"CC {match[1].upper()} {match[2]}" if match else iri, links.to(iri).href, external=True, iri=iri)
