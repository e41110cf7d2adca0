"""The ontology as the tests see it: without and with the alignments."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import Graph

ROOT = Path(__file__).parents[2] / "ontology"


def parse(*paths: Path) -> Graph:
    graph = Graph()
    for path in paths:
        graph.parse(path, format="turtle")
    return graph


@pytest.fixture(scope="session")
def core() -> Graph:
    """The ontology itself."""
    return parse(*sorted(ROOT.glob("*.ttl")))


@pytest.fixture(scope="session")
def everything() -> Graph:
    """The ontology and its alignments."""
    return parse(*sorted(ROOT.rglob("*.ttl")))
