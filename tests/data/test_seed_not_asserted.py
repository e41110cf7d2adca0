"""What must not follow from the seed report: the ten points of the inventory, on the data as written."""

from __future__ import annotations

from itertools import pairwise

import pytest
from rdflib import OWL, RDF, SKOS, URIRef

from tests.data.seed import (
    ATT,
    DCTERMS,
    REPORT,
    SEED_FILES,
    all_data,
    by_speaker,
    data,
    entity,
    name,
    ontology,
    statements,
)

INCIDENT = entity("incident/jraischan-crossing")
AAK = entity("agent/ashab-al-kahf")
OPEN = {"notConfirmed", "notVerified", "investigating", "willLookInto"}
SAME = (OWL.sameAs, SKOS.exactMatch, SKOS.closeMatch, OWL.equivalentClass)


def test_no_claim_is_made_outside_a_proposition() -> None:
    claims = set(ontology().subjects(RDF.type, ATT.ClaimPredicate))
    twins = set(ontology().objects(None, ATT.reportedAs))
    assert len(claims) == len(twins) > 0
    assert not {name(p) for p in all_data().predicates() if p in claims | twins}


def test_1_nothing_joins_the_incident_to_anything() -> None:
    """Save the editors' note on which denial may reach it, which says nothing of what happened."""
    assert set(all_data().predicates(INCIDENT)) <= {
        RDF.type,
        ATT.scopeWithin,
        URIRef("http://www.w3.org/2000/01/rdf-schema#label"),
        URIRef("http://www.w3.org/2000/01/rdf-schema#comment"),
    }
    assert set(all_data().objects(INCIDENT, RDF.type)) == {ATT.Incident}
    assert not list(all_data().triples((AAK, None, INCIDENT)))


@pytest.mark.parametrize("incident", ["jraischan-crossing", "salaheddin-convoy", "dhi-qar-convoy", "taji-convoy"])
def test_contested_incidents_have_no_finer_class(incident: str) -> None:
    assert set(all_data().objects(entity(f"incident/{incident}"), RDF.type)) == {ATT.Incident}


def test_2_nobody_is_named_for_dhi_qar_and_the_militia_is_not_the_group() -> None:
    dhi_qar = [s for s in statements().values() if s.claim[0] == "incident/dhi-qar-convoy"]
    assert dhi_qar
    assert not [s for s in dhi_qar if s.claim[1] == "perpetrator"]
    assert not [s for s in dhi_qar if s.claim[2] == name(AAK)]
    perpetrators = [statements()[id_].claim[2] for id_ in ("S06", "S08", "S26")]
    assert len(set(perpetrators)) == 3


def test_3_nobody_asserts_that_the_group_is_a_proxy() -> None:
    proxy = [s for s in statements().values() if s.claim[1] == "proxyOf"]
    assert [s.id for s in proxy] == ["S14"]
    assert proxy[0].stance == "characterises"
    assert proxy[0].hedged
    assert proxy[0].speaker not in {f"agent/{REPORT}", "agent/site-intelligence-group"}


def test_4_the_agency_the_spokesman_and_the_embassy_stay_open() -> None:
    statements_ = by_speaker("associated-press", "john-rigsbee", "us-embassy-kuwait")
    assert {s.id for s in statements_} == {"S06", "S13", "S23"}
    assert {s.stance for s in statements_} <= OPEN


def test_4_no_us_body_speaks_of_the_occurrence() -> None:
    bodies = by_speaker(
        "united-states", "us-forces", "us-army", "us-central-command", "us-embassy-kuwait", "john-rigsbee"
    )
    assert not [s for s in bodies if s.value(ATT.aspect) == ATT.occurrenceAspect]


def test_5_the_force_members_do_not_assert_the_target() -> None:
    members = by_speaker(f"{REPORT}-force-members")
    assert {s.id for s in members} == {"S03", "S04"}
    assert {s.stance for s in members} == {"notConfirmed"}
    assert not [s for s in members if s.value(ATT.aspect) == ATT.targetAspect]


def test_6_three_bases_and_the_outpost_is_not_the_crossing() -> None:
    bases = {name(s) for s in data().subjects(RDF.type, ATT.MilitaryBase)}
    assert bases == {
        f"place/{REPORT}-alleged-base",
        f"place/{REPORT}-retaliation-base",
        "place/camp-arifjan",
    }
    about = {name(o) for o in data().objects(statements()["S22"].proposition, ATT.about)}
    assert about == {"place/kuwait-border-outpost"}


def test_7_no_date_coordinate_channel_or_publisher_that_the_report_lacks() -> None:
    for predicate in (ATT.statedOn, ATT.channel, DCTERMS.publisher, DCTERMS.date, DCTERMS.issued, DCTERMS.creator):
        assert not list(data().triples((None, predicate, None))), predicate
    assert not [p for p in data().predicates() if "wgs84" in str(p) or "geosparql" in str(p)]
    for path in SEED_FILES:
        assert "2020" not in path.read_text(encoding="utf-8"), path
    assert statements()["S20"].document is None
    assert statements()["S20"].relays == ()


def test_8_confirmed_is_only_a_word() -> None:
    assert statements()["S31a"].stance == "asserts"
    for predicate in (ATT.status, ATT.affirmedBy, ATT.contradicts, ATT.deniedBy):
        assert not list(data().triples((None, predicate, None))), predicate


def test_9_kuwait_denies_no_explosion_in_iraq() -> None:
    kuwait = by_speaker("kuwait", "kuwait-armed-forces")
    assert {s.id for s in kuwait} == {"S21", "S22"}
    assert statements()["S21"].claim[2] == "place/kuwait-northern-border"
    denials = [s.id for s in statements().values() if s.stance == "deniesOccurrence"]
    assert denials == ["S20"]


def test_10_anonymous_sources_are_never_merged() -> None:
    speakers = [statements()[id_].speaker for id_ in ("S01", "S02", "S03", "S19", "S24", "S25", "S26", "S30", "S32")]
    assert len(set(speakers)) == len(speakers)
    unnamed = set(data().subjects(RDF.type, ATT.UnnamedSource))
    assert len(unnamed) == 15
    for source in unnamed:
        assert set(data().objects(source, RDF.type)) == {ATT.UnnamedSource}
        assert f"/{REPORT}" in str(source), "an unnamed source belongs to its report"
    counts = {name(s): int(str(o)) for s, o in data().subject_objects(ATT.sourceCount)}
    assert counts == {f"agent/{REPORT}-force-members": 3, f"agent/{REPORT}-security-source": 1}


def test_nothing_is_identified_with_anything() -> None:
    for predicate in SAME:
        assert not list(all_data().triples((None, predicate, None))), predicate


def test_relay_steps_have_no_self_relay() -> None:
    for statement in statements().values():
        chain = [statement.speaker, *statement.relays]
        assert all(one != other for one, other in pairwise(chain))
