"""Comunica, alone and joining two of our endpoints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import PREFIXES, Rows
from tests.clients.node import installed, run

Query = Callable[..., Any]

DENIALS = """SELECT ?statement ?who ?what WHERE {
  ?statement a att:Denial ; att:speaker/rdfs:label ?who ; att:proposition/rdfs:label ?what .
} ORDER BY ?statement ?who ?what"""


@pytest.fixture(scope="session")
def script() -> Path:
    return installed(Path(__file__).with_name("comunica")) / "query.mjs"


@pytest.fixture(scope="session")
def comunica(script: Path) -> Query:
    def query(text: str, *sources: str, type_: str | None = "sparql") -> Any:
        described = [{"value": source} | ({"type": type_} if type_ else {}) for source in sources]
        return json.loads(run(script, PREFIXES + text, json.dumps(described)))

    return query


def values(bindings: list[dict[str, dict[str, str]]]) -> Rows:
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def test_select(comunica: Query, endpoint: str, rows: Callable[[str], Rows]) -> None:
    assert values(comunica(DENIALS, endpoint)) == rows(DENIALS)


def test_endpoint_is_recognised_by_its_description(comunica: Query, endpoint: str, rows: Callable[[str], Rows]) -> None:
    """Without being told what the source is, it reads the service description and sends the query there."""
    assert values(comunica(DENIALS, endpoint, type_=None)) == rows(DENIALS)


def test_ask(comunica: Query, endpoint: str) -> None:
    assert comunica("ASK { ?s a att:Denial }", endpoint) is True
    assert comunica("ASK { ?s a att:NoSuchThing }", endpoint) is False


def test_construct(comunica: Query, endpoint: str, rows: Callable[[str], Rows]) -> None:
    triples = comunica("CONSTRUCT { ?s att:speaker ?who } WHERE { ?s a att:Denial ; att:speaker ?who }", endpoint)
    expected = rows("SELECT ?s ?who { ?s a att:Denial ; att:speaker ?who }")
    assert sorted((s, o) for s, _, o in triples) == sorted((row["s"], row["who"]) for row in expected)


def test_named_graph(comunica: Query, endpoint: str, rows: Callable[[str], Rows]) -> None:
    query = "SELECT (COUNT(*) AS ?n) { GRAPH graph:jraischan-report { ?s a att:Statement } }"
    assert values(comunica(query, endpoint)) == rows(query)


def test_join_of_two_endpoints(comunica: Query, endpoint: str, gazetteer: str) -> None:
    """Neither endpoint has the answer: ours has the links, the other one what is said at their ends."""
    found = comunica(
        """SELECT ?place ?river WHERE {
          ?place skos:exactMatch ?elsewhere .
          ?elsewhere <http://gazetteer.example/ns#river> ?river .
        } ORDER BY ?river""",
        endpoint,
        gazetteer,
    )
    place = "https://w3id.org/attested/id/place/"
    assert values(found) == [
        {"place": f"{place}basra", "river": "Shatt al-Arab"},
        {"place": f"{place}baghdad", "river": "Tigris"},
    ]


def test_error_reaches_the_user(comunica: Query, endpoint: str) -> None:
    with pytest.raises(AssertionError, match=r"HTTP status 404"):
        comunica("SELECT * { ?s a att:Denial }", f"{endpoint}/elsewhere")
