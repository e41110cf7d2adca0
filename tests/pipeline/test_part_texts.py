"""One part: what the passes over sorted lines make is what sets and the serializer make."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict

import pytest
import zstandard
from pyoxigraph import RdfFormat, parse, serialize

from publisher.formats import JSON_LD, N_QUADS, N_TRIPLES, TRIG, TURTLE
from publisher.iris import Iris
from publisher.pipeline import counts, parts
from publisher.pipeline.parts import _part
from publisher.releases import DUMPS, Release

BASE = "https://example.org/"
IRIS = Iris(BASE)
SOURCE, OTHER, HIDDEN = f"{BASE}graph/source/one", f"{BASE}graph/source/two", f"{BASE}graph/shapes"
OBJECTS = (
    "<http://a.example/x>",
    "<http://a.example/xy>",
    '"a"',
    '"a"@en',
    '"a"@en-GB',
    '"a"^^<http://www.w3.org/2001/XMLSchema#date>',
    '"a b"',
    '"a\\" <http://a.example/x> ."',
    '"a\\nb"',
    '"é \U0001f600"',
    '"1"^^<http://www.w3.org/2001/XMLSchema#integer>',
)


def graph(name: str) -> str:
    return IRIS.graph(name)


def lines() -> set[tuple[str, str]]:
    """Triples with graphs: each object in other graphs, so that every case of repetition is there."""
    graphs = (SOURCE, OTHER, HIDDEN, *map(graph, ("ontology", "inferred", "derived", "recorded")))
    found = set()
    for i, object_ in enumerate(OBJECTS * 6):
        subject, predicate = f"<{BASE}s{'0' * (i % 3)}>", f"<{BASE}p{i % 2}>"
        for j, name in enumerate(graphs):
            if (i * 2654435761) >> (j + 8) & 1:
                found.add((f"{subject} {predicate} {object_}", name))
    return found


def body(quads: set[tuple[str, str]]) -> bytes:
    return b"".join(sorted(f"{triple} <{name}> .\n".encode() for triple, name in quads))


def expected(quads: set[tuple[str, str]]) -> dict[str, set[str]]:
    """The triples of each graph, and under the empty string those of the default graph."""
    named: dict[str, set[str]] = defaultdict(set)
    for triple, name in quads:
        named[name].add(triple)
    stated = named[SOURCE] | named[OTHER] | named[graph("ontology")]
    named[graph("inferred")] -= stated
    named[graph("derived")] -= stated | named[graph("inferred")]
    named[""] = set().union(*(held for name, held in named.items() if name != HIDDEN))
    return named


def texts(quads: set[tuple[str, str]]) -> dict[str, bytes]:
    found = _part(body(quads), BASE, (SOURCE, OTHER), (HIDDEN,))
    for suffix in (N_TRIPLES.suffix, N_QUADS.suffix, TURTLE.suffix, TRIG.suffix, JSON_LD.suffix):
        packed = found[f"{suffix}.zst"]
        found[suffix] = zstandard.ZstdDecompressor().decompress(packed) if packed else b""
        assert gzip.decompress(found[f"{suffix}.gz"]) == found[suffix]
    return found


def test_lines_in_order_and_without_repetition() -> None:
    quads = lines()
    found, named = texts(quads), expected(quads)
    triples = "".join(f"{triple} .\n" for triple in sorted(named.pop("")))
    assert found[N_TRIPLES.suffix] == triples.encode()
    others = (f"{triple} <{name}> .\n" for name in sorted(named) for triple in sorted(named[name]))
    assert found[N_QUADS.suffix] == (triples + "".join(others)).encode()
    assert len(named[graph("inferred")]) + len(named[graph("derived")]) > 2, "not all is told twice"


def test_counts_are_those_of_the_sets() -> None:
    quads = lines()
    found, named = json.loads(texts(quads)["counts"]), expected(quads)
    default = [triple.split(" ", 2) for triple in named.pop("")]
    assert found["triples"] == len(default)
    assert found["subjects"] == len({subject for subject, _, _ in default})
    assert found["properties"] == Counter(predicate[1:-1] for _, predicate, _ in default)
    pairs = {(subject, predicate) for subject, predicate, _ in default}
    assert found["property_subjects"] == Counter(predicate[1:-1] for _, predicate in pairs)
    assert found["graphs"] == {name: len(held) for name, held in named.items()}
    assert found["asserted"] == len(named[SOURCE] | named[OTHER])


@pytest.mark.parametrize("size", [1, 60, 500, 10**6])
def test_common_lines_are_cut_between_subjects(size: int) -> None:
    ordered = body(lines()).splitlines()
    found = list(parts._cut(ordered, size))
    assert b"".join(found).splitlines() == ordered
    assert all(len(piece) >= size for piece in found[:-1])
    subjects = [{line.split(b" ")[0] for line in piece.splitlines()} for piece in found]
    assert sum(len(told) for told in subjects) == len(set().union(*subjects))
    assert (len(found) == 1) == (size == 10**6)


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_distinct_objects_are_counted_range_by_range(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "_AT_ONCE", at_once)
    quads = sorted(lines())
    held = [texts(set(quads[i : i + 20]))["objects"] for i in range(0, len(quads), 20)]
    default = [triple.split(" ", 2) for triple in expected(lines())[""]]
    found, together = counts.distinct_objects(lambda: held, len(default))
    pairs = {(predicate, object_) for _, predicate, object_ in default}
    assert found == Counter(predicate[1:-1] for predicate, _ in pairs)
    assert together == len({object_ for _, object_ in pairs})


@pytest.mark.parametrize("suffix", [TURTLE.suffix, TRIG.suffix, JSON_LD.suffix])
def test_what_is_written_is_what_the_serializer_writes_at_once(suffix: str, release: Release) -> None:
    formats = {TURTLE.suffix: RdfFormat.TURTLE, TRIG.suffix: RdfFormat.TRIG, JSON_LD.suffix: RdfFormat.JSON_LD}
    read = (N_QUADS, RdfFormat.N_QUADS) if suffix == TRIG.suffix else (N_TRIPLES, RdfFormat.N_TRIPLES)
    dumps = release.path / DUMPS
    quads = parse(path=str(dumps / f"attested{read[0].suffix}"), format=read[1])
    prefixes = None if suffix == JSON_LD.suffix else Iris(release.base_iri).prefixes()
    at_once = serialize(quads, format=formats[suffix], prefixes=prefixes)
    assert (dumps / f"attested{suffix}").read_bytes() == at_once


def test_a_part_of_hidden_graphs_only_has_no_default_graph() -> None:
    found = texts({(f'<{BASE}s> <{BASE}p> "a"', HIDDEN)})
    assert found[N_TRIPLES.suffix] == found[TURTLE.suffix] == found[JSON_LD.suffix] == b""
    assert found[N_QUADS.suffix] == f'<{BASE}s> <{BASE}p> "a" <{HIDDEN}> .\n'.encode()
    whole = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in IRIS.prefixes().items()).encode()
    told = [str(quad) for quad in parse(input=whole + found[TRIG.suffix], format=RdfFormat.TRIG)]
    assert told == [str(quad) for quad in parse(input=found[N_QUADS.suffix], format=RdfFormat.N_QUADS)]
