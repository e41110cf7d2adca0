"""As of a day: four times apart, and what has no date is never placed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from publisher.attribution.asof import AsOf, Node, Times, When, when
from publisher.attribution.dates import UNKNOWN, Span, span
from publisher.iris import Iris
from publisher.vocab import DCTERMS, OA, PROV, XSD
from tests.attribution.model import Said, World
from tests.attribution.worlds import IRIS, PROPS, VALUES, derive, node, thing

DAY = date(2020, 8, 11)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020-08-11", date(2020, 8, 11), date(2020, 8, 11)),
        ("2020-08-11Z", date(2020, 8, 11), date(2020, 8, 11)),
        ("2020-08-11T09:00:00Z", date(2020, 8, 11), date(2020, 8, 11)),
        ("2020-08-11T09:00:00+03:00", date(2020, 8, 11), date(2020, 8, 11)),
        ("2020-08", date(2020, 8, 1), date(2020, 8, 31)),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29)),
        ("2020", date(2020, 1, 1), date(2020, 12, 31)),
        ("2020-21", date(2020, 1, 1), date(2020, 12, 31)),
        ("202X", date(2020, 1, 1), date(2029, 12, 31)),
        ("2020-XX", date(2020, 1, 1), date(2020, 12, 31)),
        ("2020-08-XX", date(2020, 8, 1), date(2020, 8, 31)),
        ("2020-08-01/2020-08-10", date(2020, 8, 1), date(2020, 8, 10)),
        ("2020-08-01/..", date(2020, 8, 1), None),
        ("../2020-08", None, date(2020, 8, 31)),
        ("2020-08-11?", None, None),
        ("2020-13-01", None, None),
        ("Monday", None, None),
    ],
)
def test_what_a_date_can_mean(text: str, first: date | None, last: date | None) -> None:
    assert span(text) == Span(first, last)


def times(stated: str | None, *reported: str) -> Times:
    return Times(span(stated) if stated else None, tuple(map(span, reported)), False, None, None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (times("2020-08-11"), When.SAID),
        (times("2020-08-12"), When.NOT_YET),
        (times("2020-08"), When.UNDATABLE),
        (times("2020-07"), When.SAID),
        (times(None, "2020-08-11"), When.SAID),
        (times(None, "2020-08-12"), When.UNDATABLE),
        (times("2020-08", "2020-08-10"), When.SAID),
        (times("2020-08-12", "2020-08-10"), When.NOT_YET),
        (times("2020-08-11?"), When.UNDATABLE),
        (times(None), When.UNDATABLE),
        (Times(None, (UNKNOWN,), False, None, date(2020, 1, 1)), When.UNDATABLE),
    ],
)
def test_said_not_yet_or_undatable(given: Times, expected: When) -> None:
    assert when(given, DAY) is expected


@dataclass(frozen=True)
class Reader:
    """A store as the server has it."""

    store: Store

    def quads(
        self,
        subject: NamedNode | BlankNode | Triple | None = None,
        predicate: NamedNode | None = None,
        object_: Node | None = None,
    ) -> Iterator[Quad]:
        return self.store.quads_for_pattern(subject, predicate, object_, DefaultGraph())


def dated(store: Store, subject: NamedNode, predicate: str, day: str) -> None:
    store.add(Quad(subject, NamedNode(predicate), Literal(day, datatype=NamedNode(XSD + "date"))))


SAID = (
    Said("s-claim", "a", "asserts", "p-base", "d-one"),
    Said("s-denial", "b", "deniesClaim", "p-base", "d-two"),
    Said("s-open", "c", "notVerified", "p-base", "d-three"),
)


def story() -> Store:
    store = derive(World(PROPS, SAID, kinds=VALUES))
    dated(store, node("statement", "s-claim"), IRIS.att("statedOn"), "2020-08-10")
    dated(store, node("document", "d-two"), DCTERMS + "issued", "2020-08-12")
    return store


def at(store: Store, day: date) -> AsOf:
    return AsOf(Reader(store), IRIS, day)


def test_a_status_grows_with_the_days() -> None:
    store, claim = story(), thing("p-base").value
    assert at(store, date(2020, 8, 9)).standing(claim).status is None
    on_tenth = at(store, date(2020, 8, 10)).standing(claim)
    assert on_tenth.status == "uncontested"
    assert on_tenth.affirmed_by == (node("agent", "a").value,)
    assert on_tenth.undatable == tuple(node("statement", s).value for s in ("s-denial", "s-open"))
    on_twelfth = at(store, date(2020, 8, 12)).standing(claim)
    assert on_twelfth.status == "contested"
    assert on_twelfth.undatable == (node("statement", "s-open").value,)
    assert at(store, date(2020, 8, 9)).standing(claim).not_yet == (node("statement", "s-claim").value,)


def test_the_recording_and_the_event_place_nothing() -> None:
    store = derive(World(PROPS, SAID[:1], kinds=VALUES))
    dated(store, node("statement", "s-claim"), IRIS.att("recordedOn"), "2020-01-01")
    assert at(store, DAY).when(node("statement", "s-claim").value) is When.UNDATABLE


def test_a_withdrawal_counts_from_its_day() -> None:
    store, me = story(), node("statement", "s-claim")
    store.add(Quad(me, NamedNode(IRIS.att("withdrawnBecause")), Literal("An error.", language="en")))
    dated(store, me, PROV + "invalidatedAtTime", "2020-08-13")
    assert at(store, date(2020, 8, 12)).counts(me.value)
    assert not at(store, date(2020, 8, 13)).counts(me.value)


def test_a_correction_counts_from_its_day() -> None:
    store, old, new = story(), node("statement", "s-claim"), node("statement", "s-denial")
    store.add(Quad(new, NamedNode(IRIS.att("supersedes")), old))
    assert at(store, date(2020, 8, 11)).counts(old.value)
    assert not at(store, date(2020, 8, 12)).counts(old.value)


@pytest.mark.parametrize("one_by_one", [0, 1, 500])
def test_read_at_once_or_one_by_one_it_is_the_same(monkeypatch: pytest.MonkeyPatch, one_by_one: int) -> None:
    """What was withdrawn or superseded is looked up for the first statements, and then read for all."""
    monkeypatch.setattr("publisher.attribution.asof._ONE_BY_ONE", one_by_one)
    said = [Said(f"s-{n}", "a", "asserts", "p-base", "d-one") for n in range(4)]
    store = derive(World(PROPS, tuple(said), kinds=VALUES))
    nodes = [node("statement", f"s-{n}") for n in range(4)]
    for statement in nodes:
        dated(store, statement, IRIS.att("statedOn"), "2020-08-10")
    store.add(Quad(nodes[1], NamedNode(IRIS.att("withdrawnBecause")), Literal("An error.", language="en")))
    store.add(Quad(nodes[3], NamedNode(IRIS.att("supersedes")), nodes[2]))
    asof = at(store, date(2020, 8, 12))
    assert [asof.counts(s.value) for s in nodes] == [True, False, False, True]


def test_today_it_is_as_the_rules_say_for_what_has_a_date(store: Store, iris: Iris) -> None:
    """Long after everything, only undatable statements are missing from a status."""
    now = AsOf(Reader(store), iris, date(2100, 1, 1))
    for quad in store.quads_for_pattern(None, NamedNode(iris.att("status")), None, DefaultGraph()):
        assert isinstance(quad.subject, NamedNode)
        standing = now.standing(quad.subject.value)
        assert not standing.not_yet
        if not standing.undatable and standing.affirming and standing.status == "contested":
            assert quad.object == NamedNode(iris.att("contested"))


def test_the_world_of_an_agent_as_of_a_day() -> None:
    store = story()
    world = NamedNode(IRIS.perspective("a"))
    store.add(Quad(world, NamedNode(IRIS.att("tells")), node("statement", "s-claim")))
    assert at(store, date(2020, 8, 9)).perspective("a").affirmed == ()
    told = at(store, date(2020, 8, 10)).perspective("a")
    assert [str(t.predicate) for t in told.affirmed] == [f"<{IRIS.att('target')}>"]
    assert told.denied == ()


def test_the_evidence_leads_to_the_report() -> None:
    store = story()
    assert list(store.quads_for_pattern(node("evidence", "s-denial"), NamedNode(OA + "hasSource"), None))
