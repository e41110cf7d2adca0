"""The queries of docs/ucdp.md find in a small import what they promise."""

from __future__ import annotations

import csv
import math
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from publisher.iris import Iris
from publisher.pipeline.load import read_source_file
from publisher.pipeline.sources import EXAMPLES_FOLDER
from publisher.query.examples import examples_of
from publisher.query.store import EmbeddedStore
from publisher.releases import STORE, Release
from publisher.vocab import CANONICAL_BASE
from tests.conftest import ROOT, Rows
from tests.ucdp.conftest import TABLES

Ask = Callable[[str], Rows]
SAFWAN = (30.1117, 47.7167)


@pytest.fixture(scope="module")
def queries(ged_release: Release) -> dict[str, str]:
    """The examples about UCDP GED, as the release publishes them."""
    examples = examples_of(EmbeddedStore(ged_release.path / STORE), Iris(ged_release.base_iri))
    return {e.name: e.query for e in examples if "UCDP GED" in e.keywords}


def table_rows(tables: Sequence[Path] = TABLES) -> list[dict[str, str]]:
    """The events of the tables, read without the importer."""
    found = []
    for path in tables:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found += [row for row in csv.DictReader(file) if row["id"]]
    return found


def point(event: dict[str, str]) -> tuple[float, float]:
    return float(event["latitude"]), float(event["longitude"])


def km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance by the haversine formula."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(a), math.radians(b)) for a, b in (one, other))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


def test_the_documented_queries_are_the_examples(queries: dict[str, str]) -> None:
    text = (ROOT / "docs" / "ucdp.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^### .*?`([a-z-]+)`\n.*?```sparql\n(.*?)```", text, re.M | re.S))
    assert {name: query.strip() for name, query in queries.items()} == {
        name: query.strip() for name, query in documented.items()
    }
    assert len(queries) == 5


def test_incidents_where_a_party_denies(queries: dict[str, str], ged_ask: Ask) -> None:
    rows = ged_ask(queries["incidents-where-a-party-denies"])
    found = {(row[0], row[2]) for row in rows}
    assert {pair for pair in found if "ucdp" in pair[0]} == {
        ("incident:ucdp-5002", "rebels"),
        ("incident:ucdp-5009", "government"),
        ("incident:ucdp-5103", "army"),
        ("incident:ucdp-5111", "rebels"),
    }
    assert ("incident:jraischan-crossing", "Iraq (state)") in found
    assert not {party for _, party in found} & {"Associated Press", "John Rigsbee"}  # they left it open


def test_incidents_that_rest_on_one_original_source(queries: dict[str, str], ged_ask: Ask) -> None:
    rows = {row[0]: row[1:] for row in ged_ask(queries["one-original-source"])}
    assert rows["incident:ucdp-5001"] == ("Police", "1")
    assert rows["incident:ucdp-5102"] == ("MemoryBook", "2")
    assert rows["incident:ucdp-5015"] == ("Army", "0")
    absent = {
        "5008": "UCDP names no source",
        "5009": "only a denial",
        "5010": "the police besides who claims it",
        "5013": "the words may name two",
        "5101": "the words may name two",
        "5106": "two sources",
    }
    for id_, why in absent.items():
        assert f"incident:ucdp-{id_}" not in rows, why
    assert "incident:jraischan-crossing" not in rows
    assert "Uppsala Conflict Data Program" not in {source for source, _ in rows.values()}


def test_reports_by_outlet_and_year(queries: dict[str, str], ged_ask: Ask) -> None:
    assert ged_ask(queries["reports-by-outlet-and-year"]) == [
        ("Agence France Presse", "2013", "6"),
        ("Agence France Presse", "2014", "6"),
        ("Daily News", "2014", "5"),
        ("Reuters News", "2013", "5"),
        ("Daily News", "2013", "4"),
        ("Reuters News", "2014", "4"),
        ("MemoryBook", "2014", "2"),
        ("Japan Today", "2020", "1"),
    ]


def test_incidents_near_safwan(queries: dict[str, str], ged_ask: Ask) -> None:
    """Against distances computed here. One event lies outside the circle inside the box, two just at its edge."""
    rows = ged_ask(queries["near-safwan"])
    expected = {
        f"incident:ucdp-{row['id']}": km(SAFWAN, point(row))
        for row in table_rows()
        if row["latitude"] and int(row["where_prec"]) <= 2
    }
    near = {incident: distance for incident, distance in expected.items() if distance <= 50}
    assert {row[0] for row in rows} == set(near)
    assert {"incident:ucdp-5004", "incident:ucdp-5006", "incident:ucdp-5007"}.isdisjoint(near)
    for incident, _, distance, who in rows:
        assert float(distance) == pytest.approx(near[incident], abs=1e-6)
        assert who == "Uppsala Conflict Data Program"
    assert [float(row[2]) for row in rows] == sorted(float(row[2]) for row in rows)


def test_deaths_by_source(queries: dict[str, str], ged_ask: Ask) -> None:
    """Added up here from the tables."""
    years: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for row in table_rows():
        years[row["year"]].append((int(row["low"]), int(row["best"]), int(row["high"])))
    expected = []
    for year, estimates in sorted(years.items()):
        sums = [sum(column) for column in zip(*estimates, strict=True)]
        spreads = [high - low for low, _, high in estimates]
        numbers = (len(estimates), *sums, sum(spreads), max(spreads))
        expected.append(("Uppsala Conflict Data Program", year, *map(str, numbers)))
    assert len(expected) == 3
    assert ged_ask(queries["deaths-by-source"]) == expected


def test_documented_numbers_are_those_of_the_extracts(extracts: list[Path]) -> None:
    """Those that can be counted without the importer: two incidents with a denial, places near Safwan, years."""
    events = table_rows(extracts)
    text = (ROOT / "docs" / "ucdp.md").read_text(encoding="utf-8")
    denied = [e["id"] for e in events if re.search(r"\bden(y|ied|ies)\b", e["source_original"], re.I)]
    near = [e for e in events if e["latitude"] and int(e["where_prec"]) <= 2 and km(SAFWAN, point(e)) <= 50]
    years = sorted({e["year"] for e in events})
    assert f"{len(events):,} events" in text
    assert len(denied) == 2
    assert "two incidents of our own reports, two of GED" in text
    assert f"Found: {len(near)} rows; 0.3" in text
    assert f"Found: {len(years)} rows, {years[0]} to {years[-1]}" in text


def test_examples_that_need_an_import_say_so() -> None:
    """They find nothing over our own data, and are loaded all the same, so that the editor has them."""
    need: set[str] = set()
    for path in sorted((ROOT / "data" / EXAMPLES_FOLDER).glob("*.ttl")):
        text = read_source_file(path, Iris(CANONICAL_BASE)).text
        if '"UCDP GED"' in text and '"no rows"' in text:
            need.add(path.stem)
            assert "once UCDP GED is imported" in text, path.stem
    assert need == {"deaths-by-source", "near-safwan"}
