"""Contradictions for a page: by strength, and within it by the statement that most of them turn on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from publisher.query.facts import Facts
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


def conflicts(
    facts: Facts, viewer: Viewer, statements: Iterable[ox.NamedNode], counts: Counts | None = None
) -> tuple[Strength, ...]:
    """Those in which any of the statements takes part, each once; `counts` must hold for both sides."""
    rows = Statements(facts, viewer)
    found: dict[str, list[tuple[ox.NamedNode, tuple[ox.NamedNode, ox.NamedNode]]]] = {}
    for node in {c for s in statements for c in facts.subjects(facts.att("between"), s)}:
        sides = facts.nodes(node, "between")
        if len(sides) != 2 or (counts is not None and not all(counts(side) for side in sides)):
            continue
        strength = next((s.value.removeprefix(facts.iris.att("")) for s in facts.nodes(node, "strength")), "")
        found.setdefault(strength, []).append((node, (sides[0], sides[1])))
    order = sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return tuple(_strength(facts, viewer, rows, name, found[name]) for name in order)


def _strength(
    facts: Facts,
    viewer: Viewer,
    rows: Statements,
    name: str,
    found: list[tuple[ox.NamedNode, tuple[ox.NamedNode, ox.NamedNode]]],
) -> Strength:
    often = Counter(side for _, sides in found for side in sides)
    hubs: dict[ox.NamedNode, list[tuple[ox.NamedNode, ox.NamedNode]]] = {}
    for node, (one, other) in found:
        if (-often[other], other.value) < (-often[one], one.value):
            one, other = other, one
        hubs.setdefault(one, []).append((node, other))
    concept = facts.att(name)
    label, definition = facts.label(concept), facts.value(concept, ox.NamedNode(f"{SKOS}definition"))
    made = []
    for hub, others in sorted(hubs.items(), key=lambda pair: (-len(pair[1]), pair[0].value)):
        against = [_against(facts, viewer, rows, node, other) for node, other in others]
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


def _against(facts: Facts, viewer: Viewer, rows: Statements, node: ox.NamedNode, other: ox.NamedNode) -> Against:
    sentence = facts.value(node, facts.att("explanation"))
    return Against(viewer.item(node), rows.row(other), None if sentence is None else viewer.item(sentence))
