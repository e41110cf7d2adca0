"""Fixtures shared by every test: the real sources, built once into a real release."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from pyoxigraph import Store

from publisher.config import Settings
from publisher.iris import Iris
from publisher.pipeline.build import build
from publisher.releases import STORE, Release
from publisher.vocab import CANONICAL_BASE
from tests.own import own_data
from tests.serving import serve

ROOT = Path(__file__).parent.parent
CREATED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The project's own sources, with a releases directory of the test session."""
    return Settings(
        ontology=ROOT / "ontology",
        shapes=ROOT / "shapes",
        data=own_data(tmp_path_factory.mktemp("own")),
        releases=tmp_path_factory.mktemp("releases"),
        created=CREATED,
        port=0,
    )


@pytest.fixture(scope="session")
def release(settings: Settings) -> Release:
    """A release of the project's own data."""
    return build(settings, lambda line: None)


@pytest.fixture(scope="session")
def store(release: Release) -> Store:
    """The store of that release."""
    return Store.read_only(str(release.path / STORE))


@pytest.fixture(scope="session")
def iris(settings: Settings) -> Iris:
    """IRIs below the base of the test release."""
    return Iris(settings.base_iri)


@pytest.fixture(scope="session")
def server(settings: Settings, release: Release) -> Iterator[str]:
    """The address of a real server, in a process of its own, that serves the release; ends with a slash."""
    assert release.base_iri == settings.base_iri
    with serve(settings.releases) as address:
        yield address


Rows = list[tuple[str, ...]]


@pytest.fixture(scope="session")
def ask(server: str) -> Callable[[str], Rows]:
    """Run a SELECT query at the served endpoint; rows sorted, IRIs of ours and of the ontology shortened."""

    def run(query: str) -> Rows:
        prefixes = "".join(f"PREFIX {p}: <{iri}>\n" for p, iri in Iris(CANONICAL_BASE).prefixes().items())
        response = requests.post(
            f"{server}sparql", data={"query": prefixes + query}, headers={"Accept": "text/csv"}, timeout=60
        )
        assert response.status_code == 200, response.text
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8"))))[1:]
        return sorted(tuple(shorten(cell) for cell in row) for row in rows)

    return run


def shorten(iri: str) -> str:
    """`statement:x` for an IRI of ours, `att:x` for a term; anything else as it is."""
    iris = Iris(CANONICAL_BASE)
    name = iris.entity_name(iri)
    if name:
        return f"{name.type}:{name.slug}"
    return f"att:{iri.removeprefix(iris.att(''))}" if iri.startswith(iris.att("")) else iri
