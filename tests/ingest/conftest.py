"""Small tables in the shape of GED, made here; and the real extracts, if they lie beside the checkout."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store

from publisher.ingest.ucdp_ged import import_ucdp_ged
from publisher.ingest.ucdp_report import Report

ROOT = Path(__file__).parent.parent.parent
REAL = ROOT.parent / "shared" / "ucdp"
RETRIEVED = date(2026, 11, 24)
ROW = {
    "id": "1001",
    "relid": "XXX-2014-1-5-0",
    "year": "2014",
    "active_year": "1",
    "code_status": "Clear",
    "type_of_violence": "1",
    "conflict_new_id": "7",
    "conflict_name": "Utopia: Government",
    "dyad_new_id": "5",
    "dyad_name": "Government of Utopia - Front",
    "side_a_new_id": "61",
    "side_a": "Government of Utopia",
    "side_b_new_id": "88",
    "side_b": "Front",
    "number_of_sources": "1",
    "source_article": '"Daily News,2014-01-23,Two dead in clash"',
    "source_original": "Police",
    "where_prec": "1",
    "where_coordinates": "Port town",
    "adm_1": "North province",
    "adm_2": "",
    "latitude": "33.355813",
    "longitude": "43.786124",
    "country": "Utopia",
    "country_id": "999",
    "event_clarity": "1",
    "date_prec": "1",
    "date_start": "2014-01-22",
    "date_end": "2014-01-22",
    "deaths_a": "0",
    "deaths_b": "1",
    "deaths_civilians": "1",
    "deaths_unknown": "0",
    "best": "2",
    "high": "3",
    "low": "1",
    "gwnoa": "999",
    "gwnob": "",
}
TAGS = {"year": "#date+year", "side_a": "#group+name+first", "best": "#affected+killed"}


def row(**changes: str) -> dict[str, str]:
    return ROW | changes


def table(rows: Iterable[Mapping[str, str]], columns: Iterable[str] = tuple(ROW), end: str = "\n") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator=end, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


class Import:
    """One import of texts as files, and what came of it."""

    def __init__(self, folder: Path, *texts: str | bytes, out: str = "ged") -> None:
        self.files = []
        for number, text in enumerate(texts, 1):
            path = folder / f"table-{number}.csv"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            self.files.append(path)
        self.out = folder / out
        self.report = import_ucdp_ged(self.files, self.out, retrieved=RETRIEVED)

    def set_aside(self) -> list[dict[str, str]]:
        with (self.out / "set-aside.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def notes(self) -> list[dict[str, str]]:
        with (self.out / "notes.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


def add_up(report: Report) -> bool:
    return report.read == report.tags + report.imported + report.repeated + report.set_aside


def load(out: Path) -> Store:
    store = Store()
    for path in sorted(out.rglob("*.ttl")):
        store.load(path=str(path), format=RdfFormat.TURTLE)
    return store


def values(store: Store, where: str) -> set[str]:
    """The values of ?x in a pattern, IRIs by their last part."""
    prefixes = """
    PREFIX att: <https://w3id.org/attested/ontology#> PREFIX dcterms: <http://purl.org/dc/terms/>
    PREFIX oa: <http://www.w3.org/ns/oa#> PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
    PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
    PREFIX wgs84: <http://www.w3.org/2003/01/geo/wgs84_pos#>
    PREFIX incident: <https://w3id.org/attested/id/incident/> PREFIX agent: <https://w3id.org/attested/id/agent/>
    PREFIX statement: <https://w3id.org/attested/id/statement/>
    PREFIX proposition: <https://w3id.org/attested/id/proposition/>
    """
    found = set()
    solutions = store.query(f"{prefixes} SELECT ?x WHERE {{ {where} }}")
    assert isinstance(solutions, QuerySolutions)
    for solution in solutions:
        term = solution["x"]
        assert isinstance(term, NamedNode | Literal)
        iri = isinstance(term, NamedNode)
        found.add(term.value.rsplit("/", 1)[-1].rsplit("#", 1)[-1] if iri else term.value)
    return found


@pytest.fixture(scope="session")
def extracts() -> list[Path]:
    paths = [REAL / "iraq_1989-2018.csv", REAL / "ukraine_2014-2021.csv"]
    if missing := [str(path) for path in paths if not path.is_file()]:
        pytest.skip(f"the extracts of UCDP GED are not there: {', '.join(missing)}")
    return paths
