"""What a row becomes: speakers, stances, documents, shared things; and that it keeps the shapes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from pyoxigraph import Quad, Store, parse
from rdflib import Graph

from publisher.ingest.command import import_command
from publisher.ingest.mapping import ucdp_ged
from publisher.ingest.ucdp_event import read_references
from publisher.ingest.ucdp_speakers import read_speakers
from publisher.iris import Iris
from publisher.pipeline.attribute import attribute
from publisher.pipeline.infer import infer
from publisher.pipeline.rules import read_rules
from publisher.pipeline.validate import Severity, validate
from publisher.vocab import CANONICAL_BASE
from tests.ingest.conftest import ROOT, Import, load, row, table, values


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Police", [("Police", "reports", "occurred")]),
        (
            "Ukrainian army, denied by rebels",
            [("Ukrainian army", "reports", "occurred"), ("rebels", "deniesClaim", "all")],
        ),
        ("Army but denied by IS", [("Army", "reports", "occurred"), ("IS", "deniesClaim", "all")]),
        ("government denies", [("government", "deniesClaim", "all")]),
        ("IS claimed responsibility", [("IS", "claimsResponsibility", "perpetrator")]),
        ("responsibility claimed by IS", [("IS", "claimsResponsibility", "perpetrator")]),
        ("IS claims", [("IS", "alleges", "occurred")]),
        ("Police; Army\nMemorybook x2", [(w, "reports", "occurred") for w in ("Police", "Army", "Memorybook x2")]),
        # not certain, so kept whole
        ("Police and medics", [("Police and medics", "reports", "occurred")]),
        (
            "Eduard B., a spokesman, denied by rebels",
            [("Eduard B., a spokesman, denied by rebels", "reports", "occurred")],
        ),
        ("head of the self-proclaimed republic", [("head of the self-proclaimed republic", "reports", "occurred")]),
        ("", []),
    ],
)
def test_reading_of_speakers(words: str, found: list[tuple[str, str, str]]) -> None:
    speakers = read_speakers(words, ucdp_ged())
    assert [(s.words, s.stance.removeprefix("att:"), s.on) for s in speakers] == found


def test_rule_is_recorded_and_words_are_kept_whole(tmp_path: Path) -> None:
    rows = [row(source_original="Army, denied by rebels"), row(id="1002", source_original="Police")]
    store = load(Import(tmp_path, table(rows)).out)
    assert values(store, "statement:ucdp-1001-source-2 att:readBy ?x") == {"ucdp-denied-by"}
    assert values(store, "statement:ucdp-1001-source-2 att:proposition ?x") == {"ucdp-1001"}
    assert values(store, "statement:ucdp-1001 att:sourceWords ?x") == {"Army, denied by rebels"}
    assert values(store, "statement:ucdp-1002-source-1 att:readBy ?x") == set()
    assert values(store, "statement:ucdp-1002-source-1 att:speaker/rdfs:label ?x") == {"Police"}


def test_unnamed_sources_are_never_merged_and_named_ones_are_outlets(tmp_path: Path) -> None:
    rows = [row(source_original="Police"), row(id="1002", source_original="Police")]
    rows += [row(id="1003", source_original="Memorybook x2"), row(id="1004", source_original="MemoryBook")]
    store = load(Import(tmp_path, table(rows)).out)
    assert len(values(store, "?x a att:UnnamedSource")) == 2
    assert values(
        store, "?s att:speaker ?x FILTER(CONTAINS(STR(?s), '-source-') && !CONTAINS(STR(?x), '-source-'))"
    ) == {"ucdp-outlet-memorybook"}


def test_outlets_are_one_agent_with_their_spellings(tmp_path: Path) -> None:
    cells = ["Daily News", "Daily News", "DailyNews", "daily news "]
    rows = [row(id=str(n), source_article=f'"{name},2014-01-23,X"') for n, name in enumerate(cells, 1)]
    store = load(Import(tmp_path, table(rows)).out)
    assert values(store, "agent:ucdp-outlet-dailynews rdfs:label ?x") == {"Daily News"}
    assert values(store, "agent:ucdp-outlet-dailynews skos:altLabel ?x") == {"DailyNews", "daily news"}


def test_same_citation_is_one_document_and_the_number_is_kept(tmp_path: Path) -> None:
    cell = '"Daily News,2014-01-23,Two dead";"Daily News,2014-01-23,Two dead"'
    store = load(Import(tmp_path, table([row(source_article=cell, number_of_sources="2"), row(id="9001")])).out)
    assert len(values(store, "?x a att:CitedDocument")) == 2
    assert values(store, "statement:ucdp-1001 att:statedSources ?x") == {"2"}
    assert values(store, "statement:ucdp-9001 att:statedSources ?x") == set()


def test_headlines_and_free_text_are_not_published(tmp_path: Path) -> None:
    rows = [
        row(source_article='"Memory,2014-01-23,Jane Roe"'),
        row(id="1002", source_article="Jane Roe", number_of_sources="-1"),
    ]
    out = Import(tmp_path, table(rows)).out
    assert not [path for path in out.rglob("*") if path.is_file() and "Jane" in path.read_text(encoding="utf-8")]


def test_dyad_has_parties_kind_and_conflict_stated_by_ucdp(tmp_path: Path) -> None:
    store = load(Import(tmp_path, table([row(), row(id="1002")])).out)
    claims = "?p rdf:subject <https://w3id.org/attested/id/event/ucdp-dyad-5> ; rdf:object ?x"
    assert values(store, claims) == {"ucdp-actor-61", "ucdp-actor-88", "StateBasedViolence", "ucdp-conflict-7"}
    assert values(store, "statement:ucdp-dyad-5 att:proposition/att:conjunct/rdf:object ?x") == values(store, claims)
    assert values(store, "agent:ucdp-actor-61 a ?x") == {"GovernmentBody"}


def test_rows_that_differ_on_a_dyad_both_count(tmp_path: Path) -> None:
    rows = [row(), row(id="1002", side_b_new_id="89", side_b="Other front")]
    store = load(Import(tmp_path, table(rows)).out)
    assert (
        len(
            values(
                store, "?i a att:Incident . ?i ^rdf:subject ?p . ?p rdf:predicate att:partOfConflict ; rdf:object ?x"
            )
        )
        == 2
    )
    assert {"ucdp-actor-88", "ucdp-actor-89"} <= values(store, "?p rdf:predicate att:sideB ; rdf:object ?x")


def test_precision_is_kept_and_periods_are_intervals(tmp_path: Path) -> None:
    store = load(
        Import(tmp_path, table([row(date_prec="2", date_end="2014-01-25", where_prec="4", event_clarity="2")])).out
    )
    assert values(store, "proposition:ucdp-1001-date rdf:object ?x") == {"2014-01-22/2014-01-25"}
    assert values(store, "proposition:ucdp-1001-date att:datePrecision ?x") == {"2"}
    assert values(store, "proposition:ucdp-1001-place att:placePrecision ?x") == {"4"}
    assert values(store, "proposition:ucdp-1001-occurred att:eventClarity ?x") == {"2"}


def test_nothing_is_said_of_the_incident_itself(tmp_path: Path) -> None:
    store = load(Import(tmp_path, table([row()])).out)
    assert values(store, "incident:ucdp-1001 ?x ?o") == {"type", "label", "identifier"}


def test_imported_twice_it_is_the_same(tmp_path: Path) -> None:
    text = table(row(id=str(n), source_original=f"S{n}") for n in range(1, 3000, 7))
    first, second = Import(tmp_path, text), Import(tmp_path, text, out="again")
    for path in first.out.rglob("*"):
        if path.is_file() and path.name != "source.toml":
            assert path.read_bytes() == (second.out / path.relative_to(first.out)).read_bytes()
    assert Import(tmp_path, text).report.changed == []


def test_a_changed_row_changes_one_file_of_events(tmp_path: Path) -> None:
    rows = [row(id=str(n)) for n in range(1, 9000, 500)]
    Import(tmp_path, table(rows))
    rows[5]["best"] = "3"
    changed = Import(tmp_path, table(rows)).report.changed
    # the digest of the file, and the note that the parts no longer add up
    assert changed == ["dataset.ttl", "events/0002.ttl", "notes.csv", "report.json"]


def test_a_row_that_is_gone_takes_its_file_with_it(tmp_path: Path) -> None:
    Import(tmp_path, table([row(), row(id="9001")]))
    out = Import(tmp_path, table([row()])).out
    assert [path.name for path in (out / "events").iterdir()] == ["0001.ttl"]


def everything() -> Iterator[dict[str, str]]:
    """Rows that between them use all that the mapping can write."""
    yield row()
    yield row(id="1002", source_original="Army, denied by rebels", date_end="2014-02-03", date_prec="4")
    yield row(id="1003", source_original="IS claimed responsibility; Memorybook x2", where_prec="3", event_clarity="2")
    yield row(id="UTO-2020", source_article="r 26/2", number_of_sources="-1", code_status="Check deaths")
    yield row(id="1005", side_b="Civilians", side_b_new_id="1", dyad_new_id="6", type_of_violence="3", gwnoa="")
    yield row(id="1006", adm_1="", latitude="", longitude="", where_coordinates="", source_original="")
    yield row(id="1007", conflict_new_id="", conflict_name="", dyad_new_id="", side_a_new_id="", adm_2="Nord'\"\\est")
    yield row(id="1008", latitude="-0.50", longitude="+7", where_coordinates="Порт", source_original='Ж\t"x" \\ y')


def test_output_keeps_the_shapes(tmp_path: Path) -> None:
    out = Import(tmp_path, table(everything())).out
    data, ontology, shapes = Graph(), Graph(), Graph()
    for path in out.rglob("*.ttl"):
        data.parse(path)
    for path in (ROOT / "ontology").glob("*.ttl"):
        ontology.parse(path)
    for name in ("core", "recommended", "sources"):
        shapes.parse(ROOT / "shapes" / f"{name}.ttl")
    report = validate(data, shapes, ontology)
    assert report.conforms, report.to_text()
    warned = {result.source_shape.rsplit("#")[-1] for result in report.of(Severity.WARNING)}
    assert warned <= {"AgentKind", "DocumentKind"}, report.to_text()


def test_units_need_only_shared_files(tmp_path: Path) -> None:
    """What a file of events mentions is described in it or in the shared files, so that it can be built alone."""
    out = Import(tmp_path, table([row(), row(id="9001"), row(id="5001")])).out
    shared = Graph()
    for path in out.rglob("*.ttl"):
        if path.parent.name != "events":
            shared.parse(path)
    for path in (out / "events").iterdir():
        unit = Graph().parse(path)
        known = set(unit.subjects()) | set(shared.subjects())
        assert not [o for o in unit.objects() if "/id/" in str(o) and o not in known]


def test_no_reference_at_all() -> None:
    assert read_references("", 3) == ((), False)


def test_command(tmp_path: Path) -> None:
    (tmp_path / "ged.csv").write_text(table([row(), row(best="x")]))
    arguments = ["ucdp-ged", str(tmp_path / "ged.csv"), "--out", str(tmp_path / "out"), "--retrieved", "2026-11-24"]
    result = CliRunner().invoke(import_command, [*arguments, "--release", "21.1"])
    assert result.exit_code == 0
    assert "imported: 1" in result.output
    assert "1 x best is …, not a whole number" in result.output
    text = (tmp_path / "out" / "source.toml").read_text()
    assert 'release = "21.1"' in text
    assert "retrieved = 2026-11-24" in text


def test_rules_find_the_denial_and_logic_holds(tmp_path: Path) -> None:
    """Inference finds no clash (it would raise); the account is contested, and no single part of it."""
    iris = Iris(CANONICAL_BASE)
    out = Import(tmp_path, table(everything())).out
    data = [quad.triple for path in sorted(out.rglob("*.ttl")) for quad in parse(path=str(path))]
    ontology = [quad.triple for path in sorted((ROOT / "ontology").glob("*.ttl")) for quad in parse(path=str(path))]
    inferred = infer(ontology, data, iris)
    store = Store()
    for triple in attribute([*data, *ontology, *inferred], read_rules(iris), iris):
        store.add(Quad(triple.subject, triple.predicate, triple.object))
    assert values(store, "?x att:status att:contested") == {"ucdp-1002"}
    assert values(store, "proposition:ucdp-1002 att:deniedBy ?x") == {"ucdp-1002-source-2"}
    assert values(store, "incident:ucdp-1002 att:reportedDeaths ?x") == {"2"}
    assert values(store, "incident:ucdp-1002 att:reportedPartOfConflict/att:reportedSideA ?x") == {"ucdp-actor-61"}
    assert values(store, "incident:ucdp-1003 att:reportedPerpetrator ?x") == {"ucdp-1003-source-1"}


def test_every_reading_rule_is_described_at_its_iri(tmp_path: Path) -> None:
    """Those that this import has used, and those that it has not."""
    store = load(Import(tmp_path, table(everything())).out)
    described = values(store, "?x a att:ReadingRule ; rdfs:label [] ; skos:definition [] ; skos:example []")
    mapping = ucdp_ged()
    named = {r.id for r in mapping.readings} | {s.id for s in mapping.speakers} | {"ucdp-cut"}
    assert described == named == {rule.id for rule in mapping.rules}
    assert values(store, "[] att:readBy ?x") < described
    rule = "<https://w3id.org/attested/rule/ucdp-claims>"
    patterns = [reading.pattern.pattern for reading in mapping.readings if reading.id == "ucdp-claims"]
    assert values(store, f"{rule} rdf:value ?x") == set(patterns)
