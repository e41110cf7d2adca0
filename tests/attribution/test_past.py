"""Numbers counted in plain Python are those of the rules, and the past is made of what had been said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
)

from publisher.attribution.asof import AsOf, Node
from publisher.attribution.counted import numbers
from publisher.attribution.past import past
from publisher.iris import Iris
from publisher.query.store import Output
from publisher.vocab import OWL, PROV
from publisher.web.worlds import Perspective
from tests.attribution.model import Said, World
from tests.attribution.test_asof import Reader, dated, story
from tests.attribution.worlds import IRIS, PROPS, VALUES, derive, node, thing


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


def test_what_was_withdrawn_later_was_told_before() -> None:
    store, me = story(), node("statement", "s-denial")
    store.add(Quad(me, NamedNode(IRIS.att("withdrawnBecause")), Literal("An error.", language="en")))
    dated(store, me, f"{PROV}invalidatedAtTime", "2020-08-14")
    for day, denied in ((11, False), (12, True), (13, True), (14, False)):
        then = Perspective(_Web(store), IRIS, "b", day=date(2020, 8, day)).triples()
        assert any(t.predicate == NamedNode(f"{OWL}sourceIndividual") for t in then) is denied, day
        assert all(str(t.subject).endswith("#not-p-base>") for t in then)


def test_a_spokesman_and_a_body_are_heard_as_of_a_day() -> None:
    world = World(PROPS, (Said("s-claim", "a", "asserts", "p-base", "d-one"),), kinds=VALUES, speaks_for=(("a", "b"),))
    store = derive(world)
    dated(store, node("statement", "s-claim"), IRIS.att("statedOn"), "2020-08-10")
    for agent, told in (("a", 1), ("b", 1), ("c", 0)):
        assert len(AsOf(Reader(store), IRIS, date(2020, 8, 10)).told(agent)) == told


class _Web(Reader):
    """What the web asks of a store, beside the quads of the default graph."""

    def quads(
        self,
        subject: NamedNode | BlankNode | Triple | None = None,
        predicate: NamedNode | None = None,
        object_: Node | None = None,
        graph: NamedNode | BlankNode | DefaultGraph | None = None,
    ) -> Iterator[Quad]:
        return self.store.quads_for_pattern(subject, predicate, object_, graph or DefaultGraph())

    def has_graph(self, graph: NamedNode) -> bool:
        return self.store.contains_named_graph(graph)

    def dump(self, output: Output, format_: RdfFormat, graph: NamedNode, prefixes: Mapping[str, str]) -> None:
        raise NotImplementedError

    def query(
        self,
        text: str,
        default_graphs: Sequence[NamedNode] | None = None,
        named_graphs: Sequence[NamedNode] | None = None,
        base_iri: str | None = None,
    ) -> QuerySolutions | QueryBoolean | QueryTriples:
        raise NotImplementedError
