"""Each query in `hygiene/` finds nothing in the ontology, and something in its file in `faulty/`."""

from __future__ import annotations

from pathlib import Path

import pytest
from rdflib import Graph

from tests.ontology.conftest import ROOT, parse

HERE = Path(__file__).parent
QUERIES = sorted((HERE / "hygiene").glob("*.rq"))
SOURCES = sorted(ROOT.rglob("*.ttl"))


def findings(graph: Graph, query: Path) -> list[str]:
    return [str(row) for row in graph.query(query.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("query", QUERIES, ids=lambda p: p.stem)
def test_ontology_is_clean(query: Path, everything: Graph) -> None:
    assert findings(everything, query) == []


@pytest.mark.parametrize("query", QUERIES, ids=lambda p: p.stem)
def test_query_finds_its_fault(query: Path) -> None:
    assert findings(parse(HERE / "faulty" / f"{query.stem}.ttl"), query)


@pytest.mark.parametrize("query", QUERIES, ids=lambda p: p.stem)
def test_query_says_what_it_finds_and_why(query: Path) -> None:
    first, second, *_ = query.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# finds: ")
    assert second.startswith("# why: ")


def test_each_faulty_file_has_its_query() -> None:
    assert {p.stem for p in (HERE / "faulty").iterdir()} == {p.stem for p in QUERIES}


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_lines_fit(source: Path) -> None:
    lines = source.read_text(encoding="utf-8").splitlines()
    assert [n for n, line in enumerate(lines, 1) if len(line) > 120] == []
