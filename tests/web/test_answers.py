"""What results that are kept cost: real queries through the front of the server, and what is counted for them."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from publisher.config import Settings
from publisher.web.asgi import Front
from publisher.web.snapshot import ReleaseWatcher
from publisher.web.wsgi import Message, Scope
from tests.apart import run_apart

ENCODINGS: tuple[str, ...] = ("", "gzip", "zstd")
SMALL = "SELECT * { ?s a ?t } LIMIT 1 OFFSET 0"
LARGE = "SELECT * { ?s ?p ?o } LIMIT 4"


class Served:
    """A front, asked without a network. `answers` are its results."""

    def __init__(self, releases: Path, cache_mib: int) -> None:
        settings = Settings(
            releases=releases, query_cache_mib=cache_mib, query_per_client=1000, query_per_client_rate=1e6
        )
        self.front = Front(settings)
        self.watcher: ReleaseWatcher = self.front._watcher
        self.answers = self.watcher.snapshot().answers
        self.hits = 0

    async def get(self, query: str, encoding: str = "") -> None:
        sent: list[Message] = []
        asked = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Message:
            return asked.pop() if asked else await asyncio.Future()

        async def send(message: Message) -> None:
            sent.append(message)

        scope: Scope = {
            "type": "http",
            "method": "GET",
            "path": "/sparql",
            "raw_path": b"/sparql",
            "query_string": f"query={quote(query)}".encode(),
            "headers": [(b"accept", b"text/csv, */*;q=0.1"), (b"accept-encoding", encoding.encode())],
            "client": ("127.0.0.1", 1),
        }
        await self.front(scope, receive, send)
        assert sent[0]["status"] == 200
        self.hits += (b"cache-status", b"attested; hit") in sent[0]["headers"]


@pytest.fixture
def served(crowded: Path) -> Iterator[Callable[[int], Served]]:
    made: list[Served] = []

    def make(cache_mib: int) -> Served:
        made.append(Served(crowded, cache_mib))
        return made[-1]

    yield make
    for each in made:
        each.watcher.close(0.0)


@pytest.mark.parametrize("query", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("encodings", [("",), ENCODINGS], ids=["one coding", "all codings"])
def test_what_is_counted_is_what_is_taken(
    served: Callable[[int], Served], query: str, encodings: tuple[str, ...]
) -> None:
    here = served(64)

    async def ask(numbers: range) -> None:
        for number in numbers:
            for encoding in (*encodings, *encodings):
                await here.get(f"{query}{number + 100}", encoding)

    async def measure() -> tuple[int, int, int]:
        await ask(range(30))
        gc.collect()
        tracemalloc.start()
        try:
            before, counted = tracemalloc.get_traced_memory()[0], here.answers.sizes()
            await ask(range(30, 330))
            gc.collect()
            taken = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        entries, size = here.answers.sizes()
        return entries - counted[0], size - counted[1], taken

    entries, counted, taken = run_apart(measure())
    assert entries == 300
    assert here.hits == 330 * (2 * len(encodings) - 1)
    print(f"{entries} results: {taken / entries:.0f} bytes each, {counted / entries:.0f} counted")
    assert taken < counted < 1.5 * taken


def test_the_cache_keeps_to_its_size_and_forgets_requests_with_their_results(served: Callable[[int], Served]) -> None:
    here = served(1)

    async def run() -> None:
        for number in range(400):
            for spelling in range(6):
                await here.get(f"SELECT  * {{ ?s a {' ' * spelling} ?t }} LIMIT {number + 1}")

    run_apart(run())
    entries, size = here.answers.sizes()
    assert 10 < entries < 400
    assert 900_000 < size <= 1 << 20
    parts: Any = here.answers
    assert len(parts._forms) == 4 * entries  # of six, so many are known
    assert set(parts._forms.values()) == set(parts._entries)
    assert size == sum(entry.size() for entry in parts._entries.values())


def test_compressed_copies_count(served: Callable[[int], Served]) -> None:
    here = served(64)

    async def run() -> list[int]:
        sizes = []
        for encoding in ("gzip", "zstd", "zstd", ""):
            await here.get(f"{LARGE}000", encoding)
            sizes.append(here.answers.sizes()[1])
        return sizes

    gzip, zstd, again, plain = run_apart(run())
    assert gzip < zstd == again < plain < again + 2000  # which has no copy of its own
