"""Skolem IRIs back to blank nodes (RDF 1.1 Concepts, section 3.5), so that OWL and SHACL tools read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import pyoxigraph as ox

from publisher.iris import Iris

T = TypeVar("T")


def unskolemise(triples: Iterable[ox.Triple], iris: Iris) -> list[ox.Triple]:
    """The triples with `…/.well-known/genid/<name>` as blank nodes, in the order given.

    Labels are `b1`, `b2` … by the order of the IRIs, so the same graph gives the same labels.
    """
    triples = list(triples)
    prefix = iris.genid("")
    found = {
        term.value
        for triple in triples
        for term in (triple.subject, triple.object)
        if isinstance(term, ox.NamedNode) and term.value.startswith(prefix)
    }
    nodes = {iri: ox.BlankNode(f"b{number}") for number, iri in enumerate(sorted(found), 1)}

    def turn(term: T) -> T | ox.BlankNode:
        return nodes.get(term.value, term) if isinstance(term, ox.NamedNode) else term

    return [ox.Triple(turn(t.subject), t.predicate, turn(t.object)) for t in triples]
