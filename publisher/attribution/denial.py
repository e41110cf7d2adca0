"""Denials of single claims as triples: `owl:NegativePropertyAssertion` (OWL 2 Mapping to RDF Graphs, section 3.2.5)."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from publisher.vocab import OWL, RDF


def denial(claim: ox.Triple, iri: str) -> list[ox.Triple]:
    """That a claim does not hold, as a node with an IRI."""
    node = ox.NamedNode(iri)
    target = "targetValue" if isinstance(claim.object, ox.Literal) else "targetIndividual"
    return [
        ox.Triple(node, ox.NamedNode(f"{RDF}type"), ox.NamedNode(f"{OWL}NegativePropertyAssertion")),
        ox.Triple(node, ox.NamedNode(f"{OWL}sourceIndividual"), claim.subject),
        ox.Triple(node, ox.NamedNode(f"{OWL}assertionProperty"), claim.predicate),
        ox.Triple(node, ox.NamedNode(f"{OWL}{target}"), claim.object),
    ]


def denials(triples: Iterable[ox.Triple]) -> dict[object, ox.Triple | None]:
    """The nodes of denials among `triples`, each with the claim that it denies; None if that is not whole."""
    parts: dict[object, dict[str, object]] = {}
    for triple in triples:
        parts.setdefault(triple.subject, {})[triple.predicate.value] = triple.object
    found: dict[object, ox.Triple | None] = {}
    for node, said in parts.items():
        if said.get(f"{RDF}type") != ox.NamedNode(f"{OWL}NegativePropertyAssertion"):
            continue
        s, p = said.get(f"{OWL}sourceIndividual"), said.get(f"{OWL}assertionProperty")
        o = said.get(f"{OWL}targetIndividual") or said.get(f"{OWL}targetValue")
        whole = isinstance(s, ox.NamedNode) and isinstance(p, ox.NamedNode)
        whole = whole and isinstance(o, ox.NamedNode | ox.Literal)
        found[node] = ox.Triple(s, p, o) if whole else None  # type: ignore[arg-type]
    return found
