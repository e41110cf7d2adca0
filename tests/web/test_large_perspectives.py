"""An agent who said very much: its perspective in pages, alone and beside another one."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from publisher.config import Settings
from publisher.web import create_app
from publisher.web.render import LARGE
from tests.web.conftest import BASE, make_release

AFFIRMED, DENIED, OPEN, HEDGED = 2_600, 130, 20, 10
OTHER = 30
BYTES = 300_000
ALONE, BOTH = "/perspective/talker", "/perspective/second?with=talker"
POLICY = f"<{BASE}policy/every>"
PREFIXES = f"""
PREFIX att: <{BASE}ontology#> PREFIX agent: <{BASE}id/agent/> PREFIX incident: <{BASE}id/incident/>
PREFIX proposition: <{BASE}id/proposition/> PREFIX statement: <{BASE}id/statement/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX dcterms: <http://purl.org/dc/terms/> PREFIX owl: <http://www.w3.org/2002/07/owl#>
att:asserts att:polarity att:positive . att:deniesClaim att:polarity att:negative .
att:notVerified att:polarity att:open .
{POLICY} a att:Policy ; rdfs:label "Every"@en .
"""


def said(agent: str, name: str, stance: str, more: str = "") -> str:
    return f"""
incident:{name} a att:Incident ; rdfs:label "Incident {name}"@en .
proposition:{name} a att:Proposition ; rdfs:label "It occurred: {name}"@en ; att:about incident:{name} ;
  rdf:subject incident:{name} ; rdf:predicate att:occurred ; rdf:object true .
statement:{name} a att:Statement ; att:speaker agent:{agent} ; att:attributableTo agent:{agent} ;
  att:stance att:{stance} ; att:proposition proposition:{name} ; att:inForce true ;
  dcterms:identifier "{name}" {more} ."""


def everything() -> Iterator[str]:
    yield PREFIXES
    for agent, numbers in (("talker", (AFFIRMED, DENIED, OPEN, HEDGED)), ("second", (OTHER, 0, 0, 0))):
        node = f"<{BASE}perspective/{agent}>"
        stances = ("asserts", "deniesClaim", "notVerified", "asserts")
        kinds = zip(("yes", "no", "open", "hedged"), stances, numbers, strict=True)
        yield f'agent:{agent} a att:Agent ; rdfs:label "{agent.capitalize()}"@en .'
        yield f"{node} a att:Perspective ; att:perspectiveOf agent:{agent} ."
        for kind, stance, number in kinds:
            for n in range(number):
                name = f"{agent}-{kind}-{n}"
                yield said(agent, name, stance, "; att:hedged true" if kind == "hedged" else "")
                if kind == "yes":
                    yield f"{node} att:tells statement:{name} . GRAPH {node} {{ incident:{name} att:occurred true }}"
                    for graph in (node, POLICY):
                        yield f"GRAPH {graph} {{ incident:{name} att:killed 1 , 2 , 3 , 4 }}"
                elif kind == "no":
                    yield f"""{node} att:tells statement:{name} . GRAPH {node} {{ <{BASE}perspective/{agent}#not-{name}>
  a owl:NegativePropertyAssertion ; owl:sourceIndividual incident:{name} ;
  owl:assertionProperty att:occurred ; owl:targetValue true }}"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    releases = tmp_path_factory.mktemp("perspectives")
    make_release(releases, "r1", "\n".join(everything()))
    return create_app(Settings(releases=releases, port=0)).test_client()


def page(client: FlaskClient, path: str) -> str:
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert len(response.data) < BYTES
    return response.text


def on_it(text: str) -> list[str]:
    return re.findall(r'href="/id/statement/((?:talker|second)-[^"]+)"', text)


@pytest.mark.parametrize(("path", "total"), [(ALONE, 0), (BOTH, OTHER)])
def test_every_statement_is_on_one_page(client: FlaskClient, path: str, total: int) -> None:
    total += AFFIRMED + DENIED + OPEN + HEDGED
    pages, found = -(-total // 100), list[str]()
    following, number = path, 0
    while following:
        number += 1
        text = page(client, following)
        assert f"Page {number} of {pages}; {total} statements in all." in text
        here = on_it(text)
        assert len(here) == min(100, total - 100 * (number - 1))
        found += here
        link = re.search(r'rel="next" href="([^"]+)"', text)
        following = html.unescape(link[1]) if link else ""
    assert number == pages
    assert len(found) == len(set(found)) == total


def test_what_is_elsewhere_is_said_with_its_number(client: FlaskClient) -> None:
    text = page(client, ALONE)
    assert f'Holds to be so <span class="count">{AFFIRMED} statements</span>' in text
    assert f"The claims of 100 of {AFFIRMED} statements are on this page" in text
    assert f'Denies <span class="count">{DENIED} statements</span>' in text
    assert f"The claims of 0 of {DENIED} statements are on this page" in text
    at = AFFIRMED // 100 + 1
    assert f'they begin on <a href="{ALONE}?statements={at}">page {at} of the statements</a>' in text
    assert f"0 of {OPEN} are on this page" in text
    assert f"0 of {HEDGED} are on this page" in text
    assert all(name.startswith("talker-no-") for name in on_it(page(client, f"{ALONE}?statements={at}")))


def test_what_fits_on_one_page_is_counted_by_claims(client: FlaskClient) -> None:
    text = page(client, "/perspective/second")
    assert f'Holds to be so <span class="count">{OTHER}</span>' in text
    assert "are on this page" not in text
    assert "statements in all" not in text


@pytest.mark.parametrize("media_type", ["text/turtle", "application/n-triples", "application/ld+json"])
def test_other_formats_stay_whole(client: FlaskClient, media_type: str) -> None:
    first, other = (client.get(p, headers={"Accept": media_type}) for p in (ALONE, f"{ALONE}?statements=3"))
    assert first.data == other.data
    assert "statements=" not in other.headers["Content-Location"]
    format_ = ox.RdfFormat.from_media_type(media_type)
    assert format_ is not None
    triples = list(ox.parse(first.data, format=format_))
    assert len(triples) == 5 * AFFIRMED + 4 * DENIED > LARGE
    shown = client.get(f"{ALONE}?statements=3", headers={"Accept": "text/html"})
    assert shown.headers["Content-Location"].endswith("statements=3")


@pytest.mark.parametrize("path", [ALONE, "/perspective/second", "/perspective/second?with=talker"])
@pytest.mark.parametrize(("number", "status"), [("29", 404), ("0", 400), ("x", 400), ("1", 200)])
def test_a_page_that_there_is_not(client: FlaskClient, path: str, number: str, status: int) -> None:
    address = f"{path}{'&' if '?' in path else '?'}statements={number}"
    assert client.get(address, headers={"Accept": "text/html"}).status_code == status


def test_the_page_of_the_agent_has_its_statements_in_pages(client: FlaskClient) -> None:
    """Also when they are so many that the list is not in the order of their identifiers."""
    found: list[str] = []
    total = AFFIRMED + DENIED + OPEN + HEDGED
    for number in range(1, -(-total // 100) + 1):
        text = page(client, f"/doc/agent/talker?statements={number}")
        main = text.partition('id="said"')[2].partition("statements in all.")[0]
        found += on_it(main)
    assert len(found) == len(set(found)) == total


def test_links_to_the_agent_are_in_pages(client: FlaskClient) -> None:
    total = 2 * (AFFIRMED + DENIED + OPEN + HEDGED) + 1
    found: set[ox.Triple] = set()
    agent = ox.NamedNode(f"{BASE}id/agent/talker")
    for number in range(1, -(-total // 1000) + 1):
        data = client.get(f"/doc/agent/talker.nt?page={number}").data
        here = {t.triple for t in ox.parse(data, format=ox.RdfFormat.N_TRIPLES)}
        ends = {t for t in here if t.object == agent and not t.predicate.value.endswith("primaryTopic")}
        assert not any("/doc/" in str(t.subject) for t in ends)
        found |= ends
    assert len(found) == total
    assert client.get(f"/doc/agent/talker.nt?page={-(-total // 1000) + 1}").status_code == 404


def test_a_policy_shows_some_of_what_it_chooses_and_says_how_much_that_is(client: FlaskClient) -> None:
    total = 4 * (AFFIRMED + OTHER)
    text = page(client, "/policy/every")
    assert f'What it chooses <span class="count">{total}</span>' in text
    assert "500 of them; the other formats have all." in text
    assert text.count('<td data-label="What">') == 500
    data = client.get("/policy/every.nt").data
    assert len(list(ox.parse(data, format=ox.RdfFormat.N_TRIPLES))) == total


@pytest.mark.parametrize(("plural", "pages"), [("incidents", 14), ("statements", 14), ("agents", 1)])
def test_lists_are_in_pages(client: FlaskClient, plural: str, pages: int) -> None:
    """With the number of all, which the JSON has too."""
    found: list[str] = []
    for number in range(1, pages + 1):
        text = page(client, f"/{plural}?page={number}")
        found += re.findall(rf'href="/id/{plural[:-1]}/([^"]+)"', text)
    listed = client.get(f"/{plural}", headers={"Accept": "application/json"}).json
    assert listed is not None
    assert len(found) == len(set(found)) == listed["count"] > 3
    assert {item["iri"].rpartition("/")[2] for item in listed["items"]} == set(found)
    assert client.get(f"/{plural}?page={pages + 1}", headers={"Accept": "text/html"}).status_code == 404
    assert len(client.get("/").data) < BYTES
