"""Example queries as sources: one file each, and what is wrong with a file is said with its name."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode

from publisher.errors import SourceError
from publisher.iris import Iris
from publisher.pipeline.examples import read_examples
from publisher.pipeline.load import SourceFile
from publisher.vocab import CANONICAL_BASE, RDF, SCHEMA, SH

IRIS = Iris(CANONICAL_BASE)
HEAD = """@prefix ex: <https://w3id.org/attested/examples/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""
GOOD = 'ex:one rdfs:label "?"@en ; rdfs:comment "!"@en ; schema:keywords "k" ; sh:ask "ASK {}" .'


def file(text: str, name: str = "one") -> SourceFile:
    return SourceFile(f"data/examples/{name}.ttl", HEAD + text)


def test_no_files_no_graph() -> None:
    assert read_examples([], IRIS) == ()


def test_an_example_gets_class_target_and_prefixes() -> None:
    node = NamedNode(IRIS.example("one"))
    found = {(t.predicate.value, str(t.object)) for t in read_examples([file(GOOD)], IRIS) if t.subject == node}
    for predicate, value in (
        (f"{RDF}type", f"<{SH}SPARQLExecutable>"),
        (f"{RDF}type", f"<{SH}SPARQLAskExecutable>"),
        (f"{SCHEMA}target", f"<{IRIS.sparql}>"),
        (f"{SH}prefixes", f"<{IRIS.examples}>"),
    ):
        assert (predicate, value) in found


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("two", GOOD, "something else"),
        ("One", GOOD, "cannot be part of an IRI"),
        ("one", GOOD.replace('sh:ask "ASK {}"', "a rdfs:Resource"), "has 0 queries"),
        ("one", GOOD.replace('sh:ask "ASK {}"', 'sh:ask "ASK {}" ; sh:select "SELECT * {}"'), "has 2 queries"),
        ("one", GOOD.replace('rdfs:comment "!"@en ; ', ""), "has no http://www.w3.org/2000/01/rdf-schema#comment"),
        ("one", GOOD.replace('"k"', "[]"), "blank node"),
        ("one", GOOD.replace("sh:ask", "sh:ask ;"), "syntax error"),
    ],
)
def test_what_is_wrong_is_said(name: str, text: str, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        read_examples([file(text, name)], IRIS)
    assert f"{name}.ttl" in str(caught.value)
