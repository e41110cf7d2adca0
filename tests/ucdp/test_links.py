"""Links between our entities and those of an import: decided, and harmless where the import is not there."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from publisher.errors import SourceError
from publisher.ingest.ucdp_ged import import_ucdp_ged
from publisher.iris import Iris
from publisher.linking.mappings import read_mappings
from publisher.vocab import CANONICAL_BASE, RDFS, SKOS
from tests.conftest import ROOT
from tests.ingest.conftest import RETRIEVED
from tests.ucdp.test_queries import table_rows

FILE = ROOT / "data" / "mappings" / "ucdp-ged.sssom.tsv"
ENTITY = f"{CANONICAL_BASE}id/"
IRIS = Iris(CANONICAL_BASE)


@cache
def rows_of(path: Path) -> tuple[dict[str, str], ...]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return tuple(csv.DictReader(lines, dialect="excel-tab", strict=True))


def rows() -> tuple[dict[str, str], ...]:
    return rows_of(FILE)


def expand(curie: str) -> str:
    kind, _, slug = curie.removeprefix("att-").partition(":")
    return f"{ENTITY}{kind}/{slug}"


def links(described: frozenset[str]) -> set[tuple[str, str]]:
    triples = read_mappings(str(FILE), FILE.read_text(encoding="utf-8"), IRIS, described)
    return {ends(t) for t in triples if t.predicate.value.startswith(SKOS)}


def ends(triple: Triple) -> tuple[str, str]:
    assert isinstance(triple.subject, NamedNode)
    assert isinstance(triple.object, NamedNode)
    return triple.subject.value, triple.object.value


def test_without_the_import_there_is_no_link() -> None:
    """So a release without GED, or in which only one side is described, mentions nothing that it does not have."""
    assert links(frozenset()) == set()
    assert links(frozenset(expand(row["subject_id"]) for row in rows())) == set()
    assert links(frozenset(expand(row["object_id"]) for row in rows())) == set()


def test_a_link_counts_once_both_are_described() -> None:
    iraq, government = f"{ENTITY}agent/iraq", f"{ENTITY}agent/ucdp-actor-116"
    assert links(frozenset({iraq, government})) == {(iraq, government)}
    every = frozenset(expand(row[column]) for row in rows() for column in ("subject_id", "object_id"))
    assert len(links(every)) == len(rows()) == 14


def test_a_faulty_row_is_an_error_even_if_it_does_not_count() -> None:
    text = FILE.read_text(encoding="utf-8").replace("skos:exactMatch", "owl:sameAs", 1)
    with pytest.raises(SourceError, match="owl:sameAs"):
        list(read_mappings("x", text, IRIS))


def test_a_set_about_others_counts_whatever_is_described() -> None:
    path = FILE.with_name("wikidata.sssom.tsv")
    assert list(read_mappings(str(path), path.read_text(encoding="utf-8"), IRIS))


def test_each_says_why() -> None:
    for row in rows():
        assert row["mapping_justification"] == "semapv:ManualMappingCuration"
        assert 0.8 <= float(row["confidence"]) < 1
        assert "Evidence: " in row["comment"]
        assert "source-" not in row["object_id"], "an unnamed source is never identified"


def test_identifiers_that_are_evidence_are_in_our_other_sets() -> None:
    """For the same thing of ours."""
    known: dict[str, set[str]] = {"Wikidata": set(), "GeoNames": set()}
    for system, name in (("Wikidata", "wikidata"), ("GeoNames", "geonames")):
        for row in rows_of(FILE.with_name(f"{name}.sssom.tsv")):
            known[system].add(f"{row['subject_id']} {row['object_id'].partition(':')[2].rstrip('/')}")
    named = [
        (match[1], f"{row['subject_id']} {match[2]}")
        for row in rows()
        for match in re.finditer(r"\b(Wikidata|GeoNames) (Q?\d+)", row["comment"])
    ]
    assert len(named) == 6
    for system, pair in named:
        assert pair in known[system], pair


def test_the_evidence_is_what_the_extracts_say(extracts: list[Path]) -> None:
    """Read without the importer: numbers of actors and of states, a point, a year."""
    events = table_rows(extracts)
    sides = [(e[f"side_{s}_new_id"], e[f"side_{s}"], e[f"gwno{s}"].removesuffix(".0"), e) for e in events for s in "ab"]
    checked = 0
    for row in rows():
        if actor := re.search(r"UCDP actor (\d+)(?:, Gleditsch and Ward number (\d+))?", row["comment"]):
            assert row["object_id"] == f"att-agent:ucdp-actor-{actor[1]}"
            assert {side[1:3] for side in sides if side[0] == actor[1]} == {(row["object_label"], actor[2] or "")}
            checked += 1
        if point := re.search(r"UCDP's point is that of .* \((\S+), (\S+)\)", row["comment"]):
            here = {(e["latitude"], e["longitude"]) for e in events if e["where_coordinates"] == row["object_label"]}
            assert {(f"{float(a):.4f}", f"{float(b):.4f}") for a, b in here} == {(point[1], point[2])}
            checked += 1
        if year := re.search(r"its events in Iraq begin in (\d{4})", row["comment"]):
            theirs = [e["date_start"] for id_, _, _, e in sides if id_ == "234" and e["country"] == "Iraq"]
            assert min(theirs).startswith(year[1])
            checked += 1
    assert checked == 6
    assert ("Iraq", "645") in {(e["country"], e["country_id"]) for e in events}


def test_the_real_extract_has_them(extracts: list[Path], tmp_path: Path) -> None:
    """Under the labels given."""
    import_ucdp_ged(extracts, tmp_path / "ged", retrieved=RETRIEVED)
    label = NamedNode(f"{RDFS}label")
    names = [*(tmp_path / "ged").glob("*.ttl"), *(tmp_path / "ged" / "places").glob("*.ttl")]
    found = {
        (t.subject.value, t.object.value)
        for path in names
        for t in parse(path=str(path), format=RdfFormat.TURTLE)
        if t.predicate == label and isinstance(t.subject, NamedNode) and isinstance(t.object, Literal)
    }
    assert {(expand(row["object_id"]), row["object_label"]) for row in rows()} <= found
