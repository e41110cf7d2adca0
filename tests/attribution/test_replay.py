"""Contradictions found again: today they are those on record, and before a withdrawal they are those of that day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from publisher.attribution.replay import contradictions
from publisher.iris import Iris
from publisher.vocab import PROV, RDF
from tests.attribution.model import Model, Said, World
from tests.attribution.test_asof import Reader, at, dated
from tests.attribution.worlds import IRIS, PROPS, VALUES, derive, node, thing, worlds

Pair = tuple[str, frozenset[str]]


def on_record(store: Store, iris: Iris) -> dict[Pair, set[str]]:
    """Strength and statements of each contradiction in the store, with what it concerns."""

    def values(of: NamedNode, name: str) -> set[str]:
        quads = store.quads_for_pattern(of, NamedNode(iris.att(name)), None, DefaultGraph())
        return {q.object.value for q in quads if isinstance(q.object, NamedNode)}

    found: dict[Pair, set[str]] = {}
    type_ = NamedNode(f"{RDF}type")
    for quad in store.quads_for_pattern(None, type_, NamedNode(iris.att("Contradiction")), DefaultGraph()):
        assert isinstance(quad.subject, NamedNode)
        (strength,) = values(quad.subject, "strength")
        pair = strength.removeprefix(iris.att("")), frozenset(values(quad.subject, "between"))
        found.setdefault(pair, set()).update(values(quad.subject, "concerns"))
    return found


def on(store: Store, iris: Iris, side: frozenset[str]) -> set[str]:
    """The incidents that the statements are about."""
    query = f"SELECT DISTINCT ?about WHERE {{ ?s <{iris.att('proposition')}>/<{iris.att('about')}> ?about VALUES ?s {{"
    rows = store.query(query + " ".join(f"<{s}>" for s in side) + " } }")
    return {row["about"].value for row in rows}  # type: ignore[union-attr]


def test_with_what_is_in_force_today_it_finds_what_is_on_record(store: Store, iris: Iris) -> None:
    """On every incident of the real data, also by the explanations."""
    force = {
        q.subject.value
        for q in store.quads_for_pattern(None, NamedNode(iris.att("inForce")), None, DefaultGraph())
        if isinstance(q.subject, NamedNode) and isinstance(q.object, Literal) and q.object.value == "true"
    }
    record, checked = on_record(store, iris), 0
    incidents = {i for _, side in record for i in on(store, iris, side)}
    assert len(incidents) > 2
    for incident in sorted(incidents):
        again = contradictions(Reader(store), iris, [incident], force.__contains__)
        expected = {pair: concerns for pair, concerns in record.items() if incident in on(store, iris, pair[1])}
        found = {(c.strength, frozenset(c.between)): set(c.concerns) for c in again}
        assert expected.items() <= found.items()
        assert found.items() <= record.items()
        for one in again:
            kept = {Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in one.triples}
            assert kept <= set(store.quads_for_pattern(NamedNode(one.iri), None, None, DefaultGraph()))
        checked += len(found)
    assert checked > 100


@settings(deadline=None)
@given(worlds(largest=7))
def test_it_agrees_with_the_definitions_in_worlds_made_at_random(world: World) -> None:
    store, model = derive(world), Model(world)
    force = {node("statement", s.name).value for s in model.force}
    things = [thing(p.name).value for p in world.props]
    again = contradictions(Reader(store), IRIS, things, force.__contains__)
    expected: dict[Pair, set[str]] = {}
    for strength, pair, concerns in model.contradictions():
        key = strength, frozenset(node("statement", s).value for s in pair)
        expected.setdefault(key, set()).update(thing(c).value for c in concerns)
    found: dict[Pair, set[str]] = {}
    for one in again:
        found.setdefault((one.strength, frozenset(one.between)), set()).update(one.concerns)
    assert found == expected


@settings(deadline=None)
@given(worlds(largest=6))
def test_one_thing_at_a_time_finds_all_that_concerns_it(world: World) -> None:
    store = derive(world)
    force = {node("statement", s.name).value for s in Model(world).force}
    record = on_record(store, IRIS)
    for name in {p.name for p in PROPS}:
        me = thing(name).value
        again = contradictions(Reader(store), IRIS, [me], force.__contains__)
        found = {(c.strength, frozenset(c.between)) for c in again if me in c.concerns}
        assert found == {pair for pair, concerns in record.items() if me in concerns}


BASE = Said("s-base", "a", "asserts", "p-base", "d-one")
CONVOY = Said("s-convoy", "b", "asserts", "p-convoy", "d-two")
DENIAL = Said("s-denial", "c", "deniesOccurrence", "p-occurred", "d-three")


def withdrawn_later() -> Store:
    """The base is named on the 10th and withdrawn on the 14th; the convoy on the 11th; all is denied on the 12th."""
    store = derive(World(PROPS, (replace(BASE, withdrawn=True), CONVOY, DENIAL), kinds=VALUES))
    for one, day in ((BASE, "2020-08-10"), (CONVOY, "2020-08-11"), (DENIAL, "2020-08-12")):
        dated(store, node("statement", one.name), IRIS.att("statedOn"), day)
    dated(store, node("statement", "s-base"), f"{PROV}invalidatedAtTime", "2020-08-14")
    return store


def test_a_contradiction_is_there_until_a_side_of_it_is_withdrawn() -> None:
    store = withdrawn_later()
    base, convoy = thing("p-base").value, thing("p-convoy").value
    target = ("incompatibleValue", {"s-base", "s-convoy"})
    denials = [("presupposed", {"s-base", "s-denial"}), ("presupposed", {"s-convoy", "s-denial"})]
    assert "incompatibleValue" not in {strength for strength, _ in on_record(store, IRIS)}, "it is on record no more"
    expected = {9: [], 10: [], 11: [target], 12: [target, *denials], 13: [target, *denials], 14: denials[1:]}
    for day, pairs in expected.items():
        then = at(store, date(2020, 8, day))
        found = {
            (c.strength, frozenset(s.rpartition("/")[2] for s in c.between))
            for c in then.contradictions(thing("i-one").value)
        }
        assert found == {(strength, frozenset(pair)) for strength, pair in pairs}, day
    status = {day: at(store, date(2020, 8, day)).standing(convoy).status for day in (10, 11, 14)}
    assert status == {10: None, 11: "contested", 14: "contested"}
    assert at(store, date(2020, 8, 10)).standing(base).status == "uncontested"
    assert at(store, date(2020, 8, 13)).standing(base).status == "contested"
    assert at(store, date(2020, 8, 14)).standing(base).status is None
