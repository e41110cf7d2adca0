"""Every foreign term that the ontology or an alignment names exists in its vocabulary."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import (
    DCTERMS,
    FOAF,
    GEO,
    ORG,
    OWL,
    PROV,
    RDF,
    RDFS,
    SDO,
    SKOS,
    VANN,
    XSD,
    DefinedNamespaceMeta,
)

from tests.ontology.conftest import ROOT, parse

OWN = "https://w3id.org/attested/"
CLOSED: tuple[DefinedNamespaceMeta, ...] = (
    DCTERMS,
    FOAF,
    GEO,
    ORG,
    OWL,
    PROV,
    RDF,
    RDFS,
    SDO,
    SKOS,
    VANN,
    XSD,
)
ALIGNMENTS = sorted((ROOT / "alignments").glob("*.ttl"))
LINKS = {
    RDFS.subClassOf,
    RDFS.subPropertyOf,
    SKOS.closeMatch,
    SKOS.relatedMatch,
    SKOS.broadMatch,
    SKOS.narrowMatch,
}


def vocabularies() -> dict[str, set[str]]:
    """Namespace to the IRIs of its terms."""
    known = {str(ns): {str(term) for term in dir(ns)} for ns in CLOSED}
    for path in sorted((Path(__file__).parent / "foreign-terms").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        (namespace,) = (n.removeprefix("# namespace: ") for n in lines if n.startswith("# namespace: "))
        known[namespace] = {namespace + name for name in lines if name and not name.startswith("#")}
    return known


def unknown_terms(graph: Graph) -> list[str]:
    """Foreign IRIs that are not terms of a known vocabulary."""
    known = vocabularies()
    terms = {str(t) for triple in graph for t in triple if isinstance(t, URIRef)}
    foreign = {t for t in terms if not t.startswith(OWN)} - {"https://creativecommons.org/licenses/by/4.0/"}
    return sorted(t for t in foreign if not any(t in names for ns, names in known.items() if t.startswith(ns)))


def test_every_foreign_term_exists(everything: Graph) -> None:
    assert unknown_terms(everything) == []


@pytest.mark.parametrize(
    "term",
    [
        "http://www.w3.org/ns/prov#wasSaidBy",
        "http://semanticweb.cs.vu.nl/2009/11/sem/hasPlaces",
        "http://www.cidoc-crm.org/cidoc-crm/E39_Agent",
        "http://www.ics.forth.gr/isl/CRMinf/I2_Belief",
        "http://schema.org/Claim",
        "http://example.org/Thing",
    ],
)
def test_a_term_that_does_not_exist_is_found(term: str) -> None:
    graph = Graph()
    graph.add((URIRef(OWN + "ontology#Thing"), SKOS.closeMatch, URIRef(term)))
    assert unknown_terms(graph) == [term]


@pytest.mark.parametrize("path", ALIGNMENTS, ids=lambda p: p.stem)
def test_an_alignment_links_own_terms_to_one_vocabulary(path: Path) -> None:
    graph = parse(path)
    assert set(graph.predicates()) <= LINKS
    assert all(str(s).startswith(OWN + "ontology#") for s in graph.subjects())
    assert all(isinstance(o, URIRef) and not o.startswith(OWN) for o in graph.objects())
    namespaces = {ns for ns in vocabularies() for o in graph.objects() if str(o).startswith(ns)}
    assert len(namespaces) == 1


def test_nothing_is_linked_twice(everything: Graph) -> None:
    """A subclass or subproperty link makes a match to the same term pointless."""
    strong = {(s, o) for p in (RDFS.subClassOf, RDFS.subPropertyOf) for s, o in everything.subject_objects(p)}
    close = set(everything.subject_objects(SKOS.closeMatch))
    related = set(everything.subject_objects(SKOS.relatedMatch))
    assert not strong & close
    assert not strong & related
    assert not close & related
