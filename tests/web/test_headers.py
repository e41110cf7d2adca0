"""Headers that the HTTP server and the pages could both send."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from publisher.config import Settings
from tests.serving import serve


@pytest.fixture(scope="module")
def address(mini: Settings) -> Iterator[str]:
    with serve(mini.releases) as found:
        yield found


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/ontology.ttl", 200),
        ("/dumps/attested.nq", 200),
        ("/sparql?query=ASK%7B%7D", 200),
        ("/id/place/iraq", 303),
        ("/id/place/nowhere", 404),
    ],
)
def test_each_response_has_one_date(address: str, path: str, status: int) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == status
    assert len(answer.headers.get_all("Date", [])) == 1
