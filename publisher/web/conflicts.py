"""Contradictions for a page: by strength, and within it by the statement that most of them turn on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pyoxigraph as ox

from publisher.attribution.replay import Contradiction
from publisher.query.facts import Facts
from publisher.vocab import SKOS
from publisher.web.statements import Counts, StatementRow, Statements
from publisher.web.view import Item, Viewer

SHOWN, OF_ONE = 100, 50
"""Contradictions of one strength on a page, and of them, those that turn on one statement."""
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
    total: int
    """How many there are, also those that are not on the page."""


@dataclass(frozen=True)
class Strength:
    """Contradictions of one strength."""

    key: str
    title: str
    definition: str
    count: int
    hubs: tuple[Hub, ...]
    shown: int
    """How many of them are on the page."""


@dataclass(frozen=True)
class _Found:
    """A contradiction, on record or as of a day."""

    node: ox.NamedNode
    strength: str
    sides: tuple[ox.NamedNode, ox.NamedNode]
    then: Contradiction | None = None
    """As of a day: what the rules find."""


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
        found.append(_Found(node, strength, (sides[0], sides[1])))
    return _by_strength(facts, viewer, found)


def conflicts_then(
    facts: Facts, viewer: Viewer, statements: Iterable[ox.NamedNode], then: Iterable[Contradiction]
) -> tuple[Strength, ...]:
    """The same as of a day, from what the rules find in what had been said by then."""
    shown, found = {s.value for s in statements}, []
    for one in then:
        if len(one.between) == 2 and shown & set(one.between):
            a, b = map(ox.NamedNode, one.between)
            found.append(_Found(ox.NamedNode(one.iri), one.strength, (a, b), one))
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
    made, left = [], SHOWN
    for hub, others in sorted(hubs.items(), key=lambda pair: (-len(pair[1]), pair[0].value)):
        if left == 0:
            break
        place = {node: n for n, node in enumerate(rows.in_order(other for _, other in others))}
        here = sorted(others, key=lambda pair: (place[pair[1]], pair[0].node.value))[: min(left, OF_ONE)]
        made.append(
            Hub(rows.row(hub), tuple(_against(facts, viewer, rows, one, other) for one, other in here), len(others))
        )
        left -= len(here)
    return Strength(
        name,
        label.value if label else name or "of unknown strength",
        definition.value if isinstance(definition, ox.Literal) else "",
        len(found),
        tuple(made),
        SHOWN - left,
    )


def _against(facts: Facts, viewer: Viewer, rows: Statements, one: _Found, other: ox.NamedNode) -> Against:
    item, predicate = viewer.item(one.node), facts.att("explanation")
    if one.then is None:
        explained = facts.objects(one.node, predicate)
    else:
        explained = sorted((t.object for t in one.then.triples if t.predicate == predicate), key=str)
        if next(facts.store.quads(one.node), None) is None:
            item = replace(item, href=None)  # a side of it was withdrawn since: its IRI leads nowhere today
    return Against(item, rows.row(other), viewer.item(explained[0]) if explained else None)
