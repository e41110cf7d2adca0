"""rdflib's SPARQLStore: our graph as if it were a local one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rdflib import RDF, RDFS, Graph, Literal, Namespace, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore

from tests.clients.conftest import PREFIXES, Rows

ATT = Namespace("https://w3id.org/attested/ontology#")
STATEMENTS = "SELECT ?s ?who { ?s a att:Denial ; att:speaker ?who }"


def found_by(graph: Graph, **bindings: URIRef) -> Rows:
    result = graph.query(PREFIXES + STATEMENTS, initBindings=dict(bindings))
    return [{str(name): str(value) for name, value in row.items()} for row in result.bindings]


@pytest.fixture(params=["GET", "POST", "POST_FORM"])
def graph(endpoint: str, request: pytest.FixtureRequest) -> Graph:
    return Graph(SPARQLStore(endpoint, method=request.param))


def test_select(graph: Graph, rows: Callable[[str], Rows]) -> None:
    found = found_by(graph)
    assert sorted(found, key=str) == sorted(rows(STATEMENTS), key=str)


@pytest.mark.parametrize("format_", ["xml", "json", "csv", "tsv"])
def test_formats(endpoint: str, format_: str, rows: Callable[[str], Rows]) -> None:
    graph = Graph(SPARQLStore(endpoint, returnFormat=format_))
    found = found_by(graph)
    assert sorted(found, key=str) == sorted(rows(STATEMENTS), key=str)


def test_triples(graph: Graph, rows: Callable[[str], Rows]) -> None:
    statement = URIRef(rows(STATEMENTS)[0]["s"])
    assert (statement, RDF.type, ATT.Denial) in graph
    assert graph.value(statement, ATT.speaker) is not None
    assert any(isinstance(label, Literal) and label.language for label in graph.objects(statement, RDFS.label))
    assert len(list(graph.subjects(RDF.type, ATT.Denial))) == len({row["s"] for row in rows(STATEMENTS)})


def test_size(graph: Graph, rows: Callable[[str], Rows]) -> None:
    assert len(graph) == int(rows("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0]["n"])


def test_bindings(graph: Graph, rows: Callable[[str], Rows]) -> None:
    statement = rows(STATEMENTS)[0]["s"]
    found = found_by(graph, s=URIRef(statement))
    assert found
    assert {row["s"] for row in found} == {statement}


def test_construct_and_describe(graph: Graph, rows: Callable[[str], Rows]) -> None:
    statement = rows(STATEMENTS)[0]["s"]
    assert graph.query(f"DESCRIBE <{statement}>").graph
    assert graph.query(f"CONSTRUCT WHERE {{ <{statement}> ?p ?o }}").graph
    assert graph.query(f"ASK {{ <{statement}> ?p ?o }}").askAnswer is True


def test_named_graphs(endpoint: str, rows: Callable[[str], Rows]) -> None:
    source = URIRef("https://w3id.org/attested/graph/jraischan-report")
    expected = rows("SELECT (COUNT(DISTINCT ?s) AS ?n) { GRAPH graph:jraischan-report { ?s a att:Statement } }")
    graph = Graph(SPARQLStore(endpoint), identifier=source)
    assert len(list(graph.subjects(RDF.type, ATT.Statement))) == int(expected[0]["n"])
    assert source in set(SPARQLStore(endpoint).contexts())
