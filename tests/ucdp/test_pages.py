"""Pages over an import: each names its sources with licence, release and citation; reading rules have pages."""

from __future__ import annotations

import re
from html import unescape

import pyoxigraph as ox
import pytest
import requests

from publisher.ingest.mapping import Rule, ucdp_ged
from publisher.vocab import CANONICAL_BASE, RDF, RDFS, SKOS

GED = "/graph/ucdp-ged"


def sources(server: str, path: str) -> dict[str, str]:
    """The section on sources: path of the graph to the text of its line."""
    response = requests.get(f"{server}{path}", headers={"Accept": "text/html"}, timeout=60)
    assert response.status_code == 200, response.text
    section = re.search(r'<section class="sources".*?</section>', response.text, re.S)
    assert section or 'id="sources"' not in response.text
    items = re.findall(r"<li>(.*?)</li>", section[0], re.S) if section else []
    found = {}
    for item in items:
        href = re.search(r'href="([^"]*)"', item)
        assert href
        found[href[1]] = unescape(re.sub(r"<[^>]*>", "", item))
    return found


@pytest.mark.parametrize(
    "path",
    [
        "doc/incident/ucdp-5002",
        "doc/incident/ucdp-5002?asOf=2026-11-24",
        "doc/statement/ucdp-5002-source-2",
        "doc/proposition/ucdp-5002-deaths",
        "doc/agent/ucdp-outlet-dailynews",
        "doc/agent/ucdp",
        "doc/event/ucdp-dyad-5",
        "lookup?iri=https://w3id.org/attested/rule/ucdp-denied-by",
        "rule/ucdp-denied-by",
        "graph/ucdp-ged",
        "perspective/ucdp",
    ],
)
def test_what_is_from_ged_says_so(ged_server: str, path: str) -> None:
    found = sources(ged_server, path)
    assert list(found) == [GED]
    assert "by Uppsala Conflict Data Program" in found[GED]
    assert "GED 25.1" in found[GED]
    assert "licence CC BY 4.0" in found[GED]
    assert f"Cite as: {ucdp_ged().source['citation']}" in found[GED]


@pytest.mark.parametrize(
    ("path", "graphs"),
    [
        ("doc/statement/jraischan-report-s20", {"/graph/jraischan-report"}),
        ("perspective/iraq", {"/graph/jraischan-report"}),
        ("graph/entities", {"/graph/entities"}),
        ("doc/agent/iraq", {"/graph/jraischan-report", "/graph/entities"}),
        ("graph/derived", set()),
        ("perspective/iraq?with=ashab-al-kahf", {"/graph/jraischan-report"}),
    ],
)
def test_what_is_not_from_ged_does_not(ged_server: str, path: str, graphs: set[str]) -> None:
    found = sources(ged_server, path)
    assert graphs <= set(found)
    assert GED not in found
    assert all("Cite as" not in line and "CC BY 4.0" in line for line in found.values())
    if not graphs:
        assert not found


def test_an_incident_names_every_report_that_it_is_in(ged_server: str) -> None:
    found = sources(ged_server, "doc/incident/jraischan-crossing")
    assert {"/graph/entities", "/graph/jraischan-report", "/graph/japantoday", "/graph/arabi21"} <= set(found)


@pytest.mark.parametrize("rule", ucdp_ged().rules, ids=lambda rule: str(rule.id))
def test_each_reading_rule_answers(ged_server: str, rule: Rule) -> None:
    id_ = rule.id
    response = requests.get(f"{ged_server}rule/{id_}", headers={"Accept": "application/n-triples"}, timeout=60)
    assert response.status_code == 200
    store = ox.Store()
    store.load(response.content, ox.RdfFormat.N_TRIPLES)
    node = ox.NamedNode(f"{CANONICAL_BASE}rule/{id_}")
    for predicate in (f"{RDF}type", f"{RDFS}label", f"{SKOS}definition", f"{SKOS}example"):
        assert list(store.quads_for_pattern(node, ox.NamedNode(predicate), None)), predicate
    page = requests.get(f"{ged_server}rule/{id_}", headers={"Accept": "text/html"}, timeout=60)
    assert "Reading rule" in page.text
    assert requests.get(f"{ged_server}rule/ucdp-no-such", timeout=60).status_code == 404
