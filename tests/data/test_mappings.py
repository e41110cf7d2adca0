"""The SSSOM mapping sets: well formed, checked links only, and no two of our nodes made one by them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from rdflib import RDFS, Literal, URIRef

from tests.data.seed import DATA, SHARED, data, ontology

FILES = sorted((DATA / "mappings").glob("*.sssom.tsv"))
UNVERIFIED = {
    "agent/ashab-al-kahf",
    "agent/us-central-command",
    "agent/site-intelligence-group",
    "agent/kuwait-armed-forces",
    "place/camp-arifjan",
    "place/jraischan-crossing",
}
GEONAMES = {
    "basra": "99532",
    "baghdad": "98182",
    "iraq": "99237",
    "kuwait": "285570",
    "united-states": "6252001",
    "iran": "130758",
}


@cache
def read(path: Path) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Header and rows."""
    lines = path.read_text(encoding="utf-8").splitlines()
    header = yaml.safe_load("\n".join(line[1:] for line in lines if line.startswith("#")))
    body = "\n".join(line for line in lines if not line.startswith("#"))
    return header, list(csv.DictReader(io.StringIO(body), dialect="excel-tab", strict=True))


def rows() -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    for path in FILES:
        header, body = read(path)
        for row in body:
            yield header["curie_map"], row


def expand(curies: dict[str, str], curie: str) -> str:
    prefix, _, rest = curie.partition(":")
    return curies[prefix] + rest


def test_the_sets_are_there() -> None:
    assert [path.name for path in FILES] == ["geonames.sssom.tsv", "ucdp-ged.sssom.tsv", "wikidata.sssom.tsv"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_set_is_well_formed(path: Path) -> None:
    header, body = read(path)
    assert header["mapping_set_id"].startswith("https://w3id.org/attested/mappings/")
    assert header["license"].startswith("https://creativecommons.org/")
    assert body
    for row in body:
        assert None not in row.values(), "a short row"
        assert None not in row, "a long row"
        for column in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
            assert expand(header["curie_map"], row[column]).startswith("http")
        assert row["mapping_justification"].startswith("semapv:")
        assert row["predicate_id"] in {"skos:exactMatch", "skos:closeMatch"}
        assert 0 < float(row["confidence"]) <= 1
    keys = [(row["subject_id"], row["object_id"]) for row in body]
    assert keys == sorted(set(keys), key=lambda k: (k[0].startswith("att:"), k)), "sorted, each pair once"


def test_subjects_exist_and_carry_the_label_given() -> None:
    for curies, row in rows():
        subject = URIRef(expand(curies, row["subject_id"]))
        graph = ontology() if row["subject_id"].startswith("att:") else data()
        assert (subject, RDFS.label, Literal(row["subject_label"], lang="en")) in graph, row["subject_id"]


def test_exact_matches_make_no_two_of_our_nodes_one() -> None:
    owner: dict[str, str] = {}
    for curies, row in rows():
        if row["predicate_id"] == "skos:exactMatch":
            target = expand(curies, row["object_id"])
            assert owner.setdefault(target, row["subject_id"]) == row["subject_id"], target


def test_a_subject_has_at_most_one_exact_match_in_a_set() -> None:
    for path in FILES:
        exact = [row["subject_id"] for row in read(path)[1] if row["predicate_id"] == "skos:exactMatch"]
        assert len(exact) == len(set(exact))


@pytest.mark.parametrize("state", ["iraq", "kuwait", "united-states", "iran"])
def test_a_country_is_the_item_and_the_state_is_only_close_to_it(state: str) -> None:
    found = {
        row["subject_id"].partition(":")[0]: (row["predicate_id"], row["object_id"])
        for _, row in rows()
        if row["subject_id"].endswith(f":{state}") and row["object_id"].startswith("wd:")
    }
    assert found["att-place"][0] == "skos:exactMatch"
    assert found["att-agent"] == ("skos:closeMatch", found["att-place"][1])


def test_what_has_no_checked_item_has_no_link() -> None:
    for curies, row in rows():
        subject = expand(curies, row["subject_id"]).partition("/id/")[2]
        assert subject not in UNVERIFIED
        assert not subject.startswith(("incident/", "convoy/", "document/", "statement/", "proposition/"))


def test_geonames_links() -> None:
    found = {
        row["subject_id"].removeprefix("att-place:"): expand(curies, row["object_id"])
        for curies, row in rows()
        if row["object_id"].startswith("geonames:")
    }
    assert found == {place: f"https://sws.geonames.org/{id_}/" for place, id_ in GEONAMES.items()}


def test_wikidata_links_follow_the_grades() -> None:
    path = SHARED / "wikidata_links.tsv"
    if not path.is_file():
        pytest.skip("the list of checked items is not beside the checkout")
    with path.open(encoding="utf-8", newline="") as file:
        checked = {row["qid"]: row for row in csv.DictReader(file, delimiter="\t") if row["verified"] == "yes"}
    links = [row for _, row in rows() if row["object_id"].startswith("wd:")]
    assert links
    for row in links:
        item = checked[row["object_id"].removeprefix("wd:")]
        assert row["object_label"] in {"", item["label"]}, row["object_id"]
        good = item["note"].startswith("A") and "use with care" not in item["note"] and "A/C" not in item["note"]
        if not good:
            assert row["predicate_id"] == "skos:closeMatch", row["object_id"]
            assert float(row["confidence"]) <= 0.7, row["object_id"]
