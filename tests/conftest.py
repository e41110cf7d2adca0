"""Fixtures shared by every test: the real sources, built once into a real release."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyoxigraph import Store

from publisher.config import Settings
from publisher.iris import Iris
from publisher.pipeline.build import build
from publisher.releases import STORE, Release

ROOT = Path(__file__).parent.parent
CREATED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The project's own sources, with a releases directory of the test session."""
    return Settings(
        ontology=ROOT / "ontology",
        shapes=ROOT / "shapes",
        data=ROOT / "data",
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
