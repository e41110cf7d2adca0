"""What must not be inferred: the ten items of the acceptance list, against the served default graph."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

Rows = list[tuple[str, ...]]
Ask = Callable[[str], Rows]

JRAISCHAN = "incident:jraischan-crossing"


def test_01_nothing_says_that_it_happened_or_who_did_it(ask: Ask) -> None:
    claims = ask("SELECT DISTINCT ?p WHERE { ?p a att:ClaimPredicate . ?s ?p ?o }")
    assert claims == []
    assert ask("SELECT ?p WHERE { ?p a att:ClaimPredicate } LIMIT 1"), "the query above cannot fail"
    agent = ask(f"SELECT ?p WHERE {{ {JRAISCHAN} ?p agent:ashab-al-kahf }}")
    # That the group affirms the occurrence is about its words, as is the twin.
    assert agent == [("att:affirmedBy",), ("att:reportedPerpetrator",)]
    kinds = ask(f"SELECT ?c WHERE {{ {JRAISCHAN} a ?c . FILTER (STRSTARTS(STR(?c), STR(att:))) }}")
    assert kinds == [("att:Event",), ("att:Incident",)]


def test_01_no_proposition_is_stated_as_a_triple(ask: Ask) -> None:
    stated = ask("SELECT ?x WHERE { ?x rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o . ?s ?p ?o }")
    assert stated == []


def test_02_the_group_is_tied_neither_to_dhi_qar_nor_to_the_militia(ask: Ask) -> None:
    assert ask("SELECT ?who WHERE { incident:dhi-qar-convoy att:reportedPerpetrator ?who }") == []
    assert (
        ask("""SELECT ?p WHERE { ?x rdf:subject incident:dhi-qar-convoy ; rdf:predicate att:perpetrator ;
                 rdf:object ?p }""")
        == []
    )
    assert ask("SELECT ?p WHERE { agent:jraischan-report-unnamed-militia ?p agent:ashab-al-kahf }") == []
    assert ask("SELECT ?p WHERE { agent:ashab-al-kahf ?p agent:jraischan-report-unnamed-militia }") == []


def test_03_the_group_is_not_asserted_to_be_a_proxy(ask: Ask) -> None:
    assert ask("SELECT ?o WHERE { agent:ashab-al-kahf att:proxyOf ?o }") == []
    who = ask("""SELECT ?who ?hedged WHERE { ?s att:speaker ?who ; att:hedged ?hedged ;
                   att:proposition [ rdf:predicate att:proxyOf ] }""")
    assert who == [("agent:jraischan-report-s14-source", "true")]
    by_site = """SELECT ?s WHERE { ?s att:speaker agent:site-intelligence-group ;
                   att:proposition [ rdf:predicate att:proxyOf ] }"""
    assert ask(by_site) == []


@pytest.mark.parametrize("speaker", ["associated-press", "john-rigsbee", "us-embassy-kuwait"])
def test_04_open_is_neither_yes_nor_no(ask: Ask, speaker: str) -> None:
    polarities = ask(f"""SELECT DISTINCT ?p WHERE {{
        GRAPH graph:jraischan-report {{ ?s att:speaker agent:{speaker} ; att:stance ?stance }}
        ?stance att:polarity ?p }}""")
    assert polarities == [("att:open",)]
    kinds = ask(f"""SELECT ?s WHERE {{ ?s att:speaker agent:{speaker} . {{ ?s a att:Denial }} UNION
        {{ ?s a att:ResponsibilityClaim }} UNION {{ ?s att:contradicts ?t }}
        GRAPH graph:jraischan-report {{ ?s a att:Statement }} }}""")
    assert kinds == []


def test_05_the_force_members_do_not_assert_the_target(ask: Ask) -> None:
    said = ask("""SELECT ?id ?polarity WHERE { ?s att:speaker agent:jraischan-report-force-members ;
        dcterms:identifier ?id ; att:stance/att:polarity ?polarity }""")
    assert said == [("S03", "att:open"), ("S04", "att:open")]
    targets = ask("""SELECT ?s WHERE { ?s att:attributableTo agent:jraischan-report-force-members ;
        att:proposition [ rdf:predicate att:target ] }""")
    assert targets == []


def test_06_bases_and_outpost_stay_apart(ask: Ask) -> None:
    places = [
        "place:jraischan-report-alleged-base",
        "place:jraischan-report-retaliation-base",
        "place:camp-arifjan",
        "place:kuwait-border-outpost",
        "place:jraischan-crossing",
    ]
    values = " ".join(places)
    found = ask(f"SELECT DISTINCT ?p WHERE {{ VALUES ?p {{ {values} }} ?p a att:Place }}")
    assert found == sorted((place,) for place in places)
    links = ask(f"SELECT ?a ?l ?b WHERE {{ VALUES ?a {{ {values} }} VALUES ?b {{ {values} }} ?a ?l ?b }}")
    assert [row for row in links if row[1].endswith(("sameAs", "exactMatch", "closeMatch", "seeAlso"))] == []


def test_07_no_date_coordinate_channel_or_relay_that_the_text_lacks(ask: Ask) -> None:
    values = ask("SELECT DISTINCT ?o WHERE { GRAPH graph:jraischan-report { ?s ?p ?o FILTER isLiteral(?o) } }")
    assert [o for (o,) in values if re.search(r"2020|\b10 August|2020-08", o)] == []
    entities = ask("SELECT DISTINCT ?o WHERE { GRAPH graph:entities { ?s ?p ?o FILTER isLiteral(?o) } }")
    assert [o for (o,) in entities if "2020" in o] == []
    assert ask("SELECT ?p WHERE { place:jraischan-crossing wgs84:lat|wgs84:long|geo:asWKT|geo:hasGeometry ?p }") == []
    relays = ask("SELECT ?id WHERE { GRAPH graph:jraischan-report { ?s att:relay ?r ; dcterms:identifier ?id } }")
    assert relays == [("S03",), ("S04",), ("S14",)]
    channels = ask("SELECT ?id WHERE { GRAPH graph:jraischan-report { ?s att:statedIn ?d ; dcterms:identifier ?id } }")
    assert [row for row in channels if "." not in row[0]] == [("S08",), ("S21",), ("S22",)]


def test_08_the_verb_confirmed_is_no_verification(ask: Ask) -> None:
    stance = ask('SELECT ?stance WHERE { ?s dcterms:identifier "S31a" ; att:stance ?stance }')
    assert stance == [("att:asserts",)]


def test_09_kuwait_did_not_deny_an_explosion_on_iraqi_soil(ask: Ask) -> None:
    denied = ask("""SELECT ?s ?p ?o WHERE { ?d a att:Denial ; att:proposition ?x .
        GRAPH graph:jraischan-report { ?d att:speaker agent:kuwait-armed-forces }
        ?x rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o }""")
    assert denied == [(JRAISCHAN, "att:target", "place:kuwait-northern-border")]
    against = ask("""SELECT DISTINCT ?strength WHERE { ?c att:between ?d, ?other ; att:strength ?strength .
        GRAPH graph:jraischan-report { ?d att:speaker agent:kuwait-armed-forces }
        FILTER (?d != ?other) ?other att:proposition/att:aspect att:occurrenceAspect }""")
    assert [row for row in against if row in {("att:direct",), ("att:presupposed",)}] == []


def test_10_anonymous_sources_are_never_merged(ask: Ask) -> None:
    assert ask("SELECT ?a WHERE { ?a owl:sameAs ?b }") == []
    reports = ask("""SELECT ?source WHERE { ?source a att:UnnamedSource .
        GRAPH ?one { ?s att:speaker ?source } GRAPH ?two { ?t att:speaker ?source }
        FILTER (STRSTARTS(STR(?one), STR(graph:)) && STRSTARTS(STR(?two), STR(graph:)) && ?one != ?two)
        FILTER (?one NOT IN (graph:inferred, graph:derived) && ?two NOT IN (graph:inferred, graph:derived)) }""")
    assert reports == []
    matches = ask("SELECT ?a WHERE { ?a a att:UnnamedSource ; skos:exactMatch|skos:closeMatch ?b }")
    assert matches == []
