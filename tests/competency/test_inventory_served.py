"""Every statement of the acceptance list answers at its IRI with its triples."""

from __future__ import annotations

import pytest
import requests
from pyoxigraph import NamedNode, RdfFormat, parse

from publisher.iris import Iris
from publisher.vocab import CANONICAL_BASE

IDS = [
    *(f"S{n:02d}" for n in range(1, 31)),
    *("S31a", "S31b", "S32", "S17a", "S18a"),
    *(f"B{n:02d}" for n in range(1, 14)),
]


@pytest.mark.parametrize("id_", IDS)
def test_each_statement_answers_at_its_iri(server: str, id_: str) -> None:
    iris = Iris(CANONICAL_BASE)
    slug = f"jraischan-report-{id_.lower()}"
    response = requests.get(f"{server}id/statement/{slug}", headers={"Accept": "text/turtle"}, timeout=30)
    assert response.status_code == 200
    assert [step.status_code for step in response.history] == [303]
    triples = [quad.triple for quad in parse(response.content, format=RdfFormat.TURTLE)]
    subject = NamedNode(iris.entity("statement", slug))
    own = {t.predicate.value: t.object for t in triples if t.subject == subject}
    for name in ("speaker", "stance", "proposition", "evidence"):
        assert iris.att(name) in own, f"{id_} lacks {name}"
    assert str(own["http://purl.org/dc/terms/identifier"]) == f'"{id_}"'
    labelled = {t.subject for t in triples if t.predicate.value.endswith("rdf-schema#label")}
    assert {own[iris.att("speaker")], own[iris.att("stance")], own[iris.att("proposition")]} <= labelled
