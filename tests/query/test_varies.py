"""Which queries are not kept: those whose answer may differ from one time to the next."""

from __future__ import annotations

import pytest

from publisher.query.normal import varies

SD = "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (NOW() AS ?x) {}",
        "SELECT * { ?s ?p ?o } ORDER BY rand()",
        "SELECT * { SERVICE <http://x/> { ?s ?p ?o } }",
        f"{SD} SELECT * {{ BIND(UUID() AS ?x) }}",
        "SELECT * { FILTER(?x<NOW()&&?y>3) }",
        "SELECT (CONCAT('PREFIX a:<',STR(NOW()),'>') AS ?x) {}",
        "SELECT (CONCAT('PREFIX a:<'+STR(NOW())+'>') AS ?x) {}",
    ],
)
def test_varying(query: str) -> None:
    assert varies(query)


@pytest.mark.parametrize("query", ["SELECT * { ?s ?p ?o }", f"{SD}\nSELECT ?now {{ ?now ?p ?rand }}"])
def test_constant(query: str) -> None:
    assert not varies(query)
