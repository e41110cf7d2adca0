"""Axioms that are read once let follow exactly what owlrl finds, or leave it to the general engine."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from pyoxigraph import BlankNode, Literal, RdfFormat, Triple, parse

from publisher.config import Engine
from publisher.errors import DataInconsistent
from publisher.iris import Iris
from publisher.pipeline.axioms import Beyond
from publisher.pipeline.closure import follow
from publisher.pipeline.infer import close_ontology, infer
from publisher.pipeline.lines import as_bytes, read_lines
from publisher.pipeline.load import as_stored, skolemise

IRIS = Iris("https://w3id.org/attested/")
PREFIXES = """
@prefix : <https://w3id.org/attested/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def read(turtle: str) -> list[Triple]:
    triples = as_stored(quad.triple for quad in parse(PREFIXES + turtle, format=RdfFormat.TURTLE))
    return skolemise(triples, IRIS) if any(isinstance(t.subject, BlankNode) for t in triples) else triples


def follows(ontology: list[Triple], data: list[Triple]) -> set[bytes]:
    return follow(as_bytes(ontology), close_ontology(as_bytes(ontology)), set(read_lines(as_bytes(data))))


RULES = {
    "prp-dom": (":p rdfs:domain :C .", ":a :p :b . :c :p 1 ."),
    "prp-rng": (":p rdfs:range :C .", ":a :p :b ."),
    "prp-symp": (":p a owl:SymmetricProperty .", ":a :p :b ."),
    "prp-trp": (":p a owl:TransitiveProperty .", ":c :p :d . :a :p :b . :d :p :e . :b :p :c ."),
    "prp-trp, in a circle": (":p a owl:TransitiveProperty .", ":a :p :b . :b :p :c . :c :p :a ."),
    "prp-trp, through the ontology": (":p a owl:TransitiveProperty . :b :p :c . :c :p :d .", ":a :p :b . :d :p :e ."),
    "prp-spo1": (":p rdfs:subPropertyOf :q . :q rdfs:subPropertyOf :r .", ":a :p :b . :a :q 1 ."),
    "prp-spo1, prp-dom": (":p rdfs:subPropertyOf :q . :q rdfs:domain :C ; rdfs:range :D .", ":a :p :b ."),
    "prp-spo2": (":p owl:propertyChainAxiom (:q :r :s) .", ":a :q :b . :b :r :c , :d . :c :s :e . :d :s 1 ."),
    "prp-spo2, of itself": (":p owl:propertyChainAxiom (:p :q) .", ":a :p :b . :b :q :c . :c :q :d . :x :q :y ."),
    "prp-spo2, through the ontology": (":p owl:propertyChainAxiom (:q :r) . :b :r :c .", ":a :q :b . :c :q :b ."),
    "prp-eqp": (":p owl:equivalentProperty :q .", ":a :p :b . :c :q 1 ."),
    "prp-inv": (":p owl:inverseOf :q .", ":a :p :b . :c :q :d ."),
    "prp-inv, prp-trp": (":p owl:inverseOf :q . :q a owl:TransitiveProperty .", ":a :p :b . :b :p :c ."),
    "cls-int1": (":C owl:intersectionOf (:D :E) .", ":a a :D . :b a :E . :b a :D . :a :p :b ."),
    "cls-int2": (":C owl:intersectionOf (:D :E) .", ":a a :C ."),
    "cls-uni": (":C owl:unionOf (:D :E) .", ":a a :D . :b a :E ."),
    "cls-svf1": (":C owl:onProperty :p ; owl:someValuesFrom :D .", ":a :p :b . :b a :D . :c :p :d ."),
    "cls-svf1, type later": (
        ":C owl:onProperty :p ; owl:someValuesFrom :D . :q rdfs:range :D .",
        ":a :p :b . :x :q :b .",
    ),
    "cls-svf1, one after the other": (
        ":C owl:onProperty :p ; owl:someValuesFrom :C .",
        ":c a :C . :b :p :c . :a :p :b .",
    ),
    "cls-svf2": (":C owl:onProperty :p ; owl:someValuesFrom owl:Thing .", ":a :p :b ."),
    "cls-avf": (":C owl:onProperty :p ; owl:allValuesFrom :D .", ":a a :C . :a :p :b . :b :p :c ."),
    "cls-avf, on and on": (":C owl:onProperty :p ; owl:allValuesFrom :C .", ":a a :C . :b :p :c . :a :p :b ."),
    "cls-hv1": (":C owl:onProperty :p ; owl:hasValue :v . :p rdfs:range :D .", ":a a :C ."),
    "cls-hv1, literal": (":C owl:onProperty :p ; owl:hasValue true .", ":a a :C ."),
    "cls-hv2": (":C owl:onProperty :p ; owl:hasValue :v .", ":a :p :v . :b :p :w ."),
    "cls-hv2, literal": (":C owl:onProperty :p ; owl:hasValue true .", ":a :p true . :b :p false ."),
    "cls-oo": (":C owl:oneOf (:a :b) . :C rdfs:subClassOf :D . :D rdfs:subClassOf :E .", ":c a :D ."),
    "cax-sco": (":C rdfs:subClassOf :D . :D rdfs:subClassOf :E .", ":a a :C . :b a :D . :b a :E ."),
    "cax-eqc": (":C owl:equivalentClass :D .", ":a a :C . :b a :D ."),
    "a class by what it has": (
        ":C owl:equivalentClass [ a owl:Restriction ; owl:onProperty :p ; owl:hasValue :v ] . :C rdfs:subClassOf :D .",
        ":a :p :v . :b a :C .",
    ),
    "an individual of the ontology": (":C rdfs:subClassOf :D . :v a :C . :p rdfs:range :E .", ":a :p :v ."),
    "no axiom": (":C a owl:Class .", ":a :p :b . :a a :D . :a rdfs:label 'x'@en . :a owl:differentFrom :b ."),
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_gives_what_the_reference_gives(name: str) -> None:
    ontology, data = (read(text) for text in RULES[name])
    assert follows(ontology, data)
    assert infer(ontology, data, IRIS, Engine.FAST) == infer(ontology, data, IRIS, Engine.REFERENCE)


def test_rules_are_tested_on_what_has_consequences() -> None:
    silent = [name for name, (ontology, data) in RULES.items() if not infer(read(ontology), read(data), IRIS)]
    assert silent == ["no axiom"]


BEYOND = {
    "the data make two things one": ("", ":a owl:sameAs :b ."),
    "the ontology does": (":a owl:sameAs :b .", ":a :p :c ."),
    "prp-fp": (":p a owl:FunctionalProperty .", ":a :p :b . :a :p :c . :b :q :d ."),
    "prp-fp, by way of another": (
        ":p a owl:FunctionalProperty . :q rdfs:subPropertyOf :p .",
        ":a :p :b . :a :q :c . :b :q :d .",
    ),
    "prp-ifp": (":p a owl:InverseFunctionalProperty .", ":a :p :c . :b :p :c . :b :q :d ."),
    "prp-fp, literals": (":p a owl:FunctionalProperty .", ":a :p 1 . :a :p 2 . :a :q :b ."),
    "prp-adp": (
        "[] a owl:AllDisjointProperties ; owl:members (:p :q) . :q rdfs:domain :C .",
        ":a :p :b . :a :q :c .",
    ),
    "a literal that would have a class": (":p rdfs:range :C .", ":a :p 1 ."),
    "a literal that would have a property": (":p owl:inverseOf :q .", ":a :p 1 ."),
    "a restriction by datatype": (":C owl:onProperty :p ; owl:someValuesFrom xsd:integer .", ":a :p 1 ."),
    "all values, literals too": (":C owl:onProperty :p ; owl:allValuesFrom :D .", ":a a :C . :a :p 1 ."),
    "prp-key": (":C owl:hasKey (:p) .", ":a a :C . :b a :C . :a :p 1 . :b :p 1 . :a :q :c ."),
    "cls-maxc2": (":C owl:onProperty :p ; owl:maxCardinality 1 .", ":a a :C . :a :p :b . :a :p :c ."),
    "the data state an axiom": ("", ":C rdfs:subClassOf :D . :a a :C ."),
    "the data declare a property": ("", ":p a owl:SymmetricProperty . :a :p :b ."),
    "a class follows": (":p rdfs:range owl:Class .", ":a :p :C ."),
    "an axiom that is not known": (":p owl:hasSelf true .", ":a :p :b ."),
}


@pytest.mark.parametrize("name", BEYOND)
def test_what_is_beyond_it_is_left_to_the_general_engine(name: str) -> None:
    ontology, data = (read(text) for text in BEYOND[name])
    with pytest.raises(Beyond):
        follows(ontology, data)
    assert infer(ontology, data, IRIS, Engine.FAST) == infer(ontology, data, IRIS, Engine.REFERENCE)


IMPOSSIBLE = {
    "prp-irp": (":p a owl:IrreflexiveProperty .", ":a :p :a ."),
    "prp-asyp": (":p a owl:AsymmetricProperty .", ":a :p :b . :b :p :a ."),
    "prp-asyp, with the ontology": (":p a owl:AsymmetricProperty . :a :p :b .", ":b :p :a ."),
    "prp-pdw": (":p owl:propertyDisjointWith :q .", ":a :p :b . :a :q :b ."),
    "cls-nothing2": (":p rdfs:domain owl:Nothing .", ":a :p :b ."),
    "cls-com": (":C owl:complementOf :D .", ":a a :C . :a a :D ."),
    "cax-dw": (":C owl:disjointWith :D . :p rdfs:range :D .", ":a a :C . :b :p :a ."),
    "cax-dw, with the ontology": (":C owl:disjointWith :D . :a a :C . :p rdfs:range :D .", ":b :p :a ."),
    "cax-adc": ("[] a owl:AllDisjointClasses ; owl:members (:C :D :E) .", ":a a :C . :a a :E ."),
    "eq-diff1": (":p a owl:FunctionalProperty .", ":a :p :b . :a :p :c . :b owl:differentFrom :c ."),
    "different from itself": ("", ":a owl:differentFrom :a ."),
    "dt-not-type": ("", ':a :p "x"^^xsd:integer .'),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_is_left_to_it_too(name: str) -> None:
    ontology, data = (read(text) for text in IMPOSSIBLE[name])
    with pytest.raises(Beyond):
        follows(ontology, data)
    with pytest.raises(DataInconsistent):
        infer(ontology, data, IRIS, Engine.FAST)


def made_up(rng: random.Random) -> tuple[str, str]:
    """An ontology and data of a few classes, properties and things, joined at random."""
    classes, properties, things = ([f":{name}" for name in names] for names in ("CDEFG", "pqrs", "abcdef"))

    def axioms() -> Iterator[str]:
        c, d, e = rng.sample(classes, 3)
        p, q, r = rng.choices(properties, k=3)
        v = rng.choice(things)
        yield f"{p} rdfs:domain {c} ."
        yield f"{p} rdfs:range {c} ."
        yield f"{c} rdfs:subClassOf {d} ."
        yield f"{c} owl:equivalentClass {d} ."
        yield f"{c} owl:unionOf ({d} {e}) ."
        yield f"{c} owl:intersectionOf ({d} {e}) ."
        yield f"{c} owl:equivalentClass [ owl:onProperty {p} ; owl:someValuesFrom {d} ] ."
        yield f"{c} rdfs:subClassOf [ owl:onProperty {p} ; owl:allValuesFrom {d} ] ."
        yield f"{c} owl:equivalentClass [ owl:onProperty {p} ; owl:hasValue {v} ] ."
        yield f"{p} rdfs:subPropertyOf {q} ."
        yield f"{p} owl:inverseOf {q} ."
        yield f"{p} owl:propertyChainAxiom ({q} {r}) ."
        yield f"{p} a owl:TransitiveProperty ."
        yield f"{p} a owl:SymmetricProperty ."
        yield f"{v} {p} {rng.choice(things)} ."

    def facts() -> Iterator[str]:
        for _ in range(8):
            yield f"{rng.choice(things)} {rng.choice(properties)} {rng.choice([*things, '1'])} ."
        for _ in range(4):
            yield f"{rng.choice(things)} a {rng.choice(classes)} ."

    return " ".join(rng.choice([*axioms()]) for _ in range(7)), " ".join(facts())


@pytest.mark.parametrize("seed", range(60))
def test_ontologies_made_at_random_give_what_the_reference_gives(seed: int) -> None:
    ontology, data = (read(text) for text in made_up(random.Random(seed)))
    if seed % 2:  # without literals nothing of this is beyond it
        data = [t for t in data if not isinstance(t.object, Literal)]
        assert follows(ontology, data)
    assert infer(ontology, data, IRIS, Engine.FAST) == infer(ontology, data, IRIS, Engine.REFERENCE)
