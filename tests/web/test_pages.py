"""HTML: what a reader sees, where links lead, and what hostile text cannot do."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient

from publisher.config import Settings
from publisher.web import create_app

PAGES = [
    "/",
    "/incidents",
    "/doc/incident/crossing.html",
    "/doc/statement/s08.html",
    "/doc/agent/group.html",
    "/doc/agent/hostile.html",
    "/doc/proposition/perpetrator.html",
    "/doc/contradiction/s08-s20.html",
    "/ontology.html",
    "/shapes.html",
    "/graph/report.html",
    "/perspective/group.html",
    "/catalog.html",
    "/lookup.html?iri=http://www.wikidata.org/entity/Q796",
]
VOID = {"meta", "link", "input", "img", "br", "hr"}


class Page(HTMLParser):
    """Collects elements, and fails on tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, attribute: str) -> list[str]:
        return [a[attribute] or "" for _, a in self.elements if attribute in a]


def page(client: FlaskClient, path: str, **headers: str) -> Page:
    response = client.get(path, headers={"Accept": "text/html", **headers})
    assert response.status_code == 200
    assert response.mimetype == "text/html"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    return Page(response.text)


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_sound(client: FlaskClient, path: str) -> None:
    found = page(client, path)
    tags = [tag for tag, _ in found.elements]
    assert tags.count("h1") == tags.count("main") == tags.count("title") == 1
    assert not {"script", "img", "iframe", "style"} & set(tags)
    assert not [name for _, attrs in found.elements for name in attrs if name.startswith("on") or name == "style"]
    assert tags.count("table") == tags.count("caption")
    ids = found.values("id")
    assert len(ids) == len(set(ids))
    for href in found.values("href"):
        assert re.match(r"(https?:|mailto:|/(?![/\\])|#)", href), href


@pytest.mark.parametrize("path", PAGES)
def test_local_links_work(client: FlaskClient, path: str) -> None:
    for href in set(page(client, path).values("href")):
        if href.startswith("/") and not href.startswith("/ontology"):
            with client.get(href, headers={"Accept": "*/*"}, follow_redirects=True) as response:
                # The small release does not describe everything that it names.
                assert response.status_code == 200 or "/id/" in href or "/graph/" in href, href


def test_incident_shows_who_says_what(client: FlaskClient) -> None:
    text = client.get("/doc/incident/crossing.html").text
    for expected in (
        "Affirmed",
        "Denied",
        "A group",
        "Iraq (state)",
        "A monitor",
        "claims responsibility",
        "S08",
        "S20",
        "hedged",
        "Monday",
        "S08 against S20",
        "reported perpetrator",
        "Explosion reported",
    ):
        assert expected in text
    assert re.search(r'<bdi lang="ar" dir="rtl">انفجار</bdi>', text)


def test_statement_shows_its_evidence(client: FlaskClient) -> None:
    text = client.get("/doc/statement/s08.html").text
    assert "paragraph 4, characters 702 to 739" in text
    assert "that the group did it" in text
    assert "Iraq denies that it occurred" in text


def test_agent_shows_what_it_said_and_what_is_said_of_it(client: FlaskClient) -> None:
    text = client.get("/doc/agent/group.html").text
    assert "What it said" in text
    assert "What is said about it" in text


def test_hostile_labels_stay_text(client: FlaskClient) -> None:
    text = client.get("/doc/agent/hostile.html").text
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    hrefs = page(client, "/doc/agent/hostile.html").values("href")
    assert not [h for h in hrefs if h.startswith(("javascript:", "data:", "//"))]


def test_hostile_lookup(client: FlaskClient) -> None:
    response = client.get("/lookup", query_string={"iri": "http://e/<script>\r\nX: y"}, headers={"Accept": "text/html"})
    assert response.status_code == 400
    assert "<script" not in response.text
    assert "X" not in response.headers


def test_foreign_links_are_marked(client: FlaskClient) -> None:
    found = page(client, "/doc/place/iraq.html")
    rels = [a["rel"] for t, a in found.elements if t == "a" and a.get("href") == "http://www.wikidata.org/entity/Q796"]
    assert rels
    assert set(rels) == {"external nofollow"}


def test_rdf_is_canonical_and_html_is_local(client: FlaskClient) -> None:
    assert "https://w3id.org/attested/id/" in client.get("/doc/place/iraq.nt").text
    assert not [
        h for h in page(client, "/doc/place/iraq.html").values("href") if h.startswith("https://w3id.org/attested")
    ]


def test_path_prefix_of_a_proxy(mini: Settings) -> None:
    proxied = create_app(Settings(releases=mini.releases, trusted_proxies=1)).test_client()
    prefix = {"X-Forwarded-Prefix": "/data", "X-Forwarded-Host": "example.org", "X-Forwarded-Proto": "https"}
    found = page(proxied, "/doc/incident/crossing.html", **prefix)
    assert all(h.startswith(("/data/", "#", "http")) for h in found.values("href"))
    response = proxied.get("/id/place/iraq", headers=prefix)
    assert response.headers["Location"] == "/data/doc/place/iraq"
    described = proxied.get("/doc/place/iraq", headers=prefix)
    assert described.headers["Content-Location"] == "/data/doc/place/iraq.ttl"
    assert "/data/" not in described.text


def test_forwarded_headers_of_strangers_do_not_count(client: FlaskClient) -> None:
    response = client.get("/id/place/iraq", headers={"X-Forwarded-Prefix": "/evil", "X-Forwarded-Host": "evil.example"})
    assert response.headers["Location"] == "/doc/place/iraq"


def test_ontology_anchors(client: FlaskClient) -> None:
    found = page(client, "/ontology.html")
    assert {"Statement", "Incident", "reportedPerpetrator"} <= set(found.values("id"))
    assert "genid" not in client.get("/ontology.html").text


def test_vocabulary_has_blank_nodes_again(client: FlaskClient) -> None:
    text = client.get("/ontology.ttl").text
    assert "genid" not in text
    assert "rdfs:subClassOf _:b1" in text
    assert client.get("/.well-known/genid/r1").headers["Location"] == "/ontology"


def test_lookup_finds_ours(client: FlaskClient) -> None:
    response = client.get("/lookup", query_string={"iri": "http://www.wikidata.org/entity/Q796"})
    assert "skos:exactMatch wd:Q796" in " ".join(response.text.split())
    assert "place:iraq" in client.get("/lookup?iri=https://w3id.org/attested/id/place/iraq").text


def test_sparql_results_as_a_page(client: FlaskClient) -> None:
    query = 'SELECT ?a ?b { VALUES (?a ?b) { (<javascript:x> "<b>") (<http://e/> "ا"@ar) } }'
    found = client.get("/sparql", query_string={"query": query}, headers={"Accept": "text/html"})
    assert "&lt;b&gt;" in found.text
    assert "<b>" not in found.text
    assert 'href="javascript' not in found.text
    assert 'dir="rtl"' in found.text


@pytest.mark.parametrize("many", [0, 2000])
def test_a_list_has_each_entity_on_one_page(mini: Settings, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    """Whether they are few, in the order of their labels, or many, in the order of their names."""
    client = create_app(mini).test_client()
    monkeypatch.setattr("publisher.web.render.MANY", many)
    monkeypatch.setattr("publisher.web.render.PAGE", 2)
    items = client.get("/agents", headers={"Accept": "application/json"}).get_json()["items"]
    order = [item["iri"] if many == 0 else item["label"].casefold() for item in items]
    assert order == sorted(order)
    assert len(items) == len({item["iri"] for item in items}) > 2
    seen: list[str] = []
    for number in range(1, -(-len(items) // 2) + 1):
        text = client.get(f"/agents?page={number}", headers={"Accept": "text/html"}).text
        assert f"{len(items)} in this release" in text
        seen += re.findall(r'<li><a href="(/id/agent/[^"]+)"', text)
    assert seen == [item["iri"].removeprefix("https://w3id.org/attested") for item in items]
    assert client.get(f"/agents?page={number + 1}", headers={"Accept": "text/html"}).status_code == 404


def test_what_was_withdrawn_is_neither_listed_nor_counted(client: FlaskClient) -> None:
    listed = client.get("/places", headers={"Accept": "application/json"}).get_json()
    assert not [item for item in listed["items"] if item["iri"].endswith("/place/old")]
    assert f'/places">Places</a> ({listed["count"]})' in client.get("/").text
