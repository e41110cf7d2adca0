"""Policies as of a day: worked out in parts they choose what they choose on the whole. And what `latest` compares."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from random import Random

import pyoxigraph as ox
import pytest

from publisher.attribution.past import outcome, past
from publisher.iris import Iris
from publisher.pipeline.lines import join_triples, read_triples
from publisher.pipeline.policies import Policy, apply, read_policies
from publisher.vocab import DCTERMS, PROV, XSD
from tests.attribution.model import Said, World
from tests.attribution.test_asof import Reader, dated
from tests.attribution.worlds import IRIS, PROPS, SPEAKERS, STANCES, VALUES, derive, node

POLICIES = {policy.id: policy for policy in read_policies(IRIS)}
FAR = date(2100, 1, 1)


def on(day: int) -> str:
    return f"2020-08-{day:02}"


def whole(store: ox.Store, day: date, policy: Policy) -> set[ox.Triple]:
    result = past(Reader(store), IRIS, day).query(policy.query)
    assert isinstance(result, ox.QueryTriples)
    return set(result)


def story(seed: int) -> ox.Store:
    """Statements with dates, order, withdrawals and corrections; the same for the same number."""
    random = Random(seed)
    said = []
    for n in range(12):
        earlier = (f"s-{random.randrange(n)}",) if n else ()
        said.append(
            Said(
                f"s-{n}",
                random.choice(SPEAKERS),
                random.choice(STANCES),
                random.choice(PROPS).name,
                random.choice(("d-one", "d-two", "d-three")),
                rebuts=earlier if random.random() < 0.3 else (),
                supersedes=earlier if random.random() < 0.2 else (),
                same_utterance=earlier if random.random() < 0.2 else (),
                withdrawn=random.random() < 0.2,
            )
        )
    unnamed = frozenset(random.sample(SPEAKERS, 2))
    store = derive(World(PROPS, tuple(said), unnamed=unnamed, speaks_for=(("a", "b"),), kinds=VALUES))
    for n, one in enumerate(said):
        me = node("statement", one.name)
        if random.random() < 0.7:
            dated(store, me, IRIS.att("statedOn"), on(random.randint(1, 6)))
        if n and random.random() < 0.3:
            other = node("statement", f"s-{random.randrange(n)}")
            store.add(ox.Quad(me, ox.NamedNode(IRIS.att("statedAfter")), other))
        if one.withdrawn:
            dated(store, me, f"{PROV}invalidatedAtTime", on(random.randint(2, 6)))
    dated(store, node("document", "d-two"), f"{DCTERMS}issued", on(3))
    return store


@pytest.mark.parametrize("seed", range(12))
def test_parts_give_what_the_whole_gives(seed: int) -> None:
    store, chosen = story(seed), 0
    for day in (date(2020, 8, 2), date(2020, 8, 4), FAR):
        for policy in POLICIES.values():
            expected = whole(store, day, policy)
            assert outcome(Reader(store), IRIS, day, policy.query, part=1) == expected, (policy.id, day)
            assert outcome(Reader(store), IRIS, day, policy.query) == expected, (policy.id, day)
            chosen += len(expected)
    assert chosen


def test_what_is_said_later_of_another_incident_is_seen_from_a_part() -> None:
    """Placed by that alone: the first statement has no time of its own, only its report has a date."""
    said = (Said("s-first", "a", "asserts", "p-base", "d-two"), Said("s-later", "b", "asserts", "p-secure", "d-one"))
    store = derive(World(PROPS, said, kinds=VALUES))
    dated(store, node("document", "d-two"), f"{DCTERMS}issued", on(3))
    dated(store, node("statement", "s-later"), IRIS.att("statedOn"), on(5))
    policy = POLICIES["latest"]
    assert values(outcome(Reader(store), IRIS, FAR, policy.query, part=1)) == set()
    store.add(
        ox.Quad(node("statement", "s-later"), ox.NamedNode(IRIS.att("statedAfter")), node("statement", "s-first"))
    )
    found = outcome(Reader(store), IRIS, FAR, policy.query, part=1)
    assert values(found) == {"base"}
    assert found == whole(store, FAR, policy)


def test_parts_give_what_the_whole_gives_on_the_real_data(store: ox.Store, iris: Iris) -> None:
    chosen = 0
    for day in (date(2020, 8, 9), date(2020, 8, 11), FAR):
        reference = past(Reader(store), iris, day)
        for policy in read_policies(iris):
            result = reference.query(policy.query)
            assert isinstance(result, ox.QueryTriples)
            expected = set(result)
            assert outcome(Reader(store), iris, day, policy.query, part=3) == expected
            chosen += len(expected)
    assert chosen > 20


def test_long_after_everything_the_dated_part_is_chosen_as_today() -> None:
    """With a date on every statement and no withdrawal there is no difference to the build."""
    said = [Said(f"s-{n}", who, "asserts", prop, "d-one") for n, (who, prop) in enumerate(_ALL)]
    store = derive(World(PROPS, tuple(said), speaks_for=(("a", "b"),), kinds=VALUES))
    for n, one in enumerate(said):
        dated(store, node("statement", one.name), IRIS.att("statedOn"), on(n % 9 + 1))
    for policy in POLICIES.values():
        assert outcome(Reader(store), IRIS, FAR, policy.query, part=1) == chosen(policy, store), policy.id


_ALL = [(who, prop.name) for who, prop in zip("abcde" * 3, [p for p in PROPS if p.predicate], strict=False)]


# latest


def latest(*said: tuple[str, str, str, str]) -> set[str]:
    """The values of the target that are chosen; statements as name, stance, proposition, date."""
    statements = tuple(Said(name, name, stance, prop, "d-one") for name, stance, prop, _ in said)
    store = derive(World(PROPS, statements, kinds=VALUES))
    for name, _, _, text in said:
        if text:
            precision = {4: "gYear", 7: "gYearMonth", 10: "date"}[len(text)]
            literal = ox.Literal(text, datatype=ox.NamedNode(f"{XSD}{precision}"))
            store.add(ox.Quad(node("statement", name), ox.NamedNode(IRIS.att("statedOn")), literal))
    return values(chosen(POLICIES["latest"], store))


def chosen(policy: Policy, store: ox.Store) -> set[ox.Triple]:
    return set(read_triples(join_triples(apply(policy, store))))


def values(triples: Iterable[ox.Triple]) -> set[str]:
    target = ox.NamedNode(IRIS.att("target"))
    return {str(t.object).strip("<>").rpartition("/")[2] for t in triples if t.predicate == target}


BASE, CONVOY = ("a", "asserts", "p-base"), ("b", "asserts", "p-convoy")


def test_the_later_of_two_full_dates_is_chosen() -> None:
    assert latest((*BASE, "2020-08-10"), (*CONVOY, "2020-08-11")) == {"convoy"}


@pytest.mark.parametrize("vague", ["2020-09", "2020", "2021-01", "2019-12", ""])
def test_a_date_without_a_day_is_neither_chosen_nor_in_the_way(vague: str) -> None:
    """Later or earlier, a month or a year is not placed among days."""
    assert latest((*BASE, "2020-08-10"), (*CONVOY, vague)) == {"base"}
    assert latest((*CONVOY, vague)) == set()


@pytest.mark.parametrize("vague", ["2020-09", "2021"])
def test_a_denial_without_a_day_is_not_in_the_way_either(vague: str) -> None:
    denial = ("b", "deniesClaim", "p-base")
    assert latest((*BASE, "2020-08-10"), (*denial, vague)) == {"base"}
    assert latest((*BASE, "2020-08-10"), (*denial, "2020-08-11")) == set()


def test_two_dates_without_a_day_leave_nothing_to_choose() -> None:
    assert latest((*BASE, "2020-08"), (*CONVOY, "2020-09")) == set()


def test_the_caution_says_so() -> None:
    assert "only full dates are compared" in POLICIES["latest"].caution
