"""The VoID description counts what is there."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox
import pytest

from publisher.iris import Iris

VOID = "PREFIX void: <http://rdfs.org/ns/void#> "
Ask = Callable[[str], list[tuple[str, ...]]]


@pytest.fixture(scope="module")
def select(store: ox.Store) -> Ask:
    def run(query: str) -> list[tuple[str, ...]]:
        answer = store.query(VOID + query)
        assert isinstance(answer, ox.QuerySolutions)
        return sorted(tuple(getattr(term, "value", "") for term in row) for row in answer)

    return run


def test_class_partitions_are_the_classes(select: Ask, iris: Iris) -> None:
    described = select(
        f"SELECT ?class ?n {{ GRAPH <{iris.graph('catalog')}> {{ ?p void:class ?class ; void:entities ?n }} }}"
    )
    counted = select("SELECT ?class (COUNT(DISTINCT ?s) AS ?n) { ?s a ?class } GROUP BY ?class")
    assert described == counted


def test_property_partitions_are_the_properties(select: Ask, iris: Iris) -> None:
    described = select(
        f"SELECT ?property ?n ?s ?o {{ GRAPH <{iris.graph('catalog')}> {{ ?p void:property ?property ; "
        "void:triples ?n ; void:distinctSubjects ?s ; void:distinctObjects ?o } }"
    )
    counted = select(
        "SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?ss) (COUNT(DISTINCT ?o) AS ?os) { ?s ?p ?o } GROUP BY ?p"
    )
    assert described == counted


def test_linksets_are_the_links(select: Ask, iris: Iris) -> None:
    described = select(
        f"SELECT ?target ?link ?n {{ GRAPH <{iris.graph('catalog')}> "
        "{ ?set a void:Linkset ; void:objectsTarget ?target ; void:linkPredicate ?link ; void:triples ?n } }"
    )
    assert described
    for target, link, number in described:
        assert not target.startswith(iris.base)
        counted = select(f'SELECT (COUNT(*) AS ?n) {{ ?s <{link}> ?o FILTER (STRSTARTS(STR(?o), "{target}")) }}')
        assert counted == [(number,)]


def test_vocabularies_are_those_in_use(select: Ask, iris: Iris) -> None:
    named = {row[0] for row in select(f"SELECT ?v {{ GRAPH <{iris.graph('catalog')}> {{ ?d void:vocabulary ?v }} }}")}
    assert {iris.att(""), "http://www.w3.org/2004/02/skos/core#"} <= named
    assert "http://www.w3.org/ns/sparql-service-description#" not in named
