"""Numbers counted in plain Python are those of the rules, and the past is made of what had been said."""

from __future__ import annotations

from datetime import date

from pyoxigraph import DefaultGraph, Literal, NamedNode, QueryTriples, Store

from publisher.attribution.counted import numbers
from publisher.attribution.past import past
from publisher.iris import Iris
from tests.attribution.test_asof import Reader, story
from tests.attribution.worlds import IRIS, node, thing


def test_counts_are_those_of_the_rules(store: Store, iris: Iris) -> None:
    reader, checked = Reader(store), 0
    in_force = {
        q.subject
        for q in store.quads_for_pattern(None, NamedNode(iris.att("inForce")), None, DefaultGraph())
        if isinstance(q.object, Literal) and q.object.value == "true"
    }
    names = {
        "reportCount": "reports",
        "outletCount": "outlets",
        "independentSources": "independent",
        "namedIndependentSources": "named",
    }
    for name, attribute in names.items():
        for quad in store.quads_for_pattern(None, NamedNode(iris.att(name)), None, DefaultGraph()):
            assert isinstance(quad.subject, NamedNode)
            affirming = store.quads_for_pattern(None, NamedNode(iris.att("affirms")), quad.subject, DefaultGraph())
            said = [q.subject.value for q in affirming if isinstance(q.subject, NamedNode) and q.subject in in_force]
            count = getattr(numbers(reader, iris, said), attribute)
            assert isinstance(quad.object, Literal)
            assert count == int(quad.object.value), f"{name} of {quad.subject}"
            checked += 1
    assert checked > 100


def test_numbers_of_nothing() -> None:
    count = numbers(Reader(Store()), IRIS, [])
    assert (count.reports, count.outlets, count.independent, count.named) == (0, 0, 0, 0)


def test_the_past_has_what_had_been_said() -> None:
    store, claim = story(), thing("p-base")
    status, speaker = NamedNode(IRIS.att("status")), NamedNode(IRIS.att("affirmedBy"))

    def on(day: date) -> Store:
        return past(Reader(store), IRIS, day)

    before, tenth, twelfth = (on(date(2020, 8, d)) for d in (9, 10, 12))
    assert not list(before.quads_for_pattern(claim, status, None))
    assert [q.object for q in tenth.quads_for_pattern(claim, status, None)] == [NamedNode(IRIS.att("uncontested"))]
    assert [q.object for q in twelfth.quads_for_pattern(claim, status, None)] == [NamedNode(IRIS.att("contested"))]
    assert [q.object for q in tenth.quads_for_pattern(claim, speaker, None)] == [node("agent", "a")]
    force = NamedNode(IRIS.att("inForce"))
    counted = {q.subject for q in tenth.quads_for_pattern(None, force, None) if "true" in str(q.object)}
    assert counted == {node("statement", "s-claim")}


def test_a_rule_on_the_past_chooses_among_what_had_been_said() -> None:
    status = f"<{IRIS.att('status')}> <{IRIS.att('uncontested')}>"
    query = f"CONSTRUCT {{ ?p {status} }} WHERE {{ ?p {status} }}"
    found = past(Reader(story()), IRIS, date(2020, 8, 10)).query(query)
    assert isinstance(found, QueryTriples)
    assert thing("p-base") in {t.subject for t in found}
