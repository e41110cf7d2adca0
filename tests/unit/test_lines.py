"""Lines of the serializer stand for quads: the same lines for the same quads, and every part where it is looked for."""

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from publisher.pipeline.lines import (
    as_iri,
    as_term,
    join_lines,
    join_triples,
    put_in_graph,
    read_lines,
    split_lines,
    split_quad,
    split_triple,
)

NAMES = ("a", "a/b", "a-b", "ä", "x#y", "%20")
NODES = st.sampled_from([f"https://example.org/{name}" for name in NAMES]).map(NamedNode)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LITERALS = (
    st.builds(Literal, TEXTS)
    | st.builds(lambda text: Literal(text, language="en"), TEXTS)
    | st.builds(lambda text: Literal(text, datatype=NamedNode("http://www.w3.org/2001/XMLSchema#date")), TEXTS)
)
QUADS = st.builds(Quad, NODES, NODES, NODES | LITERALS, NODES)


@given(st.lists(QUADS, max_size=6))
def test_parts_of_a_line_are_the_terms_of_its_quad(quads: list[Quad]) -> None:
    lines = split_lines(serialize(quads, format=RdfFormat.N_QUADS) or b"")
    assert len(lines) == len(quads)
    assert len(set(lines)) == len(set(quads))
    for line, quad in zip(lines, quads, strict=True):
        graph, triple = split_quad(line)
        assert graph.decode() == str(quad.graph_name)
        assert [term.decode() for term in split_triple(triple)] == [str(term) for term in quad.triple]
        assert as_iri(graph) == getattr(quad.graph_name, "value", None)
        assert list(put_in_graph([triple], graph)) == [line]
        assert (as_iri(split_triple(triple)[2]) is None) == isinstance(quad.object, Literal)


@given(st.lists(QUADS, max_size=6))
def test_sorted_lines_are_in_the_order_of_the_text_of_quads(quads: list[Quad]) -> None:
    lines = sorted(split_lines(serialize(quads, format=RdfFormat.N_QUADS) or b""))
    assert list(parse(input=join_lines(lines), format=RdfFormat.N_QUADS)) == sorted(quads, key=str)


@given(st.lists(QUADS, max_size=6))
def test_triples_are_joined_as_they_were_read(quads: list[Quad]) -> None:
    written = serialize([quad.triple for quad in quads], format=RdfFormat.N_TRIPLES) or b""
    assert join_triples(read_lines(written)) == written


def test_term_of_an_iri() -> None:
    triple = Triple(NamedNode("urn:a"), NamedNode("urn:b"), NamedNode("urn:c"))
    assert b" ".join(as_term(name) for name in ("urn:a", "urn:b", "urn:c")).decode() == str(triple)
