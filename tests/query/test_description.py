"""What a description holds, and that nothing is cut in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyoxigraph as ox
import pytest

from publisher.formats import GRAPH_FORMATS, HTML, TURTLE
from publisher.iris import Iris
from publisher.query.description import describe
from publisher.query.serialise import serialise, sort_triples
from publisher.query.skolem import unskolemise
from publisher.query.store import DEFAULT, Answer, Graph, Output, Subject, Term

IRIS = Iris("https://w3id.org/attested/")
ABOUT = ox.NamedNode(IRIS.att("locatedIn"))
PLACE = ox.NamedNode(IRIS.entity("place", "iraq"))


class MemoryStore:
    """A `Store` over a store in memory."""

    def __init__(self, triples: Sequence[ox.Triple]) -> None:
        self._store = ox.Store()
        self._store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)

    def quads(
        self,
        subject: Subject | None = None,
        predicate: ox.NamedNode | None = None,
        object_: Term | None = None,
        graph: Graph | None = DEFAULT,
    ) -> Iterator[ox.Quad]:
        return self._store.quads_for_pattern(subject, predicate, object_, graph)

    def has_graph(self, graph: ox.NamedNode) -> bool:
        return self._store.contains_named_graph(graph)

    def dump(self, output: Output, format_: ox.RdfFormat, graph: ox.NamedNode, prefixes: Mapping[str, str]) -> None:
        raise NotImplementedError

    def query(
        self,
        text: str,
        default_graphs: Sequence[ox.NamedNode] | None = None,
        named_graphs: Sequence[ox.NamedNode] | None = None,
        base_iri: str | None = None,
    ) -> Answer:
        return self._store.query(text)


def many(count: int) -> list[ox.Triple]:
    return [ox.Triple(ox.NamedNode(IRIS.entity("place", f"p{n}")), ABOUT, PLACE) for n in range(count)]


def test_pages_cover_everything_once() -> None:
    store = MemoryStore(many(25))
    found: list[ox.Triple] = []
    for number in (1, 2, 3):
        description = describe(store, IRIS, PLACE, number, size=10)
        assert description
        assert (description.pages, description.incoming) == (3, 25)
        assert any(
            isinstance(t.object, ox.Literal) and "of 3; 25 triples" in t.object.value for t in description.triples
        )
        found += [t for t in description.triples if t.object == PLACE and t.predicate == ABOUT]
    assert sorted(map(str, found)) == sorted(map(str, many(25)))
    assert describe(store, IRIS, PLACE, 4, size=10) is None


def test_one_page_says_nothing_about_pages() -> None:
    description = describe(MemoryStore(many(10)), IRIS, PLACE, size=10)
    assert description
    assert description.pages == 1
    assert len(description.triples) == 10


def test_nothing_is_known() -> None:
    assert describe(MemoryStore([]), IRIS, PLACE) is None


@pytest.mark.parametrize("media_type", GRAPH_FORMATS, ids=lambda m: m.label)
def test_order_of_input_does_not_matter(media_type: object) -> None:
    triples = many(20)
    forms = {
        serialise(sort_triples(order, PLACE), m, IRIS.prefixes())
        for order in (triples, triples[::-1])
        for m in GRAPH_FORMATS
        if m is media_type
    }
    assert len(forms) == 1


def test_html_is_not_rdf() -> None:
    with pytest.raises(ValueError, match="not an RDF format"):
        serialise([], HTML, {})


def test_prefixes_are_sorted_and_only_those_used() -> None:
    lines = serialise(sort_triples(many(2)), TURTLE, IRIS.prefixes()).decode().splitlines()
    assert [line.split()[1] for line in lines[:2]] == ["att:", "place:"]
    assert lines[2] == ""


def test_a_prefix_is_declared_where_any_term_or_datatype_begins_with_its_namespace() -> None:
    ns = "http://example.org/"
    prefixes = {
        "whole": ns,
        "inner": f"{ns}inner/",
        "subject": f"{ns}a/s",
        "predicate": f"{ns}b/p",
        "object": f"{ns}c/o",
        "datatype": f"{ns}d/t",
        "text": f"{ns}e/",
        "longer": f"{ns}c/object/more",
        "before": "http://a.example/",
        "after": "http://z.example/",
    }
    subject, predicate = ox.NamedNode(f"{ns}a/subject"), ox.NamedNode(f"{ns}b/predicate")
    triples = [
        ox.Triple(subject, predicate, ox.NamedNode(f"{ns}c/object")),
        ox.Triple(subject, predicate, ox.Literal(f"{ns}e/x", datatype=ox.NamedNode(f"{ns}d/type"))),
    ]
    written = serialise(triples, TURTLE, prefixes).decode().splitlines()
    declared = {line.split()[1][:-1] for line in written if line.startswith("@prefix")}
    assert declared == {"whole", "subject", "predicate", "object", "datatype"}


def test_skolem_nodes_are_numbered_by_name() -> None:
    first, second = (ox.NamedNode(IRIS.genid(name)) for name in ("a", "b"))
    turned = unskolemise([ox.Triple(second, ABOUT, first), ox.Triple(first, ABOUT, PLACE)], IRIS)
    assert turned == [
        ox.Triple(ox.BlankNode("b2"), ABOUT, ox.BlankNode("b1")),
        ox.Triple(ox.BlankNode("b1"), ABOUT, PLACE),
    ]
