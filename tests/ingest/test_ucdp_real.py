"""The real extracts: the facts known of them hold after the import."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from pyoxigraph import Store

from publisher.ingest.ucdp_event import read_references
from publisher.ingest.ucdp_ged import import_ucdp_ged
from publisher.ingest.ucdp_report import Report
from tests.ingest.conftest import RETRIEVED, add_up, load, values


@pytest.fixture(scope="module")
def imported(extracts: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    out = tmp_path_factory.mktemp("real") / "ucdp-ged"
    return out, import_ucdp_ged(extracts, out, retrieved=RETRIEVED)


@pytest.fixture(scope="module")
def store(imported: tuple[Path, Report]) -> Store:
    return load(imported[0])


def test_every_row_is_imported(imported: tuple[Path, Report]) -> None:
    report = imported[1]
    assert (report.imported, report.tags, report.repeated, report.set_aside) == (7473 + 2989, 2, 0, 0)
    assert add_up(report)
    assert report.notes["low, best and high are not in this order"] == 69 + 13
    assert "number_of_sources is not the number of references" not in report.notes
    assert json.loads((imported[0] / "report.json").read_text())["imported"] == 10462


def test_number_of_references(extracts: list[Path]) -> None:
    old, unread = 0, []
    for path in extracts:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for line in csv.DictReader(file):
                if line["id"]:
                    stated = int(line["number_of_sources"])
                    references, _ = read_references(line["source_article"].strip(), stated)
                    old += stated < 0
                    assert stated < 0 or len(references) == stated
                    unread += [reference for reference in references if stated > 0 and not reference.outlet]
    assert old == 3942
    assert len(unread) == 1  # a headline in place of the outlet


def test_triples_per_event(store: Store) -> None:
    assert len(store) / 10462 < 76


def test_a_denial_is_found(store: Store) -> None:
    denials = values(store, "?s att:stance att:deniesClaim ; att:speaker/rdfs:label ?x")
    assert denials == {"rebels"}
    assert len(values(store, "?x att:stance att:deniesClaim")) == 2


def test_sample_event(store: Store) -> None:
    assert values(store, "proposition:ucdp-114064-date rdf:object ?x") == {"2014-01-24/2014-01-25"}
    assert values(store, "statement:ucdp-114064-source-1 att:speaker/rdfs:label ?x") == {"Doctor"}
    assert values(store, "statement:ucdp-114064 dcterms:references/dcterms:publisher/rdfs:label ?x") == {
        "Agence France Presse"
    }


def test_headlines_stay_behind(extracts: list[Path], imported: tuple[Path, Report]) -> None:
    literals: set[str] = set()
    for path in imported[0].rglob("*.ttl"):
        literals.update(re.findall(r'"([^"\\]*)"', path.read_text(encoding="utf-8")))
    with extracts[1].open(newline="", encoding="utf-8-sig") as file:
        cells = [line["source_article"] for line in csv.DictReader(file) if line["id"]]
    headlines = {ref.text for cell in cells for ref in read_references(cell, 1)[0] if len(ref.text) > 40}
    assert len(headlines) > 1000
    assert not headlines & literals


def test_same_bytes_and_nothing_to_change(extracts: list[Path], imported: tuple[Path, Report]) -> None:
    assert import_ucdp_ged(extracts, imported[0], retrieved=RETRIEVED).changed == []
