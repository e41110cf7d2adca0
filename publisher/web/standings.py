"""Status and numbers of a proposition or an incident, each with the published query that explains it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from publisher.attribution.asof import AsOf
from publisher.attribution.counted import Numbers, numbers
from publisher.query.facts import Facts
from publisher.vocab import SKOS
from publisher.web.urls import Links
from publisher.web.view import Item, Viewer

NO_VERDICT = "None of this is a verdict: it counts who says what, and uncontested does not mean true."

_COUNTED = (
    ("report-count", "reportCount", "report", "reports"),
    ("outlet-count", "outletCount", "outlet", "outlets"),
    ("independent-sources", "independentSources", "original speaker", "original speakers"),
    ("named-independent-sources", "namedIndependentSources", "of them named", "of them named"),
)
_SIDES = (
    ("affirmed-by", "affirmedBy", "Affirmed by"),
    ("denied-by", "deniedBy", "Denied by"),
    ("left-open-by", "leftOpenBy", "Left open by"),
)


@dataclass(frozen=True)
class Number:
    """A number, what it counts, and where it is explained; None as of a day, where the page lists the statements."""

    value: int
    label: str
    href: str | None


@dataclass(frozen=True)
class Side:
    """Speakers on one side."""

    label: str
    speakers: tuple[Item, ...]
    href: str | None


@dataclass(frozen=True)
class StandingView:
    """What a page shows of it. `status` is None if nobody has said anything that takes a side or leaves it open."""

    status: Item | None
    key: str
    definition: str
    sides: tuple[Side, ...]
    numbers: tuple[Number, ...]
    why: str | None


def standing_now(facts: Facts, viewer: Viewer, node: ox.NamedNode) -> StandingView | None:
    """As derived in the release; None for what has no status."""
    status = facts.nodes(node, "status")
    if not status:
        return None
    explain = _explanations(viewer.links, node)
    sides = [Side(label, viewer.items(facts.nodes(node, name)), explain(key)) for key, name, label in _SIDES]
    counts = []
    for key, name, one, many in _COUNTED:
        value = facts.value(node, facts.att(name))
        number = int(value.value) if isinstance(value, ox.Literal) and value.value.isdigit() else 0
        counts.append(Number(number, one if number == 1 else many, explain(key)))
    return _view(facts, viewer, status[0], sides, counts, explain("status"))


def standing_then(facts: Facts, viewer: Viewer, node: ox.NamedNode, asof: AsOf) -> StandingView:
    """As of a day. The explanations on record are about today, so there are none; the page lists the statements."""
    standing = asof.standing(node.value)
    speakers = (standing.affirmed_by, standing.denied_by, standing.left_open_by)
    sides = [
        Side(label, viewer.items(ox.NamedNode(s) for s in said), None)
        for (_, _, label), said in zip(_SIDES, speakers, strict=True)
    ]
    counted = numbers(facts.store, facts.iris, standing.affirming)
    counts = [
        Number(value, one if value == 1 else many, None)
        for value, (_, _, one, many) in zip(_values(counted), _COUNTED, strict=True)
    ]
    status = None if standing.status is None else facts.att(standing.status)
    return _view(facts, viewer, status, sides, counts, None)


def _values(counted: Numbers) -> tuple[int, ...]:
    return counted.reports, counted.outlets, counted.independent, counted.named


def _view(
    facts: Facts,
    viewer: Viewer,
    status: ox.NamedNode | None,
    sides: Sequence[Side],
    counts: Sequence[Number],
    why: str | None,
) -> StandingView:
    if status is None:
        return StandingView(None, "", "", tuple(s for s in sides if s.speakers), tuple(counts), why)
    definition = facts.value(status, ox.NamedNode(f"{SKOS}definition"))
    return StandingView(
        viewer.item(status),
        status.value.removeprefix(facts.iris.att("")),
        definition.value if isinstance(definition, ox.Literal) else "",
        tuple(s for s in sides if s.speakers),
        tuple(counts),
        why,
    )


def _explanations(links: Links, node: ox.NamedNode) -> Callable[[str], str]:
    return lambda name: links.at(f"/explain/{name}", about=node.value)
