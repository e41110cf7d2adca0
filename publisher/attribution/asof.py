"""What had been said by a day: statements, statuses and perspectives as of a date.

Four times are kept apart: of the event (a claim, `att:startedAt`), of the utterance (`att:statedOn`), of the report
(`dcterms:issued` on the document of the evidence), and of recording (`att:recordedOn`). Only the second and, as its
upper bound, the third place a statement; the event and the recording never do.

- *said*: the utterance, or else a report that carries it, is dated on or before the day.
- *not yet*: the utterance is dated after the day.
- *undatable*: anything else. It is listed and never placed: it counts for no status.

A statement that is withdrawn (`prov:invalidatedAtTime`) or superseded by one said on or before the day does not count
as of that day. A withdrawal without a date counts always. Contradictions are found by running their rules again over
what counted (`replay.py`), so that one is there on the days before a side of it was withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

import pyoxigraph as ox

from publisher.attribution.dates import UNKNOWN, Span, span
from publisher.attribution.quads import Node as Node
from publisher.attribution.quads import Quads as Quads
from publisher.attribution.replay import Contradiction, contradictions
from publisher.iris import Iris
from publisher.vocab import DCTERMS, OA, PROV, RDF

_ONE_BY_ONE = 500
"""Nodes that are looked up one by one before all are read that have a property."""


class When(Enum):
    """How a statement stands to a day."""

    SAID = "said"
    NOT_YET = "not yet"
    UNDATABLE = "undatable"


@dataclass(frozen=True)
class Times:
    """The times of one statement; each as the source gives it, or None."""

    stated: Span | None
    reported: tuple[Span, ...]
    """Of each report that carries the statement and has a date."""
    withdrawn: bool
    ended: Span | None
    """When it was withdrawn."""
    recorded: date | None


def when(times: Times, day: date) -> When:
    """Whether a statement had been made by the end of `day`."""
    if times.stated is not None and times.stated != UNKNOWN:
        if times.stated.last is not None and times.stated.last <= day:
            return When.SAID
        if times.stated.first is not None and times.stated.first > day:
            return When.NOT_YET
    if any(report.last is not None and report.last <= day for report in times.reported):
        return When.SAID
    return When.UNDATABLE


@dataclass(frozen=True)
class Standing:
    """How the statements on one proposition or incident stand to each other as of a day.

    `status` is the local name of an att:Status, or None if nothing had been said. Statements are IRIs, sorted;
    `not_yet` and `undatable` hold what would otherwise take a side.
    """

    status: str | None
    affirming: tuple[str, ...]
    denying: tuple[str, ...]
    leaving_open: tuple[str, ...]
    affirmed_by: tuple[str, ...]
    denied_by: tuple[str, ...]
    left_open_by: tuple[str, ...]
    not_yet: tuple[str, ...]
    undatable: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """The world as an agent had told it: claims affirmed and denied, sorted, and the statements behind them.

    A compound that is denied as a whole is in neither list; its statement is in `statements`.
    """

    affirmed: tuple[ox.Triple, ...]
    denied: tuple[ox.Triple, ...]
    statements: tuple[str, ...]


class _Mark:
    """The nodes that have a property, or are values of it. Looked up one by one; once many have been asked for, all of
    them are read, which is then less work.
    """

    def __init__(self, store: Quads, predicate: ox.NamedNode, backwards: bool) -> None:
        self._store, self._predicate, self._backwards = store, predicate, backwards
        self._asked, self._all = 0, frozenset[str]()

    def __contains__(self, node: object) -> bool:
        self._asked += 1
        if self._asked <= _ONE_BY_ONE:
            term = ox.NamedNode(str(node))
            found = self._store.quads(*((None, self._predicate, term) if self._backwards else (term, self._predicate)))
            return next(iter(found), None) is not None
        if self._asked == _ONE_BY_ONE + 1:
            ends = (q.object if self._backwards else q.subject for q in self._store.quads(None, self._predicate))
            self._all = frozenset(e.value for e in ends if isinstance(e, ox.NamedNode))
        return node in self._all


@dataclass(frozen=True)
class AsOf:
    """Reads a store as of the end of one day."""

    store: Quads
    iris: Iris
    day: date
    _known: dict[str, Times] = field(default_factory=dict, repr=False, compare=False)
    """Times read so far: an object lives for one answer."""
    _conflicts: dict[str, tuple[Contradiction, ...]] = field(default_factory=dict, repr=False, compare=False)
    _doubted: dict[str, bool] = field(default_factory=dict, repr=False, compare=False)
    _issued: dict[str, Span | None] = field(default_factory=dict, repr=False, compare=False)
    """When documents were issued: one may carry thousands of statements."""
    _marks: dict[str, _Mark] = field(default_factory=dict, repr=False, compare=False)

    def when(self, statement: str) -> When:
        """Whether the statement had been made."""
        return when(self.times(statement), self.day)

    def counts(self, statement: str) -> bool:
        """Whether it had been made and was neither withdrawn nor superseded by then."""
        times = self.times(statement)
        if when(times, self.day) is not When.SAID or self._withdrawn(times):
            return False
        if not self._marked("supersedes", statement, backwards=True):
            return True
        return not any(
            self.when(later) is When.SAID and not self._withdrawn(self.times(later))
            for later in self._subjects("supersedes", statement)
        )

    def times(self, statement: str) -> Times:
        """The times of a statement, kept apart."""
        if statement not in self._known:
            self._known[statement] = self._times(statement)
        return self._known[statement]

    def _times(self, statement: str) -> Times:
        stated = self._text(self._objects(statement, self.iris.att("statedOn")))
        documents = {
            document.value
            for evidence in self._objects(statement, self.iris.att("evidence"))
            if isinstance(evidence, ox.NamedNode)
            for document in self._objects(evidence.value, OA + "hasSource")
            if isinstance(document, ox.NamedNode)
        }
        issued = (self._issue(document) for document in sorted(documents))
        withdrawn = self._marked("withdrawnBecause", statement)
        ended = self._text(self._objects(statement, PROV + "invalidatedAtTime")) if withdrawn else None
        recorded = self._text(self._objects(statement, self.iris.att("recordedOn")))
        return Times(
            stated=span(stated) if stated else None,
            reported=tuple(day for day in issued if day),
            withdrawn=withdrawn,
            ended=span(ended) if ended else None,
            recorded=span(recorded).first if recorded else None,
        )

    def _issue(self, document: str) -> Span | None:
        if document not in self._issued:
            text = self._text(self._objects(document, DCTERMS + "issued"))
            self._issued[document] = span(text) if text else None
        return self._issued[document]

    def _marked(self, name: str, node: str, *, backwards: bool = False) -> bool:
        """Whether a node has a property that few have, or is a value of it."""
        if name not in self._marks:
            self._marks[name] = _Mark(self.store, ox.NamedNode(self.iris.att(name)), backwards)
        return node in self._marks[name]

    def standing(self, thing: str) -> Standing:
        """Status and speakers of a proposition or incident as of the day."""
        sides = {name: self._subjects(name, thing) for name in ("affirms", "denies", "leavesOpen")}
        counted = {name: tuple(s for s in found if self.counts(s)) for name, found in sides.items()}
        every = sorted({s for found in sides.values() for s in found})
        placed = {s: self.when(s) for s in every}
        status = None
        if counted["affirms"]:
            against = counted["denies"] or self._contradicted(thing)
            status = "contested" if against else "uncontested"
        elif counted["denies"]:
            status = "denied"
        elif counted["leavesOpen"]:
            status = "unverified"
        return Standing(
            status,
            counted["affirms"],
            counted["denies"],
            counted["leavesOpen"],
            self._speakers(counted["affirms"]),
            self._speakers(counted["denies"]),
            self._speakers(counted["leavesOpen"]),
            tuple(s for s in every if placed[s] is When.NOT_YET),
            tuple(s for s in every if placed[s] is When.UNDATABLE),
        )

    def contradictions(self, thing: str) -> tuple[Contradiction, ...]:
        """What contradicted what around a proposition or an incident, by statements that counted as of the day."""
        if thing not in self._conflicts:
            self._conflicts[thing] = contradictions(self.store, self.iris, [thing], self.counts)
        return self._conflicts[thing]

    def perspective(self, agent_slug: str, *, hedged: bool = False) -> World:
        """What an agent had told by the end of the day; `hedged` adds what it said with a hedge."""
        told = self.told(agent_slug, hedged=hedged)
        affirmed, denied = set(), set()
        for statement in told:
            if self._is(statement, "affirms"):
                affirmed |= set(self._simple(statement, parts=True))
            else:
                denied |= set(self._simple(statement, parts=False))
        return World(tuple(sorted(affirmed, key=str)), tuple(sorted(denied, key=str)), told)

    def told(self, agent_slug: str, *, hedged: bool = False) -> tuple[str, ...]:
        """The statements behind an agent's perspective that counted as of the day, sorted."""
        return tuple(s for s in self.voiced(agent_slug, hedged=hedged) if self.counts(s))

    def voiced(self, agent_slug: str, *, hedged: bool = False) -> tuple[str, ...]:
        """All that was ever affirmed or denied by an agent, by those who speak for it and by what it speaks for,
        sorted; also what was withdrawn or superseded since, for it may have counted on the day."""
        agent = self.iris.entity("agent", agent_slug)
        voices = self._closure(agent, backwards=True) | self._closure(agent, backwards=False)
        said = {s for voice in voices for s in self._subjects("speaker", voice)}
        return tuple(sorted(s for s in said if self._takes_side(s) and (hedged or not self._hedged(s))))

    def _closure(self, agent: str, *, backwards: bool) -> set[str]:
        """The agent, and those who speak for it, or those for whom it speaks."""
        speaks_for, found, todo = self.iris.att("speaksFor"), {agent}, [agent]
        while todo:
            one = todo.pop()
            others = self._objects(one, speaks_for)
            near = [o.value for o in others if isinstance(o, ox.NamedNode)]
            near = self._subjects("speaksFor", one) if backwards else near
            todo += set(near) - found
            found |= set(near)
        return found

    def _takes_side(self, statement: str) -> bool:
        return self._is(statement, "affirms") or self._is(statement, "denies")

    def _hedged(self, statement: str) -> bool:
        return self._text(self._objects(statement, self.iris.att("hedged"))) in {"true", "1"}

    def prepare(self, things: Iterable[str]) -> None:
        """Find what contradicts what for many things at once, before their standings are asked for."""
        things = set(things)
        found = contradictions(self.store, self.iris, things, self.counts)
        doubted = {thing for c in found if c.strength != "scopeLimited" for thing in c.concerns}
        self._doubted.update({thing: thing in doubted for thing in things})

    def speakers(self, thing: str, side: str) -> tuple[str, ...]:
        """Who had taken a side on a thing by then: `side` is `affirms`, `denies` or `leavesOpen`."""
        return self._speakers(s for s in self._subjects(side, thing) if self.counts(s))

    def _contradicted(self, thing: str) -> bool:
        if thing not in self._doubted:
            self.prepare([thing])
        return self._doubted[thing]

    def _withdrawn(self, times: Times) -> bool:
        if not times.withdrawn:
            return False
        return times.ended is None or times.ended.first is None or times.ended.first <= self.day

    def _simple(self, statement: str, *, parts: bool) -> Iterator[ox.Triple]:
        todo = self._objects(statement, self.iris.att("proposition"))
        seen: set[Node] = set()
        while todo:
            node = todo.pop()
            if node in seen or not isinstance(node, ox.NamedNode):
                continue
            seen.add(node)
            if parts:
                todo += self._objects(node.value, self.iris.att("conjunct"))
            s, p, o = (self._objects(node.value, RDF + name) for name in ("subject", "predicate", "object"))
            if s and p and o and isinstance(s[0], ox.NamedNode) and isinstance(p[0], ox.NamedNode):
                yield ox.Triple(s[0], p[0], o[0])

    def _is(self, statement: str, side: str) -> bool:
        found = self.store.quads(ox.NamedNode(statement), ox.NamedNode(self.iris.att(side)))
        return next(iter(found), None) is not None

    def _speakers(self, statements: Iterable[str]) -> tuple[str, ...]:
        found = (o for s in statements for o in self._objects(s, self.iris.att("speaker")))
        return tuple(sorted({o.value for o in found if isinstance(o, ox.NamedNode)}))

    def _objects(self, subject: str, predicate: str) -> list[Node]:
        quads = self.store.quads(ox.NamedNode(subject), ox.NamedNode(predicate))
        return sorted((quad.object for quad in quads), key=str)

    def _subjects(self, name: str, value: str) -> list[str]:
        quads = self.store.quads(None, ox.NamedNode(self.iris.att(name)), ox.NamedNode(value))
        return sorted({q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)})

    @staticmethod
    def _text(values: list[Node]) -> str | None:
        return next((value.value for value in values if isinstance(value, ox.Literal)), None)
