"""Endpoints in servers of their own, and what they answer without a client library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from publisher.iris import Iris
from publisher.vocab import CANONICAL_BASE
from tests.conformance.endpoint import Data
from tests.conformance.manifest import GraphFile
from tests.serving import serve

GAZETTEER = Path(__file__).with_name("gazetteer.ttl")
PREFIXES = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in Iris(CANONICAL_BASE).prefixes().items())

Rows = list[dict[str, str]]


@pytest.fixture(scope="session")
def endpoint(server: str) -> str:
    """Our endpoint with our data."""
    return f"{server}sparql"


@pytest.fixture(scope="session")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A second endpoint, with the data of somebody else."""
    data = Data(tmp_path_factory.mktemp("gazetteer"))
    data.load([GraphFile(GAZETTEER, None)])
    with serve(data.releases) as address:
        yield f"{address}sparql"


@pytest.fixture(scope="session")
def rows(endpoint: str) -> Callable[[str], Rows]:
    """The rows of a SELECT, as plain values."""

    def ask(query: str) -> Rows:
        headers = {"Accept": "application/sparql-results+json"}
        answer = requests.post(endpoint, data={"query": PREFIXES + query}, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        found = answer.json()["results"]["bindings"]
        assert found
        return [{name: term["value"] for name, term in row.items()} for row in found]

    return ask
