"""The report: what counts as conforming, order, places and the three forms."""

from __future__ import annotations

import json

import pytest
from rdflib import RDF, SH, XSD, Graph, Literal, URIRef
from rdflib.term import BNode

from publisher.errors import SourceError, Where
from publisher.iris import Iris
from publisher.pipeline.locate import Places
from publisher.pipeline.validate import Report, Severity, validate

IRIS = Iris("https://w3id.org/attested/")
PREFIXES = """
@prefix agent: <https://w3id.org/attested/id/agent/> .
@prefix att: <https://w3id.org/attested/ontology#> .
@prefix atts: <https://w3id.org/attested/shapes#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHAPES = (
    PREFIXES
    + """
atts:Agent a sh:NodeShape ; sh:targetClass att:Agent ; sh:property atts:Label , atts:Parent , atts:Day .
atts:Label a sh:PropertyShape ; sh:path rdfs:label ; sh:minCount 1 ; sh:message "No\\n  label."@en .
atts:Parent a sh:PropertyShape ; sh:path [ sh:inversePath att:bodyOf ] ; sh:maxCount 1 ;
    sh:severity sh:Warning ; sh:message "Two bodies."@en .
atts:Day a sh:PropertyShape ; sh:path att:day ; sh:datatype xsd:dateTime ;
    sh:pattern "T" ; sh:message "No day."@en .
atts:Whole a sh:NodeShape ; sh:targetNode att:Agent ; sh:sparql [ a sh:SPARQLConstraint ;
    sh:message "{?value} is a rival."@en ;
    sh:select "SELECT $this ?value WHERE { ?value <https://w3id.org/attested/ontology#rival> ?x }" ] .
"""
)
ONTOLOGY = PREFIXES + "att:Company rdfs:subClassOf att:Agent .\n"


def graph(text: str) -> Graph:
    return Graph().parse(data=text, format="turtle")


def report(data: str, **kwargs: tuple[str, ...]) -> Report:
    return validate(graph(PREFIXES + data), graph(SHAPES), graph(ONTOLOGY), **kwargs)


BAD = """agent:b a att:Company .
agent:a a att:Company .
agent:c a att:Agent ; rdfs:label "C"@en .
agent:d att:bodyOf agent:c .
agent:e
  att:bodyOf agent:c ;
  att:rival agent:c .
"""


def test_data_without_a_result_conforms() -> None:
    found = report('agent:a a att:Agent ; rdfs:label "A"@en .')
    assert found.conforms
    assert found.results == ()
    assert found.to_text() == "Conforms: nothing to report.\n"
    assert graph(found.to_turtle(IRIS)).value(URIRef(IRIS.genid("report")), SH.conforms) == Literal(True)


def test_subclasses_in_the_ontology_count() -> None:
    assert [r.subject for r in report("agent:a a att:Company .").results] == [IRIS.entity("agent", "a")]


def test_a_warning_does_not_fail() -> None:
    found = report(
        'agent:c a att:Agent ; rdfs:label "C"@en . agent:d att:bodyOf agent:c . agent:e att:bodyOf agent:c .'
    )
    assert found.conforms
    assert [r.severity for r in found.results] == [Severity.WARNING]


def test_results_are_sorted_with_the_gravest_first() -> None:
    found = report(BAD)
    assert not found.conforms
    assert [(r.severity.value, r.subject[-1], r.source_shape.partition("#")[2]) for r in found.results] == [
        ("Violation", "a", "Label"),
        ("Violation", "b", "Label"),
        ("Violation", "e", "Whole"),
        ("Warning", "c", "Parent"),
    ]
    assert found.results[0].message == "No label."
    assert found.results[0].component == str(SH.MinCountConstraintComponent)


def test_a_constraint_over_the_whole_graph_names_its_subject_in_the_value() -> None:
    result = report(BAD).results[2]
    assert str(result.focus_node) == IRIS.att("Agent")
    assert result.subject == IRIS.entity("agent", "e")
    assert result.message == f"{result.subject} is a rival."


def test_a_path_that_is_no_predicate_is_left_out() -> None:
    assert [r.path for r in report(BAD).results][-1] is None


def test_results_get_their_places() -> None:
    found = report(BAD)
    located = found.located(Places([("bad.ttl", PREFIXES + BAD)], found.subjects).find)
    first = PREFIXES.count("\n") + 1
    assert [r.where for r in located.results] == [
        Where("bad.ttl", first + 1),
        Where("bad.ttl", first),
        Where("bad.ttl", first + 4),
        Where("bad.ttl", first + 2),
    ]
    assert f"bad.ttl:{first + 1}: violation: agent:a\n  No label.\n" in located.to_text(IRIS)
    assert "1 warning." in located.to_text()


def test_results_of_some_subjects_only() -> None:
    assert [r.subject for r in report(BAD).only({IRIS.entity("agent", "b")}).results] == [IRIS.entity("agent", "b")]


def test_shapes_can_be_left_out() -> None:
    shapes = {r.source_shape for r in report(BAD, without=(IRIS.shape("Agent"),)).results}
    assert shapes == {IRIS.shape("Whole")}


def test_skolemised_shapes_work_as_written() -> None:
    names: dict[BNode, URIRef] = {}

    def name(node: object) -> object:
        return names.setdefault(node, URIRef(IRIS.genid(f"n{len(names)}"))) if isinstance(node, BNode) else node

    shapes = Graph()
    for s, p, o in graph(SHAPES):
        shapes.add((name(s), p, name(o)))  # type: ignore[arg-type]
    assert names
    assert validate(graph(PREFIXES + BAD), shapes, graph(ONTOLOGY)) == report(BAD)


def test_the_given_graphs_stay_as_they_are() -> None:
    data, shapes, ontology = graph(PREFIXES + BAD), graph(SHAPES), graph(ONTOLOGY)
    before = [set(g) for g in (data, shapes, ontology)]
    validate(data, shapes, ontology, without=(IRIS.shape("Agent"),))
    assert [set(g) for g in (data, shapes, ontology)] == before


def test_turtle_has_no_blank_nodes_and_is_the_same_each_time() -> None:
    text = report(BAD).to_turtle(IRIS)
    assert text == report(BAD).to_turtle(IRIS)
    parsed = graph(text)
    assert not any(isinstance(term, BNode) for triple in parsed for term in triple)
    results = set(parsed.objects(URIRef(IRIS.genid("report")), SH.result))
    assert results == set(parsed.subjects(RDF.type, SH.ValidationResult))
    assert len(results) == 4
    assert parsed.value(URIRef(IRIS.genid("report")), SH.conforms) == Literal(False)


def test_json_has_the_same_results() -> None:
    document = json.loads(report(BAD).to_json())
    assert document["conforms"] is False
    assert [r["subject"][-1] for r in document["results"]] == ["a", "b", "e", "c"]
    assert document["results"][0]["line"] is None


def test_a_date_that_passes_as_a_datetime_elsewhere_is_found_if_it_is_kept_as_written() -> None:
    data = graph(PREFIXES + 'agent:a a att:Agent ; rdfs:label "A"@en .')
    day = Literal("2020-08-11", datatype=XSD.dateTime, normalize=False)
    data.add((URIRef(IRIS.entity("agent", "a")), URIRef(IRIS.att("day")), day))
    found = validate(data, graph(SHAPES), graph(ONTOLOGY))
    assert [r.source_shape for r in found.results] == [IRIS.shape("Day")]


def test_malformed_shapes_are_a_source_error() -> None:
    shapes = graph(PREFIXES + "atts:A a sh:NodeShape ; sh:targetNode att:Agent ; sh:sparql [ sh:message 1 ] .")
    with pytest.raises(SourceError, match="the shapes cannot be used"):
        validate(graph(PREFIXES), shapes, graph(ONTOLOGY))
