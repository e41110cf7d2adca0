"""The OWL RL closure: every class can have members, what must clash does, and what must follow follows."""

from __future__ import annotations

from pathlib import Path

import owlrl
import pytest
from owlrl.Namespaces import ERRNS
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Namespace, URIRef

from tests.ontology.conftest import parse

ATT = Namespace("https://w3id.org/attested/ontology#")
EX = Namespace("https://example.org/")
INCONSISTENT = sorted((Path(__file__).parent / "inconsistent").glob("*.ttl"))
ANNOTATIONS = (
    RDFS.label,
    RDFS.isDefinedBy,
    SKOS.definition,
    SKOS.scopeNote,
    SKOS.example,
    SKOS.prefLabel,
    SKOS.closeMatch,
    SKOS.relatedMatch,
)


def without_annotations(graph: Graph) -> Graph:
    """A copy without the texts, which cost time in the closure and mean nothing to it."""
    copy = Graph()
    for s, p, o in graph:
        if p not in ANNOTATIONS:
            copy.add((s, p, o))
    return copy


def closure(*graphs: Graph) -> Graph:
    """The OWL RL closure of the union."""
    union = Graph()
    for graph in graphs:
        union += graph
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(union)
    return union


def inconsistencies(closed: Graph) -> list[str]:
    """What the reasoner objects to: it leaves each as a node with a message."""
    nodes = set(closed.subjects(RDF.type, ERRNS.ErrorMessage))
    return sorted(str(message) for node in nodes for message in closed.objects(node, ERRNS.error))


def turtle(text: str) -> Graph:
    prefixes = f"@prefix att: <{ATT}> . @prefix ex: <{EX}> ."
    return Graph().parse(data=f"{prefixes} {text}", format="turtle")


@pytest.fixture(scope="module")
def axioms(core: Graph) -> Graph:
    """The ontology without its texts and the claim predicates, which no axiom here depends on."""
    graph = without_annotations(core)
    for predicate, twin in list(graph.subject_objects(ATT.reportedAs)):
        graph.remove((predicate, None, None))
        graph.remove((twin, None, None))
    return graph


@pytest.fixture(scope="module")
def witnessed(everything: Graph) -> Graph:
    """The closure of the ontology, its alignments and one member of each class."""
    witnesses = Graph()
    for cls in everything.subjects(RDF.type, OWL.Class):
        if isinstance(cls, URIRef):
            witnesses.add((EX[f"witness-{cls.fragment}"], RDF.type, cls))
    return closure(without_annotations(everything), witnesses)


def test_every_class_can_have_members(witnessed: Graph) -> None:
    assert inconsistencies(witnessed) == []


def test_witnesses_are_of_the_superclasses_too(witnessed: Graph) -> None:
    assert (EX["witness-ConvoyAttack"], RDF.type, ATT.Incident) in witnessed
    assert (EX["witness-Denial"], RDF.type, ATT.Statement) in witnessed


@pytest.mark.parametrize("path", INCONSISTENT, ids=lambda p: p.stem)
def test_what_cannot_be_is_found(path: Path, axioms: Graph) -> None:
    assert inconsistencies(closure(axioms, parse(path)))


def test_what_follows(axioms: Graph) -> None:
    """One closure for all that the axioms must and must not yield."""
    closed = closure(
        axioms,
        turtle(
            """
            ex:claim att:stance att:claimsResponsibility ; att:relay ex:relay1 , ex:relay2 .
            ex:relay1 att:relayer ex:monitor . ex:relay2 att:relayer ex:paper .
            ex:denial att:stance att:deniesOccurrence .
            ex:part att:stance att:deniesClaim .
            ex:unverified att:stance att:notVerified .
            ex:unconfirmed att:stance att:notConfirmed .
            ex:inquiry att:stance att:investigating .
            ex:threat att:stance att:threatens .
            ex:base att:locatedIn ex:town . ex:town att:locatedIn ex:country .
            ex:embassy att:bodyOf ex:ministry . ex:ministry att:bodyOf ex:state .
            ex:spokesman att:speaksFor ex:command . ex:command att:speaksFor ex:army .
            ex:denial att:contradicts ex:claim .
            ex:incident a att:Attack .
            """
        ),
    )
    assert inconsistencies(closed) == []
    assert (EX.claim, RDF.type, ATT.ResponsibilityClaim) in closed
    assert set(closed.objects(EX.claim, ATT.relayedBy)) == {EX.monitor, EX.paper}
    assert (EX.claim, ATT.contradicts, EX.denial) in closed
    assert set(closed.subjects(RDF.type, ATT.Denial)) == {EX.denial, EX.part}
    assert set(closed.subjects(RDF.type, ATT.NonVerification)) == {EX.unverified}
    assert (EX.base, ATT.locatedIn, EX.country) in closed
    assert (EX.embassy, ATT.bodyOf, EX.state) in closed
    assert (EX.spokesman, ATT.speaksFor, EX.army) not in closed
    assert (EX.denial, RDF.type, ATT.Statement) in closed
    assert set(closed.objects(EX.incident, ATT.occurred)) == set()
