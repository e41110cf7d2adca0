"""Values and denials that clash in two accounts side by side, from statements to the node of the clash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from publisher.pipeline.clash import Clash, Knowledge, clashes, know, known_in
from publisher.pipeline.perspectives import Claim, Perspective, perspectives
from publisher.pipeline.worlds import describe_clashes
from publisher.vocab import OWL, RDF, RDFS, XSD
from tests.attribution.model import Prop, Said, World
from tests.attribution.worlds import IRIS, PROPS, VALUES, derive, node, ontology, thing

MORE = (*PROPS, Prop("p-denied-whole", conjuncts=("p-occurred", "p-group")))


def told(*said: tuple[str, str, str]) -> tuple[tuple[Perspective, ...], Knowledge]:
    """The accounts of speakers, each statement given as speaker, stance and proposition."""
    statements = tuple(Said(f"s-{n}", who, stance, prop, "d-one") for n, (who, stance, prop) in enumerate(said))
    store = derive(World(MORE, statements, kinds=VALUES))
    return perspectives(store, IRIS), know(known_in(store, IRIS), IRIS)


def found(*said: tuple[str, str, str]) -> list[Clash]:
    return [clash for _, _, clash in clashes(*told(*said))]


def names(clash: Clash) -> set[tuple[str, str, bool]]:
    return {(c.predicate.rpartition("#")[2], c.object.split('"')[1], c.positive) for c in (clash.one, clash.other)}


def axioms(clash: Clash) -> set[str]:
    """The kinds of axiom that the explanation rests on."""
    kinds = {
        t.object.value if t.predicate.value == f"{RDF}type" else t.predicate.value
        for t in clash.because
        if isinstance(t.object, NamedNode)
    }
    return {kind.rpartition("#")[2] for kind in kinds}


def test_it_occurred_against_it_did_not_as_two_values() -> None:
    """Nobody denies anything: two values of a predicate that has one."""
    (only,) = found(("a", "asserts", "p-occurred"), ("b", "asserts", "p-not-occurred"))
    assert names(only) == {("occurred", "true", True), ("occurred", "false", True)}
    assert axioms(only) == {"FunctionalProperty"}


def test_it_did_not_occur_as_a_value_against_what_needs_that_it_did() -> None:
    (only,) = found(("a", "asserts", "p-not-occurred"), ("b", "claimsResponsibility", "p-group"))
    assert {c.predicate for c in (only.one, only.other)} == {IRIS.att("occurred"), IRIS.att("perpetrator")}
    assert {"FunctionalProperty", "domain"} <= axioms(only)


def test_a_denial_against_the_same_claim_needs_no_axiom() -> None:
    (only,) = found(("a", "asserts", "p-occurred"), ("b", "deniesOccurrence", "p-occurred"))
    assert names(only) == {("occurred", "true", True), ("occurred", "true", False)}
    assert only.because == ()


def test_two_denials_meet_two_claims_one_by_one() -> None:
    """One speaker denies both targets, two others name one each: two clashes, each with its own denial."""
    both = [("a", "deniesClaim", "p-base"), ("a", "deniesClaim", "p-convoy")]
    people, knowledge = told(*both, ("b", "asserts", "p-base"), ("c", "asserts", "p-convoy"))
    rows = [(one.slug, other.slug, clash) for one, other, clash in clashes(people, knowledge)]
    denials = [(a, b, c) for a, b, c in rows if not (c.one.positive and c.other.positive)]
    assert [(a, b) for a, b, _ in denials] == [("a", "b"), ("a", "c")]
    for _, _, clash in denials:
        assert clash.one.object == clash.other.object
        assert clash.because == ()


def test_both_denials_of_one_speaker_meet_both_claims_of_another() -> None:
    clashing = found(
        ("a", "deniesOccurrence", "p-occurred"),
        ("a", "deniesClaim", "p-injuries"),
        ("b", "asserts", "p-occurred"),
        ("b", "asserts", "p-injuries"),
    )
    pairs = {frozenset((c.predicate.rpartition("#")[2], c.positive) for c in (x.one, x.other)) for x in clashing}
    assert pairs == {
        frozenset({("occurred", True), ("occurred", False)}),
        frozenset({("causedInjuries", True), ("causedInjuries", False)}),
        frozenset({("causedInjuries", True), ("occurred", False)}),
    }


@pytest.mark.parametrize(
    "said",
    [
        [("a", "deniesOccurrence", "p-occurred"), ("b", "deniesOccurrence", "p-not-occurred")],
        [("a", "deniesClaim", "p-base"), ("b", "deniesClaim", "p-convoy")],
        [("a", "deniesOccurrence", "p-occurred"), ("b", "deniesClaim", "p-group")],
        [("a", "deniesOccurrence", "p-occurred"), ("b", "asserts", "p-not-occurred")],
        [("a", "deniesClaim", "p-not-occurred"), ("b", "asserts", "p-occurred")],
        [("a", "deniesClaim", "p-not-occurred"), ("b", "asserts", "p-group")],
        [("a", "deniesClaim", "p-base"), ("b", "asserts", "p-convoy")],
        [("a", "asserts", "p-occurred"), ("b", "investigating", "p-occurred")],
        [("a", "deniesClaim", "p-denied-whole"), ("b", "asserts", "p-occurred")],
        [("a", "asserts", "p-occurred"), ("b", "asserts", "p-occurred")],
    ],
)
def test_no_clash(said: list[tuple[str, str, str]]) -> None:
    """Two denials leave room for a third value, and open stances and whole stories deny no single claim."""
    assert found(*said) == []


def test_a_denial_of_one_value_is_met_by_the_same_value_only() -> None:
    (only,) = found(("a", "deniesClaim", "p-not-occurred"), ("b", "asserts", "p-not-occurred"))
    assert names(only) == {("occurred", "false", True), ("occurred", "false", False)}


def claim(name: str, value: str, positive: bool = True) -> Claim:
    return Claim(thing("i-one").value, IRIS.att(name), value, positive)


def boolean(text: str) -> str:
    return str(Literal(text, datatype=NamedNode(f"{XSD}boolean")))


def test_all_that_is_to_be_known_is_found_in_a_store() -> None:
    """Of the store, only some predicates are read; nothing that counts may be left out."""
    above = Triple(node("place", "base"), NamedNode(IRIS.att("locatedIn")), node("place", "border"))
    apart = Triple(node("place", "base"), NamedNode(f"{OWL}differentFrom"), node("convoy", "convoy"))
    disjoint = Triple(NamedNode(IRIS.att("One")), NamedNode(f"{OWL}disjointWith"), NamedNode(IRIS.att("Other")))
    triples = [*ontology(), above, apart, disjoint]
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object) for t in triples)
    everything, found = know(triples, IRIS), know(known_in(store, IRIS), IRIS)
    assert found == everything
    assert all((found.axioms, found.types, found.above, found.disjoint, found.different))


def test_of_the_kinds_of_things_those_are_read_that_claims_speak_of() -> None:
    place, convoy, other = node("place", "base"), node("convoy", "convoy"), node("convoy", "other")
    kinds = {place: "MilitaryBase", convoy: "Convoy", other: "Convoy"}
    store = Store()
    store.extend(Quad(thing, NamedNode(RDF + "type"), NamedNode(IRIS.att(kind))) for thing, kind in kinds.items())
    store.extend(Quad(t.subject, t.predicate, t.object) for t in ontology())
    claim = Claim(place.value, IRIS.att("target"), str(convoy), True)
    some, everything = know(known_in(store, IRIS, [claim]), IRIS), know(known_in(store, IRIS), IRIS)
    assert some.types == {thing.value: frozenset({IRIS.att(kinds[thing])}) for thing in (place, convoy)}
    assert replace(some, types=everything.types) == everything


def test_the_order_of_the_two_changes_nothing() -> None:
    knowledge = know(ontology(), IRIS)
    one, other = claim("occurred", boolean("true")), claim("occurred", boolean("false"))
    first, second = knowledge.clash_of(one, other), knowledge.clash_of(other, one)
    assert first is not None
    assert first == second


def test_forms_that_look_alike_are_told_apart() -> None:
    """What was found for one pair is used again for pairs of the same form; a denial is another form."""
    knowledge = know(ontology(), IRIS)
    base, convoy = (str(node(kind, name)) for kind, name in (("place", "base"), ("convoy", "convoy")))
    assert knowledge.clash_of(claim("target", base), claim("target", convoy, positive=False)) is None
    assert knowledge.clash_of(claim("target", base), claim("target", base, positive=False)) is not None
    assert knowledge.clash_of(claim("target", convoy, positive=False), claim("target", base, positive=False)) is None
    assert knowledge.clash_of(claim("target", convoy), claim("target", convoy, positive=False)) is not None


def att(name: str) -> str:
    return f"<{IRIS.att(name)}>"


@pytest.mark.parametrize(
    ("predicate", "narrow", "wide", "step"),
    [
        ("location", str(node("place", "base")), str(node("place", "border")), "locatedIn"),
        ("kind", att("ConvoyAttack"), att("Attack"), "subClassOf"),
    ],
)
def test_a_denial_of_the_wide_meets_a_claim_of_the_narrow(predicate: str, narrow: str, wide: str, step: str) -> None:
    """Not the other way round: what was not at the base may have been elsewhere at the border."""
    inside = Triple(node("place", "base"), NamedNode(IRIS.att("locatedIn")), node("place", "border"))
    knowledge = know([*ontology(), inside], IRIS)
    clash = knowledge.clash_of(claim(predicate, wide, positive=False), claim(predicate, narrow))
    assert clash is not None
    assert step in {t.predicate.value.rpartition("#")[2] for t in clash.because}
    assert knowledge.clash_of(claim(predicate, narrow, positive=False), claim(predicate, wide)) is None
    assert knowledge.clash_of(claim(predicate, narrow, positive=False), claim(predicate, wide, positive=False)) is None


def described(*said: tuple[str, str, str]) -> list[Triple]:
    return describe_clashes(*told(*said), labels(MORE).get, IRIS)


def labels(props: Iterable[Prop]) -> dict[str, str]:
    return {thing(p.name).value: p.name for p in props}


def test_each_clash_is_a_node_with_its_statements_and_a_sentence() -> None:
    triples = described(
        ("a", "asserts", "p-occurred"), ("b", "asserts", "p-not-occurred"), ("b", "deniesClaim", "p-occurred")
    )
    by_name = {
        name: {(t.subject, t.object) for t in triples if t.predicate.value == iri}
        for name, iri in (("of", IRIS.att("clashOf")), ("why", IRIS.att("explanation")), ("label", f"{RDFS}label"))
    }
    nodes = {s for s, _ in by_name["label"]}
    assert len(nodes) == 2, "the value and the denial are two clashes"
    sides = {frozenset(o for s, o in by_name["of"] if s == one) for one in nodes}
    first, second, third = (node("statement", f"s-{n}") for n in range(3))
    assert sides == {frozenset({first, second}), frozenset({first, third})}
    sentences = " ".join(o.value for _, o in by_name["why"] if isinstance(o, Literal))
    assert "only one value can hold" in sentences
    assert "one affirms exactly what the other denies" in sentences


@pytest.mark.parametrize("last", ["deniesClaim", "asserts"])
def test_who_contradicts_oneself_clashes_with_who_holds_either(last: str) -> None:
    """The one holds both claims, the other only one: the clash is of what each of them holds."""
    triples = described(("a", "asserts", "p-base"), ("a", "deniesClaim", "p-base"), ("b", last, "p-base"))
    of = {t.object for t in triples if t.predicate.value == IRIS.att("clashOf")}
    mine = "s-0" if last == "deniesClaim" else "s-1"
    assert of == {node("statement", mine), node("statement", "s-2")}


def test_two_who_both_contradict_themselves_clash_twice() -> None:
    both = [(who, stance, "p-base") for who in ("a", "b") for stance in ("asserts", "deniesClaim")]
    triples = described(*both)
    assert len({t.subject for t in triples}) == 2
