"""curl, as in our examples."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import PREFIXES

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

SELECT = f"{PREFIXES} SELECT ?s ?label WHERE {{ ?s a att:Statement ; rdfs:label ?label }} ORDER BY ?s ?label"
CONSTRUCT = f"{PREFIXES} CONSTRUCT WHERE {{ ?s a att:Denial ; att:speaker ?who }}"


def curl(*arguments: str, data: bytes | None = None) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the last answer."""
    command = ["curl", "--silent", "--show-error", "--dump-header", "/dev/stderr", "--max-time", "60", *arguments]
    done = subprocess.run(command, capture_output=True, input=data, check=False, timeout=90)
    answers = [block for block in done.stderr.decode().split("\r\n\r\n") if block.startswith("HTTP/")]
    assert answers, done.stderr
    first, *lines = answers[-1].split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, done.stdout


def get(endpoint: str, query: str, *arguments: str) -> tuple[int, dict[str, str], bytes]:
    return curl("--get", endpoint, "--data-urlencode", f"query={query}", *arguments)


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        (SELECT, "text/csv", "text/csv; charset=utf-8"),
        (SELECT, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        (SELECT, "application/sparql-results+xml", "application/sparql-results+xml"),
        (SELECT, "*/*", "application/sparql-results+json"),
        (SELECT, "application/json", "application/json"),
        (SELECT, "text/csv;q=0.3, application/sparql-results+xml;q=0.7", "application/sparql-results+xml"),
        (CONSTRUCT, "*/*", "text/turtle; charset=utf-8"),
        (CONSTRUCT, "application/n-triples", "application/n-triples"),
        (CONSTRUCT, "application/rdf+xml", "application/rdf+xml"),
        (CONSTRUCT, "application/ld+json", "application/ld+json"),
    ],
)
def test_negotiation(endpoint: str, query: str, accept: str, expected: str) -> None:
    status, headers, body = get(endpoint, query, "--header", f"Accept: {accept}")
    assert (status, headers["content-type"]) == (200, expected)
    assert "accept" in headers["vary"].lower()
    assert body


def test_not_acceptable(endpoint: str) -> None:
    status, _, body = get(endpoint, SELECT, "--header", "Accept: image/png")
    assert status == 406
    assert b"text/csv" in body


def test_three_ways_to_send_a_query(endpoint: str) -> None:
    csv = ("--header", "Accept: text/csv")
    by_get = get(endpoint, SELECT, *csv)
    by_form = curl(endpoint, "--data-urlencode", f"query={SELECT}", *csv)
    type_ = ("--header", "Content-Type: application/sparql-query")
    direct = curl(endpoint, "--data-binary", "@-", *type_, *csv, data=SELECT.encode())
    assert by_get[0] == by_form[0] == direct[0] == 200
    assert by_get[2] == by_form[2] == direct[2]


def test_head(endpoint: str) -> None:
    """The headers of GET without a body."""
    _, expected, body = get(endpoint, SELECT)
    status, headers, nothing = get(endpoint, SELECT, "--head")
    assert (status, nothing.partition(b"\r\n\r\n")[2]) == (200, b"")
    assert headers["content-length"] == str(len(body))
    assert headers["etag"] == expected["etag"]


def test_compressed(endpoint: str) -> None:
    _, plain_headers, plain = get(endpoint, SELECT)
    _, headers, body = get(endpoint, SELECT, "--compressed")
    assert body == plain
    assert headers["content-encoding"] in {"gzip", "zstd"}
    assert "accept-encoding" in headers["vary"].lower()
    assert int(headers["content-length"]) < int(plain_headers["content-length"])


def test_not_modified(endpoint: str, tmp_path: Path) -> None:
    etag = str(tmp_path / "etag")
    status, _, body = get(endpoint, SELECT, "--etag-save", etag)
    assert (status, body != b"") == (200, True)
    status, _, body = get(endpoint, SELECT, "--etag-compare", etag)
    assert (status, body) == (304, b"")


def test_redirect_to_a_description(server: str) -> None:
    status, headers, body = curl("--location", f"{server}id/place/iraq", "--header", "Accept: text/turtle")
    assert (status, headers["content-type"]) == (200, "text/turtle; charset=utf-8")
    assert b"id/place/iraq> " in body or b"place:iraq" in body


def test_long_query(endpoint: str) -> None:
    """Above 1 MB curl asks first whether it may send; below, it just sends."""
    query = f"SELECT * {{ VALUES ?x {{ {'1 ' * 10_000} }} }} LIMIT 1"
    status, _, body = curl(endpoint, "--data-urlencode", "query@-", "--header", "Accept: text/csv", data=query.encode())
    assert (status, body) == (200, b"x\r\n1\r\n")
    status, _, _ = curl(endpoint, "--data-urlencode", "query@-", data=b"#" * 2_000_000)
    assert status == 413


def test_errors(endpoint: str) -> None:
    status, headers, body = get(endpoint, "SELECT * { ?s ?p }")
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert b"does not parse" in body
    status, _, _ = curl(endpoint, "--data-urlencode", "update=CLEAR ALL")
    assert status == 403
    status, headers, _ = curl(endpoint, "--request", "PUT", "--data", "x")
    assert status == 405
    assert "GET" in headers["allow"]
