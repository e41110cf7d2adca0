"""The published query for what had been said by a day finds what counts as of that day."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import QuerySolutions, Store

from publisher.attribution.explain import read_explanations
from publisher.vocab import DCTERMS, PROV
from tests.attribution.model import Said, World
from tests.attribution.test_asof import at, dated
from tests.attribution.worlds import DOCUMENTS, IRIS, PROPS, VALUES, derive, node, thing, worlds

EXPLANATION = read_explanations(IRIS)["said-by"]
DAYS = [date(2020, 8, n) for n in (9, 10, 11, 12, 13)]


def found_by_the_query(store: Store, iri: str, day: date) -> list[str]:
    assert EXPLANATION.query.count('"2020-08-11"') == 1
    result = store.query(EXPLANATION.about(iri).replace("2020-08-11", day.isoformat()))
    assert isinstance(result, QuerySolutions)
    return [row["statement"].value for row in result]


@settings(deadline=None)
@given(worlds(smallest=2), st.data())
def test_it_finds_what_counts_as_of_the_day(world: World, data: st.DataObject) -> None:
    """Whatever has a date of its own or only that of its report, was withdrawn on a day, at no known time or not at
    all, and was superseded.
    """
    store, some_day = derive(world), st.none() | st.sampled_from(DAYS)

    def date_it(kind: str, name: str, predicate: str) -> None:
        if (day := data.draw(some_day, f"{name} {predicate}")) is not None:
            dated(store, node(kind, name), predicate, day.isoformat())

    for said in world.said:
        date_it("statement", said.name, IRIS.att("statedOn"))
        if said.withdrawn:
            date_it("statement", said.name, f"{PROV}invalidatedAtTime")
    for document in DOCUMENTS:
        date_it("document", document, f"{DCTERMS}issued")
    day = data.draw(st.sampled_from(DAYS), "as of")
    asof = at(store, day)
    for iri in {thing(prop.name).value for prop in world.props} | {node("incident", "i-one").value}:
        standing = asof.standing(iri)
        counted = [*standing.affirming, *standing.denying, *standing.leaving_open]
        assert sorted(found_by_the_query(store, iri, day)) == sorted(counted)


def test_a_correction_that_was_withdrawn_corrects_nothing() -> None:
    """From the day of its withdrawal on; before that it does."""
    said = (
        Said("s-old", "a", "asserts", "p-base", "d-one"),
        Said("s-new", "a", "asserts", "p-base", "d-two", supersedes=("s-old",), withdrawn=True),
    )
    store = derive(World(PROPS, said, kinds=VALUES))
    dated(store, node("statement", "s-old"), IRIS.att("statedOn"), "2020-08-09")
    dated(store, node("statement", "s-new"), IRIS.att("statedOn"), "2020-08-10")
    dated(store, node("statement", "s-new"), f"{PROV}invalidatedAtTime", "2020-08-12")
    names = [[s.rpartition("/")[2] for s in found_by_the_query(store, thing("p-base").value, day)] for day in DAYS]
    assert names == [["s-old"], ["s-new"], ["s-new"], ["s-old"], ["s-old"]]
