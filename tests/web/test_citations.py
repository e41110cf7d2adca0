"""Citations: text, BibTeX and CSL-JSON of anything, whatever it is called."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from publisher.web.citations import Citation, escape

BASE = "https://w3id.org/attested/"
PERSPECTIVE = f"{BASE}perspective/group"


def citation(title: str, iri: str = f"{BASE}id/x/y") -> Citation:
    return Citation(title, "statement", iri, "Attested editors", "2026-11-24-ab", "2026-11-24T12:00:00Z")


HOSTILE = [
    "a } b { c",
    "100 % of $5 & #1_2 ~ ^ \\",
    "\\input{/etc/passwd}",
    "}}, year = {1999}, note = {",
    "line\nbreak\r\n@misc{evil,",
    "<script>alert(1)</script>",
    "أصحاب الكهف",
    "\u202e\u0000\u001b[31m",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_never_leaves_its_field(title: str) -> None:
    entry = citation(title).bibtex
    assert entry.startswith("@misc{attested-id-x-y-2026-11-24-ab,\n")
    assert entry.count("\n") == len(re.findall(r"^  [a-z]+ = \{.*\},$", entry, re.M)) + 2
    assert "evil,\n" not in entry
    depth = 1
    for line in entry.splitlines()[1:-1]:
        for character in line:
            depth += {"{": 1, "}": -1}.get(character, 0)
            assert depth >= 1
        assert depth == 1, "a field ends with its line"
        assert not re.search(r"(?<!\\)[%$&#]", line) or line.startswith("  url")
    assert all(c.isprintable() or c == "\n" for c in entry)


def test_escaping_is_that_of_tex() -> None:
    assert escape("a_b & 5% {x}") == r"a\_b \& 5\% \textbraceleft{}x\textbraceright{}"
    assert escape("\\") == r"\textbackslash{}"


@pytest.mark.parametrize("iri", ["https://e/a}b", "https://e/a b", "https://e/\\x", 'https://e/"<>', "https://e/\n"])
def test_an_address_cannot_end_its_field(iri: str) -> None:
    (line,) = [part for part in citation("x", iri).bibtex.splitlines() if part.startswith("  url")]
    assert re.fullmatch(r"  url = \{[^{}\s\\\"<>]*\},", line)


@pytest.mark.parametrize("title", HOSTILE)
def test_csl_is_json_that_says_the_same(title: str) -> None:
    (item,) = json.loads(citation(title).csl)
    assert item["type"] == "dataset"
    assert item["issued"] == {"date-parts": [[2026, 11, 24]]}
    assert item["version"] == "2026-11-24-ab"
    assert item["author"] == [{"literal": "Attested editors"}]
    assert "\n" not in item["title"]


def test_text_has_release_date_and_iri() -> None:
    text = citation("Iraq denies it").text
    assert "\n" not in text
    for part in ("Attested editors (2026)", "“Iraq denies it”", "release 2026-11-24-ab of 2026-11-24", f"{BASE}id/x/y"):
        assert part in text


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("text", "text/plain"),
        ("bibtex", "application/x-bibtex"),
        ("csl", "application/vnd.citationstyles.csl+json"),
        ("html", "text/html"),
    ],
)
def test_format_by_name_by_suffix_and_by_header(client: FlaskClient, name: str, media_type: str) -> None:
    query = {"iri": PERSPECTIVE}
    by_name = client.get("/cite", query_string={**query, "format": name})
    assert by_name.status_code == 200
    assert by_name.mimetype == media_type
    by_header = client.get("/cite", query_string=query, headers={"Accept": media_type})
    assert by_header.data == by_name.data
    assert client.get(by_name.headers["Content-Location"]).data == by_name.data
    assert by_name.get_etag() == client.get("/cite", query_string={**query, "format": name}).get_etag()


def test_query_result_is_cited_by_its_receipt(client: FlaskClient) -> None:
    query = "SELECT * { ?s a <https://w3id.org/attested/ontology#Statement> }"
    result = client.get("/sparql", query_string={"query": query})
    cited = client.get("/cite", query_string={"query": query, "format": "csl"}).json
    assert cited is not None
    assert f'<{cited[0]["URL"]}>; rel="cite-as"' in ", ".join(result.headers.getlist("Link"))
    assert result.headers["Attested-Query-SHA256"] in cited[0]["note"]
    assert "; 2 rows" in cited[0]["note"]
    assert "release=r1" in cited[0]["URL"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        (f"iri={BASE}perspective/group&query=ASK%7B%7D", 400),
        ("iri=http://www.wikidata.org/entity/Q796", 404),
        (f"iri={BASE}id/place/nowhere", 404),
        (f"iri={BASE}releases/none", 404),
        (f"iri={BASE}releases/..", 404),
        ("iri=not an iri", 404),
        (f"iri={BASE}id/place/iraq%3Fx=1", 404),
        (f"iri={BASE}perspective/group%3FasOf=soon", 400),
        (f"iri={BASE}perspective/group&format=word", 400),
        ("query=SELECT", 400),
        ("query=SELECT (NOW() AS ?n) {}", 400),
        ("query=INSERT DATA {}", 403),
        (f"iri={BASE}releases/r1", 200),
        (f"iri={BASE}dataset", 200),
        (f"iri={BASE}id/place/old", 200),
        (f"iri={BASE}perspective/group%3FasOf=2020-08-11", 200),
        (f"iri={BASE}doc/incident/crossing%3FasOf=2020-08-11", 200),
    ],
)
def test_what_can_be_cited(client: FlaskClient, query: str, status: int) -> None:
    assert client.get(f"/cite?{query}").status_code == status


def test_a_hostile_label_is_text_on_the_page(client: FlaskClient) -> None:
    page = client.get("/cite", query_string={"iri": f"{BASE}id/agent/hostile", "format": "html"})
    assert "<script>alert" not in page.text
    assert "<img" not in page.text


@pytest.mark.parametrize(
    "path", ["/doc/statement/s08.html", "/doc/incident/crossing.html", "/perspective/group.html", "/releases/r1"]
)
def test_pages_say_how_to_cite_them(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"}).text
    assert 'id="cite"' in page
    assert "release r1 of 2026-11-24" in page
    for href in re.findall(r'href="(/cite\?[^"]+)"', page):
        assert client.get(href.replace("&amp;", "&")).status_code == 200
