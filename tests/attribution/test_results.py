"""What the rules find in the real reports, and what they must not find."""

from __future__ import annotations

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, QuerySolutions, Store

from publisher.attribution.explain import COUNTED, LISTED, read_explanations
from publisher.iris import Iris
from publisher.pipeline.policies import read_policies
from publisher.vocab import OWL, RDF


def rows(store: Store, iris: Iris, query: str) -> list[tuple[str, ...]]:
    prefixes = {
        "att": iris.att(""),
        "dcterms": "http://purl.org/dc/terms/",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    }
    result = store.query(query, prefixes=prefixes)
    assert isinstance(result, QuerySolutions)
    names = [v.value for v in result.variables]
    return sorted(tuple(str(getattr(row[n], "value", "")) for n in names) for row in result)


def between(store: Store, iris: Iris, strength: str) -> set[frozenset[str]]:
    """The identifiers of the statements of the seed report in contradictions of this strength."""
    found = rows(
        store,
        iris,
        f"""SELECT ?a ?b WHERE {{
            ?c att:strength att:{strength} ; att:between ?one, ?other . FILTER (STR(?one) < STR(?other))
            ?one dcterms:identifier ?a . ?other dcterms:identifier ?b }}""",
    )
    return {frozenset(pair) for pair in found if all(id_.startswith(("S", "B")) for id_ in pair)}


def pairs(text: str) -> set[frozenset[str]]:
    return {frozenset(pair.split("-")) for pair in text.split()}


def test_stated(store: Store, iris: Iris) -> None:
    assert between(store, iris, "stated") == pairs("S26-S30 S27-S30 S28-S30 S29-S30")


def test_incompatible_targets(store: Store, iris: Iris) -> None:
    assert between(store, iris, "incompatibleValue") == pairs("S02-S27 S27-S31a")


def test_a_denial_limited_in_scope(store: Store, iris: Iris) -> None:
    """Neither the bare explosion (S01), nor the base (S27), nor equipment (S10), nor Iraq's denial (S20)."""
    assert between(store, iris, "scopeLimited") == pairs("S02-S21 S08-S21 S11-S21 S21-S31a")


def test_direct(store: Store, iris: Iris) -> None:
    assert between(store, iris, "direct") == pairs("S01-S20 S27-S31b")


def test_iraqs_denial_meets_everything_that_needs_the_incident(store: Store, iris: Iris) -> None:
    met = {
        next(iter(p - {"S20"}))
        for p in between(store, iris, "presupposed") | between(store, iris, "direct")
        if "S20" in p
    }
    expected = "S01 S02 S03 S04 S05 S08 S09 S10 S11 S26 S27 S28 S29 S31a"
    assert {id_.partition(".")[0] for id_ in met} == set(expected.split())


@pytest.mark.parametrize("id_", ["S06", "S13", "S23"])
def test_an_open_stance_contradicts_nobody(store: Store, iris: Iris, id_: str) -> None:
    assert not rows(store, iris, f'SELECT ?o WHERE {{ ?s dcterms:identifier "{id_}" ; att:contradicts ?o }}')


def test_each_contradiction_explains_itself(store: Store, iris: Iris) -> None:
    found = rows(
        store,
        iris,
        """SELECT ?c (COUNT(DISTINCT ?s) AS ?n) (COUNT(DISTINCT ?r) AS ?rules) (COUNT(DISTINCT ?k) AS ?strengths)
        (COUNT(DISTINCT ?e) AS ?explanations) WHERE { ?c a att:Contradiction ; att:between ?s
        OPTIONAL { ?c att:derivedBy ?r } OPTIONAL { ?c att:strength ?k } OPTIONAL { ?c att:explanation ?e } }
        GROUP BY ?c""",
    )
    assert len(found) > 60
    assert {row[1:] for row in found} == {("2", "1", "1", "1")}
    assert all(iris.entity_name(row[0]) for row in found)


def status(store: Store, iris: Iris, kind: str, slug: str) -> str:
    found = list(
        store.quads_for_pattern(NamedNode(iris.entity(kind, slug)), NamedNode(iris.att("status")), None, DefaultGraph())
    )
    assert len(found) == 1
    return str(found[0].object).rstrip(">").rpartition("#")[2]


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("jraischan-crossing-occurred", "contested"),
        ("jraischan-crossing-target-convoy", "contested"),
        ("jraischan-crossing-target-base", "contested"),
        ("jraischan-crossing-target-northern-border", "denied"),
        ("jraischan-report-earlier-story", "denied"),
        ("jraischan-convoy-us-troops", "unverified"),
        ("jraischan-crossing-injuries", "unverified"),
        ("ashab-al-kahf-video-authentic", "unverified"),
        ("jraischan-convoy-load", "uncontested"),
    ],
)
def test_status(store: Store, iris: Iris, slug: str, expected: str) -> None:
    assert status(store, iris, "proposition", slug) == expected


def test_the_status_of_an_incident_is_that_of_its_occurrence(store: Store, iris: Iris) -> None:
    assert status(store, iris, "incident", "jraischan-crossing") == "contested"
    assert status(store, iris, "incident", "dhi-qar-convoy") == "uncontested"


def test_no_named_source_for_the_convoy_as_target(store: Store, iris: Iris) -> None:
    node = NamedNode(iris.entity("proposition", "jraischan-crossing-target-convoy"))
    (quad,) = store.quads_for_pattern(node, NamedNode(iris.att("namedIndependentSources")), None, DefaultGraph())
    assert isinstance(quad.object, Literal)
    assert quad.object.value == "0"


@pytest.mark.parametrize(("name", "term"), [*COUNTED.items()])
def test_a_number_is_as_many_rows_as_its_explanation(store: Store, iris: Iris, name: str, term: str) -> None:
    explanation = read_explanations(iris)[name]
    quads = list(store.quads_for_pattern(None, NamedNode(iris.att(term)), None, DefaultGraph()))
    assert quads
    for quad in quads:
        assert isinstance(quad.subject, NamedNode)
        assert isinstance(quad.object, Literal)
        assert len(rows(store, iris, explanation.about(quad.subject.value))) == int(quad.object.value)


@pytest.mark.parametrize(("name", "term"), [*LISTED.items()])
def test_a_list_is_as_long_as_its_explanation(store: Store, iris: Iris, name: str, term: str) -> None:
    explanation = read_explanations(iris)[name]
    subjects = {q.subject for q in store.quads_for_pattern(None, NamedNode(iris.att(term)), None, DefaultGraph())}
    assert subjects
    for subject in subjects:
        assert isinstance(subject, NamedNode)
        values = list(store.quads_for_pattern(subject, NamedNode(iris.att(term)), None, DefaultGraph()))
        assert len(rows(store, iris, explanation.about(subject.value))) == len(values)


def graph(store: Store, iri: str) -> set[str]:
    return {str(q.triple) for q in store.quads_for_pattern(None, None, None, NamedNode(iri))}


def test_the_world_of_iraq_is_a_denial(store: Store, iris: Iris) -> None:
    world = graph(store, iris.perspective("iraq"))
    assert len(world) == 4
    assert any("NegativePropertyAssertion" in t for t in world)
    assert not any("> <" + iris.att("occurred") + "> " in t and "assertionProperty" not in t for t in world)


def test_the_world_of_a_group_has_what_its_members_say(store: Store, iris: Iris) -> None:
    world = graph(store, iris.perspective("ashab-al-kahf"))
    assert any(iris.att("perpetrator") in t for t in world)
    assert any(iris.att("destroyed") in t for t in world)
    through = rows(
        store,
        iris,
        f"SELECT ?i WHERE {{ <{iris.perspective('ashab-al-kahf')}> att:tellsThroughSpokesman/dcterms:identifier ?i }}",
    )
    assert through == [("S10",), ("S11",), ("S11.1",)]


def test_who_leaves_everything_open_has_no_world(store: Store, iris: Iris) -> None:
    for slug in ("associated-press", "john-rigsbee", "us-embassy-kuwait", "us-central-command"):
        assert not store.contains_named_graph(NamedNode(iris.perspective(slug)))


def test_hedged_claims_are_only_in_the_hedged_variant(store: Store, iris: Iris) -> None:
    plain, hedged = (
        graph(store, iris.perspective("jraischan-report-security-source", hedged=h)) for h in (False, True)
    )
    assert plain < hedged
    assert {t for t in hedged - plain if iris.att("means") in t}
    assert not {t for t in plain if iris.att("means") in t}


def test_a_story_denied_as_a_whole_denies_no_part(store: Store, iris: Iris) -> None:
    world = NamedNode(iris.perspective("jraischan-report-other-sources"))
    denied = NamedNode(OWL + "NegativePropertyAssertion")
    assertions = list(store.quads_for_pattern(None, NamedNode(RDF + "type"), denied, world))
    assert len(assertions) == 1, "only the base (S31b)"
    assert list(store.quads_for_pattern(world, NamedNode(iris.att("deniesTogether")), None, DefaultGraph()))


def test_every_perspective_triple_comes_from_its_statements(store: Store, iris: Iris) -> None:
    bad = rows(
        store,
        iris,
        """PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> PREFIX owl: <http://www.w3.org/2002/07/owl#>
        SELECT ?g ?s ?p ?o WHERE {
          ?g a att:Perspective . GRAPH ?g { ?s ?p ?o }
          FILTER (!STRSTARTS(STR(?p), STR(owl:)) && ?p != rdf:type)
          FILTER NOT EXISTS { ?g att:tells/att:proposition/att:conjunct* ?claim .
            ?claim rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o }
        }""",
    )
    assert bad == []


def clashes(store: Store, iris: Iris, a: str, b: str) -> list[tuple[str, ...]]:
    one, other = iris.perspective(a), iris.perspective(b)
    return rows(
        store,
        iris,
        f"SELECT ?c ?e WHERE {{ ?c att:clashIn <{one}>, <{other}> ; att:explanation ?e }}",
    )


def test_the_worlds_of_iraq_and_the_group_clash_through_the_axioms(store: Store, iris: Iris) -> None:
    found = clashes(store, iris, "iraq", "ashab-al-kahf")
    assert found
    assert all(iri.startswith(f"{iris.combined('iraq', 'ashab-al-kahf')}#clash-") for iri, _ in found)
    assert all("only of what occurred" in text for _, text in found)
    axioms = rows(store, iris, f"SELECT ?a WHERE {{ <{found[0][0]}> att:axiom ?a }}")
    assert any("rdf-schema#domain" in axiom for (axiom,) in axioms)


def test_two_targets_of_kinds_that_exclude_each_other_clash(store: Store, iris: Iris) -> None:
    found = clashes(store, iris, "jraischan-report-security-source", "jraischan-report-other-sources")
    texts = " ".join(text for _, text in found)
    assert "only one value can hold" in texts
    assert "exactly what the other denies" in texts


def test_who_agrees_does_not_clash(store: Store, iris: Iris) -> None:
    assert not clashes(store, iris, "jraischan-report-s01-source", "jraischan-report-s02-source")
    assert not clashes(store, iris, "iraq", "kuwait-armed-forces")


def policy(store: Store, iris: Iris, name: str, predicate: str) -> set[str]:
    quads = store.quads_for_pattern(None, NamedNode(iris.att(predicate)), None, NamedNode(iris.policy(name)))
    return {str(q.object).rstrip(">").rpartition("/")[2] for q in quads if "jraischan-crossing" in str(q.subject)}


def test_policies_choose_differently(store: Store, iris: Iris) -> None:
    assert {"jraischan", "jraischan-report-alleged-base"} <= policy(store, iris, "any-claim", "target")
    assert policy(store, iris, "undenied", "target") == set()
    assert policy(store, iris, "two-independent-named", "target") == set()
    assert policy(store, iris, "latest", "target") == {"jraischan"}
    assert policy(store, iris, "excluding-anonymous", "perpetrator") == {"ashab-al-kahf"}
    assert policy(store, iris, "excluding-ashab-al-kahf", "perpetrator") == {"jraischan-report-unnamed-militia"}


def test_each_policy_is_described_and_a_graph_of_its_own(store: Store, iris: Iris) -> None:
    for one in read_policies(iris):
        node = NamedNode(iris.policy(one.id))
        assert store.contains_named_graph(node) or one.id == "two-independent-named"
        types = [q.object for q in store.quads_for_pattern(node, NamedNode(RDF + "type"), None, DefaultGraph())]
        assert NamedNode(iris.att("Policy")) in types


def test_the_default_graph_makes_no_claim(store: Store, iris: Iris) -> None:
    assert not rows(store, iris, "SELECT ?s WHERE { ?p a att:ClaimPredicate . ?s ?p ?o }")


def test_every_statement_says_when_it_was_recorded(store: Store, iris: Iris) -> None:
    assert not rows(store, iris, "SELECT ?s WHERE { ?s a att:Statement FILTER NOT EXISTS { ?s att:recordedOn ?d } }")
