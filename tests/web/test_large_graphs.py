"""A graph too large for one piece: sent as it is read, whole or broken off for all to see, and paged for people."""

from __future__ import annotations

import gzip
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import uvicorn
import zstandard
from flask.testing import FlaskClient

from publisher.config import Settings
from publisher.errors import QueryQueueFull
from publisher.query.outflow import Outflow, graph_chunks
from publisher.query.store import EmbeddedStore, Output
from publisher.web import create_app
from publisher.web.render import LARGE, PAGE
from publisher.web.wsgi import WsgiBridge
from tests.apart import run_apart
from tests.web.conftest import BASE, make_release

SUBJECTS = 3000
GRAPH = ox.NamedNode(f"{BASE}graph/many")
PATH = "/graph/many"
FORMATS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}


def triples() -> Iterator[ox.Triple]:
    for n in range(SUBJECTS):
        node = ox.NamedNode(f"{BASE}id/event/many-{n}")
        yield ox.Triple(node, ox.NamedNode(f"{BASE}ontology#about"), ox.NamedNode(f"{BASE}id/place/iraq"))
        for m in range(3):
            yield ox.Triple(node, ox.NamedNode(f"{BASE}ontology#note"), ox.Literal(f"“{n}” <{m}>\n", language="en"))


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graphs")
    make_release(path, "r1", f"GRAPH {GRAPH} {{\n" + "".join(f"{t} .\n" for t in triples()) + "}")
    return path


@pytest.fixture(scope="module")
def client(releases: Path) -> FlaskClient:
    return create_app(Settings(releases=releases, port=0)).test_client()


@pytest.fixture(scope="module")
def store(releases: Path) -> EmbeddedStore:
    return EmbeddedStore(releases / "current" / "store")


@pytest.mark.parametrize("media_type", FORMATS)
def test_it_is_whole_in_every_format(client: FlaskClient, media_type: str) -> None:
    response = client.get(PATH, headers={"Accept": media_type})
    assert response.status_code == 200
    assert response.content_type.startswith(media_type)
    assert "Content-Length" not in response.headers
    found = [quad.triple for quad in ox.parse(response.data, format=FORMATS[media_type])]
    assert len(found) == SUBJECTS * 4 > LARGE
    assert set(found) == set(triples())


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_it_is_compressed_on_the_way(client: FlaskClient, encoding: str) -> None:
    headers = {"Accept": "application/n-triples", "Accept-Encoding": encoding}
    response = client.get(PATH, headers=headers)
    assert response.headers["Content-Encoding"] == encoding
    plain = client.get(PATH, headers={"Accept": "application/n-triples"}).data
    undone = gzip.decompress(response.data) if encoding == "gzip" else b""
    if encoding == "zstd":
        undone = zstandard.ZstdDecompressor().decompressobj().decompress(response.data)
    assert undone == plain
    assert len(response.data) < len(plain) / 4
    assert "Accept-Encoding" in response.headers["Vary"]


def test_head_and_conditions(client: FlaskClient) -> None:
    """Neither has anything read."""
    accept = {"Accept": "text/turtle"}
    whole, head = client.get(PATH, headers=accept, buffered=True), client.head(PATH, headers=accept, buffered=True)
    assert head.status_code == 200
    assert head.data == b""
    assert {k: v for k, v in head.headers if k != "Date"} == {k: v for k, v in whole.headers if k != "Date"}
    etag = whole.headers["ETag"]
    assert etag.startswith('W/"')
    with client.head(PATH, headers={"Accept": "application/n-triples"}) as other:
        assert etag != other.headers["ETag"]
    for coding in ("identity", "gzip"):
        same = client.get(PATH, headers={**accept, "If-None-Match": etag, "Accept-Encoding": coding}, buffered=True)
        assert (same.status_code, same.data) == (304, b"")
    assert client.get(PATH, headers={**accept, "If-None-Match": '"other"'}, buffered=True).status_code == 200
    assert client.application.config["OUTFLOW"].active == 0


def test_a_new_release_has_another_etag(releases: Path, tmp_path: Path, client: FlaskClient) -> None:
    make_release(tmp_path, "r2", f"GRAPH {GRAPH} {{\n" + "".join(f"{t} .\n" for t in triples()) + "}")
    other = create_app(Settings(releases=tmp_path, port=0)).test_client()
    one, two = (each.head(f"{PATH}.ttl", buffered=True) for each in (client, other))
    assert one.headers["ETag"] != two.headers["ETag"]


def test_the_page_has_some_of_it_and_says_how_much_there_is(client: FlaskClient) -> None:
    seen: set[str] = set()
    for number in range(1, SUBJECTS // PAGE + 1):
        text = client.get(f"{PATH}?page={number}", headers={"Accept": "text/html"}).text
        assert len(text) < 250_000
        assert f"Page {number}, not in the order of names; {SUBJECTS * 4} triples in all." in text
        here = set(re.findall(r"<h2><[^>]+>[^<]*?(many-\d+)", text))
        assert len(here) == PAGE
        assert not here & seen
        seen |= here
        assert ('rel="next"' in text) == (number < SUBJECTS // PAGE)
    assert len(seen) == SUBJECTS
    assert client.get(f"{PATH}?page={SUBJECTS // PAGE + 1}", headers={"Accept": "text/html"}).status_code == 404


def test_of_a_subject_with_very_many_triples_some_are_read_and_all_counted(
    releases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.web.render.LARGE", 3)
    for module in ("render", "view"):
        monkeypatch.setattr(f"publisher.web.{module}.SHOWN", 2)
    text = create_app(Settings(releases=releases, port=0)).test_client().get(f"{PATH}.html").text
    assert text.count("<section>") == PAGE
    assert text.count("and 1 more; the other formats have all of them.") == PAGE
    assert text.count("&lt;") == 2 * PAGE


def test_no_more_than_a_limit_are_sent_at_once(releases: Path) -> None:
    client = create_app(Settings(releases=releases, port=0, query_streams=1)).test_client()
    open_one = client.get(f"{PATH}.nt", buffered=False)
    assert next(open_one.iter_encoded())
    refused = client.get(f"{PATH}.nt")
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    open_one.close()
    assert client.get(f"{PATH}.nt").status_code == 200


def test_the_writing_ends_when_nobody_reads(store: EmbeddedStore) -> None:
    outflow = Outflow(1)
    before = threading.active_count()
    parts = outflow.open(store, GRAPH, ox.RdfFormat.N_TRIPLES, {})
    reading = iter(parts)
    assert next(reading)
    assert (outflow.active, threading.active_count()) == (1, before + 1)
    with pytest.raises(QueryQueueFull):
        outflow.open(store, GRAPH, ox.RdfFormat.N_TRIPLES, {})
    parts.close()
    parts.close()
    assert (outflow.active, threading.active_count()) == (0, before)


class Failing(EmbeddedStore):
    """A store whose disk fails after some of the graph has been read."""

    def dump(self, output: Output, format_: ox.RdfFormat, graph: ox.NamedNode, prefixes: Mapping[str, str]) -> None:
        output.write(b"<a:a> <a:b> <a:c> .\n")
        raise OSError("the disk cannot be read")


def test_a_failure_on_the_way_is_told(releases: Path) -> None:
    parts = graph_chunks(Failing(releases / "current" / "store"), GRAPH, ox.RdfFormat.N_TRIPLES, {})
    assert next(parts)
    with pytest.raises(OSError, match="disk"):
        next(parts)


Start = Callable[[str, list[tuple[str, str]]], Any]


class Parts:
    """A WSGI application whose body comes in parts of unknown number, and fails if it has to."""

    def __init__(self, number: int, *, fails: bool = False, pause: float = 0.0) -> None:
        self.number, self.fails, self.pause, self.given, self.closed = number, fails, pause, 0, False

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return self._parts()

    def _parts(self) -> Iterator[bytes]:
        try:
            for _ in range(self.number):
                self.given += 1
                time.sleep(self.pause)
                yield b"part\n"
            if self.fails:
                raise OSError("the disk cannot be read")
        finally:
            self.closed = True


def served(application: Parts, seconds: float = 10.0, read: int = 1 << 20) -> bytes:
    """What a client gets over a socket until the server closes, or until it has read so much."""
    bridge = WsgiBridge(application, 2, seconds)

    async def front(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await bridge(scope, b"", send, receive)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(front, http="httptools", lifespan="off", log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        with socket.create_connection(listener.getsockname(), 10) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            found = b""
            while len(found) < read and (part := connection.recv(4096)):
                found += part
        deadline = time.monotonic() + 5
        while not application.closed and time.monotonic() < deadline:
            time.sleep(0.02)
        server.should_exit = True
        thread.join(10)
    return found


def test_parts_arrive_and_the_end_is_marked() -> None:
    found = served(Parts(3))
    assert found.count(b"part\n") == 3
    assert found.endswith(b"0\r\n\r\n")


def test_a_body_that_fails_has_no_end() -> None:
    found = served(application := Parts(3, fails=True))
    assert found.startswith(b"HTTP/1.1 200 ")
    assert found.count(b"part\n") == 3
    assert not found.endswith(b"0\r\n\r\n")
    assert application.closed


def test_a_body_that_takes_too_long_has_no_end() -> None:
    found = served(application := Parts(1000, pause=0.05), seconds=0.5)
    assert b"part\n" in found
    assert not found.endswith(b"0\r\n\r\n")
    assert application.closed
    assert application.given < 100


def test_no_more_is_made_for_a_client_that_went_away() -> None:
    served(application := Parts(100_000, pause=0.01), read=300)
    assert application.closed
    assert application.given < 200


def test_nothing_is_asked_of_the_body_for_head() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    class Empty(Parts):
        """What Flask makes of a response to HEAD."""

        def _parts(self) -> Iterator[bytes]:
            return iter(())

    scope = {"method": "HEAD", "raw_path": b"/", "query_string": b"", "http_version": "1.1", "headers": []}
    application = Empty(3)
    assert run_apart(WsgiBridge(application, 1)(scope, b"", send)) == 200
    assert [m["type"] for m in sent] == ["http.response.start", "http.response.body"]
    assert application.given == 0
