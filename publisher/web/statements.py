"""The heart of a page: who says what about a thing, grouped by polarity, with what contradicts what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import pyoxigraph as ox

from publisher.query.facts import Facts
from publisher.query.store import Term
from publisher.vocab import DCTERMS, OA, RDF, XSD
from publisher.web.view import MANY, Item, Viewer

Counts = Callable[[ox.NamedNode], bool]
"""Whether a statement counts, for example as of a day."""

POLARITIES = (
    ("positive", "Affirmed", "These speakers say that it is so."),
    ("negative", "Denied", "These speakers say that it is not so."),
    (
        "open",
        "Left open",
        "These speakers say neither yes nor no.",
    ),
    ("none", "Threats and calls", "These speakers say what should be or will be, not what was."),
    ("", "Without a known stance", "The stance of these statements is not known."),
)
TRUE, FALSE = (ox.Literal(text, datatype=ox.NamedNode(f"{XSD}boolean")) for text in ("true", "false"))


@dataclass(frozen=True)
class Relaying:
    """One step of a relay chain: who passed the statement on, through what."""

    relayer: Item | None
    channel: Item | None


@dataclass(frozen=True)
class StatementRow:
    """One statement as a row of a table."""

    statement: Item
    identifier: str
    speakers: tuple[Item, ...]
    possible: tuple[Item, ...]
    stance: tuple[Item, ...]
    relays: tuple[Relaying, ...]
    channel: tuple[Item, ...]
    stated: tuple[Item, ...]
    hedged: bool
    verbatim: bool
    reason: tuple[Item, ...] = ()
    """Why it was withdrawn."""
    part: bool = False
    """Whether it is shown below the statement that it is part of."""


@dataclass(frozen=True)
class Group:
    """Statements of one polarity: those on this page."""

    key: str
    title: str
    note: str
    rows: tuple[StatementRow, ...]
    total: int
    """How many there are on all pages."""
    begins: int = 1
    """The page with the first of them."""


@dataclass(frozen=True)
class Reported:
    """A derived twin (`att:reported…`): what at least one speaker affirms, and who they are."""

    property: Item
    value: Item
    speakers: tuple[Item, ...]


@dataclass(frozen=True)
class Place:
    """Where in which document the evidence is."""

    document: Item
    paragraph: str
    start: str
    end: str


@dataclass(frozen=True)
class Statements:
    """Reads statements from the default graph."""

    facts: Facts
    viewer: Viewer
    _polarities: dict[Term, str] = field(default_factory=dict, repr=False, compare=False)
    """Of the stances met so far."""

    @cached_property
    def _ended(self) -> frozenset[str]:
        facts = self.facts
        return facts.having(facts.att("inForce"), FALSE) | facts.having(facts.att("withdrawnBecause"))

    @cached_property
    def _stance(self) -> ox.NamedNode:
        return self.facts.att("stance")

    @cached_property
    def _claiming(self) -> tuple[ox.NamedNode, ...]:
        return self.facts.att("about"), ox.NamedNode(f"{RDF}subject"), ox.NamedNode(f"{RDF}object")

    def count_said(self, node: ox.NamedNode) -> int:
        """How many statements are by `node`, by the engine."""
        return self.facts.count(self.facts.att("speaker"), node)

    def count_links(self, node: ox.NamedNode) -> int:
        """How many links from propositions `about` would follow, by the engine."""
        return sum(self.facts.count(link, node) for link in self._claiming)

    def about(self, node: ox.NamedNode) -> list[ox.NamedNode]:
        """Statements whose proposition is about `node`, or has it as its subject or object."""
        facts = self.facts
        claims = {claim for link in self._claiming for claim in facts.subjects(link, node)}
        found = {s for claim in claims for s in facts.subjects(facts.att("proposition"), claim)}
        attesting = {s for one in found for s in facts.subjects(facts.att("attests"), one)}
        return sorted(found | attesting, key=lambda n: n.value)

    def row(self, node: ox.NamedNode) -> StatementRow:
        """One statement."""
        facts, item, items = self.facts, self.viewer.item, self.viewer.items
        identifier = facts.value(node, ox.NamedNode(f"{DCTERMS}identifier"))
        stated = facts.objects(node, facts.att("statedOn")) or facts.objects(node, facts.att("statedTime"))
        return StatementRow(
            statement=item(node),
            identifier=identifier.value if isinstance(identifier, ox.Literal) else "",
            speakers=items(facts.nodes(node, "speaker")),
            possible=items(facts.nodes(node, "possibleSpeaker")),
            stance=items(facts.nodes(node, "stance")),
            relays=self._relays(node),
            channel=items(facts.nodes(node, "statedIn")),
            stated=items(stated),
            hedged=self._flag(node, "hedged"),
            verbatim=self._flag(node, "verbatim"),
            reason=items(facts.objects(node, facts.att("withdrawnBecause"))),
        )

    def in_force(self, node: ox.NamedNode) -> bool:
        """Neither withdrawn nor superseded; what the rules say nothing about is in force."""
        return node.value not in self._ended

    def rows(self, nodes: Iterable[ox.NamedNode]) -> tuple[StatementRow, ...]:
        """By identifier, a part of a statement right below it."""
        return self._rows(nodes)

    def by_polarity(self, nodes: Iterable[ox.NamedNode]) -> dict[str, list[ox.NamedNode]]:
        """Statements by the polarity of their stance."""
        found: dict[str, list[ox.NamedNode]] = {}
        for node in nodes:
            found.setdefault(self.polarity(node), []).append(node)
        return found

    def in_order(self, nodes: Iterable[ox.NamedNode]) -> list[ox.NamedNode]:
        """By identifier, as `rows` has them, but without reading what a row shows. Very many are in the order of their
        names, which begin like the identifiers: no page is worth looking up thousands of them.
        """
        every = set(nodes)
        if len(every) > MANY:
            return sorted(every, key=lambda node: node.value)

        def key(node: ox.NamedNode) -> tuple[tuple[tuple[int, str], ...], str]:
            identifier = self.facts.value(node, ox.NamedNode(f"{DCTERMS}identifier"))
            return _natural(identifier.value if isinstance(identifier, ox.Literal) else ""), node.value

        return sorted(every, key=key)

    def polarity(self, node: ox.NamedNode) -> str:
        """`positive`, `negative`, `open`, `none`, or empty if the stance is not known."""
        stance = next(self.facts.store.quads(node, self._stance, None, self.facts.graph), None)
        if stance is None:
            return ""
        if (known := self._polarities.get(stance.object)) is None:
            names = {self.facts.iris.att(key): key for key, _, _ in POLARITIES if key}
            found = (p.value for p in self.facts.nodes(stance.object, "polarity"))
            known = self._polarities[stance.object] = next((names[value] for value in found if value in names), "")
        return known

    def reported(self, node: ox.NamedNode, counts: Counts | None = None) -> tuple[Reported, ...]:
        """The derived twins of `node` with the speakers behind each; only what statements that count say."""
        facts, found = self.facts, []
        claim_of = {
            twin: predicate
            for quad in facts.store.quads(None, facts.att("reportedAs"))
            if isinstance(twin := quad.object, ox.NamedNode) and isinstance(predicate := quad.subject, ox.NamedNode)
        }
        for twin, predicate in sorted(claim_of.items(), key=str):
            for value in facts.objects(node, twin):
                speakers = self._affirming(node, predicate, value, counts)
                if counts is not None and not speakers:
                    continue
                item = self.viewer.item
                found.append(Reported(item(twin), item(value), self.viewer.items(speakers)))
        return tuple(found)

    def places(self, node: ox.NamedNode) -> tuple[Place, ...]:
        """The evidence of a statement."""
        places = []
        for evidence in self.facts.nodes(node, "evidence"):
            sources = self.facts.objects(evidence, ox.NamedNode(f"{OA}hasSource"))
            selector = self.facts.value(evidence, ox.NamedNode(f"{OA}hasSelector"))
            if sources and selector is not None:
                numbers = [
                    self.facts.value(selector, p)
                    for p in (
                        self.facts.att("paragraph"),
                        ox.NamedNode(f"{OA}start"),
                        ox.NamedNode(f"{OA}end"),
                    )
                ]
                texts = [n.value if isinstance(n, ox.Literal) else "" for n in numbers]
                places.append(Place(self.viewer.item(sources[0]), *texts))
        return tuple(places)

    def _affirming(
        self, node: ox.NamedNode, predicate: ox.NamedNode, value: Term, counts: Counts | None
    ) -> set[ox.NamedNode]:
        facts = self.facts
        claims = set(facts.subjects(ox.NamedNode(f"{RDF}subject"), node))
        claims = {c for c in claims if predicate in facts.objects(c, ox.NamedNode(f"{RDF}predicate"))}
        claims = {c for c in claims if value in facts.objects(c, ox.NamedNode(f"{RDF}object"))}
        statements = {s for claim in claims for s in facts.subjects(facts.att("proposition"), claim)}
        counted = (s for s in statements if (counts is None and self.in_force(s)) or (counts is not None and counts(s)))
        return {speaker for s in counted if self.polarity(s) == "positive" for speaker in facts.nodes(s, "speaker")}

    def _rows(self, nodes: Iterable[ox.NamedNode]) -> tuple[StatementRow, ...]:
        nodes = set(nodes)
        part_of = ox.NamedNode(f"{DCTERMS}isPartOf")
        rows = []
        for node in nodes:
            row, whole = self.row(node), self.facts.value(node, part_of)
            below = isinstance(whole, ox.NamedNode) and whole in nodes
            rows.append((_natural(row.identifier), row.statement.iri, replace(row, part=below)))
        return tuple(row for _, _, row in sorted(rows, key=lambda r: r[:2]))

    def _relays(self, node: ox.NamedNode) -> tuple[Relaying, ...]:
        def step(relay: ox.NamedNode) -> tuple[int, str]:
            value = self.facts.value(relay, self.facts.att("step"))
            text = value.value if isinstance(value, ox.Literal) else ""
            return (int(text) if text.isascii() and text.isdigit() else 0), relay.value

        found = []
        for relay in sorted(self.facts.nodes(node, "relay"), key=step):
            relayer, channel = self.facts.nodes(relay, "relayer"), self.facts.nodes(relay, "channel")
            item = self.viewer.item
            found.append(Relaying(item(relayer[0]) if relayer else None, item(channel[0]) if channel else None))
        return tuple(found)

    def _flag(self, node: ox.NamedNode, name: str) -> bool:
        value = self.facts.value(node, self.facts.att(name))
        return isinstance(value, ox.Literal) and value.value in {"true", "1"}


def _natural(identifier: str) -> tuple[tuple[int, str], ...]:
    """Sorts `S2` before `S10`, and `S01.2` before `S01.10`."""
    parts = re.split(r"([0-9]{1,12})", identifier)
    return tuple((int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in parts if part)
