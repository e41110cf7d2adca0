"""The endpoint as a real server: limits, streaming, faults, cache, a change of release."""

from __future__ import annotations

import gzip
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import requests
import zstandard

from tests.serving import serve

CSV = {"Accept": "text/csv"}
HEAVY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?a != ?d) }"
EXPORT = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
"""Some megabytes."""
ENDLESS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
LIGHT = "ASK { ?s ?p ?o }"
SECONDS = 3.0


@pytest.fixture(scope="module")
def endpoint(crowded: Path) -> Iterator[str]:
    with serve(
        crowded,
        query_seconds=str(SECONDS),
        query_memory_mib="300",
        query_result_mib="64",
        query_buffer_kib="64",
        query_queue="4",
        query_queue_seconds="2",
        query_per_client="1000",
        query_per_client_rate="100000",
        query_workers="2",
        query_slow_workers="2",
    ) as address:
        yield f"{address}sparql"


def ask(endpoint: str, query: str, **headers: str) -> requests.Response:
    return requests.post(endpoint, data={"query": query}, headers=headers, timeout=30)


def metric(endpoint: str, name: str) -> float:
    text = requests.get(endpoint.replace("/sparql", "/metrics"), timeout=10).text
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
    return float(found[1]) if found else 0.0


def eventually(what: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def under_way(endpoint: str) -> float:
    states = ("running", "slow", "waiting", "streams")
    return sum(metric(endpoint, f'attested_query_pool{{state="{state}"}}') for state in states)


def raw_request(endpoint: str, query: str) -> socket.socket:
    host, port = urlsplit(endpoint).hostname, urlsplit(endpoint).port
    connection = socket.create_connection((host or "", port or 0), 10)
    path = f"/sparql?query={quote(query)}"
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/csv\r\n\r\n".encode())
    return connection


# Answers
def test_a_small_result_has_its_length_and_a_receipt(endpoint: str) -> None:
    answer = ask(endpoint, "SELECT ?o { <http://e/s1> <http://e/p> ?o }", **CSV)
    assert answer.content == b"o\r\nhttp://e/o1\r\n"
    headers = answer.headers
    assert headers["Content-Length"] == str(len(answer.content))
    assert headers["Attested-Release"] == "r1"
    assert headers["Attested-Rows"] == "1"
    assert len(headers["Attested-Query-SHA256"]) == len(headers["Attested-Result-SHA256"]) == 64
    assert f"seconds={SECONDS:g}" in headers["Attested-Limits"]
    assert "Attested-Rows" in headers["Access-Control-Expose-Headers"]
    cite = requests.utils.parse_header_links(headers["Link"])[0]
    assert cite["rel"] == "cite-as"
    again = requests.get(f"{endpoint}?{urlsplit(cite['url']).query}", headers=CSV, timeout=10)
    assert again.content == answer.content
    other = requests.get(f"{endpoint}?{urlsplit(cite['url']).query.replace('r1', 'r0')}", timeout=10)
    assert other.status_code == 404
    assert "/releases/r0" in other.json()["hint"]


def test_cache_hit_and_not_modified(endpoint: str) -> None:
    first = ask(endpoint, "SELECT * { ?s <http://e/p> ?o }", **CSV)
    second = ask(endpoint, "SELECT  * {\n ?s <http://e/p> ?o # again\n}", **CSV)
    assert first.headers["Cache-Status"].endswith("stored")
    assert second.headers["Cache-Status"] == "attested; hit"
    assert second.content == first.content
    assert second.headers["ETag"] == first.headers["ETag"]
    url = f"{endpoint}?query={quote('SELECT * { ?s <http://e/p> ?o }')}"
    unchanged = requests.get(url, headers=CSV | {"If-None-Match": first.headers["ETag"]}, timeout=10)
    assert unchanged.status_code == 304
    assert not unchanged.content
    varying = ask(endpoint, "SELECT (RAND() AS ?x) {}", **CSV)
    assert varying.headers["Cache-Control"] == "no-store"
    assert varying.headers["Cache-Status"] == "attested; fwd=bypass"


@pytest.mark.parametrize("query", ["SELECT * { ?s <http://e/p> ?o } # small", EXPORT], ids=["whole", "streamed"])
def test_compressed(endpoint: str, query: str) -> None:
    plain = ask(endpoint, query, **CSV, **{"Accept-Encoding": "identity"})
    for encoding in ("gzip", "zstd"):
        with requests.post(
            endpoint, {"query": query}, headers=CSV | {"Accept-Encoding": encoding}, stream=True, timeout=30
        ) as answer:
            assert answer.headers["Content-Encoding"] == encoding
            body = answer.raw.read(decode_content=False)
        if encoding == "gzip":
            data = gzip.decompress(body)
        else:
            data = zstandard.ZstdDecompressor().decompressobj().decompress(body)
        assert data == plain.content


def test_head(endpoint: str) -> None:
    url = f"{endpoint}?query={quote(LIGHT)}"
    head, get = requests.head(url, timeout=10), requests.get(url, timeout=10)
    assert head.status_code == 200
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    large = requests.head(f"{endpoint}?query={quote(EXPORT)}", timeout=10)
    assert large.status_code == 200
    eventually(lambda: under_way(endpoint) == 0)


def test_options_and_other_methods(endpoint: str) -> None:
    options = requests.options(endpoint, timeout=10)
    assert options.status_code == 204
    put = requests.put(endpoint, data="x", timeout=10)
    assert put.status_code == 405
    assert set(put.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_page_and_its_limit(endpoint: str) -> None:
    page = ask(endpoint, "SELECT * { <http://e/s1> ?p ?o }", Accept="text/html")
    assert "http://e/o1" in page.text
    large = ask(endpoint, EXPORT, Accept="text/html")
    assert large.status_code == 413
    assert "LIMIT" in large.text
    advice = re.search(r"`(format=\w+)`", large.text)
    assert advice
    with requests.get(f"{endpoint}?query={quote(EXPORT)}&{advice[1]}", timeout=30) as whole:
        assert whole.status_code == 200
        assert whole.content == ask(endpoint, EXPORT, **CSV).content
    graph = ask(endpoint, "CONSTRUCT { ?a ?b ?f } { ?a ?b ?c . ?d ?e ?f }", Accept="text/html")
    assert (graph.status_code, "`format=turtle`" in graph.text) == (413, True)
    refused = ask(endpoint, "CLEAR ALL", Accept="text/html")
    assert refused.status_code == 403
    assert "<h1>" in refused.text
    eventually(lambda: under_way(endpoint) == 0)


def test_describe_has_labels(endpoint: str) -> None:
    base = "https://w3id.org/attested/"
    answer = ask(endpoint, f"DESCRIBE <{base}id/statement/s20>", Accept="application/n-triples")
    subjects = {line.split(" ", 1)[0] for line in answer.text.splitlines()}
    assert f"<{base}id/statement/s20>" in subjects
    labelled = {s for s in subjects if f"{s} <http://www.w3.org/2000/01/rdf-schema#label>" in answer.text}
    assert len(labelled) > 1
    assert answer.headers["Attested-Rows"] == str(len(answer.text.splitlines()))


def test_large_results_stream_with_a_weak_etag(endpoint: str) -> None:
    answer = ask(endpoint, EXPORT, **CSV)
    assert "Content-Length" not in answer.headers
    assert len(answer.content) > 1_000_000
    etag = answer.headers["ETag"]
    assert etag.startswith("W/")
    url = f"{endpoint}?query={quote(EXPORT)}"
    queries = metric(endpoint, 'attested_query_events_total{event="queries"}')
    assert requests.get(url, headers=CSV | {"If-None-Match": etag}, timeout=10).status_code == 304
    assert metric(endpoint, 'attested_query_events_total{event="queries"}') == queries


# Limits
def test_time_out_names_the_limit(endpoint: str) -> None:
    begin = time.monotonic()
    answer = ask(endpoint, HEAVY)
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert f"{SECONDS:g} s" in answer.json()["detail"]
    assert time.monotonic() - begin < SECONDS + 2
    text = ask(endpoint, HEAVY, Accept="text/csv;q=0.5, text/plain")
    assert text.headers["Content-Type"].startswith("text/plain")
    assert f"{SECONDS:g} s" in text.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?b ?a", {413, 503}),
        (
            "SELECT * { ?a (<http://e/none>|!<http://e/other>)* ?c . ?c !<http://e/none>* ?d . ?e ?f ?g }",
            {200, 413, 503},
        ),
        ("SELECT * { VALUES ?x { " + "1 " * 450_000 + "} ?a ?b ?x }", {413}),
        ("ASK " + "{" * 40_000 + "}" * 40_000, {400, 413}),
        ('SELECT * { ?a ?b ?c FILTER(REGEX(CONCAT(STR(?c), "!"), "^.*(a+)+(a|aa)+$")) }', {200, 503}),
        ("SELECT (GROUP_CONCAT(?c) AS ?n) { ?a ?b ?c . ?d ?b ?f . ?g ?h ?i }", {413, 503}),
    ],
    ids=["order by everything", "exploding path", "one megabyte", "deep nesting", "backtracking", "group_concat"],
)
def test_faults(endpoint: str, query: str, status: set[int]) -> None:
    with requests.post(endpoint, {"query": query}, headers=CSV, stream=True, timeout=30) as answer:
        assert answer.status_code in status
    begin = time.monotonic()
    assert ask(endpoint, f"{LIGHT} # after {len(query)}").status_code == 200
    assert time.monotonic() - begin < 1.0
    eventually(lambda: under_way(endpoint) == 0)


def test_a_body_that_is_too_long(endpoint: str) -> None:
    answer = requests.post(endpoint, data={"query": "x" * 2_000_000}, timeout=10)
    assert answer.status_code == 413


def test_a_failure_in_the_middle_breaks_the_connection(endpoint: str) -> None:
    """Time runs out, or the result gets too large, when part of it has gone out with a 200."""
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask(endpoint, ENDLESS, **CSV)


def test_worker_killed_in_the_middle(endpoint: str) -> None:
    with requests.post(endpoint, {"query": ENDLESS}, headers=CSV, stream=True, timeout=30) as answer:
        parts = answer.iter_content(1000)
        next(parts)
        _kill_busy_workers()
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            for _ in parts:
                pass
    assert ask(endpoint, f"{LIGHT} # next caller").status_code == 200


def _kill_busy_workers() -> None:
    """Those that write to a spool, which only the process of a streamed result has open."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"publisher.query.worker" not in (process / "cmdline").read_bytes():
                continue
            files = [str(fd.readlink()) for fd in (process / "fd").iterdir()]
        except OSError:
            continue
        if any("(deleted)" in file for file in files):
            os.kill(int(process.name), signal.SIGKILL)
            found += 1
    assert found


def test_a_client_that_goes_stops_its_query(endpoint: str) -> None:
    for query in (HEAVY, ENDLESS):
        connection = raw_request(endpoint, f"{query} # {time.monotonic()}")
        eventually(lambda: under_way(endpoint) > 0)
        connection.close()
        eventually(lambda: under_way(endpoint) == 0, 2.0)


def test_slow_readers_do_not_block_others(endpoint: str) -> None:
    connections = [raw_request(endpoint, EXPORT) for _ in range(8)]
    try:
        for connection in connections:
            assert connection.recv(1)
        times = []
        for number in range(20):
            begin = time.monotonic()
            assert ask(endpoint, f"ASK {{ ?s ?p {number} }}").status_code == 200
            times.append(time.monotonic() - begin)
        assert sorted(times)[18] < 1.0
        assert requests.get(endpoint.replace("sparql", "healthz"), timeout=5).status_code == 200
    finally:
        for connection in connections:
            connection.close()
    eventually(lambda: under_way(endpoint) == 0)


def test_a_full_queue(endpoint: str) -> None:
    answers: list[requests.Response] = []

    def run(number: int) -> None:
        answers.append(ask(endpoint, f"{HEAVY} # {number}"))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {a.status_code for a in answers} == {503}
    later = [a for a in answers if "Retry-After" in a.headers]
    assert later
    assert any("waiting" in a.json()["detail"] or "place" in a.json()["detail"] for a in later)
    assert ask(endpoint, f"{LIGHT} # afterwards").status_code == 200


# No way out
@pytest.mark.parametrize(
    "pattern",
    [
        "ASK {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
        "ASK {{ SERVICE SILENT <{0}> {{ ?s ?p ?o }} }}",
        "ASK {{ {{ SELECT * {{ {{ SERVICE <{0}> {{ ?s ?p ?o }} }} }} }} }}",
        "ASK {{ FILTER EXISTS {{ SERVICE <{0}> {{ ?s ?p ?o }} }} }}",
        "ASK {{ FILTER NOT EXISTS {{ SERVICE SILENT <{0}> {{ ?s ?p ?o }} }} }}",
        "ASK {{ BIND(<{0}> AS ?e) SERVICE ?e {{ ?s ?p ?o }} }}",
        "ASK {{ VALUES ?e {{ <{0}> }} SERVICE SILENT ?e {{ ?s ?p ?o }} }}",
        "ASK FROM <{0}> {{ ?s ?p ?o }}",
        "ASK FROM NAMED <{0}> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "ASK {{ GRAPH <{0}> {{ ?s ?p ?o }} }}",
        "DESCRIBE <{0}>",
        "LOAD <{0}>",
        "LOAD SILENT <{0}> INTO GRAPH <http://e/g>",
    ],
)
def test_nothing_is_called(endpoint: str, pattern: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        answer = ask(endpoint, pattern.format(address), Accept="*/*")
        if "SERVICE" in pattern or "LOAD" in pattern:
            assert answer.status_code == 403
        else:
            assert answer.status_code == 200
            assert "true" not in answer.text
        with pytest.raises(TimeoutError):
            listener.accept()


# Other settings
def test_limits_for_each_client(crowded: Path) -> None:
    with serve(
        crowded, query_per_client="2", query_per_client_rate="0.2", trusted_proxies="1", query_seconds="2"
    ) as address:
        endpoint = f"{address}sparql"
        statuses: list[requests.Response] = []

        def run(number: int) -> None:
            statuses.append(ask(endpoint, f"{HEAVY} # {number}", **{"X-Forwarded-For": "1.1.1.1"}))

        threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        assert ask(endpoint, LIGHT, **{"X-Forwarded-For": "2.2.2.2"}).status_code == 200
        for thread in threads:
            thread.join()
        refused = [a for a in statuses if a.status_code == 429]
        assert len(refused) == 2
        assert all(a.headers["Retry-After"] and "2 queries" in a.json()["detail"] for a in refused)
        third = {"X-Forwarded-For": "3.3.3.3"}
        codes = [ask(endpoint, f"ASK {{ ?s ?p {n} }}", **third).status_code for n in range(20)]
        assert codes[:12] == [200] * 12
        assert codes[-1] == 429
        assert ask(endpoint, "ASK { ?s ?p 0 }", **third).status_code == 200  # from the cache


class _Other(threading.Thread):
    """An endpoint of somebody else; `status` may have more headers behind it."""

    def __init__(self, status: str = "200 OK") -> None:
        super().__init__(daemon=True)
        self.status = status
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}/sparql"
        self.called = 0

    def run(self) -> None:
        body = b'{"head":{"vars":["o"]},"results":{"bindings":[{"o":{"type":"literal","value":"from elsewhere"}}]}}'
        head = f"HTTP/1.1 {self.status}\r\nContent-Type: application/sparql-results+json\r\n"
        head += f"Content-Length: {len(body)}\r\n"
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.called += 1
                connection.recv(65536)
                connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)


def test_an_allowed_service_and_no_other(crowded: Path) -> None:
    allowed, other, good_text = _Other(), _Other(), "o\r\nfrom elsewhere\r\n"
    allowed.start()
    other.start()
    try:
        named = allowed.address.replace("127.0.0.1", "localhost")  # names are still resolved
        with serve(crowded, query_services=f"https://example.org/sparql {allowed.address} {named}") as address:
            endpoint = f"{address}sparql"
            assert ask(endpoint, f"SELECT ?o {{ SERVICE <{named}> {{ ?s ?p ?o }} }}", **CSV).text == good_text
            good = ask(endpoint, f"SELECT ?o {{ SERVICE <{allowed.address}> {{ ?s ?p ?o }} }}", **CSV)
            assert good.text == good_text
            assert good.headers["Cache-Control"] == "no-store"
            for query in (
                f"SELECT ?o {{ SERVICE <{other.address}> {{ ?s ?p ?o }} }}",
                f"SELECT ?o {{ SERVICE <{allowed.address}> {{ ?s ?p ?o }} SERVICE <{other.address}> {{ ?s ?p ?o }} }}",
                f"SELECT ?o {{ BIND(<{other.address}> AS ?e) SERVICE ?e {{ ?s ?p ?o }} }}",
                f"PREFIX o: <{other.address}> SELECT ?o {{ SERVICE SILENT o: {{ ?s ?p ?o }} }}",
            ):
                refused = ask(endpoint, query)
                assert refused.status_code == 403
                assert allowed.address in refused.json()["detail"]
    finally:
        allowed.listener.close()
        other.listener.close()
    assert allowed.called == 2
    assert other.called == 0


def test_an_allowed_service_cannot_send_us_elsewhere(crowded: Path) -> None:
    """The HTTP client of the engine follows no redirect."""
    other = _Other()
    allowed = [_Other(f"{status} Elsewhere\r\nLocation: {other.address}") for status in (301, 302, 303, 307, 308)]
    for listening in (other, *allowed):
        listening.start()
    try:
        with serve(crowded, query_services=" ".join(a.address for a in allowed)) as address:
            for service in allowed:
                where = f"<{service.address}> {{ ?s ?p ?o }}"
                assert ask(f"{address}sparql", f"SELECT ?o {{ SERVICE {where} }}").status_code == 400
                silent = ask(f"{address}sparql", f"SELECT ?o {{ SERVICE SILENT {where} }}", **CSV)
                assert silent.status_code == 200
                assert "elsewhere" not in silent.text
    finally:
        for listening in (other, *allowed):
            listening.listener.close()
    assert [service.called for service in allowed] == [2] * len(allowed)
    assert other.called == 0
