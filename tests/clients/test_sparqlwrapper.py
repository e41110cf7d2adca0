"""SPARQLWrapper, what most scripts in Python use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError

import pytest
from rdflib import Graph
from SPARQLWrapper import (
    CSV,
    GET,
    JSON,
    JSONLD,
    N3,
    POST,
    POSTDIRECTLY,
    RDFXML,
    TSV,
    TURTLE,
    URLENCODED,
    XML,
    SPARQLWrapper,
)
from SPARQLWrapper.SPARQLExceptions import QueryBadFormed

from tests.clients.conftest import PREFIXES, Rows

SPEAKERS = "SELECT DISTINCT ?who WHERE { ?s a att:Denial ; att:speaker ?who } ORDER BY ?who"
CONSTRUCT = "CONSTRUCT { ?s att:speaker ?who } WHERE { ?s a att:Denial ; att:speaker ?who }"


def ask(wrapper: SPARQLWrapper) -> Any:
    return wrapper.query().convert()


@pytest.fixture
def wrapper(endpoint: str) -> SPARQLWrapper:
    return SPARQLWrapper(endpoint)


@pytest.mark.parametrize("method", [GET, POST])
@pytest.mark.parametrize("request_method", [URLENCODED, POSTDIRECTLY])
def test_json(wrapper: SPARQLWrapper, method: str, request_method: str, rows: Callable[[str], Rows]) -> None:
    wrapper.setQuery(PREFIXES + SPEAKERS)
    wrapper.setReturnFormat(JSON)
    wrapper.setMethod(method)
    wrapper.setRequestMethod(request_method)
    found = ask(wrapper)["results"]["bindings"]
    assert [row["who"]["value"] for row in found] == [row["who"] for row in rows(SPEAKERS)]


def test_xml(wrapper: SPARQLWrapper, rows: Callable[[str], Rows]) -> None:
    wrapper.setQuery(PREFIXES + SPEAKERS)
    wrapper.setReturnFormat(XML)
    found = ask(wrapper).getElementsByTagName("uri")
    assert [element.firstChild.data for element in found] == [row["who"] for row in rows(SPEAKERS)]


@pytest.mark.parametrize(("format_", "end"), [(CSV, "\r\n"), (TSV, "\n")])
def test_text(wrapper: SPARQLWrapper, format_: str, end: str, rows: Callable[[str], Rows]) -> None:
    wrapper.setQuery(PREFIXES + SPEAKERS)
    wrapper.setReturnFormat(format_)
    lines = ask(wrapper).decode().split(end)
    assert [line.strip("<>") for line in lines[1:-1]] == [row["who"] for row in rows(SPEAKERS)]


@pytest.mark.parametrize("answer", [True, False])
def test_ask(wrapper: SPARQLWrapper, answer: bool) -> None:
    wrapper.setQuery(f"{PREFIXES} ASK {{ ?s a att:{'Denial' if answer else 'NoSuchThing'} }}")
    wrapper.setReturnFormat(JSON)
    assert ask(wrapper)["boolean"] is answer


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize("format_", [RDFXML, JSONLD, TURTLE, N3])
def test_construct(wrapper: SPARQLWrapper, format_: str, rows: Callable[[str], Rows]) -> None:
    wrapper.setQuery(PREFIXES + CONSTRUCT)
    wrapper.setReturnFormat(format_)
    found = ask(wrapper)
    graph = found if isinstance(found, Graph) else Graph().parse(data=found, format="turtle")
    pairs = {(str(s), str(o)) for s, o in graph.subject_objects()}
    assert pairs == {(row["s"], row["who"]) for row in rows("SELECT ?s ?who { ?s a att:Denial ; att:speaker ?who }")}


def test_named_graph(wrapper: SPARQLWrapper) -> None:
    wrapper.addDefaultGraph("https://w3id.org/attested/graph/no-such-graph")
    wrapper.setQuery(PREFIXES + SPEAKERS)
    wrapper.setReturnFormat(JSON)
    assert ask(wrapper)["results"]["bindings"] == []


def test_bad_query(wrapper: SPARQLWrapper) -> None:
    wrapper.setQuery("SELECT * WHERE { ?s ?p }")
    with pytest.raises(QueryBadFormed, match="does not parse"):
        wrapper.query()


def test_update_is_refused(wrapper: SPARQLWrapper) -> None:
    wrapper.setMethod(POST)
    wrapper.setQuery("INSERT DATA { <http://a/> <http://a/> <http://a/> }")
    with pytest.raises(HTTPError, match="403"):
        wrapper.query()
