"""A query without BASE has the endpoint's address as its base (RFC 3986, section 5.1)."""

from __future__ import annotations

from flask.testing import FlaskClient

from publisher.vocab import CANONICAL_BASE


def test_relative_iri_is_one_of_ours(client: FlaskClient) -> None:
    answer = client.get(
        "/sparql", query_string={"query": "SELECT (<id/place/x> AS ?i) {}"}, headers={"Accept": "text/csv"}
    )
    assert answer.get_data(as_text=True) == f"i\r\n{CANONICAL_BASE}id/place/x\r\n"


def test_base_of_the_query_wins(client: FlaskClient) -> None:
    query = "BASE <http://x.example/y/> SELECT (<z> AS ?i) {}"
    answer = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/csv"})
    assert answer.get_data(as_text=True) == "i\r\nhttp://x.example/y/z\r\n"
