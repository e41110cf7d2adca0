"""Perspectives, policies, explanations, days, tombstones and releases, over the real release."""

from __future__ import annotations

import re
from urllib.parse import quote

import pyoxigraph as ox
import pytest
import requests
from flask.testing import FlaskClient

from publisher.config import Settings
from publisher.iris import Iris
from publisher.releases import Release
from publisher.vocab import CANONICAL_BASE
from publisher.web import create_app
from tests.web.test_pages import Page

IRIS = Iris(CANONICAL_BASE)
HTML = {"Accept": "text/html"}
JRAISCHAN = "/doc/incident/jraischan-crossing"
CONVOY = "/doc/proposition/jraischan-crossing-target-convoy"
DAY = "?asOf=2020-08-11"


@pytest.fixture(scope="module")
def real(settings: Settings, release: Release) -> FlaskClient:
    assert release.id
    return create_app(settings).test_client()


def triples(client: FlaskClient, path: str) -> set[ox.Triple]:
    response = client.get(path, headers={"Accept": "application/n-triples"})
    assert response.status_code == 200, response.text
    return {quad.triple for quad in ox.parse(response.data, format=ox.RdfFormat.N_TRIPLES)}


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    response = client.get(path, headers=HTML)
    assert response.status_code == status
    assert response.mimetype == "text/html"
    found = Page(response.text)
    tags = [tag for tag, _ in found.elements]
    assert tags.count("h1") == 1
    assert tags.count("table") == tags.count("caption")
    assert not {"script", "style", "img"} & set(tags)
    ids = found.values("id")
    assert len(ids) == len(set(ids))
    return response.text


def has(found: set[ox.Triple], name: str, value: str | None = None) -> bool:
    predicate = IRIS.att(name)
    return any(t.predicate.value == predicate and (value is None or value in str(t.object)) for t in found)


PAGES = [
    JRAISCHAN,
    JRAISCHAN + DAY,
    CONVOY,
    CONVOY + DAY,
    "/doc/incident/salaheddin-convoy",
    "/doc/statement/jraischan-report-s20",
    "/doc/agent/ashab-al-kahf",
    "/perspective/iraq",
    "/perspective/iraq" + DAY,
    "/perspective/jraischan-report-security-source",
    "/perspective/jraischan-report-security-source/hedged",
    "/perspective/jraischan-report-other-sources",
    "/perspective/ashab-al-kahf?with=iraq",
    "/policy/",
    "/policy/any-claim",
    "/policy/any-claim" + DAY,
    "/policy/two-independent-named",
    "/explain",
    f"/explain/status?about={IRIS.entity('incident', 'jraischan-crossing')}",
    "/releases",
]


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_sound_and_their_links_work(real: FlaskClient, path: str) -> None:
    text = page(real, path)
    hrefs = set(Page(text).values("href"))
    for href in sorted(hrefs)[:60]:
        assert re.match(r"(https?:|/(?![/\\])|#)", href), href
        if href.startswith("/") and not href.startswith(("/ontology", "/dumps", "/sparql?")):
            with real.get(href, headers=HTML, follow_redirects=True) as response:
                assert response.status_code in ({200, 410} if href.startswith("/id/") else {200}), href


# Perspectives


def test_perspective_is_the_named_graph_and_a_page(real: FlaskClient) -> None:
    found = triples(real, "/perspective/iraq")
    assert any("NegativePropertyAssertion" in str(t.object) for t in found)
    text = page(real, "/perspective/iraq")
    assert "Denies" in text
    assert "The Jraischan crossing incident occurred" in text
    assert "Iraq denies that the incident occurred" in text
    assert "Holds to be so" not in text


def test_what_members_say_is_in_it_and_marked(real: FlaskClient) -> None:
    text = page(real, "/perspective/ashab-al-kahf")
    assert re.search(r"said for it by: <a [^>]*>Members of Ashab al-Kahf", text)
    own = re.search(r"Ashab al-Kahf claims responsibility for the attack</a>([^\n]*)", text)
    assert own
    assert "said for it" not in own[1]


def test_open_stances_and_threats_are_listed_as_not_in_it(real: FlaskClient) -> None:
    text = page(real, "/perspective/ashab-al-kahf")
    outside = text.split("Not in it")[1]
    assert "threatens US forces" in outside
    claims = {str(t) for t in triples(real, "/perspective/ashab-al-kahf")}
    assert not [c for c in claims if "threat" in c]


def test_hedged_claims_only_in_the_variant(real: FlaskClient) -> None:
    plain = triples(real, "/perspective/jraischan-report-security-source")
    hedged = triples(real, "/perspective/jraischan-report-security-source/hedged")
    assert plain < hedged
    assert any("means" in t.predicate.value for t in hedged - plain)
    assert "/perspective/jraischan-report-security-source/hedged" in page(
        real, "/perspective/jraischan-report-security-source"
    )
    response = real.get("/perspective/jraischan-report-security-source/hedged.ttl")
    assert response.mimetype == "text/turtle"


def test_a_denial_of_the_whole_denies_no_part(real: FlaskClient) -> None:
    text = page(real, "/perspective/jraischan-report-other-sources")
    assert "Denies as a whole" in text
    denied = [t for t in triples(real, "/perspective/jraischan-report-other-sources") if "assertionProperty" in str(t)]
    assert len(denied) == 1


@pytest.mark.parametrize(
    ("slug", "why"),
    [
        ("nobody", "no agent called nobody"),
        ("associated-press", "nothing is affirmed or denied there, and what is left open"),
        ("us-embassy-kuwait", "nothing is affirmed or denied there, and what is left open"),
        ("akhbaar24-early-speaker", "withdrawn or superseded"),
        ("reuters", "no statement from there is on record"),
        ("jraischan-report-b13-speaker", "one sentence of an unnamed source, which nothing contradicts"),
        ("jraischan-report-callers", "open stances, threats and calls are in no perspective"),
        ("Iraq", "not the name of an agent"),
    ],
)
def test_no_perspective_says_why(real: FlaskClient, slug: str, why: str) -> None:
    for accept in ("text/html", "application/problem+json"):
        response = real.get(f"/perspective/{slug}", headers={"Accept": accept})
        assert response.status_code == 404
        assert why in response.text
    assert real.get("/perspective/iraq/hedged").status_code == 404


def test_two_side_by_side_with_their_clashes(real: FlaskClient) -> None:
    found = triples(real, "/perspective/iraq?with=ashab-al-kahf")
    assert triples(real, "/perspective/iraq") | triples(real, "/perspective/ashab-al-kahf") <= found
    clashes = {t.subject for t in found if t.predicate.value == IRIS.att("clashOf")}
    assert len(clashes) == 4
    assert has(found, "explanation")
    text = page(real, "/perspective/iraq?with=ashab-al-kahf")
    assert 'Where they clash <span class="count">4' in text
    for id_ in ("S08", "S10", "S11", "S11.1", "S20"):
        assert id_ in text
    response = real.get("/perspective/iraq?with=ashab-al-kahf")
    assert f'<{IRIS.combined("iraq", "ashab-al-kahf")}>; rel="canonical"' in ", ".join(response.headers.getlist("Link"))
    assert response.headers["Content-Location"] == "/perspective/ashab-al-kahf.ttl?with=iraq"
    assert real.get(response.headers["Content-Location"]).data == response.data


def test_two_graphs_stay_apart_where_the_format_can(real: FlaskClient) -> None:
    response = real.get("/perspective/iraq?with=ashab-al-kahf", headers={"Accept": "application/n-quads"})
    names = {q.graph_name for q in ox.parse(response.data, format=ox.RdfFormat.N_QUADS)}
    assert {ox.NamedNode(IRIS.perspective(s)) for s in ("iraq", "ashab-al-kahf")} <= names


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/perspective/iraq?with=iraq", 400),
        ("/perspective/iraq?with=", 404),
        ("/perspective/iraq?with=nobody", 404),
        ("/perspective/iraq?with=associated-press", 404),
        ("/perspective/iraq?with=kuwait&with=ashab-al-kahf", 400),
        ("/perspective/ashab-al-kahf/hedged?with=iraq", 400),
        ("/perspective/iraq.exe?with=kuwait", 404),
        ("/perspective/iraq?with=kuwait", 200),
    ],
)
def test_bad_pairs(real: FlaskClient, path: str, status: int) -> None:
    assert real.get(path).status_code == status


# Policies


def test_policies_are_described_with_their_rule(real: FlaskClient) -> None:
    index = triples(real, "/policy/")
    assert {t.subject.value for t in index if isinstance(t.subject, ox.NamedNode)} >= {IRIS.policy("undenied")}
    text = page(real, "/policy/undenied")
    for part in ("Caution", "Example", "CONSTRUCT", "What it chooses", "/sparql?query="):
        assert part in text


def test_a_policy_that_chooses_nothing_is_an_empty_graph(real: FlaskClient) -> None:
    assert triples(real, "/policy/two-independent-named") == set()
    assert "That is an answer too" in page(real, "/policy/two-independent-named")


def test_outcome_is_the_graph_of_the_release(real: FlaskClient, store: ox.Store) -> None:
    for name in ("any-claim", "latest", "undenied"):
        graph = ox.NamedNode(IRIS.policy(name))
        assert triples(real, f"/policy/{name}") == {q.triple for q in store.quads_for_pattern(None, None, None, graph)}
    assert real.get("/policy/none").status_code == 404


def test_policy_as_of_a_day(real: FlaskClient) -> None:
    found = triples(real, "/policy/any-claim" + DAY)
    claims = {t for t in found if isinstance(t.subject, ox.NamedNode) and "/id/" in t.subject.value}
    assert claims
    assert claims < triples(real, "/policy/any-claim")
    assert all("ashab-al-kahf" not in str(t.object) for t in claims)
    assert has(found, "undatable", "jraischan-report-s08")
    before = triples(real, "/policy/any-claim?asOf=2020-08-09")
    assert has(before, "saidLater") is False or has(before, "undatable")
    assert not [t for t in before if isinstance(t.subject, ox.NamedNode) and "/id/" in t.subject.value]


# Numbers and explanations


def test_each_number_leads_to_as_many_rows(real: FlaskClient) -> None:
    for path in (JRAISCHAN, CONVOY):
        text = page(real, path)
        assert "None of this is a verdict" in text
        links = re.findall(r'<a href="(/explain/[^"]+)"><strong>(\d+)</strong>', text)
        assert len(links) == 4
        for href, number in links:
            explained = page(real, href.replace("&amp;", "&"))
            assert f"<caption>{number} row" in explained
            assert f"The published number is <strong>{number}</strong>" in explained
        assert re.search(r'<a href="/explain/status\?[^"]+">why</a>', text)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/explain/none?about=x", 404),
        ("/explain/status", 400),
        ("/explain/status?about=x", 400),
        ("/explain/status?about=http://e/%3E%20%7D", 400),
        ("/explain/status?about=http://e/unknown", 404),
        (f"/explain/status?about={IRIS.entity('agent', 'iraq')}&asOf=2020-08-11", 400),
    ],
)
def test_bad_explanations(real: FlaskClient, path: str, status: int) -> None:
    assert real.get(path, headers=HTML).status_code == status


# As of a day


def test_incident_as_of_a_day(real: FlaskClient) -> None:
    found = triples(real, JRAISCHAN + DAY)
    document = IRIS.base[:-1] + JRAISCHAN + DAY
    own = {t for t in found if t.subject == ox.NamedNode(document)}
    assert has(own, "asOf", "2020-08-11")
    assert has(own, "undatable", "jraischan-report-s20")
    assert not has(own, "undatable", "japantoday-1")
    incident = {t for t in found if t.subject == ox.NamedNode(IRIS.entity("incident", "jraischan-crossing"))}
    assert has(incident, "status", "uncontested")
    assert has(incident, "affirmedBy", "japantoday-security-sources")
    assert not has(incident, "deniedBy")
    assert not has(incident, "reportedPerpetrator")
    text = page(real, JRAISCHAN + DAY)
    assert "As of 11 August 2020" in text
    assert "Three security sources say that the convoy was the target" in text
    undatable = text.split('id="undatable"')[1]
    assert "Iraq denies that the incident occurred" in undatable
    assert "Iraq denies that the incident occurred" not in text.split('id="undatable"')[0]


def test_before_any_date_nothing_is_placed(real: FlaskClient) -> None:
    text = page(real, JRAISCHAN + "?asOf=2020-08-10")
    assert "Nothing that can be dated had been said by then" in text
    incident = ox.NamedNode(IRIS.entity("incident", "jraischan-crossing"))
    assert not has({t for t in triples(real, JRAISCHAN + "?asOf=2020-08-10") if t.subject == incident}, "status")


def test_perspective_as_of_a_day(real: FlaskClient) -> None:
    said = triples(real, "/perspective/japantoday-security-sources" + DAY)
    assert triples(real, "/perspective/japantoday-security-sources") < said
    unplaced = triples(real, "/perspective/iraq" + DAY)
    assert not [t for t in unplaced if "NegativePropertyAssertion" in str(t.object)]
    assert has(unplaced, "undatable", "s20")
    assert "Undatable" in page(real, "/perspective/iraq" + DAY)


@pytest.mark.parametrize("path", [JRAISCHAN, CONVOY, "/perspective/iraq", "/policy/undenied"])
@pytest.mark.parametrize(
    "day", ["soon", "2020", "2020-02-30", "2020-08-11T00:00:00", "11.8.2020", "２０２０-08-11", "-1"]
)
def test_a_bad_date_is_refused_with_a_message(real: FlaskClient, path: str, day: str) -> None:
    for accept in ("text/html", "text/turtle"):
        response = real.get(f"{path}?asOf={quote(day)}", headers={"Accept": accept})
        assert response.status_code == 400
        assert "YYYY-MM-DD" in response.text


@pytest.mark.parametrize("path", ["/doc/agent/iraq", "/id/agent/iraq", "/doc/statement/jraischan-report-s20"])
def test_a_day_where_it_means_nothing_is_refused(real: FlaskClient, path: str) -> None:
    assert real.get(path + DAY).status_code == 400
    assert real.get(path + "?asOf=").status_code in {200, 303}


@pytest.mark.parametrize("path", [JRAISCHAN, CONVOY, "/perspective/iraq", "/policy/undenied"])
def test_headers_carry_the_day(real: FlaskClient, path: str) -> None:
    seen = set()
    for address in (path, path + DAY, path + "?asOf=2020-08-12"):
        for accept in ("text/turtle", "text/html", "application/ld+json"):
            response = real.get(address, headers={"Accept": accept})
            assert "Accept" in response.headers["Vary"]
            location = response.headers["Content-Location"]
            assert location.endswith(address.partition("?")[2])
            assert real.get(location, headers={"Accept": "*/*"}).data == response.data
            seen.add(response.get_etag()[0])
            canonical = re.search(r'<([^>]*)>; rel="canonical"', ", ".join(response.headers.getlist("Link")))
            assert canonical
            assert canonical[1].partition("?")[2] == address.partition("?")[2]
            assert re.search(r'rel="alternate"', ", ".join(response.headers.getlist("Link")))
            again = real.get(address, headers={"Accept": accept, "If-None-Match": response.headers["ETag"]})
            assert again.status_code == 304
    assert len(seen) == 9


def test_the_thing_leads_to_its_page_as_of_the_day(real: FlaskClient) -> None:
    response = real.get("/id/incident/jraischan-crossing" + DAY)
    assert response.status_code == 303
    assert response.headers["Location"] == JRAISCHAN + DAY


def test_the_form_works_without_scripts(real: FlaskClient) -> None:
    for path in (JRAISCHAN, "/perspective/iraq", "/policy/undenied"):
        found = re.search(r'<form class="day" action="([^"]+)" method="get">', page(real, path))
        assert found
        assert real.get(found[1] + DAY, headers=HTML).status_code == 200


# Tombstones


@pytest.mark.parametrize("start", ["id", "doc"])
def test_withdrawn_statement_is_gone_and_readable(real: FlaskClient, start: str) -> None:
    path = f"/{start}/statement/akhbaar24-1"
    text = page(real, path, 410)
    assert "later dropped by the report itself" in text
    assert "Kata&#39;ib Hezbollah" in text or "Kata'ib Hezbollah" in text
    response = real.get(path, headers={"Accept": "text/turtle"})
    assert response.status_code == 410
    assert "att:withdrawnBecause" in response.text
    assert "att:speaker" in response.text
    assert real.get(path, headers={"Accept": "application/problem+json"}).json["status"] == 410  # type: ignore[index]


def test_what_is_withdrawn_is_shown_apart_and_counts_for_nothing(real: FlaskClient) -> None:
    text = page(real, JRAISCHAN)
    before, after = text.split('id="ended"')
    assert "Kata&#39;ib Hezbollah as the perpetrator" not in before
    assert "Kata&#39;ib Hezbollah as the perpetrator" in after
    assert page(real, "/doc/proposition/jraischan-crossing-perpetrator-kataib-hezbollah").count("How it stands") == 0


# The page of the incident


def test_incident_page_reads_well(real: FlaskClient) -> None:
    text = page(real, JRAISCHAN)
    assert text.count("not stated</span></span>") == text.count('title="not stated"')
    assert not re.search(r">\s*not stated\s*</td>", text)
    parts = re.findall(r'<tr class="part">.*?<span class="id">([^<]+)</span>', text, re.S)
    assert {"S01.1", "S01.2", "S01.3"} <= set(parts)
    order = [text.index(f'<span class="id">{id_}</span>') for id_ in ("S01", "S01.1", "S01.2", "S02", "S08")]
    assert order == sorted(order)
    strengths = re.findall(r"<h3>(Stated|Direct|Incompatible value|Presupposed|Scope-limited)", text)
    assert strengths == ["Stated", "Direct", "Incompatible value", "Presupposed", "Scope-limited"]
    assert "which takes for granted what the second denies" in text
    reports = text.split('id="reports"')[1].split("</section>")[0]
    assert "2020-08-11" in reports
    assert "Report on japantoday.com" in reports
    names = text.split('id="names"')[1].split("</section>")[0]
    assert "جريشان" in names
    assert "Ishab al-Kahf" in names


# Releases, and the real server


def test_releases_are_listed_with_citation(real: FlaskClient, release: Release) -> None:
    listed = real.get("/releases", headers={"Accept": "application/json"}).json
    assert listed is not None
    assert [(r["id"], r["current"]) for r in listed["releases"]] == [(release.id, True)]
    assert release.id in listed["releases"][0]["citation"]
    text = page(real, f"/releases/{release.id}")
    assert "It is served now" in text
    assert triples(real, f"/releases/{release.id}")
    assert real.get("/releases/none").status_code == 404


def test_the_real_server_answers_the_same(server: str, real: FlaskClient) -> None:
    for path in (
        JRAISCHAN + DAY,
        "/perspective/iraq?with=ashab-al-kahf",
        "/policy/latest",
        "/id/statement/akhbaar24-1",
    ):
        response = requests.get(f"{server[:-1]}{path}", headers={"Accept": "text/turtle"}, timeout=60)
        same = real.get(path, headers={"Accept": "text/turtle"})
        assert (response.status_code, response.content) == (same.status_code, same.data)
    about = IRIS.entity("incident", "jraischan-crossing")
    explained = requests.get(f"{server}explain/report-count?about={about}", headers=HTML, timeout=60)
    assert explained.status_code == 200
    assert "4 rows" in explained.text
    cited = requests.get(f"{server}cite", params={"query": "ASK {}", "format": "bibtex"}, timeout=60)
    assert cited.text.startswith("@misc{")


def test_a_policy_as_of_a_day_has_a_limit(real: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.web.policies.MOST", 10)
    response = real.get("/policy/latest?asOf=2020-08-01")
    assert response.status_code == 413
    assert "more than 10 statements" in response.text
    assert real.get("/policy/latest").status_code == 200
