"""Accept × method × kind of resource, and the headers of each answer: DESIGN section 5."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
DOCUMENTS = {
    "entity": "/doc/incident/crossing",
    "statement": "/doc/statement/s08",
    "ontology": "/ontology",
    "shapes": "/shapes",
    "graph": "/graph/report",
    "perspective": "/perspective/group",
    "lookup": "/lookup?iri=http://www.wikidata.org/entity/Q796",
    "catalog": "/catalog",
    "void": "/.well-known/void",
}
ACCEPT = [
    (None, "text/turtle"),
    ("", "text/turtle"),
    ("*/*", "text/turtle"),
    (BROWSER, "text/html"),
    ("text/html", "text/html"),
    ("TEXT/HTML", "text/html"),
    ("text/turtle", "text/turtle"),
    ("application/n-triples", "application/n-triples"),
    ("application/rdf+xml", "application/rdf+xml"),
    ("application/ld+json", "application/ld+json"),
    ("application/*", "application/n-triples"),
    ("text/*", "text/turtle"),
    ("text/turtle;q=0.5, application/ld+json;q=0.9", "application/ld+json"),
    ("text/turtle;q=0.5, application/ld+json;q=0.5", "text/turtle"),
    ("text/turtle;q=0, */*;q=0.1", "application/n-triples"),
    ("text/turtle;q=0, text/*", "text/html"),
    ("*/*;q=0.1, application/rdf+xml", "application/rdf+xml"),
    ("image/png, application/rdf+xml;q=0.2", "application/rdf+xml"),
    ("image/png, */*;q=0.01", "text/turtle"),
    ("nonsense, text/html", "text/html"),
    ("image/png", None),
    ("*/*;q=0", None),
    ("text/turtle;q=0", None),
]
SUFFIXES = {
    ".ttl": "text/turtle",
    ".nt": "application/n-triples",
    ".rdf": "application/rdf+xml",
    ".jsonld": "application/ld+json",
    ".html": "text/html",
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("accept", "expected"), ACCEPT)
@pytest.mark.parametrize("path", DOCUMENTS.values(), ids=DOCUMENTS)
def test_negotiation(client: FlaskClient, path: str, accept: str | None, expected: str | None, method: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    response = client.open(path, method=method, headers=headers)
    assert "Accept" in response.vary
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    if expected is None:
        assert response.status_code == 406
        if method == "GET":
            assert "text/turtle" in response.text
        return
    assert response.status_code == 200
    assert response.mimetype == expected
    etag, weak = response.get_etag()
    assert etag
    assert not weak
    assert response.headers["Last-Modified"] == "Tue, 24 Nov 2026 12:00:00 GMT"
    assert "max-age" in response.headers["Cache-Control"]
    link = ", ".join(response.headers.getlist("Link"))
    for rel in ("alternate", "canonical", "describedby"):
        assert f'rel="{rel}"' in link
    assert bool(response.data) == (method == "GET")


@pytest.mark.parametrize("path", ["/doc/incident/crossing", "/ontology", "/shapes", "/graph/report", "/catalog"])
@pytest.mark.parametrize(("suffix", "expected"), SUFFIXES.items())
def test_suffix_forces_a_format(client: FlaskClient, path: str, suffix: str, expected: str) -> None:
    response = client.get(path + suffix, headers={"Accept": "image/png"})
    assert response.status_code == 200
    assert response.mimetype == expected
    assert response.headers["Content-Location"] == path + suffix


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s != ".html"])
@pytest.mark.parametrize("path", ["/doc/incident/crossing", "/graph/report", "/ontology"])
def test_formats_say_the_same(client: FlaskClient, path: str, suffix: str) -> None:
    def triples(ending: str) -> ox.Dataset:
        response = client.get(path + ending)
        format_ = ox.RdfFormat.from_media_type(response.mimetype or "")
        dataset = ox.Dataset(ox.parse(response.data, format=format_))
        dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
        return dataset

    assert triples(suffix) == triples(".nt")


def test_content_location_is_the_chosen_format(client: FlaskClient) -> None:
    location = client.get("/doc/place/iraq", headers={"Accept": "application/rdf+xml"}).headers["Content-Location"]
    assert location == "/doc/place/iraq.rdf"
    lookup = client.get(DOCUMENTS["lookup"]).headers["Content-Location"]
    assert client.get(lookup).mimetype == "text/turtle"


def test_etags_differ_by_format_and_subject(client: FlaskClient) -> None:
    paths = [f"/doc/{n}{s}" for n in ("place/iraq", "agent/iraq") for s in SUFFIXES]
    assert len({client.get(path).get_etag()[0] for path in paths}) == len(paths)


STATUS = [
    ("/id/incident/crossing", 303),
    ("/id/place/iraq", 303),
    ("/id/place/nowhere", 404),
    ("/id/nothing/iraq", 404),
    ("/id/place/Iraq", 404),
    ("/id/place/iraq/", 404),
    ("/id/place/iraq.ttl", 404),
    ("/id//iraq", 404),
    ("/id/place/", 404),
    ("/id/place/a--b", 404),
    ("/id/place/old", 410),
    ("/doc/place/old", 410),
    ("/doc/place/old.ttl", 410),
    ("/lookup?iri=https://w3id.org/attested/id/place/old", 410),
    ("/doc/place/iraq.exe", 404),
    ("/doc/place/iraq.ttl.ttl", 404),
    ("/doc/place/iraq.", 404),
    ("/doc/place/iraq?page=2", 404),
    ("/doc/place/iraq?page=x", 400),
    ("/doc/place/iraq?page=0", 400),
    ("/graph/none", 404),
    ("/perspective/nobody", 404),
    ("/perspective/a%20b", 404),
    ("/ontology/0.1.0", 200),
    ("/ontology/9", 404),
    ("/ontology.doc", 404),
    ("/rule/none", 404),
    ("/lookup", 400),
    ("/lookup?iri=", 400),
    ("/lookup?iri=not-absolute", 400),
    ("/lookup?iri=http://example.org/unknown", 404),
    ("/.well-known/genid/r1", 303),
    ("/.well-known/genid/none", 404),
    ("/dataset", 303),
    ("/releases", 200),
    ("/releases/r1", 200),
    ("/releases/r9", 404),
    ("/", 200),
    ("/incidents", 200),
    ("/incidents?page=9", 404),
    ("/healthz", 200),
    ("/none", 404),
]


@pytest.mark.parametrize("accept", [BROWSER, None])
@pytest.mark.parametrize(("path", "status"), STATUS)
def test_status(client: FlaskClient, path: str, status: int, accept: str | None) -> None:
    response = client.get(path, headers={"Accept": accept} if accept else {})
    assert response.status_code == status
    if status == 410:
        assert response.mimetype == ("text/html" if accept and not path.endswith(".ttl") else "text/turtle")
    elif status >= 400:
        assert response.mimetype == ("text/html" if accept else "application/problem+json")
        assert "Traceback" not in response.text


def test_redirect_goes_to_the_description(client: FlaskClient) -> None:
    response = client.get("/id/incident/crossing")
    assert response.headers["Location"] == "/doc/incident/crossing"
    assert 'rel="describedby"' in response.headers["Link"]


def test_withdrawn_says_why(client: FlaskClient) -> None:
    body = client.get("/id/place/old", headers={"Accept": "application/problem+json"}).json
    assert body
    assert body["status"] == 410
    assert "entered twice" in body["detail"]
    page = client.get("/id/place/old", headers={"Accept": "text/html"})
    assert "The same place was entered twice." in page.text
    assert "2026-11-01" in page.text
    triples = client.get("/doc/place/old.nt")
    assert triples.status_code == 410
    assert "withdrawnBecause" in triples.text
    assert "Content-Location" not in triples.headers
    assert client.get("/lookup?iri=https://w3id.org/attested/id/place/old").status_code == 410


def test_plain_text_errors(client: FlaskClient) -> None:
    response = client.get("/none", headers={"Accept": "text/plain"})
    assert response.mimetype == "text/plain"
    assert response.text.startswith("404")


EVERYTHING = [
    *DOCUMENTS.values(),
    "/",
    "/incidents",
    "/healthz",
    "/dumps/",
    "/dumps/a.ttl",
    "/sparql",
    "/id/place/iraq",
]


@pytest.mark.parametrize("path", EVERYTHING)
def test_head_has_the_headers_of_get(client: FlaskClient, path: str) -> None:
    for encoding in ("identity", "gzip"):
        headers = {"Accept-Encoding": encoding}
        with client.get(path, headers=headers) as get, client.head(path, headers=headers) as head:
            assert head.data == b""
            both = [[h for h in r.headers.items() if h[0] != "Date"] for r in (get, head)]
            assert both[0] == both[1]


@pytest.mark.parametrize("path", EVERYTHING)
def test_options_and_preflight(client: FlaskClient, path: str) -> None:
    response = client.options(path)
    assert response.status_code == 204
    assert {"GET", "HEAD", "OPTIONS"} <= set(response.allow)
    assert response.data == b""
    preflight = client.options(path, headers={"Origin": "https://a.example", "Access-Control-Request-Method": "GET"})
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]


def test_options_of_nothing(client: FlaskClient) -> None:
    assert client.options("/none").status_code == 404


@pytest.mark.parametrize("path", [p for p in EVERYTHING if p != "/sparql"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods(client: FlaskClient, path: str, method: str) -> None:
    response = client.open(path, method=method)
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_exposed_headers(client: FlaskClient) -> None:
    exposed = client.get("/doc/place/iraq", headers={"Origin": "https://a.example"}).headers
    for name in ("ETag", "Link", "Content-Location"):
        assert name in exposed["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_conditional_requests(client: FlaskClient, encoding: str) -> None:
    headers = {"Accept-Encoding": encoding}
    first = client.get("/doc/incident/crossing", headers=headers)
    assert first.headers.get("Content-Encoding", "identity") == encoding
    assert "Accept-Encoding" in first.vary
    etag = first.headers["ETag"]
    for value in (etag, f'"x", {etag}', "*"):
        again = client.get("/doc/incident/crossing", headers={**headers, "If-None-Match": value})
        assert again.status_code == 304
        assert again.data == b""
        assert again.headers["ETag"] == etag
        assert "Accept" in again.vary
    assert client.get("/doc/incident/crossing", headers={**headers, "If-None-Match": '"x"'}).status_code == 200
    since = {**headers, "If-Modified-Since": first.headers["Last-Modified"]}
    assert client.get("/doc/incident/crossing", headers=since).status_code == 304


def test_etag_differs_by_encoding(client: FlaskClient) -> None:
    etags = {
        client.get("/ontology", headers={"Accept-Encoding": e}).headers["ETag"] for e in ("identity", "gzip", "zstd")
    }
    assert len(etags) == 3
