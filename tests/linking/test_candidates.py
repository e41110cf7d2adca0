"""Candidates for identity: found by name, spelling, initials and place; judged by a curator, never merged."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from publisher.errors import SourceError
from publisher.iris import Iris
from publisher.linking.candidates import find, initials, normalise, read_things
from publisher.linking.command import link_command
from publisher.linking.mappings import read_mappings
from publisher.vocab import CANONICAL_BASE

HEAD = """
@prefix agent: <https://w3id.org/attested/id/agent/> .
@prefix att: <https://w3id.org/attested/ontology#> .
@prefix place: <https://w3id.org/attested/id/place/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix wgs84: <http://www.w3.org/2003/01/geo/wgs84_pos#> .
"""
OURS = """
agent:utopia a att:GovernmentBody ; rdfs:label "Utopia (state)"@en .
agent:cave a att:ArmedGroup ; rdfs:label "People of the Cave"@en ; skos:altLabel "Ashab al-Kahf"@en .
agent:front a att:ArmedGroup ; rdfs:label "Free Front"@en .
agent:source a att:UnnamedSource ; rdfs:label "Police"@en .
place:port a att:Settlement ; rdfs:label "Port"@en ; wgs84:lat 30.0 ; wgs84:long 47.0 .
place:utopia a att:Country ; rdfs:label "Utopia"@en .
"""
THEIRS = """
agent:actor-1 a att:GovernmentBody ; rdfs:label "Government of Utopia"@en .
agent:actor-2 a att:ArmedGroup ; rdfs:label "Ashab al-Kahaf"@en .
agent:actor-3 a att:ArmedGroup ; rdfs:label "FF"@en .
agent:source-1 a att:UnnamedSource ; rdfs:label "Police"@en .
place:near a att:Place ; rdfs:label "Pört town"@en ; wgs84:lat 30.01 ; wgs84:long 47.0 .
place:far a att:Place ; rdfs:label "Port town"@en ; wgs84:lat 31.0 ; wgs84:long 47.0 .
place:area a att:AdministrativeArea ; rdfs:label "Port province"@en .
"""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name, text in (("ours", OURS), ("theirs", THEIRS)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.ttl").write_text(HEAD + text, encoding="utf-8")
    return tmp_path / "ours", tmp_path / "theirs"


def test_what_is_found(folders: tuple[Path, Path]) -> None:
    ours, theirs = (read_things(folder, CANONICAL_BASE) for folder in folders)
    found = {(c.subject.iri.split("/id/")[1], c.object.iri.split("/id/")[1]): c.confidence for c in find(ours, theirs)}
    assert set(found) == {
        ("agent/utopia", "agent/actor-1"),
        ("agent/cave", "agent/actor-2"),
        ("agent/front", "agent/actor-3"),
        ("place/port", "place/near"),
        ("place/port", "place/area"),
    }
    assert found["place/port", "place/near"] > found["agent/utopia", "agent/actor-1"]
    assert found["agent/front", "agent/actor-3"] == 0.4
    assert found["place/port", "place/area"] < 0.4


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Şafwān town", "safwan"),
        ("Government of Iraq", "state iraq"),
        ("Iraq (state)", "state iraq"),
        ("Kata'ib Hezbollah", "kataib hezbollah"),
        ("The Town", "the town"),
        ("أصحاب الكهف", "اصحاب الكهف"),
    ],
)
def test_names(name: str, key: str) -> None:
    assert normalise(name) == key


def test_initials() -> None:
    assert (initials("Iran (state)"), initials("Islamic State")) == ("", "IS")


def test_proposal_is_sssom_and_reads_as_such(folders: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "ged.proposed.tsv"
    known = tmp_path / "known"
    known.mkdir()
    arguments = [str(folders[0]), str(folders[1]), "--known", str(known), "--out", str(out)]
    assert CliRunner().invoke(link_command, arguments).exit_code == 0
    text = out.read_text(encoding="utf-8")
    assert text.count("\nagent") == 0
    assert text.count("semapv:LexicalMatching") == 5
    assert list(read_mappings("x", text, Iris(CANONICAL_BASE)))
    # what a curator has decided is not proposed again
    (known / "done.sssom.tsv").write_text(text, encoding="utf-8")
    CliRunner().invoke(link_command, arguments)
    assert "semapv:LexicalMatching" not in out.read_text(encoding="utf-8")


def test_a_proposal_is_not_written_where_the_build_would_load_it(folders: tuple[Path, Path]) -> None:
    arguments = [str(folders[0]), str(folders[1]), "--known", str(folders[0]), "--out", "x.sssom.tsv"]
    result = CliRunner().invoke(link_command, arguments)
    assert isinstance(result.exception, SourceError)


def test_a_folder_without_names(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nothing with a name"):
        read_things(tmp_path, CANONICAL_BASE)
