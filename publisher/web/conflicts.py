"""Contradictions for a page: by strength, and within it by the statement that most of them turn on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pyoxigraph as ox

from publisher.attribution.replay import Contradiction
from publisher.query.facts import Facts
from publisher.query.store import Term
from publisher.vocab import SKOS
from publisher.web.statements import Counts, StatementRow, Statements
from publisher.web.view import Item, Viewer

ORDER = ("stated", "direct", "incompatibleValue", "presupposed", "scopeLimited")


@dataclass(frozen=True)
class Against:
    """One contradiction: the other statement, and a sentence that explains it."""

    contradiction: Item
    other: StatementRow
    explanation: Item | None


@dataclass(frozen=True)
class Hub:
    """A statement and what it contradicts."""

    statement: StatementRow
    against: tuple[Against, ...]


@dataclass(frozen=True)
class Strength:
    """Contradictions of one strength."""

    key: str
    title: str
    definition: str
    count: int
    hubs: tuple[Hub, ...]


@dataclass(frozen=True)
class _Found:
    """A contradiction, on record or as of a day."""

    node: ox.NamedNode
    strength: str
    sides: tuple[ox.NamedNode, ox.NamedNode]
    explanation: Term | None
    recorded: bool


def conflicts(
    facts: Facts, viewer: Viewer, statements: Iterable[ox.NamedNode], counts: Counts | None = None
) -> tuple[Strength, ...]:
    """Those on record in which any of the statements takes part, each once; `counts` must hold for both sides."""
    found = []
    for node in {c for s in statements for c in facts.subjects(facts.att("between"), s)}:
        sides = facts.nodes(node, "between")
        if len(sides) != 2 or (counts is not None and not all(counts(side) for side in sides)):
            continue
        strength = next((s.value.removeprefix(facts.iris.att("")) for s in facts.nodes(node, "strength")), "")
        explanation = facts.value(node, facts.att("explanation"))
        found.append(_Found(node, strength, (sides[0], sides[1]), explanation, recorded=True))
    return _by_strength(facts, viewer, found)


def conflicts_then(
    facts: Facts, viewer: Viewer, statements: Iterable[ox.NamedNode], then: Iterable[Contradiction]
) -> tuple[Strength, ...]:
    """The same as of a day, from what the rules find in what had been said by then."""
    shown, found = {s.value for s in statements}, []
    for one in then:
        if len(one.between) == 2 and shown & set(one.between):
            node, (a, b) = ox.NamedNode(one.iri), map(ox.NamedNode, one.between)
            explained = sorted((t.object for t in one.triples if t.predicate == facts.att("explanation")), key=str)
            recorded = next(facts.store.quads(node), None) is not None
            found.append(_Found(node, one.strength, (a, b), explained[0] if explained else None, recorded))
    return _by_strength(facts, viewer, found)


def _by_strength(facts: Facts, viewer: Viewer, found: Iterable[_Found]) -> tuple[Strength, ...]:
    groups: dict[str, list[_Found]] = {}
    for one in found:
        groups.setdefault(one.strength, []).append(one)
    order = sorted(groups, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return tuple(_strength(facts, viewer, name, groups[name]) for name in order)


def _strength(facts: Facts, viewer: Viewer, name: str, found: list[_Found]) -> Strength:
    rows = Statements(facts, viewer)
    often = Counter(side for one in found for side in one.sides)
    hubs: dict[ox.NamedNode, list[tuple[_Found, ox.NamedNode]]] = {}
    for one in found:
        hub, other = sorted(one.sides, key=lambda side: (-often[side], side.value))
        hubs.setdefault(hub, []).append((one, other))
    concept = facts.att(name)
    label, definition = facts.label(concept), facts.value(concept, ox.NamedNode(f"{SKOS}definition"))
    made = []
    for hub, others in sorted(hubs.items(), key=lambda pair: (-len(pair[1]), pair[0].value)):
        against = [_against(viewer, rows, one, other) for one, other in others]
        made.append(
            Hub(rows.row(hub), tuple(sorted(against, key=lambda a: (a.other.identifier, a.other.statement.iri))))
        )
    return Strength(
        name,
        label.value if label else name or "of unknown strength",
        definition.value if isinstance(definition, ox.Literal) else "",
        len(found),
        tuple(made),
    )


def _against(viewer: Viewer, rows: Statements, one: _Found, other: ox.NamedNode) -> Against:
    item = viewer.item(one.node)
    if not one.recorded:  # a side of it was withdrawn since, so that its IRI leads nowhere today
        item = replace(item, href=None)
    return Against(item, rows.row(other), None if one.explanation is None else viewer.item(one.explanation))
