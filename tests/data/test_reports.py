"""The other reports: each statement as its page has it, nothing more, and the links between reports."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, XSD, Graph, Literal, URIRef
from rdflib.term import Node

from tests.data.seed import ATT, DATA, OA, all_data, entity, name, ontology

J, SALAHEDDIN, TAJI = "incident/jraischan-crossing", "incident/salaheddin-convoy", "incident/taji-convoy"
OCCURRED = (J, "occurred", "true")
KUWAIT_BORDER = (J, "target", "place/kuwait-northern-border")
AUTHENTIC = ("document/ashab-al-kahf-video", "authentic", "true")
TROOPS = ("agent/jraischan-report-foreign-companies", "providesSecurityFor", "agent/us-troops")
LOADED = (
    "materiel/jraischan-report-crossing-vehicles",
    "regularlyLoadedWith",
    "materiel/jraischan-report-crossing-cargo",
)
REUTERS, AP = ("agent/reuters",), ("agent/associated-press",)
TWEET = "document/republicworld-general-staff-tweet"

Claim = tuple[str | None, str | None, str | None]

# Speaker, stance, claim, relayers from the speaker outward.
STATEMENTS: dict[str, tuple[str, str, Claim, tuple[str, ...]]] = {
    "japantoday.1": ("agent/japantoday-security-sources", "asserts", (J, "target", "convoy/jraischan"), REUTERS),
    "japantoday.2": ("agent/japantoday-security-sources", "asserts", LOADED, REUTERS),
    "japantoday.3": ("agent/japantoday-security-sources", "asserts", TROOPS, REUTERS),
    "japantoday.4": ("agent/us-embassy-kuwait", "investigating", (J, "matter", "true"), REUTERS),
    "republicworld.1": ("agent/republicworld-report", "reports", (J, "startedAt", "2020-08-10"), ()),
    "republicworld.1.1": (
        "agent/republicworld-report",
        "reports",
        (J, "startedAt", "just before 21:00 Baghdad time (18:00 GMT)"),
        (),
    ),
    "republicworld.2": (
        "agent/kuwait-general-staff",
        "deniesClaim",
        (J, "target", "place/republicworld-border-centre"),
        (),
    ),
    "republicworld.3": (
        "agent/kuwait-general-staff",
        "asserts",
        ("place/republicworld-borders", "secure", "true"),
        (),
    ),
    "devdiscourse.1": ("agent/iraqi-military", "deniesOccurrence", OCCURRED, ("agent/iraqi-news-agency", *AP)),
    "devdiscourse.2": ("agent/kuwait", "deniesClaim", KUWAIT_BORDER, ("agent/kuna", *AP)),
    "devdiscourse.3": ("agent/associated-press", "notVerified", AUTHENTIC, ()),
    "abcnews.1": ("agent/myles-caggins", "deniesClaim", OCCURRED, AP),
    "abcnews.2": ("agent/abcnews-taji-source", "reports", (TAJI, "occurred", "true"), AP),
    "abcnews.2.1": ("agent/abcnews-taji-source", "reports", (TAJI, "location", "place/taji"), AP),
    "abcnews.2.2": ("agent/abcnews-taji-source", "reports", (TAJI, "startedAt", "Tuesday"), AP),
    "abcnews.2.3": ("agent/abcnews-taji-source", "reports", (TAJI, "kind", "Explosion"), AP),
    "abcnews.2.4": ("agent/abcnews-taji-source", "reports", (TAJI, "damaged", "materiel/abcnews-taji-truck"), AP),
    "abcnews.2.5": ("agent/abcnews-taji-source", "reports", (TAJI, "causedInjuries", "false"), AP),
    "abcnews.2.6": ("agent/abcnews-taji-source", "reports", (TAJI, "responsibilityClaimed", "false"), AP),
    "iraqtoday.1": ("agent/security-media-cell", "deniesClaim", OCCURRED, ()),
    "arabi21.1": ("agent/tahsin-al-khafaji", "deniesClaim", OCCURRED, ()),
    "themedialine.1": (
        "agent/themedialine-local-officials",
        "asserts",
        (J, "injured", "agent/themedialine-border-personnel"),
        (),
    ),
    "akhbaar24.1": ("agent/akhbaar24-early-speaker", "alleges", (J, "perpetrator", "agent/kataib-hezbollah"), ()),
    "akhbaar24.2": ("agent/akhbaar24-early-speaker", "alleges", (J, "target", "place/akhbaar24-us-base"), ()),
    "shafaq.1": (
        "agent/ashab-al-kahf",
        "claimsResponsibility",
        (SALAHEDDIN, "perpetrator", "agent/ashab-al-kahf"),
        (),
    ),
    "shafaq.2": ("agent/emad-al-zahiri", "deniesClaim", (SALAHEDDIN, "perpetrator", "agent/ashab-al-kahf"), ()),
    "shafaq.3": ("agent/emad-al-zahiri", "asserts", (SALAHEDDIN, "cause", "event/shafaq-tyre-explosion"), ()),
    "shafaq.4": ("agent/shafaq-report", "reports", (SALAHEDDIN, "startedAt", "15 July"), ()),
    "shafaq.5": ("agent/shafaq-report", "reports", (SALAHEDDIN, "location", "place/salaheddin"), ()),
}
OUTLETS = {
    "japantoday": "agent/japantoday",
    "republicworld": "agent/republicworld",
    "devdiscourse": "agent/devdiscourse",
    "abcnews": "agent/abc-news",
    "iraqtoday": "agent/iraqtoday",
    "arabi21": "agent/arabi21",
    "themedialine": "agent/the-media-line",
    "akhbaar24": "agent/akhbaar24",
    "shafaq": "agent/shafaq",
}
SAME = {
    ("S02", "japantoday.1"),
    ("S24", "japantoday.2"),
    ("S25", "japantoday.3"),
    ("S23", "japantoday.4"),
    ("S20", "devdiscourse.1"),
    ("S21", "republicworld.2"),
    ("devdiscourse.2", "S21"),
    ("S22", "republicworld.3"),
    ("S13", "devdiscourse.3"),
    ("S18a", "shafaq.1"),
}
LINKS = ("sameUtterance", "driftsFrom", "driftNote")


@cache
def by_id() -> dict[str, Node]:
    """All statements, by identifier."""
    return {str(o): s for s, o in all_data().subject_objects(DCTERMS.identifier)}


@cache
def report(slug: str) -> Graph:
    """The files of one report."""
    graph = Graph()
    for path in sorted((DATA / "reports" / slug).glob("*.ttl")):
        graph.parse(path)
    return graph


@cache
def curation() -> Graph:
    graph = Graph()
    for path in sorted((DATA / "links").glob("*.ttl")):
        graph.parse(path)
    return graph


def value(id_: str, *path: URIRef) -> Node | None:
    node: Node | None = by_id()[id_]
    for predicate in path:
        node = all_data().value(node, predicate)
    return node


def claim(id_: str) -> Claim:
    s, p, o = (name(value(id_, ATT.proposition, part)) for part in (RDF.subject, RDF.predicate, RDF.object))
    return s, p, o


def relayers(id_: str) -> tuple[str | None, ...]:
    g = all_data()
    steps = {int(str(g.value(r, ATT.step))): name(g.value(r, ATT.relayer)) for r in g.objects(by_id()[id_], ATT.relay)}
    assert sorted(steps) == list(range(1, len(steps) + 1))
    return tuple(steps[step] for step in sorted(steps))


def ids(pairs: object) -> set[tuple[str, str]]:
    names = {node: id_ for id_, node in by_id().items()}
    return {(names[a], names[b]) for a, b in pairs}  # type: ignore[attr-defined]


# Statements


@pytest.mark.parametrize("slug", OUTLETS)
def test_the_statements_of_a_report_are_these_and_stand_in_its_folder(slug: str) -> None:
    found = {str(o) for o in report(slug).objects(None, DCTERMS.identifier)}
    assert found == {id_ for id_ in STATEMENTS if id_.split(".")[0] == slug}
    for id_ in found:
        assert name(by_id()[id_]) == "statement/" + id_.replace(".", "-")


@pytest.mark.parametrize("id_", STATEMENTS)
def test_statement(id_: str) -> None:
    speaker, stance, claim_, relays = STATEMENTS[id_]
    assert (name(value(id_, ATT.speaker)), name(value(id_, ATT.stance))) == (speaker, stance)
    assert claim(id_) == claim_
    assert relayers(id_) == relays


@pytest.mark.parametrize("slug", OUTLETS)
def test_the_page_is_cited_and_only_the_page(slug: str) -> None:
    document = entity(f"document/{slug}-report")
    g = report(slug)
    assert (document, RDF.type, ATT.Article) in g
    assert name(g.value(document, DCTERMS.publisher)) == OUTLETS[slug]
    sources = {name(o) for o in g.objects(None, OA.hasSource)}
    assert sources == {f"document/{'akhbaar24-early-versions' if slug == 'akhbaar24' else f'{slug}-report'}"}
    for selector in g.objects(None, OA.hasSelector):
        assert (selector, RDF.type, OA.Selector) in g
        assert not {OA.start, OA.end, ATT.paragraph} & set(g.predicates(selector)), "no offsets are known"


def test_parts_belong_to_the_main_statement_and_its_speaker() -> None:
    parts = {id_ for id_ in STATEMENTS if id_.count(".") == 2}
    for id_ in parts:
        main = id_.rpartition(".")[0]
        assert value(id_, DCTERMS.isPartOf) == by_id()[main]
        assert STATEMENTS[id_][:2] == STATEMENTS[main][:2]


def test_claims_are_shared_where_they_are_the_same() -> None:
    """No two propositions anywhere have the same subject, predicate and object."""
    g = all_data()
    claims = [(g.value(p, RDF.subject), o, g.value(p, RDF.object)) for p, o in g.subject_objects(RDF.predicate)]
    assert len(claims) == len(set(claims))


@pytest.mark.parametrize("slug", OUTLETS)
def test_a_new_claim_stands_in_the_report_that_needs_it(slug: str) -> None:
    g = report(slug)
    for proposition in g.subjects(RDF.type, ATT.Proposition):
        assert (None, ATT.proposition, proposition) in g


# Times, anonymous sources, names: nothing beyond what is known


def test_the_only_dates_are_those_known() -> None:
    assert [(name(s), o) for s, o in all_data().subject_objects(DCTERMS.issued)] == [
        ("document/japantoday-report", Literal("2020-08-11", datatype=XSD.date))
    ]
    assert not list(all_data().subject_objects(ATT.statedOn))
    for slug in OUTLETS:
        times = {str(o) for o in report(slug).objects(None, ATT.statedTime)}
        assert times == ({"early Tuesday"} if slug == "devdiscourse" else set())
    assert str(value("devdiscourse.1", ATT.statedTime)) == "early Tuesday"


def test_no_year_in_any_text_but_the_two_dates() -> None:
    known = {"japantoday": {"2020-08-11"}, "republicworld": {"2020-08-10"}}
    for slug in OUTLETS:
        for path in (DATA / "reports" / slug).glob("*.ttl"):
            text = re.sub(r"<[^>]*>", "", path.read_text(encoding="utf-8"))
            found = set(re.findall(r"\b20\d\d(?:-\d\d)*\b", text))
            assert found <= known.get(slug, set()) | ({"2020"} if slug == "republicworld" else set()), path


def test_the_date_of_the_incident_is_a_claim_of_one_report() -> None:
    dated = [
        id_
        for id_ in by_id()
        if (o := value(id_, ATT.proposition, RDF.object)) is not None
        and isinstance(o, Literal)
        and o.datatype == XSD.date
    ]
    assert dated == ["republicworld.1"]


def test_anonymous_sources_belong_to_one_report_each() -> None:
    g = all_data()
    for source in g.subjects(RDF.type, ATT.UnnamedSource):
        folders = {
            str(name(s)).partition("/")[2].partition("-")[0]
            for p in (ATT.speaker, ATT.possibleSpeaker)
            for s in g.subjects(p, source)
        }
        assert len(folders) == 1, source
        assert str(name(source)).startswith(f"agent/{folders.pop()}-"), source
    assert {name(s) for s, o in g.subject_objects(ATT.sourceCount) if o == Literal(3)} == {
        "agent/jraischan-report-force-members",
        "agent/japantoday-security-sources",
    }


def test_persons_and_for_whom_they_speak() -> None:
    g = all_data()

    def of(person: str, predicate: URIRef) -> set[str | None]:
        return {name(o) for o in g.objects(entity(f"agent/{person}"), predicate)}

    assert of("tahsin-al-khafaji", ATT.speaksFor) == {"agent/joint-operations-command"}
    for person in ("myles-caggins", "emad-al-zahiri"):
        assert of(person, ATT.speaksFor) == set()
    assert of("myles-caggins", ATT.affiliation) == {"agent/us-army"}
    assert of("emad-al-zahiri", ATT.affiliation) == {"agent/samarra-operations-command"}
    ranks = {person: of(person, ATT.rank) for person in ("myles-caggins", "tahsin-al-khafaji", "emad-al-zahiri")}
    assert ranks == {
        "myles-caggins": {"Colonel"},
        "tahsin-al-khafaji": {"Major General"},
        "emad-al-zahiri": {"Major General"},
    }


def test_name_variants() -> None:
    def names(thing: str) -> set[str]:
        return {str(o) for p in (RDFS.label, SKOS.altLabel) for o in all_data().objects(entity(thing), p)}

    assert {"Jraischan", "Jrishan", "جريشان"} <= names("place/jraischan-crossing")
    assert {"Ashab al-Kahf", "Ashab al-Kahaf", "Ishab al-Kahf", "أصحاب الكهف"} <= names("agent/ashab-al-kahf")


def test_no_coordinates() -> None:
    assert not [p for p in all_data().predicates() if "wgs84" in str(p) or "geosparql" in str(p)]


# What must not follow


def test_open_stances_stay_open() -> None:
    assert {id_ for id_, (_, stance, *_) in STATEMENTS.items() if stance in {"investigating", "notVerified"}} == {
        "japantoday.4",
        "devdiscourse.3",
    }


def test_nobody_in_kuwait_denies_that_the_incident_occurred() -> None:
    denials = {id_ for id_, (_, stance, *_) in STATEMENTS.items() if stance.startswith("denies")}
    kuwait = {id_ for id_ in denials if STATEMENTS[id_][0] in {"agent/kuwait", "agent/kuwait-general-staff"}}
    assert kuwait == {"devdiscourse.2", "republicworld.2"}
    assert not [id_ for id_ in kuwait if claim(id_) == OCCURRED]


def test_nobody_is_named_for_taji() -> None:
    about_taji = [id_ for id_ in by_id() if claim(id_)[0] == TAJI]
    assert {claim(id_)[1] for id_ in about_taji} == {
        *("occurred", "location", "startedAt", "kind"),
        *("damaged", "causedInjuries", "responsibilityClaimed"),
    }


def test_the_bases_and_the_groups_are_not_equated() -> None:
    assert claim("akhbaar24.2")[2] != claim("S27")[2]
    assert len({claim(id_)[2] for id_ in ("S06", "S08", "S26", "akhbaar24.1")}) == 4


def test_salaheddin_is_contested_and_has_another_cause() -> None:
    assert value("shafaq.1", ATT.proposition) == value("shafaq.2", ATT.proposition)
    assert value("shafaq.2", ATT.proposition) == value("S18a", ATT.proposition)
    assert not [id_ for id_ in by_id() if claim(id_) == (SALAHEDDIN, "occurred", "true")]
    assert set(all_data().objects(entity(SALAHEDDIN), RDF.type)) == {ATT.Incident}


# Rebuttals, supersession


def test_rebuttals_are_those_a_report_states() -> None:
    stated = {(a, b) for a, b in ids(all_data().subject_objects(ATT.rebuts)) if a != "S30"}
    assert stated == {("iraqtoday.1", "S08"), ("shafaq.2", "shafaq.1")}


def test_what_was_dropped_is_withdrawn_with_a_reason_and_nothing_supersedes_it() -> None:
    g = all_data()
    withdrawn = dict(g.subject_objects(ATT.withdrawnBecause))
    assert set(withdrawn) == {by_id()["akhbaar24.1"], by_id()["akhbaar24.2"]}
    assert all(isinstance(reason, Literal) and reason.language == "en" for reason in withdrawn.values())
    assert not list(g.subject_objects(ATT.supersedes))
    early = entity("document/akhbaar24-early-versions")
    assert list(g.subject_objects(DCTERMS.replaces)) == [(entity("document/akhbaar24-report"), early)]
    for id_ in ("akhbaar24.1", "akhbaar24.2"):
        assert value(id_, ATT.statedIn) == early
        assert name(value(id_, ATT.possibleSpeaker)) == "agent/akhbaar24"


def test_documents_of_utterance() -> None:
    assert {id_ for id_ in STATEMENTS if name(value(id_, ATT.statedIn)) == TWEET} == {
        "republicworld.2",
        "republicworld.3",
    }
    assert name(all_data().value(entity(TWEET), ATT.platform)) == "agent/twitter"


# Links between reports


def test_links_are_in_the_graph_of_their_curator_and_nothing_else_is() -> None:
    links = {ATT[link] for link in LINKS}
    assert set(curation().predicates()) == links
    for predicate in links:
        assert set(all_data().subject_objects(predicate)) == set(curation().subject_objects(predicate))
    sources = tomllib.loads((DATA / "sources.toml").read_text(encoding="utf-8"))["sources"]
    assert sources["curation"]["folder"] == "links"
    assert sources["curation"]["curator"] == "Attested editors"


def test_same_utterances() -> None:
    assert ids(curation().subject_objects(ATT.sameUtterance)) == SAME


def test_a_link_joins_two_reports() -> None:
    for one, other in SAME:
        assert one.split(".")[0][0:3] != other.split(".")[0][0:3]


@pytest.mark.parametrize(("one", "other"), sorted(SAME))
def test_same_utterance_has_the_same_claim_or_says_what_changed(one: str, other: str) -> None:
    drift = ids(curation().subject_objects(ATT.driftsFrom))
    alike = value(one, ATT.proposition) == value(other, ATT.proposition)
    same = alike and all(value(one, p) == value(other, p) for p in (ATT.stance, ATT.speaker))
    assert same or {(one, other), (other, one)} & drift


def test_every_drift_is_between_the_same_utterances_and_has_one_note() -> None:
    drift = ids(curation().subject_objects(ATT.driftsFrom))
    assert drift <= SAME | {(b, a) for a, b in SAME}
    for statement in set(curation().subjects(ATT.driftsFrom)) | set(curation().subjects(ATT.driftNote)):
        (note,) = curation().objects(statement, ATT.driftNote)
        (_,) = curation().objects(statement, ATT.driftsFrom)
        assert isinstance(note, Literal)
        assert note.language == "en"


def test_the_embassy_drifts_from_looking_to_an_intention() -> None:
    assert name(value("S23", ATT.stance)) == "willLookInto"
    assert name(value("japantoday.4", ATT.stance)) == "investigating"
    assert value("S23", ATT.proposition) == value("japantoday.4", ATT.proposition)


def test_linked_statements_are_not_merged() -> None:
    for one, other in SAME:
        assert by_id()[one] != by_id()[other]
        assert value(one, ATT.evidence) != value(other, ATT.evidence)


def test_the_terms_of_links_are_as_agreed() -> None:
    o = ontology()
    same = set(o.objects(ATT.sameUtterance, RDF.type))
    assert {OWL.SymmetricProperty, OWL.IrreflexiveProperty} <= same
    for term in (ATT.sameUtterance, ATT.driftsFrom):
        assert (term, RDFS.domain, ATT.Statement) in o
        assert (term, RDFS.range, ATT.Statement) in o


def test_each_report_is_a_source_of_its_own() -> None:
    sources = tomllib.loads((DATA / "sources.toml").read_text(encoding="utf-8"))["sources"]
    for slug in OUTLETS:
        assert sources[slug]["folder"] == str(Path("reports") / slug)
        assert sources[slug]["curator"] == "Attested editors"
