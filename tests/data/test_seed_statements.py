"""The statements of the seed report: all of them, and each as the inventory has it."""

from __future__ import annotations

import hashlib

import pytest
from rdflib import Literal

from tests.data.seed import (
    ATT,
    DCTERMS,
    OA,
    REPORT,
    SHARED,
    article,
    data,
    entity,
    inventory,
    name,
    paragraphs,
    statements,
)

R = f"agent/{REPORT}"

ESSENTIALS = {
    "S01": (f"{R}-s01-source", "reports"),
    "S02": (f"{R}-s02-source", "alleges"),
    "S03": (f"{R}-force-members", "notConfirmed"),
    "S04": (f"{R}-force-members", "notConfirmed"),
    "S05": (f"{R}-s05-speaker", "asserts"),
    "S06": ("agent/john-rigsbee", "investigating"),
    "S07": ("agent/site-intelligence-group", "reports"),
    "S08": ("agent/ashab-al-kahf", "claimsResponsibility"),
    "S09": (f"{R}-s09-speaker", "asserts"),
    "S10": (f"{R}-ashab-al-kahf-members", "asserts"),
    "S11": (f"{R}-ashab-al-kahf-members", "asserts"),
    "S12": (R, "characterises"),
    "S13": ("agent/associated-press", "notVerified"),
    "S14": (f"{R}-s14-source", "characterises"),
    "S15": (R, "asserts"),
    "S16": (R, "asserts"),
    "S17": ("agent/washington-post", "reports"),
    "S17a": ("agent/ashab-al-kahf", "threatens"),
    "S18": ("agent/washington-post", "reports"),
    "S18a": ("agent/ashab-al-kahf", "claimsResponsibility"),
    "S19": (f"{R}-s19-source", "reports"),
    "S20": ("agent/iraq", "deniesOccurrence"),
    "S21": ("agent/kuwait-armed-forces", "deniesClaim"),
    "S22": ("agent/kuwait-armed-forces", "asserts"),
    "S23": ("agent/us-embassy-kuwait", "willLookInto"),
    "S24": (f"{R}-loading-sources", "asserts"),
    "S25": (f"{R}-s25-source", "asserts"),
    "S26": (f"{R}-security-source", "asserts"),
    "S27": (f"{R}-security-source", "asserts"),
    "S28": (f"{R}-security-source", "asserts"),
    "S29": (f"{R}-security-source", "asserts"),
    "S30": (f"{R}-other-sources", "deniesClaim"),
    "S31a": (f"{R}-other-sources", "asserts"),
    "S31b": (f"{R}-other-sources", "deniesClaim"),
    "S32": (f"{R}-callers", "callsFor"),
    **{f"B{n:02}": (R, "asserts") for n in range(1, 13)},
    "B13": (f"{R}-b13-speaker", "asserts"),
}

CLAIMS = {
    "S01": ("incident/jraischan-crossing", "occurred", "true"),
    "S01.1": ("incident/jraischan-crossing", "location", "place/jraischan-crossing"),
    "S01.2": ("incident/jraischan-crossing", "startedAt", "Monday evening"),
    "S01.3": ("incident/jraischan-crossing", "kind", "Explosion"),
    "S02": ("incident/jraischan-crossing", "target", "convoy/jraischan"),
    "S03": ("convoy/jraischan", "present", "agent/us-troops"),
    "S04": ("incident/jraischan-crossing", "causedInjuries", "true"),
    "S06": ("incident/jraischan-crossing", "perpetrator", f"{R}-new-militant-group"),
    "S07": ("agent/ashab-al-kahf", "uttered", f"statement/{REPORT}-s08"),
    "S08": ("incident/jraischan-crossing", "perpetrator", "agent/ashab-al-kahf"),
    "S09": ("document/ashab-al-kahf-video", "depicts", "incident/jraischan-crossing"),
    "S11": ("incident/jraischan-crossing", "damaged", "place/jraischan-crossing"),
    "S13": ("document/ashab-al-kahf-video", "authentic", "true"),
    "S14": ("agent/ashab-al-kahf", "proxyOf", "agent/iran"),
    "S17": ("agent/ashab-al-kahf", "uttered", f"statement/{REPORT}-s17a"),
    "S17a": ("agent/ashab-al-kahf", "wouldHarm", "agent/us-forces"),
    "S18": ("agent/ashab-al-kahf", "uttered", f"statement/{REPORT}-s18a"),
    "S18a": ("incident/salaheddin-convoy", "perpetrator", "agent/ashab-al-kahf"),
    "S18.2": ("incident/salaheddin-convoy", "startedAt", "July"),
    "S19": ("incident/dhi-qar-convoy", "occurred", "true"),
    "S20": ("incident/jraischan-crossing", "occurred", "true"),
    "S21": ("incident/jraischan-crossing", "target", "place/kuwait-northern-border"),
    "S22": ("place/kuwait-border-outpost", "secure", "true"),
    "S23": ("incident/jraischan-crossing", "matter", "true"),
    "S26": ("incident/jraischan-crossing", "perpetrator", f"{R}-unnamed-militia"),
    "S27": ("incident/jraischan-crossing", "target", f"place/{REPORT}-alleged-base"),
    "S28": ("incident/jraischan-crossing", "means", f"materiel/{REPORT}-explosive"),
    "S29": ("incident/jraischan-crossing", "injured", f"{R}-base-staff"),
    "S31a": ("incident/jraischan-crossing", "target", "convoy/jraischan"),
    "S31b": ("incident/jraischan-crossing", "target", f"place/{REPORT}-alleged-base"),
    "B06.1": ("agent/us-troops-in-kuwait", "headcount", "13500"),
}

RELAYS = {"S03": ("agent/reuters",), "S04": ("agent/reuters",), "S14": ("agent/site-intelligence-group",)}

TIMES = {
    "S06": "Tuesday",
    "S17a": "April",
    **dict.fromkeys(("S26", "S27", "S28", "S28.1", "S29"), "earlier"),
    **dict.fromkeys(("S30", "S31a", "S31b"), "later"),
    "S32": "in the past year",
}

POST, VIDEO = "document/kuwait-armed-forces-twitter-post", "document/ashab-al-kahf-video"


def test_every_statement_of_the_report_is_there_once() -> None:
    main = {id_ for id_ in statements() if "." not in id_}
    assert main == set(ESSENTIALS)
    assert len(ESSENTIALS) == 48


def test_no_identifier_is_used_twice() -> None:
    identifiers = list(data().objects(None, DCTERMS.identifier))
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize("id_", ESSENTIALS)
def test_speaker_and_stance(id_: str) -> None:
    statement = statements()[id_]
    assert (statement.speaker, statement.stance) == ESSENTIALS[id_]
    assert statement.ranges, "no evidence"


@pytest.mark.parametrize("id_", CLAIMS)
def test_claim(id_: str) -> None:
    assert statements()[id_].claim == CLAIMS[id_]


def test_relays_are_those_the_report_states() -> None:
    assert {s.id: s.relays for s in statements().values() if s.relays} == RELAYS


def test_times_of_utterance_are_those_the_report_states() -> None:
    assert {s.id: s.time for s in statements().values() if s.time} == TIMES
    assert not list(data().triples((None, ATT.statedOn, None)))


def test_hedged_and_verbatim() -> None:
    assert {s.id for s in statements().values() if s.hedged} == {"S09", "S14", "S28", "S28.1"}
    assert {s.id for s in statements().values() if s.verbatim} == {"S10", "S14"}


def test_documents_in_which_statements_were_made() -> None:
    assert {s.id: s.document for s in statements().values() if s.document} == {
        "S08": VIDEO,
        "S21": POST,
        "S22": POST,
    }
    assert list(data().subject_objects(ATT.platform)) == [(entity(POST), entity("agent/twitter"))]


def test_parts_belong_to_a_statement_by_the_same_speaker() -> None:
    parts = {s.id for s in statements().values() if "." in s.id}
    for id_ in parts:
        part, main = statements()[id_], statements()[id_.split(".")[0]]
        assert data().value(part.node, DCTERMS.isPartOf) == main.node
        assert (part.speaker, part.stance, part.hedged) == (main.speaker, main.stance, main.hedged)
    assert {name(s) for s in data().subjects(DCTERMS.isPartOf)} == {name(statements()[id_].node) for id_ in parts}


def test_attesting_rebutting_and_order() -> None:
    def pairs(predicate: str) -> set[tuple[str, str]]:
        ids = {s.node: s.id for s in statements().values()}
        return {(ids[a], ids[b]) for a, b in data().subject_objects(ATT[predicate])}  # type: ignore[index]

    story = ("S26", "S27", "S28", "S29")
    assert pairs("attests") == {("S07", "S08"), ("S17", "S17a"), ("S18", "S18a")}
    assert pairs("rebuts") == {("S30", earlier) for earlier in story}
    assert pairs("statedAfter") == {(late, early) for late in ("S30", "S31a", "S31b") for early in story}
    assert pairs("supersedes") == set()


def test_the_denied_story_is_a_compound_of_the_earlier_statements() -> None:
    conjuncts = set(data().objects(statements()["S30"].proposition, ATT.conjunct))
    assert conjuncts == {statements()[id_].proposition for id_ in ("S26", "S27", "S28", "S28.1", "S29")}


def test_opposed_statements_share_a_proposition() -> None:
    for one, other in (("S01", "S20"), ("S27", "S31b"), ("S02", "S31a")):
        assert statements()[one].proposition == statements()[other].proposition


def test_what_is_presupposed_beyond_the_rule() -> None:
    occurred, target = statements()["S01"].proposition, statements()["S02"].proposition
    assert set(data().subject_objects(ATT.presupposes)) == {
        (statements()["S03"].proposition, occurred),
        (statements()["S03"].proposition, target),
        (statements()["S09"].proposition, occurred),
    }


def test_candidates_where_the_speaker_is_left_open() -> None:
    found: dict[str, set[str | None]] = {}
    for statement in statements().values():
        if candidates := {name(o) for o in data().objects(statement.node, ATT.possibleSpeaker)}:
            found[statement.id] = candidates
    assert found == {
        "S05": {f"{R}-force-members", R},
        "S09": {"agent/site-intelligence-group", R},
        "S25": {f"{R}-loading-sources", R},
        "S25.1": {f"{R}-loading-sources", R},
        "B13": {f"{R}-ashab-al-kahf-members", R},
    }


def test_evidence_points_into_the_report() -> None:
    assert set(data().objects(None, OA.hasSource)) == {entity(f"document/{REPORT}")}
    for statement in statements().values():
        for start, end, paragraph in statement.ranges:
            assert 0 <= start < end
            assert paragraph >= 1


# Against the inventory and the text, where they are at hand


def test_ids_offsets_stances_and_flags_are_those_of_the_inventory() -> None:
    rows = inventory()
    assert {row.id for row in rows} == {id_ for id_ in ESSENTIALS if id_.startswith("S")}
    for row in rows:
        statement = statements()[row.id]
        assert statement.stance == row.stance, row.id
        assert (statement.hedged, statement.verbatim) == (row.hedged, row.verbatim), row.id
        if row.ranges is not None:
            assert tuple(r[:2] for r in statement.ranges) == row.ranges, row.id


def test_nested_statements_stand_inside_the_statement_that_attests_them() -> None:
    for outer, inner in (("S07", "S08"), ("S17", "S17a"), ("S18", "S18a")):
        (a, b, _), (c, d, _) = statements()[outer].ranges[0], statements()[inner].ranges[0]
        assert a <= c < d <= b


def test_relays_are_those_of_the_inventory() -> None:
    relayers = {"Reuters": "agent/reuters", "SITE": "agent/site-intelligence-group"}
    for row in inventory():
        steps: list[str] = []
        document: str | None = None
        for step in (part.strip() for part in row.source.split("→")[1:]):
            if step.startswith("?"):
                break
            if step in {"video", "Twitter"}:
                document = VIDEO if step == "video" else POST
                break  # what comes after the document is told by the statement that attests this one
            steps.append(relayers[step])
        assert list(statements()[row.id].relays) == steps, row.id
        if document:
            assert statements()[row.id].document == document, row.id


def test_times_are_those_of_the_inventory() -> None:
    for row in inventory():
        time = statements()[row.id].time
        if row.time == "–" or row.time.startswith("not stated") or row.id == "S20":
            assert time is None, row.id
        else:
            assert time is not None, row.id
            assert row.time in time, row.id


def test_offsets_count_in_the_text_of_the_report() -> None:
    article()
    digest = hashlib.sha256((SHARED / "seed" / "article.txt").read_bytes()).hexdigest()
    assert data().value(entity(f"document/{REPORT}"), ATT.sha256) == Literal(digest)


def test_evidence_lies_in_its_paragraph() -> None:
    text = article()
    for statement in statements().values():
        for start, end, paragraph in statement.ranges:
            low, high = paragraphs()[paragraph - 1]
            assert low <= start < end <= high, statement.id
            assert text[start:end] == text[start:end].strip(), statement.id
            assert not text[start - 1].isalnum() or not text[start].isalnum(), f"{statement.id} starts inside a word"
            assert not text[end - 1].isalnum() or not text[end].isalnum(), f"{statement.id} ends inside a word"
