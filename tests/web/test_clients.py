"""Who counts as one client, at every path that runs a query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from tests.serving import serve
from tests.web.conftest import make_release

PROPOSITION = "https://w3id.org/attested/id/proposition/perpetrator"
RATE = "0.2"
"""Each second on average over a minute: twelve queries at once, then no more for a while."""


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clients")
    make_release(folder, "r1")
    return folder


@pytest.fixture(scope="module")
def behind(releases: Path) -> Iterator[str]:
    """A server behind two proxies."""
    with serve(releases, query_per_client_rate=RATE, trusted_proxies="2") as address:
        yield address


def paths() -> Iterator[str]:
    """Each runs a query that was not run before."""
    number = 0
    while True:
        number += 1
        query = quote(f"ASK {{ ?s ?p {number} }}")
        yield f"sparql?query={query}&format=csv"
        yield f"sparql?query={query}&format=html"
        yield f"cite?query={quote(f'ASK {{ ?s ?p {-number} }}')}"
        yield f"explain/affirmed-by?about={PROPOSITION}"


FRESH = paths()


def status(address: str, path: str, forwarded: str | None) -> int:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return requests.get(f"{address}{path}", headers=headers, timeout=30).status_code


def exhaust(address: str, forwarded: str | None) -> None:
    codes = [status(address, next(FRESH), forwarded) for _ in range(24)]
    assert codes[:12] == [200] * 12
    assert 429 in codes[12:]


def test_every_path_counts_for_the_client_that_the_proxies_saw(behind: str) -> None:
    exhaust(behind, "9.9.9.9, 1.1.1.1, 10.0.0.1")
    for _ in range(4):
        path = next(FRESH)
        assert status(behind, path, "8.8.8.8, 1.1.1.1, 10.0.0.1") == 429, path  # the first one is what the client wrote
        assert status(behind, path, "9.9.9.9, 2.2.2.2, 10.0.0.1") == 200, path


def test_an_ipv6_client_is_its_network(behind: str) -> None:
    exhaust(behind, "2001:db8:0:1::1, 10.0.0.1")
    for _ in range(4):
        path = next(FRESH)
        assert status(behind, path, "2001:db8:0:1::2, 10.0.0.1") == 429, path
        assert status(behind, path, "2001:db8:0:2::2, 10.0.0.1") == 200, path


def test_without_proxies_nobody_chooses_whom_to_be(releases: Path) -> None:
    with serve(releases, query_per_client_rate=RATE) as address:
        exhaust(address, "1.1.1.1")
        for number in range(4):
            path = next(FRESH)
            assert status(address, path, f"2.2.2.{number}") == 429, path
