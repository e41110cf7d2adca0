"""An incident on which very much was said: pages of bounded size, each of which says what is not on it."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from publisher.config import Settings
from publisher.releases import Release
from publisher.vocab import RDF
from publisher.web import create_app, entity, pages, render
from tests.attribution.model import Said, World
from tests.attribution.test_asof import dated
from tests.attribution.worlds import IRIS, PROPS, SPEAKERS, VALUES, derive, node
from tests.web.conftest import make_release
from tests.web.test_then import described

STATEMENTS = 500
INCIDENT = "/doc/incident/i-one"
TYPE = ox.NamedNode(f"{RDF}type")
BYTES = 250_000
"""What a page may have at most; with everything on one page it is some megabytes."""


@pytest.fixture(scope="module")
def story() -> ox.Store:
    """Most affirm a claim on the incident, one in 25 denies that it occurred, as many leave it open."""
    claims = ("p-group", "p-damaged", "p-injuries", "p-group")
    said = []
    for n in range(STATEMENTS):
        stance = {7: "deniesOccurrence", 13: "notVerified"}.get(n % 25, "asserts")
        prop = claims[n % len(claims)] if stance == "asserts" else "p-occurred"
        said.append(Said(f"s-{n}", SPEAKERS[n % 5], stance, prop, "d-one"))
    store = derive(World(PROPS, tuple(said), kinds=VALUES))
    described(store)
    for n in range(STATEMENTS):
        dated(store, node("statement", f"s-{n}"), IRIS.att("statedOn"), f"2020-08-{n % 28 + 1:02}")
        store.add(ox.Quad(node("statement", f"s-{n}"), TYPE, ox.NamedNode(IRIS.att("Statement"))))
    return store


@pytest.fixture(scope="module")
def client(story: ox.Store, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    releases = tmp_path_factory.mktemp("large")
    make_release(releases, "r1", (ox.serialize(story, format=ox.RdfFormat.N_QUADS) or b"").decode())
    return create_app(Settings(releases=releases, port=0)).test_client()


@pytest.fixture
def real(settings: Settings, release: Release) -> FlaskClient:
    assert release.id
    return create_app(settings).test_client()


def page(client: FlaskClient, path: str) -> str:
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert len(response.data) < BYTES
    return response.text


def rows(text: str) -> list[str]:
    """The statements that have a row in a table on the page."""
    return re.findall(r'<td data-label="What">(?:<span class="id">[^<]*</span> )?<a href="/id/statement/([^"]+)"', text)


def on(path: str, number: int) -> str:
    return f"{path}{'&' if '?' in path else '?'}statements={number}"


@pytest.mark.parametrize("path", [INCIDENT, f"{INCIDENT}?asOf=2020-08-14", f"{INCIDENT}?asOf=2020-07-01"])
def test_each_statement_is_on_one_page(client: FlaskClient, path: str) -> None:
    """Also as of a day, where what was said later is listed too."""
    found: list[str] = []
    for number in range(1, 6):
        text = page(client, on(path, number))
        assert f"Page {number} of 5; {STATEMENTS} statements in all." in text
        here = rows(text)
        assert len(here) == 100
        found += here
    assert sorted(found) == sorted(f"s-{n}" for n in range(STATEMENTS))


def test_the_links_between_pages_lead_through_all_of_them(client: FlaskClient) -> None:
    path, seen = INCIDENT, 0
    while path:
        text = page(client, path)
        seen += len(rows(text))
        nav = text.partition("statements in all.")[2].partition("</nav>")[0]
        following = re.search(r'rel="next" href="([^"]+)"', nav)
        path = html.unescape(following[1]) if following else ""
    assert seen == STATEMENTS


def test_what_is_not_on_the_page_is_said_with_its_number_and_where_it_is(client: FlaskClient) -> None:
    text = page(client, INCIDENT)
    groups = dict(re.findall(r'<h3>([^<]+) <span class="count">(\d+)</span></h3>', text))
    assert (groups["Affirmed"], groups["Denied"], groups["Left open"]) == ("460", "20", "20")
    assert f'100 of 460 are on this page; they begin on <a href="{INCIDENT}?statements=1">' in text
    assert f'0 of 20 are on this page; they begin on <a href="{INCIDENT}?statements=5">' in text
    last = page(client, f"{INCIDENT}?statements=5")
    assert {f"s-{n}" for n in range(STATEMENTS) if n % 25 in (7, 13)} <= set(rows(last))


def test_contradictions_are_counted_and_all_of_them_are_a_query_away(client: FlaskClient, story: ox.Store) -> None:
    text = page(client, INCIDENT)
    (number, total, link) = re.findall(r'(\d+) of (\d+) are on this page; <a href="(/sparql[^"]+)"', text)[0]
    contradictions = list(
        story.quads_for_pattern(None, ox.NamedNode(f"{RDF}type"), ox.NamedNode(IRIS.att("Contradiction")))
    )
    assert int(number) == 100
    assert int(total) == len(contradictions) == 460 * 20
    response = client.get(html.unescape(link), headers={"Accept": "application/sparql-results+json"})
    found = {row["contradiction"]["value"] for row in json.loads(response.data)["results"]["bindings"]}
    assert len(found) == int(total)
    hubs = re.findall(r"against (\d+), of which (\d+) are here", text)
    assert hubs
    assert all(int(here) <= 50 < int(there) for there, here in hubs)


@pytest.mark.parametrize("path", [INCIDENT, f"{INCIDENT}?asOf=2020-08-14"])
def test_other_formats_stay_whole(client: FlaskClient, path: str) -> None:
    first, other = (client.get(p, headers={"Accept": "application/n-triples"}) for p in (path, on(path, 3)))
    assert first.status_code == other.status_code == 200
    assert first.data == other.data
    assert "statements=" not in other.headers["Content-Location"]
    statements = set(re.findall(rb"^<[^>]+/id/statement/(s-\d+)> <[^>]+#stance>", first.data, re.M))
    assert len(statements) == (STATEMENTS if "asOf" not in path else 250 + 2)
    shown = client.get(on(path, 3), headers={"Accept": "text/html"})
    assert shown.headers["Content-Location"].endswith("statements=3")
    alternates = [link for link in shown.headers.getlist("Link") if "alternate" in link]
    assert alternates
    assert not [link for link in alternates if "statements=" in link]


@pytest.mark.parametrize(
    ("number", "status"), [("6", 404), ("0", 400), ("-1", 400), ("x", 400), ("1", 200), ("5", 200)]
)
def test_a_page_that_there_is_not(client: FlaskClient, number: str, status: int) -> None:
    response = client.get(f"{INCIDENT}?statements={number}", headers={"Accept": "text/html"})
    assert response.status_code == status


@pytest.mark.parametrize("path", ["/doc/agent/a", "/doc/proposition/p-group", "/doc/statement/s-7"])
def test_other_pages_are_bounded_too(client: FlaskClient, path: str) -> None:
    assert len(rows(page(client, path))) <= 100


def test_many_clashes_are_cut_and_counted(real: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the published data, with a smaller page."""
    path = "/perspective/iraq?with=ashab-al-kahf"
    monkeypatch.setattr("publisher.web.clashes.SHOWN", 3)
    text = real.get(path, headers={"Accept": "text/html"}).text
    assert 'Where they clash <span class="count">4</span>' in text
    assert "3 of 4 are on this page; the other formats have them all." in text
    found = real.get(path, headers={"Accept": "application/n-triples"}).text
    assert len(set(re.findall(r"^<([^>]+#clash-[0-9a-f]+)> <[^>]+#clashIn>", found, re.M))) == 4


def test_a_list_of_very_many_has_each_on_one_page_and_no_json(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (render, pages):
        monkeypatch.setattr(module, "IN_ORDER", STATEMENTS - 1)
    found: list[str] = []
    for number in (1, 2, 3):
        text = page(client, f"/statements?page={number}")
        assert f"<p>{STATEMENTS + 2} in this release.</p>" in text
        found += re.findall(r'<li><a href="/id/statement/(s-[^"]+)"', text)
    assert sorted(found) == sorted(f"s-{n}" for n in range(STATEMENTS))
    assert client.get("/statements?page=4", headers={"Accept": "text/html"}).status_code == 404
    refused = client.get("/statements", headers={"Accept": "application/json"})
    assert refused.status_code == 413
    assert f"there are {STATEMENTS + 2} statements, more than the {STATEMENTS - 1}" in refused.text


def test_the_start_page_says_that_it_shows_some_of_the_incidents(
    story: ox.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_release(tmp_path, "r1", (ox.serialize(story, format=ox.RdfFormat.N_QUADS) or b"").decode())
    whole, cut = (create_app(Settings(releases=tmp_path, port=0)).test_client() for _ in range(2))
    assert "all incidents" not in page(whole, "/")
    monkeypatch.setattr(render, "PAGE", 1)
    assert re.findall(r"These are (\d+) of (\d+): <a", page(cut, "/")) == [("1", "2")]


def test_of_what_very_much_is_said_a_page_gives_a_query(
    story: ox.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_release(tmp_path, "r1", (ox.serialize(story, format=ox.RdfFormat.N_QUADS) or b"").decode())
    listing, client = (create_app(Settings(releases=tmp_path, port=0)).test_client() for _ in range(2))
    speaker = f"/doc/agent/{SPEAKERS[0]}"
    assert "too many for a page" not in page(listing, f"{INCIDENT}.html") + page(listing, f"{speaker}.html")
    monkeypatch.setattr(entity, "IN_ORDER", 3)
    for path, shown in ((f"{INCIDENT}.html", "links from propositions"), (f"{speaker}.html", "statements")):
        text = page(client, path)
        found = re.search(rf'(\d+) {shown}[^.]*, too many for a page.*?<a href="([^"]+)">A query', text)
        assert found
        answer = client.get(html.unescape(found[2]), headers={"Accept": "text/csv"})
        assert answer.status_code == 200
        assert len(answer.text.splitlines()) > 3
        assert not rows(text)
