"""What points at a node is followed backwards as far as it matters, however much there is of it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from publisher.config import load_settings
from publisher.errors import SourceError
from publisher.iris import Iris
from publisher.pipeline.backwards import Enough, Paths, Pointers
from publisher.pipeline.cache import hash_file
from publisher.pipeline.lines import as_bytes, read_lines
from publisher.pipeline.load import Loaded, SourceFile, load, parse_data, read_data
from publisher.pipeline.units import Unit
from publisher.pipeline.unitwise import Survey, validate_units
from publisher.pipeline.work import Workshop
from tests.conftest import ROOT

IRIS = Iris("https://w3id.org/attested/")
OA = "http://www.w3.org/ns/oa#"
PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <http://example.org/> .
@prefix oa: <http://www.w3.org/ns/oa#> . @prefix att: <https://w3id.org/attested/ontology#> .
"""


@cache
def ours() -> Loaded:
    return load(load_settings(None, {}, ontology=ROOT / "ontology", shapes=ROOT / "shapes", data=ROOT / "data"))


def turtle(text: str) -> list[Triple]:
    return [q.triple for q in parse(input=PREFIXES + text, format=RdfFormat.TURTLE)]


def paths(shapes: str) -> Paths:
    return Paths.of(turtle(shapes), "http://example.org/mandate")


def enough(shapes: str) -> dict[str, int]:
    return {iri.rpartition("/")[2]: number for iri, number in paths(shapes).enough}


@pytest.mark.parametrize(
    ("shape", "number"),
    [
        ("[ sh:path [ sh:inversePath ex:p ] ; sh:minCount 1 ] .", 1),
        ("[ sh:path [ sh:inversePath ex:p ] ; sh:minCount 3 ; sh:maxCount 4 ] .", 5),
        ("[ sh:path [ sh:inversePath ex:p ] ; sh:maxCount 0 ; sh:message 'none' ] .", 1),
        ("[ sh:path [ sh:alternativePath ( [ sh:inversePath ex:p ] ex:q ) ] ; sh:minCount 2 ] .", 2),
        ("[ sh:path ( [ sh:inversePath ex:p ] ex:q ) ; sh:maxCount 0 ] .", 1),
        # several triples can lead to one value, so that their number is not the number of values
        ("[ sh:path ( [ sh:inversePath ex:p ] ex:q ) ; sh:maxCount 1 ] .", None),
        # each value is looked at
        ("[ sh:path [ sh:inversePath ex:p ] ; sh:class ex:C ] .", None),
        ("[ sh:path [ sh:inversePath ex:p ] ; sh:minCount 1 ; sh:node ex:S ] .", None),
        (
            "[ sh:path [ sh:inversePath ex:p ] ; sh:maxCount 1 ] , [ sh:path [ sh:inversePath ex:p ] ; sh:in () ] .",
            None,
        ),
    ],
)
def test_how_many_triples_are_enough_is_read_from_the_shapes(shape: str, number: int | None) -> None:
    given = f"ex:shape sh:property {shape}"
    assert enough(given).get("p") == number
    assert "http://example.org/p" in paths(given).backwards


def test_a_path_goes_on_only_where_it_has_several_steps() -> None:
    single = paths("[] sh:path [ sh:alternativePath ( [ sh:inversePath ex:p ] [ sh:inversePath ex:q ] ) ] .")
    assert single.onward == ()
    several = paths("[] sh:path [ sh:alternativePath ( [ sh:inversePath ex:p ] ( [ sh:inversePath ex:q ] ex:r ) ) ] .")
    assert {iri.rpartition("/")[2] for iri in several.onward} == {"p", "q", "r"}
    nested = paths("[] sh:path [ sh:inversePath ( ex:p ex:q ) ] .")
    assert {"http://example.org/p", "http://example.org/q"} <= {*nested.backwards}


def test_of_those_that_lead_on_alike_some_are_kept() -> None:
    given = paths("[] sh:path ( [ sh:inversePath ex:p ] ex:q ex:r ) ; sh:maxCount 0 .")
    plain = [f"ex:a{n} ex:p ex:target ." for n in range(9)]
    further = "ex:b ex:p ex:target ; ex:q ex:c . ex:c ex:r 1 . ex:d ex:p ex:target ; ex:q ex:far , ex:here ."
    lines = sorted(read_lines(as_bytes(turtle(" ".join(plain) + further + " ex:e ex:mandate ex:f ."))))
    pointers = Pointers(lines, lines, given)
    target, far = b"<http://example.org/target>", b"<http://example.org/far>"
    kept = {line.split(b" ")[0].rpartition(b"/")[2] for line in pointers.to({target, far}).pointing}
    assert kept == {b"a0>", b"b>", b"d>", b"e>"}
    once = Enough(given)
    assert len(pointers.to({target, far}, once).pointing) == 4
    assert [line for line in pointers.to({target, far}, once).pointing if b"mandate" not in line] == []


def evidence(number: int, with_offsets: int) -> list[list[Triple]]:
    """A document in a unit of its own, and units that each have many evidences of it; one has offsets."""
    document = turtle("ex:document a att:Document .")
    units = [document]
    for unit in range(number):
        each = "ex:e{0} oa:hasSource ex:document ; oa:hasSelector ex:s{0} . ex:s{0} a oa:TextPositionSelector ."
        text = "".join(each.format(f"{unit}-{n}") for n in range(50))
        offsets = f"ex:s{unit}-49 oa:start 5 ; oa:end 9 ." if unit == with_offsets else ""
        units.append(turtle(text + offsets))
    return units


@pytest.mark.parametrize("with_offsets", [-1, 0, 5])
def test_what_a_view_has_does_not_grow_with_what_points_at_it(with_offsets: int) -> None:
    parts = evidence(6, with_offsets)

    def survey(units: list[list[Triple]]) -> Survey:
        made = [Unit.of(str(n), IRIS.graph("here"), unit) for n, unit in enumerate(units)]
        return Survey(ours(), (), Workshop(jobs=1), made)

    torn = survey(parts)
    assert len(torn.context.view(0)) < 12
    found = validate_units(torn)
    assert found == validate_units(survey([[t for part in parts for t in part]]))
    told = [r for r in found.results if r.subject.endswith("/document") and "sha256" in r.message]
    assert bool(told) is (with_offsets >= 0)


def test_reading_as_lines_is_reading_as_terms() -> None:
    text = """@prefix ex: <http://example.org/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        ex:a ex:b 01 , "1"^^xsd:integer , "x\\ty _:z"@en , "of \\"2\\"^^<a>" , 1.50 , "2020-01-01"^^xsd:date , true ."""
    file = SourceFile("a.ttl", text)
    assert read_data([file]) == {*read_lines(as_bytes(parse_data(file)))}


@pytest.mark.parametrize("text", ["[] <x:p> <x:o> .", "<x:s> <x:p> [] .", "<x:s> <x:p> ."])
def test_what_is_refused_as_terms_is_refused_as_lines(text: str) -> None:
    with pytest.raises(SourceError) as lines:
        read_data([SourceFile("a.ttl", "<x:s> <x:p> 1 ."), SourceFile("b.ttl", text)])
    with pytest.raises(SourceError) as terms:
        parse_data(SourceFile("b.ttl", text))
    assert str(lines.value) == str(terms.value)


def test_a_file_that_was_written_to_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.ttl"
    file.write_text("one")
    first, then = hash_file(file), file.stat()
    file.write_text("two")
    os.utime(file, ns=(then.st_atime_ns, then.st_mtime_ns))
    assert hash_file(file) != first


def test_the_mandates_are_all_followed() -> None:
    assert IRIS.att("speaksFor") not in dict(Paths.of(ours().shapes.as_parsed(), IRIS.att("speaksFor")).enough)
    assert NamedNode(f"{OA}hasSource").value in dict(Paths.of(ours().shapes.as_parsed(), IRIS.att("speaksFor")).enough)
