"""The rules agree with the definitions, whatever was said, in whatever order, and whatever else was said."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, QuerySolutions, QueryTriples, Store

from publisher.errors import RuleError
from publisher.pipeline.attribute import NATIVE, attribute
from publisher.pipeline.rules import Rule
from tests.attribution.model import OPEN, Model, Prop, Said, World
from tests.attribution.worlds import DOCUMENTS, IRIS, PROPS, RULES, SPEAKERS, derive, ontology, thing, triples, worlds

often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seldom = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def pairs(store: Store, name: str) -> set[tuple[str, str]]:
    """Subject and object of a derived property, as local names."""
    quads = store.quads_for_pattern(None, NamedNode(IRIS.att(name)), None)
    return {(_local(q.subject), _local(q.object)) for q in quads}


def _local(node: object) -> str:
    text = str(node).strip("<>")
    if text.startswith('"'):
        return text.split('"')[1]
    return text.rpartition("#")[2].rpartition("/")[2]


def contradictions(store: Store) -> set[tuple[str, frozenset[str], frozenset[str]]]:
    """As the model gives them: what one contradiction concerns is taken together."""
    rows = store.query(
        """SELECT ?c ?k (GROUP_CONCAT(DISTINCT STR(?s)) AS ?ss) (GROUP_CONCAT(DISTINCT STR(?p)) AS ?ps)
        WHERE { ?c att:strength ?k ; att:between ?s ; att:concerns ?p } GROUP BY ?c ?k""",
        prefixes={"att": IRIS.att("")},
    )
    assert isinstance(rows, QuerySolutions)
    found = set()
    for row in rows:
        said, props = ({_local(x) for x in str(row[n].value).split(" ")} for n in ("ss", "ps"))
        found.add((_local(row["k"]), frozenset(said), frozenset(props)))
    return found


def joined(found: set[tuple[str, frozenset[str], frozenset[str]]]) -> set[tuple[str, frozenset[str], frozenset[str]]]:
    """One entry for each strength and pair, with all propositions."""
    both: dict[tuple[str, frozenset[str]], frozenset[str]] = {}
    for strength, pair, props in found:
        both[strength, pair] = both.get((strength, pair), frozenset()) | props
    return {(strength, pair, props) for (strength, pair), props in both.items()}


def statuses(store: Store) -> dict[str, str]:
    return dict(pairs(store, "status"))


@often
@given(worlds())
def test_sides_and_statuses_are_as_defined(world: World) -> None:
    store, model = derive(world), Model(world)
    for name, side in (("affirms", model.affirms), ("denies", model.denies), ("leavesOpen", model.leaves_open)):
        assert pairs(store, name) == {(s.name, t) for s in world.said for t in side(s)}
    for name in ("affirmedBy", "deniedBy", "leftOpenBy"):
        assert pairs(store, name) == {(t, s) for t in model.things() for s in model.speakers(t, name)}
    assert statuses(store) == {t: status for t in model.things() if (status := model.status(t))}
    assert dict(pairs(store, "inForce")) == {s.name: str(model.in_force(s)).lower() for s in world.said}


@often
@given(worlds())
def test_contradictions_are_as_defined(world: World) -> None:
    store, model = derive(world), Model(world)
    assert joined(contradictions(store)) == joined(model.contradictions())
    both = {tuple(sorted(pair)) for _, pair, _ in model.contradictions()}
    assert pairs(store, "contradicts") == {(a, b) for a, b in both} | {(b, a) for a, b in both}


@often
@given(worlds())
def test_counts_are_as_defined(world: World) -> None:
    store, model = derive(world), Model(world)
    affirmed = {t for t in model.things() if model.speakers(t, "affirmedBy")}
    assert dict(pairs(store, "independentSources")) == {t: str(model.sources(t)) for t in affirmed}
    assert dict(pairs(store, "namedIndependentSources")) == {t: str(model.named_sources(t)) for t in affirmed}
    assert dict(pairs(store, "reportCount")) == {t: str(len(model.reports(t))) for t in affirmed}
    assert dict(pairs(store, "outletCount")) == {t: str(len(model.outlets(t))) for t in affirmed}


@seldom
@given(worlds(smallest=3))
def test_the_fast_form_of_a_rule_finds_what_its_query_finds(world: World) -> None:
    store = derive(world)
    assert set(NATIVE) == {"counts-as"}
    (rule,) = (rule for rule in RULES if rule.id == "counts-as")
    result = store.query(rule.query)
    assert isinstance(result, QueryTriples)
    assert set(result) == NATIVE[rule.id](store, IRIS)


def construct(id_: str, template: str) -> Rule:
    query = f"PREFIX att: <{IRIS.att('')}> CONSTRUCT {{ {template} }} WHERE {{ ?s a att:Statement }}"
    return Rule(id_, "", "", "", f"50-{id_}.rq", query)


def test_a_result_has_to_name_its_rule() -> None:
    """The subject of the result does, or the definition of its predicate does; the rule of another does not count."""
    known = [*ontology(), *triples(World(PROPS, (Said("s", "a", "asserts", "p-base", DOCUMENTS[0]),)))]
    this = f"?s att:derivedBy <{IRIS.rule('mine')}>"
    (found,) = attribute(known, [construct("in-force", "?s att:inForce true")], IRIS)
    assert found.predicate == NamedNode(IRIS.att("inForce"))
    assert len(attribute(known, [construct("mine", f"?s att:concerns ?s . {this}")], IRIS)) == 2
    for rule in (
        construct("mine", "?s att:concerns ?s"),
        construct("mine", "?s att:inForce true"),
        construct("mine", f"?s att:concerns ?s . att:other att:derivedBy <{IRIS.rule('mine')}>"),
        construct("other", f"?s att:concerns ?s . {this}"),
    ):
        with pytest.raises(RuleError, match="does not name its rule"):
            attribute(known, [rule], IRIS)


def test_what_is_given_is_not_derived_again() -> None:
    known = [*ontology(), *triples(World(PROPS, (Said("s", "a", "asserts", "p-base", DOCUMENTS[0]),)))]
    derived = attribute(known, RULES, IRIS)
    assert derived
    assert not set(derived) & set(known)
    assert attribute([*known, *derived], RULES, IRIS) == ()


@seldom
@given(worlds(), st.sampled_from(SPEAKERS))
def test_an_unrelated_statement_changes_no_status(world: World, speaker: str) -> None:
    other = Prop("p-elsewhere", "i-three", "target", "truck")
    more = replace(
        world,
        props=(*world.props, other),
        said=(*world.said, Said("s-elsewhere", speaker, "asserts", other.name, DOCUMENTS[0])),
    )
    after = statuses(derive(more))
    assert {t: s for t, s in after.items() if t not in ("p-elsewhere", "i-three")} == statuses(derive(world))


@seldom
@given(worlds(smallest=1), st.integers())
def test_order_and_names_of_files_change_nothing(world: World, seed: int) -> None:
    given_ = [*ontology(), *triples(world)]
    shuffled = given_ + given_[:50]
    random.Random(seed).shuffle(shuffled)
    assert attribute(shuffled, RULES, IRIS) == attribute(given_, RULES, IRIS)


@seldom
@given(worlds(), st.sampled_from(sorted(OPEN)), st.sampled_from(PROPS), st.sampled_from(SPEAKERS))
def test_an_open_stance_changes_neither_yes_nor_no(world: World, stance: str, prop: Prop, speaker: str) -> None:
    more = replace(world, said=(*world.said, Said("s-open", speaker, stance, prop.name, DOCUMENTS[0])))
    before, after = derive(world), derive(more)
    for name in ("affirmedBy", "deniedBy", "independentSources", "namedIndependentSources"):
        assert pairs(before, name) == pairs(after, name)
    assert "s-open" not in {s for name in ("affirms", "denies") for s, _ in pairs(after, name)}


@seldom
@given(worlds(smallest=1))
def test_a_withdrawn_or_superseded_statement_is_as_if_never_made(world: World) -> None:
    """Except as history: it leaves no speaker, status, number or contradiction behind."""
    assume(not any(s.supersedes for s in world.said))
    first = world.said[0]
    withdrawn = replace(world, said=(replace(first, withdrawn=True), *world.said[1:]))

    def without(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(n for n in names if n != first.name)

    never = replace(
        world,
        said=tuple(
            replace(s, rebuts=without(s.rebuts), same_utterance=without(s.same_utterance)) for s in world.said[1:]
        ),
    )
    a, b = derive(withdrawn), derive(never)
    for name in ("status", "affirmedBy", "deniedBy", "leftOpenBy", "contradicts", "independentSources"):
        assert pairs(a, name) == pairs(b, name)
    assert (first.name, "false") in pairs(a, "inForce")


def test_the_worlds_are_written_as_meant() -> None:
    """A guard on the generator: every proposition can get each status."""
    world = World(PROPS, (Said("s-0", "a", "asserts", "p-convoy", "d-one"),))
    store = derive(world)
    assert statuses(store) == {"p-convoy": "uncontested", "p-occurred": "uncontested", "i-one": "uncontested"}
    assert thing("i-one").value.endswith("/incident/i-one")
