"""What example queries answer on the published data: how many rows, rows that are there, rows that must not be.

The competency questions have complete answers in `tests/competency`. Where a new report changes an answer, read the
report and change the table by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from publisher.iris import Iris
from publisher.query.examples import examples_of
from publisher.query.store import EmbeddedStore
from publisher.releases import STORE, Release

Row = tuple[str, ...]
Ask = Callable[[str], list[Row]]

JRAISCHAN, SALAHEDDIN = "incident:jraischan-crossing", "incident:salaheddin-convoy"
OCCURRED = "The Jraischan crossing incident occurred"
ALL = 120
"""Statements in the published data."""


@dataclass(frozen=True)
class Answer:
    """`has` and `lacks` are rows from the first column on; columns that are left out match anything, as does `*`."""

    rows: int
    has: tuple[Row, ...]
    lacks: tuple[Row, ...] = ()


def world(agent: str) -> str:
    return f"https://w3id.org/attested/perspective/{agent}"


def policy(name: str) -> str:
    return f"https://w3id.org/attested/policy/{name}"


def graph(name: str) -> str:
    return f"https://w3id.org/attested/graph/{name}"


def wikidata(item: str) -> str:
    return f"http://www.wikidata.org/entity/{item}"


ANSWERS = {
    "anonymous-share": Answer(2, (("named", "27"), ("unnamed", "93"))),
    "anonymous-sources": Answer(
        21,
        (
            ("agent:jraischan-report-force-members", "Three Iraqi force members", "3", "Iraq (state)", "2"),
            ("agent:japantoday-security-sources", "Three security sources", "3", "", "3"),
            ("agent:jraischan-report-other-sources", "Other sources, later", "", "", "3"),
        ),
        (("agent:iraq",), ("agent:ashab-al-kahf",)),
    ),
    "as-of-a-day": Answer(
        4,
        (
            ("Three security sources", "att:affirms", "The convoy was the target", "2020-08-11"),
            ("US Embassy in Kuwait", "att:leavesOpen", "The incident is a matter to be spoken of", "2020-08-11"),
        ),
        (("Iraq (state)",), ("Ashab al-Kahf",)),
    ),
    "claims-of-responsibility": Answer(
        3,
        (
            ("Ashab al-Kahf", "Ashab al-Kahf was the perpetrator", "Ashab al-Kahf video", "SITE Intelligence Group"),
            ("Ashab al-Kahf", "Ashab al-Kahf was the perpetrator at Salaheddin", "", "The Washington Post"),
        ),
        (("Ashab al-Kahf", "Ashab al-Kahf was the perpetrator", "*", ""),),
    ),
    "contradictions-by-strength": Answer(
        5,
        (
            ("att:stated", "6"),
            ("att:direct", "8"),
            ("att:incompatibleValue", "3"),
            ("att:presupposed", "110"),
            ("att:scopeLimited", "10"),
        ),
    ),
    "denied-in-a-world": Answer(
        11,
        (
            (world("iraq"), JRAISCHAN, "att:occurred", "true"),
            (world("kuwait-armed-forces"), JRAISCHAN, "att:target", "place:kuwait-northern-border"),
            (world("jraischan-report-other-sources"), JRAISCHAN, "att:target", "place:jraischan-report-alleged-base"),
        ),
        ((world("kuwait-armed-forces"), JRAISCHAN, "att:occurred"), (world("associated-press"),)),
    ),
    "evidence-offsets": Answer(
        92,
        (
            ("statement:jraischan-report-s03", "document:jraischan-report", "1", "288", "359"),
            ("statement:jraischan-report-s14", "*", "*", "1146", "1180"),
            ("statement:jraischan-report-s14", "*", "*", "1229", "1263"),
        ),
        (("statement:japantoday-1",),),
    ),
    "federated-safe": Answer(
        5,
        (("agent:iraq", wikidata("Q796")), ("agent:kuwait", wikidata("Q817"))),
        (("agent:ashab-al-kahf",), ("agent:us-central-command",)),
    ),
    "from-wikidata": Answer(
        3,
        (
            ("Associated Press", "statement:jraischan-report-s13"),
            ("Iraq (state)", "statement:jraischan-report-s20", "Iraq denies that the incident occurred"),
        ),
        (("*", "statement:jraischan-report-s01"),),
    ),
    "hedged-or-verbatim": Answer(
        5,
        (
            ("statement:jraischan-report-s10", "*", "", "true"),
            ("statement:jraischan-report-s14", "*", "true", "true"),
            ("statement:jraischan-report-s28", "*", "true", ""),
        ),
        (("statement:jraischan-report-s20",),),
    ),
    "incidents-with-a-denial": Answer(
        2,
        ((JRAISCHAN, "Jraischan crossing incident", "44", "10"), (SALAHEDDIN, "Salaheddin convoy incident", "10", "1")),
        (("incident:dhi-qar-convoy",),),
    ),
    "independent-sources": Answer(
        50,
        (
            ("The convoy was the target", "2", "0"),
            ("Ashab al-Kahf was the perpetrator", "1", "1"),
            ("The Salaheddin incident took place in Salaheddin", "2", "1"),
        ),
    ),
    "names-in-other-scripts": Answer(1, (("agent:ashab-al-kahf", "أصحاب الكهف", "ar"),)),
    "no-us-confirmation": Answer(0, ()),
    "one-perspective": Answer(
        5,
        (
            (JRAISCHAN, "att:perpetrator", "agent:ashab-al-kahf"),
            (SALAHEDDIN, "att:perpetrator", "agent:ashab-al-kahf"),
            (JRAISCHAN, "att:destroyed", "materiel:jraischan-report-destroyed-equipment"),
        ),
        (("*", "att:proxyOf"), ("incident:dhi-qar-convoy",)),
    ),
    "open-stances": Answer(
        7,
        (
            ("John Rigsbee", "att:investigating"),
            ("Three Iraqi force members", "att:notConfirmed", "There were US troops in the convoy"),
            ("Associated Press", "att:notVerified", "The video is authentic"),
            ("US Embassy in Kuwait", "att:willLookInto"),
        ),
        (("Iraq (state)",), ("Kuwait's Armed Forces",)),
    ),
    "parts-of-a-state": Answer(
        5,
        (("agent:us-embassy-kuwait",), ("agent:us-central-command",)),
        (("agent:john-rigsbee",), ("agent:us-troops",)),
    ),
    "per-graph-provenance": Answer(
        10, ((graph("jraischan-report"), "91"), (graph("abcnews"), "8"), (graph("japantoday"), "4"))
    ),
    "places-within": Answer(
        9,
        (("place:camp-arifjan", "Camp Arifjan", "Kuwait"), ("place:basra", "Basra", "Iraq")),
        (("place:jraischan-crossing",), ("place:jraischan-report-alleged-base",)),
    ),
    "rebuttals": Answer(
        6,
        (
            (
                "Other sources, later",
                "Other sources contradict the story of the security source",
                "A security source",
                "A security source says that an American base was the target",
            ),
            ("Emad al-Zahiri", "*", "Ashab al-Kahf", "Ashab al-Kahf claims responsibility at Salaheddin"),
        ),
        (("Iraq (state)",),),
    ),
    "relayed-by-count": Answer(
        6,
        (
            ("agent:reuters", "Reuters", "6", "3"),
            ("agent:site-intelligence-group", "SITE Intelligence Group", "2", "2"),
            ("agent:washington-post", "The Washington Post", "2", "1"),
        ),
    ),
    "relays": Answer(
        122,
        (
            ("statement:jraischan-report-s03", "Three Iraqi force members", "1", "Reuters", ""),
            ("statement:devdiscourse-1", "Iraqi military", "1", "Iraqi News Agency", ""),
            ("statement:devdiscourse-1", "Iraqi military", "2", "Associated Press", ""),
            ("statement:jraischan-report-s20", "Iraq (state)", "", "", ""),
        ),
        (("statement:jraischan-report-s08", "*", "1"),),
    ),
    "reported-twin": Answer(
        4,
        (
            (JRAISCHAN, "Jraischan crossing incident", "Alleged American base in the area"),
            (JRAISCHAN, "Jraischan crossing incident", "Jraischan convoy"),
        ),
        ((JRAISCHAN, "*", "Kuwait's northern border"),),
    ),
    "same-incident-two-reports": Answer(2, ((JRAISCHAN, "9", "44"), (SALAHEDDIN, "2", "10"))),
    "same-utterance": Answer(
        10,
        (
            ("statement:japantoday-4", "statement:jraischan-report-s23", "*"),
            ("statement:jraischan-report-s18a", "statement:shafaq-1", ""),
            (
                "statement:devdiscourse-2",
                "statement:jraischan-report-s21",
                "The Armed Forces became Kuwait as a whole; the channel is KUNA, not Twitter.",
            ),
        ),
        (("statement:jraischan-report-s20", "statement:jraischan-report-s21"),),
    ),
    "statements-about-statements": Answer(
        3,
        (
            (
                "SITE Intelligence Group",
                "statement:jraischan-report-s07",
                "statement:jraischan-report-s08",
                "Ashab al-Kahf",
            ),
            ("The Washington Post", "*", "statement:jraischan-report-s18a", "Ashab al-Kahf"),
        ),
    ),
    "statements-of-an-incident": Answer(
        44,
        (
            (
                "statement:jraischan-report-s27",
                "A security source",
                "asserts",
                "An American base in the area was the target",
            ),
            ("statement:jraischan-report-s20", "Iraq (state)", "denies occurrence", OCCURRED),
            ("statement:jraischan-report-s08", "Ashab al-Kahf", "claims responsibility"),
        ),
        (("statement:shafaq-1",), ("statement:jraischan-report-s22",)),
    ),
    "statistics-by-stance": Answer(
        13,
        (
            ("att:negative", "att:deniesClaim", "9"),
            ("att:negative", "att:deniesOccurrence", "2"),
            ("att:positive", "att:claimsResponsibility", "3"),
            ("att:none", "att:threatens", "1"),
        ),
    ),
    "times-stated": Answer(
        21,
        (
            ("statement:jraischan-report-s06", "John Rigsbee", "Tuesday", ""),
            ("statement:jraischan-report-s31a", "Other sources, later", "later", "statement:jraischan-report-s27"),
            ("statement:jraischan-report-s17a", "Ashab al-Kahf", "April", ""),
        ),
        (("statement:jraischan-report-s20",), ("statement:jraischan-report-s18a",)),
    ),
    "twin-and-speakers": Answer(
        7,
        (
            (JRAISCHAN, "convoy:jraischan", "Three security sources", "att:asserts"),
            (JRAISCHAN, "place:jraischan-report-alleged-base", "Other sources, later", "att:deniesClaim"),
        ),
        ((JRAISCHAN, "convoy:jraischan", "Three Iraqi force members"),),
    ),
    "undatable": Answer(
        9,
        (("document:jraischan-report", "91"), ("document:abcnews-report", "8", "")),
        (("document:japantoday-report",),),
    ),
    "what-a-party-says": Answer(
        4,
        (
            ("statement:jraischan-report-s20", "Iraq (state)", "att:deniesOccurrence", OCCURRED),
            ("statement:iraqtoday-1", "Security Media Cell", "att:deniesClaim", OCCURRED),
        ),
        (("statement:jraischan-report-s03",), ("statement:shafaq-2",)),
    ),
    "who-denies": Answer(
        11,
        (
            ("statement:jraischan-report-s21", "Kuwait's Armed Forces", "Kuwait's northern border was the target"),
            ("statement:jraischan-report-s31b", "Other sources, later", "An American base in the area was the target"),
            ("statement:abcnews-1", "Myles B. Caggins III", OCCURRED),
        ),
        (("*", "Associated Press"), ("*", "John Rigsbee"), ("*", "US Embassy in Kuwait")),
    ),
    "wikidata-links": Answer(
        33,
        (
            ("agent:associated-press", "Associated Press", "*", wikidata("Q40469")),
            ("place:iraq", "Iraq", "*", wikidata("Q796")),
        ),
        (("agent:ashab-al-kahf",), ("place:jraischan-crossing",)),
    ),
    "without-offsets": Answer(
        9, (("document:abcnews-report", "8"), ("document:japantoday-report", "4")), (("document:jraischan-report",),)
    ),
    "worlds-that-name-a-target": Answer(
        18,
        (
            (world("jraischan-report-other-sources"), JRAISCHAN, "convoy:jraischan"),
            (policy("latest"), JRAISCHAN, "convoy:jraischan"),
            (policy("any-claim"), JRAISCHAN, "place:jraischan-report-alleged-base"),
        ),
        (
            (policy("undenied"), JRAISCHAN),
            (policy("two-independent-named"),),
            (world("jraischan-report-force-members"),),
        ),
    ),
}


def matches(row: Row, pattern: Row) -> bool:
    return len(pattern) <= len(row) and all(p in ("*", cell) for cell, p in zip(row, pattern, strict=False))


@pytest.fixture(scope="module")
def queries(release: Release) -> dict[str, str]:
    store = EmbeddedStore(release.path / STORE)
    return {e.name: e.query for e in examples_of(store, Iris(release.base_iri))}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_example_answers_exactly(name: str, queries: dict[str, str], ask: Ask) -> None:
    rows, expected = ask(queries[name]), ANSWERS[name]
    assert len(rows) == expected.rows
    for pattern in expected.has:
        assert [row for row in rows if matches(row, pattern)], f"{pattern} is missing"
    for pattern in expected.lacks:
        assert not [row for row in rows if matches(row, pattern)], f"{pattern} must not be there"


def test_enough_of_them_have_an_answer() -> None:
    assert len(ANSWERS) >= 30
    assert all(len(answer.has) >= 1 for name, answer in ANSWERS.items() if answer.rows)


def test_counts_by_different_ways_add_up(queries: dict[str, str], ask: Ask) -> None:
    """Every statement has one stance, one source graph, and a speaker with or without a name."""
    for name, column in (("statistics-by-stance", 2), ("per-graph-provenance", 1), ("anonymous-share", 1)):
        assert sum(int(row[column]) for row in ask(queries[name])) == ALL, name


def test_no_row_comes_twice_for_a_second_name(queries: dict[str, str], ask: Ask) -> None:
    """An agent with names in two scripts is not two speakers."""
    for name in ("claims-of-responsibility", "rebuttals", "relays", "statements-of-an-incident", "times-stated"):
        assert not [row for row in ask(queries[name]) if "أصحاب الكهف" in row], name
