"""Our data with a small import of UCDP GED beside them, built into a release of its own and served.

The two tables have the columns, the line ends, the row of tags and the forms of cells of the real extracts; what they
tell is invented.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from publisher.config import Settings
from publisher.ingest.ucdp_ged import import_ucdp_ged
from publisher.pipeline.build import build
from publisher.releases import Release
from tests.conftest import ROOT, Rows, shorten
from tests.ingest.conftest import RETRIEVED, extracts
from tests.own import copy_own
from tests.serving import serve

__all__ = ["extracts"]

TABLES = sorted((Path(__file__).parent / "tables").glob("*.csv"))
RELEASE = "GED 25.1"


def project_with_ged(folder: Path) -> Path:
    """A data folder: ours, and the import of the tables in `ucdp-ged`."""
    data = copy_own(ROOT / "data", folder / "data")
    report = import_ucdp_ged(TABLES, data / "ucdp-ged", retrieved=RETRIEVED, release=RELEASE)
    assert report.imported == 30
    assert report.set_aside == 0
    return data


@pytest.fixture(scope="session")
def ged_settings(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("ged")
    return replace(settings, data=project_with_ged(folder), releases=folder / "releases")


@pytest.fixture(scope="session")
def ged_release(ged_settings: Settings) -> Release:
    return build(ged_settings, lambda line: None)


@pytest.fixture(scope="session")
def ged_server(ged_settings: Settings, ged_release: Release) -> Iterator[str]:
    assert ged_release.id
    with serve(ged_settings.releases) as address:
        yield address


@pytest.fixture(scope="session")
def ged_ask(ged_server: str) -> Callable[[str], Rows]:
    """Run a SELECT query at the served endpoint; rows in its order, IRIs of ours shortened."""

    def run(query: str) -> Rows:
        response = requests.post(f"{ged_server}sparql", data={"query": query, "format": "csv"}, timeout=60)
        assert response.status_code == 200, response.text
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8"))))[1:]
        return [tuple(shorten(cell) for cell in row) for row in rows]

    return run
