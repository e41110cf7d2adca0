"""What the data tests share: the raw data as a graph, the statements in it, and the inventory if it is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from tests.own import own_files

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT / "data"
SHARED = ROOT.parent / "shared"
BASE = "https://w3id.org/attested/"

ATT = Namespace(f"{BASE}ontology#")
OA = Namespace("http://www.w3.org/ns/oa#")
DCTERMS = Namespace("http://purl.org/dc/terms/")
REPORT = "jraischan-report"


def entity(name: str) -> URIRef:
    """The IRI of `type/slug`."""
    return URIRef(f"{BASE}id/{name}")


SEED_FILES = tuple(sorted(p for folder in ("entities", "reports/jraischan") for p in (DATA / folder).glob("*.ttl")))


@cache
def data() -> Graph:
    """The shared entities and the seed report, without the other reports and the links between them."""
    graph = Graph()
    for path in SEED_FILES:
        graph.parse(path)
    return graph


@cache
def all_data() -> Graph:
    """All Turtle files of the data, and nothing else."""
    graph = Graph()
    for path in own_files(DATA, "*.ttl"):
        graph.parse(path)
    return graph


@cache
def ontology() -> Graph:
    """The ontology, without the alignments."""
    graph = Graph()
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        graph.parse(path)
    return graph


def name(node: Node | None) -> str | None:
    """`type/slug` of an entity, the local name of a term, or None."""
    return None if node is None else str(node).removeprefix(f"{BASE}id/").removeprefix(str(ATT))


@dataclass(frozen=True)
class Statement:
    """A statement as the data give it, its values as names."""

    node: URIRef
    id: str
    speaker: str | None
    stance: str | None
    proposition: URIRef
    relays: tuple[str, ...]
    """Relayers in the order of their steps."""
    time: str | None
    document: str | None
    hedged: bool
    verbatim: bool
    ranges: tuple[tuple[int, int, int], ...]
    """Start, end and paragraph of each piece of evidence, in order."""

    def value(self, predicate: URIRef) -> Node | None:
        return data().value(self.proposition, predicate)

    @property
    def claim(self) -> tuple[str | None, str | None, str | None]:
        return name(self.value(RDF.subject)), name(self.value(RDF.predicate)), name(self.value(RDF.object))


def _number(node: Node | None) -> int:
    assert isinstance(node, Literal)
    return int(node)


def _read(node: URIRef) -> Statement:
    g = data()
    relays = sorted((_number(g.value(r, ATT.step)), name(g.value(r, ATT.relayer))) for r in g.objects(node, ATT.relay))
    assert [step for step, _ in relays] == list(range(1, len(relays) + 1)), f"relay steps of {node}"
    selectors = [g.value(evidence, OA.hasSelector) for evidence in g.objects(node, ATT.evidence)]
    proposition = g.value(node, ATT.proposition)
    assert isinstance(proposition, URIRef)
    time = g.value(node, ATT.statedTime)
    return Statement(
        node=node,
        id=str(g.value(node, DCTERMS.identifier)),
        speaker=name(g.value(node, ATT.speaker)),
        stance=name(g.value(node, ATT.stance)),
        proposition=proposition,
        relays=tuple(relayer or "" for _, relayer in relays),
        time=None if time is None else str(time),
        document=name(g.value(node, ATT.statedIn)),
        hedged=g.value(node, ATT.hedged) == Literal(True),
        verbatim=g.value(node, ATT.verbatim) == Literal(True),
        ranges=tuple(
            sorted(
                (_number(g.value(s, OA.start)), _number(g.value(s, OA.end)), _number(g.value(s, ATT.paragraph)))
                for s in selectors
                if s is not None
            )
        ),
    )


@cache
def statements() -> dict[str, Statement]:
    """All statements of the seed report, by inventory id."""
    found: dict[str, Statement] = {}
    for node in data().subjects(RDF.type, ATT.Statement):
        assert isinstance(node, URIRef)
        if f"/{REPORT}-" in node:
            statement = _read(node)
            assert statement.id not in found, f"{statement.id} occurs twice"
            found[statement.id] = statement
    return found


def by_speaker(*speakers: str) -> list[Statement]:
    """All statements by any of the agents."""
    return [s for s in statements().values() if s.speaker in {f"agent/{x}" for x in speakers}]


@cache
def article() -> str:
    """The text of the seed report. Skips the test where the text is not at hand."""
    path = SHARED / "seed" / "article.txt"
    if not path.is_file():
        pytest.skip("the seed report is not beside the checkout")
    return path.read_text(encoding="utf-8")


@cache
def paragraphs() -> list[tuple[int, int]]:
    """Start and end of each paragraph of the seed report, the boilerplate at the top left out."""
    return [m.span() for m in re.finditer(r"\S.*(?:\n(?!\s*\n).*\S.*)*", article())][1:]


@dataclass(frozen=True)
class Row:
    """A row of the table of statements in the inventory."""

    id: str
    ranges: tuple[tuple[int, int], ...] | None
    """None where the table says "nested"."""
    source: str
    stance: str
    hedged: bool
    verbatim: bool
    time: str


@cache
def inventory() -> list[Row]:
    """The table of statements. Skips the test where the inventory is not at hand."""
    path = SHARED / "INVENTORY.md"
    if not path.is_file():
        pytest.skip("the inventory is not beside the checkout")
    return list(_rows(path.read_text(encoding="utf-8")))


def _rows(text: str) -> Iterator[Row]:
    previous: tuple[tuple[int, int], ...] | None = None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not re.fullmatch(r"S\d\d[ab]?", cells[0]):
            continue
        id_, offsets, source, stance, time = cells[:5]
        ranges: tuple[tuple[int, int], ...] | None = tuple(
            (int(a), int(b)) for a, b in re.findall(r"(\d+)–(\d+)", offsets)
        )
        if offsets == "same":
            ranges = previous
        elif offsets == "nested":
            ranges = None
        else:
            assert ranges, f"offsets of {id_}"
        previous = ranges
        yield Row(
            id=id_,
            ranges=ranges,
            source=source,
            stance=stance.split(",")[0].split(" ")[0],
            hedged="hedged" in stance,
            verbatim="verbatim" in stance,
            time=time,
        )
