"""The fast engines say what the reference engines say, and units say what the whole says."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from publisher.config import Engine, load_settings
from publisher.errors import DataInconsistent
from publisher.iris import Iris
from publisher.pipeline.backwards import Paths
from publisher.pipeline.build import load_mappings
from publisher.pipeline.cache import Cache
from publisher.pipeline.infer import infer
from publisher.pipeline.lines import as_bytes, read_triples
from publisher.pipeline.load import Loaded, as_stored, load, load_schema, sort_triples
from publisher.pipeline.reasoner import close
from publisher.pipeline.shacl import Validator
from publisher.pipeline.units import Unit
from publisher.pipeline.unitwise import Survey, infer_units, validate_units
from publisher.pipeline.validate import Report
from publisher.pipeline.work import Workshop
from publisher.vocab import SH, XSD

ROOT = Path(__file__).parents[2]
SHAPES = ROOT / "tests" / "shapes"
IRIS = Iris("https://w3id.org/attested/")
INCONSISTENT = sorted((ROOT / "tests" / "ontology" / "inconsistent").glob("*.ttl"))


@cache
def ours() -> Loaded:
    return load(load_settings(None, {}, ontology=ROOT / "ontology", shapes=ROOT / "shapes", data=ROOT / "data"))


@cache
def mappings() -> tuple[Triple, ...]:
    return load_mappings(ours(), Workshop())


def read(paths: Iterable[Path]) -> list[Triple]:
    return [
        quad.triple
        for path in paths
        for quad in parse(path=str(path), format=RdfFormat.TURTLE, rename_blank_nodes=True)
    ]


def axioms() -> tuple[Triple, ...]:
    return load_schema(ROOT / "ontology", IRIS.graph("ontology"), IRIS).triples


@cache
def validators() -> tuple[Validator, Validator]:
    shapes = as_bytes(ours().shapes.as_parsed())
    return Validator(shapes, Engine.REFERENCE), Validator(shapes, Engine.FAST)


def reports(triples: Iterable[Triple]) -> tuple[Report, Report]:
    data = as_bytes([*ours().ontology.as_parsed(), *triples])
    reference, fast = validators()
    return reference(data), fast(data)


@pytest.mark.parametrize("stem", ["core", "sources", "recommended", "ontology", "catalog"])
@pytest.mark.parametrize("kind", ["valid", "invalid"])
@pytest.mark.filterwarnings("ignore:Parsing weird boolean")
def test_every_example_has_the_same_report(stem: str, kind: str) -> None:
    files = [SHAPES / "context.ttl", *sorted((SHAPES / stem).glob(f"*.{kind}*.ttl"))]
    reference, fast = reports(read(files))
    assert fast == reference
    assert reference.results if kind == "invalid" else True


def test_our_data_have_the_same_report() -> None:
    reference, fast = reports([*ours().data_triples(), *mappings()])
    assert fast == reference


def damaged(seed: int) -> list[Triple]:
    """Our data with one triple in twenty left out."""
    rng = random.Random(seed)
    return [t for t in (*ours().data_triples(), *mappings()) if rng.random() > 0.05]


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_data_have_the_same_report(seed: int) -> None:
    reference, fast = reports(damaged(seed))
    assert fast == reference
    assert len(reference.results) > 20


@pytest.mark.parametrize("constraint", ["lessThan", "lessThanOrEquals", "minInclusive", "maxInclusive"])
@pytest.mark.parametrize(
    "value", ['"2020-01-01"^^<{xsd}date>', '"true"^^<{xsd}boolean>', '"POINT(1 2)"^^<urn:x:wkt>', '"a"']
)
def test_what_cannot_be_compared_is_reported(constraint: str, value: str) -> None:
    """By the fast engine, as SHACL has it; of the reference, rdflib takes some of them for less."""
    bound = "<urn:x:bound>" if constraint.startswith("less") else f'"5"^^<{XSD}integer>'
    shape = f"""<urn:x:s> <{SH}targetSubjectsOf> <urn:x:value> .
<urn:x:s> <{SH}property> <urn:x:p> .
<urn:x:p> <{SH}path> <urn:x:value> .
<urn:x:p> <{SH}{constraint}> {bound} .
<urn:x:p> <{SH}message> "Not so" .
"""
    data = f"""<urn:x:a> <urn:x:value> {value.format(xsd=XSD)} .
<urn:x:a> <urn:x:bound> "5"^^<{XSD}integer> .
"""
    fast, reference = (Validator(shape.encode(), engine)(data.encode()) for engine in (Engine.FAST, Engine.REFERENCE))
    assert len(fast.results) == 1
    assert set(reference.results) <= set(fast.results)


@pytest.mark.parametrize("path", INCONSISTENT, ids=lambda p: p.stem)
def test_what_cannot_be_is_found_fast(path: Path) -> None:
    """The reference finds each of these in tests/ontology."""
    assert close({*axioms(), *as_stored(read([path]))}) is None


def test_a_contradiction_is_explained_by_the_reference() -> None:
    with pytest.raises(DataInconsistent, match="contradict the ontology:\n  - "):
        infer(axioms(), as_stored(read(INCONSISTENT[:1])), IRIS, Engine.FAST)


def test_a_contradiction_in_the_ontology_alone_is_said_to_be_one() -> None:
    given = sort_triples([*axioms(), *as_stored(read(INCONSISTENT[:1]))])
    with pytest.raises(DataInconsistent, match="the ontology contradicts itself:\n  - "):
        infer(given, (), IRIS, Engine.FAST)


def test_our_data_have_the_same_entailments() -> None:
    data = ours().data_triples()
    reference = infer(axioms(), data, IRIS, Engine.REFERENCE)
    assert infer(axioms(), data, IRIS, Engine.FAST) == reference
    assert any(t.predicate.value == IRIS.att("relayedBy") for t in reference)


# units


def threads(jobs: int) -> Executor:
    return ThreadPoolExecutor(2)


def shop(folder: Path | None = None, unit: int = 1) -> Workshop:
    """One file for each unit."""
    return Workshop(cache=Cache(folder), unit=unit, executor=threads)


def without_places(report: Report) -> Report:
    return Report(tuple(replace(result, where=None) for result in report.results))


def entailments(survey: Survey) -> tuple[Triple, ...]:
    """What follows in all units together, and is stated in none."""
    inferred = infer_units(survey)
    stated = {*axioms(), *(t for i in range(len(survey.parsed)) for t in survey.parsed.triples(i))}
    return sort_triples({t for i in range(len(survey.parsed)) for t in read_triples(inferred.body(i))} - stated)


def torn(triples: Iterable[Triple], pieces: int) -> Survey:
    """Every triple into a unit at random: descriptions are split, and what points at a node is elsewhere."""
    rng = random.Random(pieces)
    parts: Sequence[list[Triple]] = [[] for _ in range(pieces)]
    for triple in triples:
        rng.choice(parts).append(triple)
    units = [Unit.of(str(n), IRIS.graph("torn"), part) for n, part in enumerate(parts)]
    return Survey(ours(), (), shop(), units)


def test_units_report_what_the_whole_does() -> None:
    survey = Survey(ours(), mappings(), shop())
    assert len(survey.parsed) > 15
    assert without_places(validate_units(survey)) == reports([*ours().data_triples(), *mappings()])[1]


def test_units_entail_what_the_whole_does() -> None:
    assert entailments(Survey(ours(), (), shop())) == infer(axioms(), ours().data_triples(), IRIS, Engine.FAST)


@pytest.mark.parametrize("stem", ["core", "sources", "recommended"])
@pytest.mark.parametrize("pieces", [2, 7])
def test_examples_torn_apart_report_what_the_whole_does(stem: str, pieces: int) -> None:
    triples = read([SHAPES / "context.ttl", *sorted((SHAPES / stem).glob("*.ttl"))])
    assert validate_units(torn(triples, pieces)) == reports(triples)[1]


@pytest.mark.parametrize("pieces", [2, 7])
def test_data_torn_apart_entail_what_the_whole_does(pieces: int) -> None:
    data = ours().data_triples()
    assert entailments(torn(data, pieces)) == infer(axioms(), data, IRIS, Engine.FAST)


def test_a_property_that_identifies_makes_one_unit_of_all() -> None:
    inverse = "http://www.w3.org/2002/07/owl#InverseFunctionalProperty"
    type_ = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    axiom = Triple(NamedNode(IRIS.att("uttered")), type_, NamedNode(inverse))
    survey = torn([*ours().data_triples(), axiom], 3)
    assert len(survey.parsed) == 1
    assert {*survey.parsed.triples(0)} == {*ours().data_triples(), axiom}


def test_paths_that_are_followed_backwards_are_known() -> None:
    paths = Paths.of(ours().shapes.as_parsed(), IRIS.att("speaksFor"))
    assert {IRIS.att("proposition"), IRIS.att("relay"), IRIS.att("speaksFor")} <= {*paths.backwards}
    assert {"http://www.w3.org/ns/oa#hasSelector", "http://www.w3.org/ns/oa#start"} <= {*paths.onward}
    assert IRIS.att("about") not in paths.onward, "no path goes on after one step"


# the cache


def test_only_what_changed_is_worked_on_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = validate_units(Survey(ours(), mappings(), shop(tmp_path)))
    monkeypatch.setattr("publisher.pipeline.work._guarded", lambda *_: pytest.fail("worked again"))
    assert validate_units(Survey(ours(), mappings(), shop(tmp_path))) == first


@pytest.mark.parametrize("damage", [b"", b"0" * 64 + b"\n[]", b"no line"])
def test_a_damaged_entry_is_not_used(tmp_path: Path, damage: bytes) -> None:
    kept = Cache(tmp_path)
    kept.put("kind", "abc", b"body")
    (path,) = (p for p in tmp_path.rglob("*") if p.is_file())
    assert kept.get("kind", "abc") == b"body"
    path.write_bytes(damage)
    assert kept.get("kind", "abc") is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = Cache(tmp_path / "file")
    kept.put("kind", "abc", b"body")
    assert kept.get("kind", "abc") == b"body"
    assert Cache(tmp_path / "file").get("kind", "abc") is None


def test_old_entries_are_removed(tmp_path: Path) -> None:
    kept = Cache(tmp_path)
    kept.put("kind", "abc", b"body")
    assert kept.prune() == 0
    assert kept.prune(-1) == 1
    assert kept.get("kind", "abc") is None
