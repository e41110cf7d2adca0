"""Each kind of bad input has a clear message, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipeline.conftest import SOURCES, Project


def replacing(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


def line_of(project: Project, words: str) -> int:
    lines = project.file.read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, start=1) if words in line)


def test_the_project_itself_conforms(project: Project) -> None:
    result = project.run("validate")
    assert result.exit_code == 0, result.output


def test_syntax_error_names_file_line_and_column(project: Project) -> None:
    project.spoil(replacing("att:stance att:claimsResponsibility ;", "att:stance ] ;"))
    result = project.run("validate")
    assert result.exit_code == 2
    line = line_of(project, "att:stance ]")
    assert f"{project.file}:{line}:14" in result.output
    assert "syntax error" in result.output


def test_unknown_prefix_is_named(project: Project) -> None:
    project.spoil(replacing("att:speaker agent:group", "att:speaker agnet:group"))
    result = project.run("validate")
    assert result.exit_code == 2
    assert "agnet" in result.output
    assert f"{project.file}:{line_of(project, 'agnet')}" in result.output


def test_not_utf8_names_the_place(project: Project) -> None:
    raw = project.file.read_bytes().replace(b"The group says", b"The group s\xe4gt")
    project.file.write_bytes(raw)
    result = project.run("validate")
    assert result.exit_code == 2
    assert "not UTF-8" in result.output
    line = raw[: raw.index(b"\xe4")].count(b"\n") + 1
    assert f"{project.file}:{line}:" in result.output


def test_a_triple_as_a_term_is_refused_with_its_line(project: Project) -> None:
    project.spoil(lambda text: f"{text}\n<https://a.example/b> <https://a.example/c> <<( <x:a> <x:b> <x:c> )>> .\n")
    result = project.run("build", "--quiet")
    assert result.exit_code == 2
    assert "a triple is used as a term: <x:a> <x:b> <x:c>" in result.output
    assert f"{project.file}:{line_of(project, '<<(')}" in result.output


def test_blank_node_is_refused_with_its_line(project: Project) -> None:
    project.spoil(replacing("att:evidence evidence:claim", "att:evidence [ a att:Evidence ]"))
    result = project.run("validate")
    assert result.exit_code == 2
    assert "blank node" in result.output
    assert f"{project.file}:{line_of(project, '[ a att:Evidence')}" in result.output


@pytest.mark.parametrize(
    ("change", "words", "at"),
    [
        (replacing("  att:speaker agent:group ;\n", ""), "speaker", "statement:claim a"),
        (
            replacing("att:stance att:claimsResponsibility", "att:stance att:claimsResponsibility, att:asserts"),
            "stance",
            "att:stance",
        ),
        (replacing("relay:claim-1, relay:claim-2", "relay:claim-2"), "steps", "att:relay relay:claim-2"),
        (
            lambda text: text + "\nincident:blast att:perpetrator agent:group .\n",
            "without a speaker",
            "incident:blast att:perpetrator",
        ),
        (
            lambda text: text + '\n<http://example.org/x> a att:ArmedGroup ; rdfs:label "Not ours"@en .\n',
            "has an IRI id/agent/<slug> of ours",
            "<http://example.org/x>",
        ),
        (
            replacing("att:stance", 'att:statedOn "2020-13-01"^^xsd:date ;\n  att:stance'),
            "statedOn",
            "att:statedOn",
        ),
    ],
    ids=["no-speaker", "two-stances", "relay-gap", "direct-claim", "foreign-iri", "impossible-date"],
)
def test_invalid_data_names_focus_node_file_and_line(
    project: Project, change: Callable[[str], str], words: str, at: str
) -> None:
    assert project.run("build", "--quiet").exit_code == 0
    served = (project.releases / "current").readlink()
    project.spoil(change)
    result = project.run("build", "--quiet")
    assert result.exit_code == 1, result.output
    assert words in result.output
    assert f"{project.file}:{line_of(project, at)}" in result.output, result.output
    assert (project.releases / "current").readlink() == served


def test_empty_data_folder(project: Project) -> None:
    for path in sorted((project.folder / "data").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    result = project.run("build")
    assert result.exit_code == 2
    assert "sources.toml" in result.output


def test_missing_data_folder(project: Project) -> None:
    result = project.run("build", ATTESTED_DATA=str(project.folder / "none"))
    assert result.exit_code == 2
    assert "does not exist" in result.output


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (SOURCES + SOURCES.replace("[sources.small]", '[sources.other]\ngraph = "small"'), "both claim the graph"),
        (SOURCES + SOURCES, "small"),
        (SOURCES + SOURCES.replace("[sources.small]", "[sources.other]"), "overlap"),
        (SOURCES.replace("[sources.small]", "[sources.derived]"), "which the build writes"),
        (SOURCES.replace('folder = "small"', 'folder = "large"'), "no Turtle file"),
        (SOURCES.replace('curator = "Tests"', ""), "needs curator"),
        (SOURCES.replace("2026-11-24", '"yesterday"'), "needs retrieved as a date"),
        (SOURCES + 'colour = "red"', "unknown keys: colour"),
        ("sources = 1", "no source"),
    ],
)
def test_unusable_list_of_sources(project: Project, sources: str, words: str) -> None:
    (project.folder / "data" / "sources.toml").write_text(sources, encoding="utf-8")
    result = project.run("build")
    assert result.exit_code == 2
    assert words in result.output
    assert "sources.toml" in result.output


def test_a_file_outside_every_source_is_not_left_out_silently(project: Project) -> None:
    stray = project.folder / "data" / "stray.ttl"
    stray.write_text("", encoding="utf-8")
    result = project.run("build")
    assert result.exit_code == 2
    assert str(stray) in result.output


def test_inconsistent_data_stop_the_build(project: Project) -> None:
    project.spoil(lambda text: text + "\nagent:group <http://www.w3.org/2002/07/owl#differentFrom> agent:group .\n")
    result = project.run("build", "--quiet")
    assert result.exit_code == 1
    assert "contradict the ontology" in result.output
    assert not (project.releases / "current").exists()


def test_validate_of_one_file_reports_only_that_file(project: Project) -> None:
    project.spoil(replacing("  att:speaker agent:group ;\n", ""))
    assert project.run("validate", str(project.file)).exit_code == 1
    assert project.run("validate", str(project.file.with_name("world.ttl"))).exit_code == 0
    missing = project.run("validate", str(project.folder / "none.ttl"))
    assert missing.exit_code == 2
    assert "none.ttl" in missing.output


@pytest.mark.parametrize("form", ["text", "turtle", "json"])
def test_the_report_has_three_forms(project: Project, form: str) -> None:
    project.spoil(replacing("  att:speaker agent:group ;\n", ""))
    result = project.run("validate", "--format", form)
    assert result.exit_code == 1
    assert "statement/claim" in result.output or "statement:claim" in result.output


def test_serve_without_a_release(project: Project) -> None:
    result = project.run("serve")
    assert result.exit_code == 2
    assert "publisher build" in result.output


@pytest.mark.parametrize("lost", ["release.json", "SHA256SUMS", "dumps/attested.ttl", "store/CURRENT"])
def test_serve_of_a_release_cut_off_half_way(project: Project, lost: str) -> None:
    assert project.run("build", "--quiet").exit_code == 0
    (project.releases / "current" / lost).unlink()
    result = project.run("serve")
    assert result.exit_code == 2
    assert "Damaged release" in result.output


def test_a_truncated_dump_is_noticed(project: Project) -> None:
    assert project.run("build", "--quiet").exit_code == 0
    dump = project.releases / "current" / "dumps" / "attested.nq"
    dump.write_bytes(dump.read_bytes()[:-10])
    assert project.run("serve").exit_code == 2
    changed = project.releases / "current" / "dumps" / "attested.trig"
    changed.write_bytes(changed.read_bytes().replace(b"a", b"b", 1))
    assert project.run("check-release").exit_code == 2


def test_a_mapping_with_an_unknown_prefix(project: Project) -> None:
    mappings = project.folder / "data" / "mappings"
    mappings.mkdir()
    columns = ("subject_id", "subject_label", "predicate_id", "object_id", "mapping_justification", "confidence")
    row = ("agent:group", "A group", "skos:exactMatch", "wd:Q1", "semapv:ManualMappingCuration", "0.9")
    header = "#mapping_set_id: https://example.org/m\n#curie_map:\n#  wd: http://www.wikidata.org/entity/\n"
    (mappings / "wikidata.sssom.tsv").write_text(
        header + "\t".join(columns) + "\n" + "\t".join(row) + "\n", encoding="utf-8"
    )
    result = project.run("build")
    assert result.exit_code == 2
    assert "wikidata.sssom.tsv:5" in result.output
    assert "agent:group" in result.output


def test_a_read_only_place_for_releases(project: Project, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    result = project.run("build", ATTESTED_RELEASES=str(blocked / "releases"))
    assert result.exit_code == 2
    assert "could not be written" in result.output
