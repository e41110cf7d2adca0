"""Requests that arrive slowly, or with too much in front of them, at a real server."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import quote, urlsplit

import pytest
import requests

from publisher.config import Settings
from tests.serving import serve

SECONDS = 1.5
HEAD_KIB = 64
WHOLE = b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def address(mini: Settings) -> Iterator[str]:
    settings = {"request_seconds": str(SECONDS), "request_head_kib": str(HEAD_KIB), "query_seconds": "3"}
    with serve(mini.releases, query_per_client_rate="1000", **settings) as found:
        yield found


def connect(address: str) -> socket.socket:
    split = urlsplit(address)
    return socket.create_connection((split.hostname or "", split.port or 0), 10)


def everything(connection: socket.socket) -> bytes:
    """What comes until the server closes."""
    parts = []
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def trickle(address: str, begin: bytes, drop: bytes, pause: float = 0.1) -> tuple[float, bytes]:
    """Send drop after drop until the server has had enough: after which time, and what it said."""
    start = time.monotonic()
    with connect(address) as connection:
        connection.sendall(begin)
        connection.settimeout(pause)
        found = b""
        while time.monotonic() - start < 4 * SECONDS:
            try:
                part = connection.recv(65536)
            except TimeoutError:
                with suppress(OSError):
                    connection.sendall(drop)
                continue
            except ConnectionResetError:
                break
            if not part:
                break
            found += part
        return time.monotonic() - start, found


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (b"PO", b""),
        (b"GET /", b"a"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", b"a"),
        (b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n", b"A"),
        (b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nA\r\n"),
        (b"POST /lookup HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n", b"A"),
    ],
    ids=["method", "path", "headers", "one header", "body", "chunks", "body of a page"],
)
def test_a_slow_request_is_given_up(address: str, begin: bytes, drop: bytes) -> None:
    seconds, said = trickle(address, begin, drop)
    assert SECONDS - 0.1 < seconds < SECONDS + 1
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in said.lower()


@pytest.mark.parametrize("begin", [b"", WHOLE], ids=["from the start", "after a request"])
def test_empty_lines_keep_no_connection(address: str, begin: bytes) -> None:
    seconds, said = trickle(address, begin, b"\r\n")
    assert seconds < SECONDS + 1
    assert said.count(b" 200 ") == (1 if begin else 0)


def test_a_silent_connection_is_closed(address: str) -> None:
    begin = time.monotonic()
    with connect(address) as connection:
        assert everything(connection) == b""
    assert time.monotonic() - begin < SECONDS + 1


def test_slow_connections_keep_nobody_waiting(address: str) -> None:
    held = [connect(address) for _ in range(200)]
    try:
        for number, connection in enumerate(held):
            connection.sendall(b"GET /" if number % 2 else b"POST /sparql HTTP/1.1\r\nContent-Length: 9\r\n\r\nA")
        times = []
        for number in range(20):
            begin = time.monotonic()
            query = quote(f"ASK {{ ?s ?p {number} }}")
            assert requests.get(f"{address}sparql?query={query}", timeout=5).status_code == 200
            times.append(time.monotonic() - begin)
        assert sorted(times)[18] < 0.5
        with ThreadPoolExecutor(len(held)) as threads:
            said = list(threads.map(everything, held))
        assert all(b" 408 " in text for text in said)
    finally:
        for connection in held:
            connection.close()


@pytest.mark.parametrize("where", ["address", "one header", "many headers"])
def test_a_large_head_is_refused(address: str, where: str) -> None:
    much = b"a" * (HEAD_KIB * 1024)
    head = {
        "address": b"GET /" + much,
        "one header": b"GET / HTTP/1.1\r\nX-A: " + much,
        "many headers": b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * (len(much) // 8),
    }[where]
    with connect(address) as connection:
        connection.sendall(head + b"aa")
        assert everything(connection).startswith(b"HTTP/1.1 431 ")


def test_a_head_within_the_limit_is_read(address: str) -> None:
    query = quote("ASK {} # " + "é" * 5000)
    assert requests.get(f"{address}sparql?query={query}", timeout=10).status_code == 200


@pytest.mark.parametrize("pause", [0.0, 0.3], ids=["in one piece", "apart"])
def test_time_to_answer_is_not_time_to_arrive(address: str, pause: float) -> None:
    """A query may take longer than its request; so may the request that waits behind it on the same connection."""
    heavy = quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o FILTER(?a != ?d) }")
    with connect(address) as connection:
        first = f"GET /sparql?query={heavy} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        for piece in (first, WHOLE[:-4]) if pause else (first + WHOLE[:-4],):
            connection.sendall(piece)
            time.sleep(pause)
        time.sleep(SECONDS * 1.5)
        connection.sendall(WHOLE[-4:-2] + b"Connection: close\r\n\r\n")
        said = everything(connection)
    assert said.startswith(b"HTTP/1.1 503 ")
    assert said.count(b"HTTP/1.1 200 ") == 1


def test_a_connection_is_used_again_after_a_pause(address: str) -> None:
    with connect(address) as connection:
        for _ in range(3):
            connection.sendall(WHOLE[:20])
            time.sleep(SECONDS * 0.6)
            connection.sendall(WHOLE[20:])
            said = b""
            while b"boolean" not in said:
                said += connection.recv(65536)
            assert said.startswith(b"HTTP/1.1 200 ")
            time.sleep(SECONDS * 0.6)
