"""Entities and form: everything the report mentions is there, described, and in our own words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, SKOS, XSD, Literal, URIRef
from rdflib.term import BNode

from tests.data.seed import ATT, BASE, DATA, DCTERMS, REPORT, ROOT, all_data, article, data, entity, name, ontology
from tests.own import own_files

R = REPORT
ENTITIES = {
    "Incident": "incident/jraischan-crossing incident/salaheddin-convoy incident/dhi-qar-convoy",
    "AirStrike": "event/soleimani-strike",
    "MissileStrike": "event/iranian-missile-attack",
    "ArmedConflict": "event/gulf-war-1991 event/invasion-2003 event/fight-against-islamic-state",
    "Event": "event/ashab-al-kahf-april-threat event/ashab-al-kahf-emergence event/us-military-investigation "
    "event/us-withdrawal-calls event/shiite-militia-anger",
    "Person": f"agent/john-rigsbee agent/qassem-soleimani agent/saddam-hussein agent/{R}-man-in-clip",
    "ArmedGroup": f"agent/ashab-al-kahf agent/shiite-militia agent/islamic-state agent/{R}-unnamed-militia "
    f"agent/{R}-new-militant-group",
    "GovernmentBody": "agent/iraq agent/kuwait agent/united-states agent/iran agent/us-embassy-kuwait",
    "StateForce": "agent/kuwait-armed-forces agent/us-forces agent/us-army agent/us-central-command "
    "agent/iraqi-forces-1991",
    "UnnamedSource": f"agent/{R} agent/{R}-force-members agent/{R}-loading-sources agent/{R}-security-source "
    f"agent/{R}-other-sources agent/{R}-ashab-al-kahf-members agent/{R}-callers agent/{R}-s01-source "
    f"agent/{R}-s02-source agent/{R}-s14-source agent/{R}-s19-source agent/{R}-s25-source "
    f"agent/{R}-s05-speaker agent/{R}-s09-speaker agent/{R}-b13-speaker",
    "NewsOrganization": "agent/reuters agent/associated-press agent/washington-post",
    "MonitoringOrganization": "agent/site-intelligence-group",
    "Company": f"agent/twitter agent/{R}-foreign-companies",
    "Population": f"agent/american-contractors agent/american-security-forces agent/{R}-base-staff "
    "agent/us-troops agent/us-troops-in-kuwait",
    "Country": "place/iraq place/kuwait place/iran place/united-states",
    "Crossing": "place/jraischan-crossing",
    "Settlement": "place/basra place/baghdad place/tehran",
    "AdministrativeArea": "place/salaheddin place/dhi-qar",
    "BorderOutpost": "place/kuwait-border-outpost",
    "MilitaryBase": f"place/camp-arifjan place/{R}-alleged-base place/{R}-retaliation-base",
    "Place": f"place/kuwait-northern-border place/iraq-kuwait-road place/{R}-region",
    "Convoy": "convoy/jraischan convoy/dhi-qar",
    "Materiel": "materiel/soleimani-strike-drone materiel/iranian-ballistic-missiles "
    f"materiel/{R}-convoy-equipment materiel/{R}-destroyed-equipment materiel/{R}-explosive "
    f"materiel/{R}-crossing-vehicles materiel/{R}-crossing-cargo materiel/{R}-road-equipment",
    "Article": f"document/{R}",
    "Video": "document/ashab-al-kahf-video",
    "SocialMediaPost": "document/kuwait-armed-forces-twitter-post",
}
TURTLE = own_files(DATA, "*.ttl")
PROJECT_TEXTS = [*TURTLE, *sorted(DATA.rglob("*.tsv")), DATA / "sources.toml", ROOT / "ontology" / "claims.ttl"]


@pytest.mark.parametrize("class_", ENTITIES)
def test_entities_are_there_with_their_class(class_: str) -> None:
    for entity_name in ENTITIES[class_].split():
        assert set(data().objects(entity(entity_name), RDF.type)) == {ATT[class_]}, entity_name


def test_names_of_the_group_in_both_scripts() -> None:
    group = entity("agent/ashab-al-kahf")
    names = {str(o) for p in (RDFS.label, SKOS.altLabel) for o in data().objects(group, p)}
    assert {"Ashab al-Kahf", "Ashab Al-Kahf", "أصحاب الكهف", "Companions of the Cave"} <= names


def test_bodies_and_spokesmen() -> None:
    pairs = {(name(s), name(o)) for s, o in all_data().subject_objects(ATT.bodyOf)}
    assert pairs == {
        ("agent/us-embassy-kuwait", "agent/united-states"),
        ("agent/us-forces", "agent/united-states"),
        ("agent/us-army", "agent/us-forces"),
        ("agent/us-central-command", "agent/us-forces"),
        ("agent/kuwait-armed-forces", "agent/kuwait"),
        ("agent/kuwait-general-staff", "agent/kuwait-armed-forces"),
        ("agent/iraqi-military", "agent/iraq"),
        ("agent/security-media-cell", "agent/iraq"),
        ("agent/joint-operations-command", "agent/iraq"),
        ("agent/samarra-operations-command", "agent/iraq"),
    }
    assert {(name(s), name(o)) for s, o in all_data().subject_objects(ATT.speaksFor)} == {
        ("agent/john-rigsbee", "agent/us-central-command"),
        ("agent/tahsin-al-khafaji", "agent/joint-operations-command"),
        (f"agent/{R}-ashab-al-kahf-members", "agent/ashab-al-kahf"),
    }


def test_there_are_no_blank_nodes() -> None:
    assert not [t for t in all_data() if any(isinstance(term, BNode) for term in t)]


def test_every_entity_used_is_described_and_labelled() -> None:
    used = {t for triple in all_data() for t in triple if isinstance(t, URIRef) and str(t).startswith(f"{BASE}id/")}
    for iri in used:
        assert re.fullmatch(r"[a-z]+/[a-z0-9]+(-[a-z0-9]+)*", name(iri) or ""), iri
        assert list(all_data().objects(iri, RDF.type)), f"{iri} has no type"
        labels = [o for o in all_data().objects(iri, RDFS.label) if isinstance(o, Literal) and o.language == "en"]
        assert len(labels) == 1, f"{iri} has {len(labels)} English labels"


def test_every_term_used_is_defined() -> None:
    used = {t for triple in all_data() for t in triple if isinstance(t, URIRef) and t.startswith(str(ATT))}
    defined = set(ontology().subjects(RDF.type))
    assert not {name(t) for t in used - defined}


def test_labels_of_statements_and_propositions_are_unlike_each_other() -> None:
    for class_ in (ATT.Statement, ATT.Proposition):
        labels = [str(all_data().value(s, RDFS.label)) for s in all_data().subjects(RDF.type, class_)]
        assert len(labels) == len(set(labels))


def test_every_proposition_is_used_and_well_formed() -> None:
    g = all_data()
    for proposition in g.subjects(RDF.type, ATT.Proposition):
        assert (None, ATT.proposition, proposition) in g, proposition
        assert (proposition, ATT.about, None) in g, proposition
        assert len(list(g.objects(proposition, ATT.aspect))) == 1, proposition
        parts = [len(list(g.objects(proposition, p))) for p in (RDF.subject, RDF.predicate, RDF.object)]
        assert parts == ([0, 0, 0] if (proposition, ATT.conjunct, None) in g else [1, 1, 1]), proposition


def test_every_claim_fits_its_predicate() -> None:
    g, o = all_data(), ontology()

    def fits(node: URIRef, class_: URIRef) -> bool:
        types = g.objects(node, RDF.type)
        return any(class_ in set(o.transitive_objects(type_, RDFS.subClassOf)) for type_ in types)

    for proposition, predicate in g.subject_objects(RDF.predicate):
        subject, value = g.value(proposition, RDF.subject), g.value(proposition, RDF.object)
        assert (predicate, RDF.type, ATT.ClaimPredicate) in o, predicate
        domain, range_ = o.value(predicate, RDFS.domain), o.value(predicate, RDFS.range)
        assert isinstance(subject, URIRef)
        if isinstance(domain, URIRef):
            assert fits(subject, domain), (proposition, domain)
        if isinstance(value, Literal):
            assert (predicate, RDF.type, OWL.DatatypeProperty) in o, predicate
            if range_ == XSD.nonNegativeInteger:
                assert int(value) >= 0
            elif range_ is not None:
                assert value.datatype == range_, proposition
        else:
            assert isinstance(value, URIRef)
            assert (predicate, RDF.type, OWL.ObjectProperty) in o, predicate
            if isinstance(range_, URIRef):
                assert fits(value, range_), (proposition, range_)


def test_lines_are_short_and_files_explain_themselves() -> None:
    for path in (p for p in TURTLE if p.parent.name != "examples"):  # the example queries have a form of their own
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("# "), path
        assert max(len(line) for line in lines) <= 120, path


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower().replace("’", "'").replace("'", ""))


@pytest.mark.parametrize("path", PROJECT_TEXTS, ids=lambda p: p.name)
def test_no_run_of_six_words_is_taken_from_the_report(path: Path) -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = _words(text)
        return {tuple(words[i : i + 6]) for i in range(len(words) - 5)}

    text = re.sub(r"^#+ ?", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert runs(text) & runs(article()) == set()


def test_identifiers_are_only_on_statements() -> None:
    for subject in all_data().subjects(DCTERMS.identifier):
        assert (subject, RDF.type, ATT.Statement) in all_data()
