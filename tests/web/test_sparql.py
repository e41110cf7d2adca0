"""SPARQL 1.1 Protocol over HTTP: forms, formats, methods, datasets, refusals."""

from __future__ import annotations

import re
import socket
import threading
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

BASE = "https://w3id.org/attested/"
PREFIX = f"PREFIX att: <{BASE}ontology#> "
SELECT = PREFIX + "SELECT ?s WHERE { ?s a att:Statement } ORDER BY ?s"
ASK = PREFIX + "ASK { ?s a att:Statement }"
CONSTRUCT = PREFIX + "CONSTRUCT WHERE { ?s att:speaker ?o }"
DESCRIBE = f"DESCRIBE <{BASE}id/place/iraq>"

RESULTS = [
    (None, "application/sparql-results+json"),
    ("*/*", "application/sparql-results+json"),
    ("application/sparql-results+json", "application/sparql-results+json"),
    ("application/json", "application/json"),
    ("application/sparql-results+xml", "application/sparql-results+xml"),
    ("application/xml", "application/xml"),
    ("text/csv", "text/csv"),
    ("text/tab-separated-values", "text/tab-separated-values"),
    ("text/csv;q=0.3, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
    ("text/html", "text/html"),
    ("text/turtle", None),
]
GRAPHS = [
    (None, "text/turtle"),
    ("application/n-triples", "application/n-triples"),
    ("application/rdf+xml", "application/rdf+xml"),
    ("application/ld+json", "application/ld+json"),
    ("text/html", "text/html"),
    ("text/csv", None),
]


@pytest.mark.parametrize("query", [SELECT, ASK], ids=["SELECT", "ASK"])
@pytest.mark.parametrize(("accept", "expected"), RESULTS)
def test_results(client: FlaskClient, query: str, accept: str | None, expected: str | None) -> None:
    _check(client, query, accept, expected)


@pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE], ids=["CONSTRUCT", "DESCRIBE"])
@pytest.mark.parametrize(("accept", "expected"), GRAPHS)
def test_graphs(client: FlaskClient, query: str, accept: str | None, expected: str | None) -> None:
    _check(client, query, accept, expected)


def _check(client: FlaskClient, query: str, accept: str | None, expected: str | None) -> None:
    headers = {"Accept": accept} if accept else {}
    by_get = client.get("/sparql", query_string={"query": query}, headers=headers)
    by_form = client.post("/sparql", data={"query": query}, headers=headers)
    direct = client.post("/sparql", data=query, content_type="application/sparql-query", headers=headers)
    for response in (by_get, by_form, direct):
        assert response.status_code == (200 if expected else 406)
        assert "Accept" in response.vary
        if expected:
            assert response.mimetype == expected
            assert response.data == by_get.data


def test_select_finds_statements(client: FlaskClient) -> None:
    text = client.get("/sparql", query_string={"query": SELECT}, headers={"Accept": "text/csv"}).text
    assert text.split() == ["s", f"{BASE}id/statement/s08", f"{BASE}id/statement/s20"]


def test_graph_results_parse(client: FlaskClient) -> None:
    for accept, _ in GRAPHS[:4]:
        response = client.get("/sparql", query_string={"query": CONSTRUCT}, headers={"Accept": accept or "*/*"})
        format_ = ox.RdfFormat.from_media_type(response.mimetype or "")
        assert len(list(ox.parse(response.data, format=format_))) == 2


def test_format_parameter(client: FlaskClient) -> None:
    ask = {"query": ASK, "format": "csv"}
    assert client.get("/sparql", query_string=ask, headers={"Accept": "text/html"}).mimetype == "text/csv"
    assert client.get("/sparql", query_string={**ask, "format": "ttl"}).status_code == 400


CLAIM = PREFIX + "ASK { ?s att:perpetrator ?o }"


def test_default_graph_has_no_perspective(client: FlaskClient) -> None:
    def ask(query: str, **parameters: str) -> bool:
        response = client.get("/sparql", query_string={"query": query, **parameters})
        assert response.json is not None
        return bool(response.json["boolean"])

    perspective = f"{BASE}perspective/group"
    inside = PREFIX + "ASK { GRAPH ?g { ?s att:perpetrator ?o } }"
    assert not ask(CLAIM)
    assert ask(CLAIM, **{"default-graph-uri": perspective})
    assert not ask(CLAIM, **{"named-graph-uri": perspective})
    assert ask(inside)
    assert ask(inside, **{"named-graph-uri": perspective})
    assert not ask(inside, **{"default-graph-uri": perspective})
    assert ask(PREFIX + f"ASK FROM <{perspective}> {{ ?s att:perpetrator ?o }}")
    assert not ask(PREFIX + f"ASK FROM <{perspective}> {{ ?s att:perpetrator ?o }}", **{"default-graph-uri": BASE})


def test_unknown_graph_is_empty_and_not_fetched(client: FlaskClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        for query, extra in (
            (f"ASK FROM <{address}> {{ ?s ?p ?o }}", {}),
            ("ASK { ?s ?p ?o }", {"default-graph-uri": address}),
            ("ASK { GRAPH ?g { ?s ?p ?o } }", {"named-graph-uri": address}),
        ):
            response = client.get("/sparql", query_string={"query": query, **extra})
            assert response.json == {"head": {}, "boolean": False}
        with pytest.raises(TimeoutError):
            server.accept()


def test_service_is_refused_and_calls_nobody(client: FlaskClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        for query in (
            f"ASK {{ SERVICE <{address}> {{ ?s ?p ?o }} }}",
            f"PREFIX : <{address}> ASK {{ SERVICE:x {{ ?s ?p ?o }} }}",
            f"PREFIX e: <{address}> ASK {{ FILTER(1<2)SERVICE#>\ne:x {{ ?s ?p ?o }} }}",
        ):
            for response in (
                client.get("/sparql", query_string={"query": query}),
                client.post("/sparql", data=query, content_type="application/sparql-query"),
            ):
                assert response.status_code == 403
                assert "SERVICE" in response.text
        with pytest.raises(TimeoutError):
            server.accept()


INSERT = "INSERT DATA { <http://e/a> <http://e/b> <http://e/c> }"


@pytest.mark.parametrize(
    "arguments",
    [
        {"method": "POST", "data": INSERT, "content_type": "application/sparql-update"},
        {"method": "POST", "data": {"update": INSERT}},
        {"method": "POST", "data": {"query": INSERT}},
        {"method": "POST", "data": INSERT, "content_type": "application/sparql-query"},
        {"method": "GET", "query_string": {"update": INSERT}},
        {"method": "GET", "query_string": {"query": INSERT}},
    ],
)
def test_nothing_can_be_written(client: FlaskClient, arguments: dict[str, Any]) -> None:
    assert client.open("/sparql", **arguments).status_code == 403
    answer = client.get("/sparql", query_string={"query": "ASK { <http://e/a> ?p ?o }"}).json
    assert answer == {"head": {}, "boolean": False}


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"method": "GET", "query_string": {"query": "SELECT * {"}}, 400),
        ({"method": "GET", "query_string": {"query": ""}}, 400),
        ({"method": "GET", "query_string": {"query": [ASK, ASK]}}, 400),
        ({"method": "GET", "query_string": {"query": ASK, "default-graph-uri": "relative"}}, 400),
        ({"method": "POST", "data": {}}, 415),
        ({"method": "POST", "data": {"other": "x"}}, 400),
        ({"method": "POST", "data": b"ASK { ?s ?p '\xff' }", "content_type": "application/sparql-query"}, 400),
        ({"method": "POST", "data": ASK, "content_type": "text/plain"}, 415),
        ({"method": "POST", "data": "x" * 2_000_000, "content_type": "application/sparql-query"}, 413),
        ({"method": "PUT"}, 405),
        ({"method": "DELETE"}, 405),
    ],
)
def test_bad_requests(client: FlaskClient, arguments: dict[str, Any], status: int) -> None:
    response = client.open("/sparql", **arguments)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"
    if status == 405:
        assert set(response.allow) == {"GET", "HEAD", "OPTIONS", "POST"}
    if status == 415:
        assert "application/sparql-query" in response.headers["Accept-Post"]


def test_syntax_errors_name_the_place(client: FlaskClient) -> None:
    body = client.get("/sparql", query_string={"query": "SELECT * {\n ?s ?p"}).json
    assert body
    assert "2:" in body["detail"]


def test_without_a_query(client: FlaskClient) -> None:
    description = client.get("/sparql")
    assert description.mimetype == "text/turtle"
    assert "sd:Service" in description.text
    editor = client.get("/sparql", headers={"Accept": "text/html"})
    assert "<textarea" in editor.text
    assert re.findall("<script[^>]*>", editor.text) == re.findall(
        '<script src="/sparql/editor/[^"]*" defer>', editor.text
    )


def test_queries_run_at_the_same_time(client: FlaskClient) -> None:
    statuses: list[int] = []

    def ask() -> None:
        own = client.application.test_client()
        statuses.extend(own.get("/sparql", query_string={"query": SELECT}).status_code for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 80
