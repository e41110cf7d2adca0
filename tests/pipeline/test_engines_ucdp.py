"""Over imported events the fast engines say what the reference engines say: same violations, same entailments."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from publisher.config import Engine
from publisher.ingest.ucdp_ged import import_ucdp_ged
from publisher.iris import Iris
from publisher.pipeline.infer import infer
from publisher.pipeline.lines import as_bytes
from publisher.pipeline.load import LoadedSchema, as_stored, load_schema
from publisher.pipeline.shacl import Validator
from publisher.pipeline.validate import Report
from tests.ingest.conftest import REAL, RETRIEVED
from tests.ucdp.conftest import TABLES

ROOT = Path(__file__).parents[2]
IRIS = Iris("https://w3id.org/attested/")
EVENTS = 30
MADE_UP = pytest.param(tuple(TABLES), id="made-up")
EXTRACTS = tuple(sorted(REAL.glob("*.csv")))
NONE = pytest.mark.skipif(not EXTRACTS, reason="the extracts of UCDP GED are not beside the checkout")
GIVEN = [MADE_UP, pytest.param(EXTRACTS, id="real", marks=NONE)]


@cache
def schema(name: str) -> LoadedSchema:
    return load_schema(ROOT / name, IRIS.graph(name), IRIS)


@cache
def validators() -> tuple[Validator, Validator]:
    shapes = as_bytes(schema("shapes").as_parsed())
    return Validator(shapes, Engine.REFERENCE), Validator(shapes, Engine.FAST)


def sample(tables: Sequence[Path], folder: Path, seed: int) -> list[Triple]:
    """About `EVENTS` events drawn from all tables, each table keeping its header and its row of tags, imported."""
    rng, files = random.Random(seed), []
    for table in tables:
        with table.open(encoding="utf-8-sig", newline="") as file:
            header, tags, *rows = csv.reader(file)
        files.append(folder / table.name)
        with files[-1].open("w", encoding="utf-8", newline="") as file:
            drawn = rng.sample(rows, min(len(rows), EVENTS // len(tables)))
            csv.writer(file, lineterminator="\r\n").writerows([header, tags, *drawn])
    report = import_ucdp_ged(files, folder / "ged", retrieved=RETRIEVED)
    assert report.imported >= EVENTS - 5
    return [
        quad.triple
        for path in sorted((folder / "ged").rglob("*.ttl"))
        for quad in parse(path=str(path), format=RdfFormat.TURTLE, rename_blank_nodes=True)
    ]


def reports(triples: Sequence[Triple]) -> tuple[Report, Report]:
    data = as_bytes([*schema("ontology").as_parsed(), *triples])
    reference, fast = validators()
    return reference(data), fast(data)


@pytest.mark.parametrize("tables", GIVEN)
def test_imported_events_have_the_same_report(tables: Sequence[Path], tmp_path: Path) -> None:
    reference, fast = reports(sample(tables, tmp_path, 1))
    assert fast == reference


@pytest.mark.parametrize("tables", GIVEN)
@pytest.mark.parametrize("seed", [2, 3])
def test_damaged_events_have_the_same_violations(tables: Sequence[Path], seed: int, tmp_path: Path) -> None:
    """One triple in twenty left out, so that there is something to find."""
    rng = random.Random(seed)
    reference, fast = reports([t for t in sample(tables, tmp_path, seed) if rng.random() > 0.05])
    assert fast == reference
    assert len(reference.results) > 20


@pytest.mark.parametrize("tables", GIVEN)
def test_imported_events_have_the_same_entailments(tables: Sequence[Path], tmp_path: Path) -> None:
    axioms, data = schema("ontology").triples, as_stored(sample(tables, tmp_path, 4))
    reference = infer(axioms, data, IRIS, Engine.REFERENCE)
    assert infer(axioms, data, IRIS, Engine.FAST) == reference
    assert reference
