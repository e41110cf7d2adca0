"""What units need of each other.

The view of a unit is its own triples and, from everywhere else, the descriptions of all that it mentions, and of what
those mention, to the end. For paths that shapes follow backwards, the view also has the triples that point at what the
unit describes. Shapes and OWL rules look along triples, from a node outward, so what is found for the nodes of a unit
is what would be found in the whole; what is found for others is left to their own units.

Only shared nodes are held in memory: those that a unit mentions and another one describes, or that two describe, with
what their descriptions lead to. Agents, outlets and places are; the statements of a report are not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Triple

from publisher.pipeline.units import Parsed, Term, mark
from publisher.vocab import SH

_AT_ONCE = 4_000_000
"""Marks that are compared at once."""
_SPARQL = f"{SH}SPARQLConstraintComponent"


class Context:
    """The descriptions of shared nodes, and what leads to them."""

    def __init__(self, parsed: Parsed, mandate: str) -> None:
        """`mandate` is a predicate that is followed backwards only for attribution."""
        self._parsed = parsed
        self._onward = parsed.paths.onward
        self._mandate = mandate
        self._wanted = Counter[str]()
        for i in range(len(parsed)):
            self._wanted.update(parsed.outline(i).wanted)
        twice = self._described_twice()
        self._node: dict[bytes, Term] = {}
        """Shared nodes that are described, by their mark."""
        self.owners: dict[Term, set[int]] = defaultdict(set)
        """Which units describe a shared node."""
        self._described: dict[Term, list[Triple]] = defaultdict(list)
        self._pointing: dict[Term, list[Triple]] = defaultdict(list)
        self._mandates: dict[Term, list[Triple]] = defaultdict(list)
        self._onward_of: dict[Term, list[Triple]] = defaultdict(list)
        """Of what points at shared nodes: the triples by which a path could go on."""
        self._led_to: set[Term] = set()
        """What views have only because it points at shared nodes, or because a path goes on to it."""
        marks = {mark(node): node for node in self._wanted}
        for i in range(len(parsed)):
            self._gather(i, twice, marks)
        self._pointed = {mark(str(node)): node for node in self._pointing}
        self.loose = {node for node, count in self._wanted.items() if count > 1} - {str(n) for n in self._described}
        """Nodes that more than one unit mentions, and none describes; in N-Triples form."""

    def _described_twice(self) -> set[bytes]:
        total = sum(len(self._parsed.subjects(i)) for i in range(len(self._parsed)))
        passes = 1 + total // _AT_ONCE
        twice: set[bytes] = set()
        for number in range(passes):
            seen: set[bytes] = set()
            for i in range(len(self._parsed)):
                mine = {m for m in self._parsed.subjects(i) if m[0] % passes == number}
                twice |= seen & mine
                seen |= mine
        return twice

    def _gather(self, i: int, twice: set[bytes], marks: dict[bytes, str]) -> None:
        outline = self._parsed.outline(i)
        start = {m for m in outline.subjects if m in twice or m in marks}
        across = [t for t in outline.pointing if str(t.object) in self._wanted or mark(str(t.object)) in twice]
        for t in across:
            (self._mandates if t.predicate.value == self._mandate else self._pointing)[t.object].append(t)
        speaking = {t.subject for t in across if t.predicate.value == self._mandate}
        self._go_on({t.subject for t in across} - speaking, outline.steps)
        if not start and not speaking:
            return
        local: dict[Term, list[Triple]] = defaultdict(list)
        for t in self._parsed.triples(i):
            local[t.subject].append(t)
        waiting = [node for node in local if node in speaking or mark(str(node)) in start]
        seen: set[Term] = set()
        while waiting:
            node = waiting.pop()
            if node in seen or node not in local:
                continue
            seen.add(node)
            self._described[node] += local[node]
            self._node[mark(str(node))] = node
            self.owners[node].add(i)
            waiting += [t.object for t in local[node]]

    def _go_on(self, nodes: Iterable[Term], steps: Iterable[Triple]) -> None:
        onward: dict[Term, list[Triple]] = defaultdict(list)
        for t in steps:
            onward[t.subject].append(t)
        waiting, seen = list(nodes), set[Term]()
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            self._led_to.add(node)
            if node in onward:
                self._onward_of[node] += onward[node]
                waiting += [t.object for t in onward[node] if not isinstance(t.object, Literal)]

    def is_shared(self, node: Term) -> bool:
        """Whether a node is described, and of concern to more than one unit."""
        return node in self._described

    def is_loose(self, node: Term) -> bool:
        """Whether more than one unit mentions a node, and none describes it."""
        return str(node) in self.loose

    def is_led_to(self, node: Term) -> bool:
        """Whether views have a node only for the paths that lead to or through it."""
        return node in self._led_to

    def descriptions(self, i: int) -> list[Triple]:
        """The descriptions that a unit is led to beyond its own triples, sorted. They may repeat some of those."""
        outline = self._parsed.outline(i)
        mine = [self._node[m] for m in outline.subjects if m in self._node]
        return sorted(set(self._onwards([*mine, *self._wanted_by(outline.wanted)])), key=str)

    def view(self, i: int) -> list[Triple]:
        """The same, and what points at the nodes of the unit."""
        outline = self._parsed.outline(i)
        found = set(self.descriptions(i))
        pointed = {self._pointed[m] for m in outline.subjects if m in self._pointed}
        named = (self._pointed.get(mark(node)) for node in outline.wanted)
        pointed |= {node for node in named if node is not None and not self.is_shared(node)}
        for node in pointed:
            self._point(node, found)
        return sorted(found, key=str)

    def reached(self, i: int) -> set[Term]:
        """The shared nodes that a unit describes, mentions or is led to, also backwards by a mandate."""
        outline = self._parsed.outline(i)
        waiting: list[Term] = [self._node[m] for m in outline.subjects if m in self._node]
        waiting += self._wanted_by(outline.wanted)
        waiting += [node for node in self._mandates if mark(str(node)) in outline.subjects]
        seen: set[Term] = set()
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            waiting += [t.object for t in self._described.get(node, ()) if t.object in self._described]
            waiting += [t.subject for t in self._mandates.get(node, ())]
        return seen

    def about(self, nodes: Iterable[Term]) -> Iterator[Triple]:
        """The descriptions of shared nodes."""
        return (t for node in nodes for t in self._described.get(node, ()))

    def _wanted_by(self, wanted: Iterable[str]) -> list[Term]:
        found = (self._node.get(mark(node)) for node in wanted)
        return [node for node in found if node is not None]

    def _onwards(self, start: Iterable[Term]) -> Iterator[Triple]:
        waiting, seen = list(start), set[Term]()
        while waiting:
            node = waiting.pop()
            if node in seen or node not in self._described:
                continue
            seen.add(node)
            yield from self._described[node]
            waiting += [t.object for t in self._described[node]]

    def _point(self, node: Term, found: set[Triple]) -> None:
        waiting: list[Triple] = self._pointing.get(node, [])
        while waiting:
            new = [t for t in waiting if t not in found]
            found.update(new)
            ends = [t.subject for t in new] + [t.object for t in new]
            waiting = [
                t
                for end in ends
                if end != node
                for t in self._steps(end)
                if t not in found and self._leads_on(t.object)
            ]

    def _steps(self, node: Term) -> list[Triple]:
        """The triples of a node by which a path could go on."""
        described = [t for t in self._described.get(node, ()) if t.predicate.value in self._onward]
        return described + [t for t in self._onward_of.get(node, ()) if t not in described]

    def _leads_on(self, node: Term) -> bool:
        """Whether a path could go on from here, or could end here with a value."""
        return isinstance(node, Literal) or bool(self._steps(node))

    def is_for(self, i: int) -> _Keeper:
        """Tells which results are for a unit to report."""
        outline = self._parsed.outline(i)
        return _Keeper(outline.subjects, outline.wanted, self)


class _Keeper:
    """See `Context.is_for`."""

    def __init__(self, subjects: Collection[bytes], wanted: Collection[str], context: Context) -> None:
        self._subjects, self._wanted, self._context = subjects, wanted, context

    def __call__(self, focus: str, component: str) -> bool:
        """Whether a result on a node (its IRI), by a constraint component, is for this unit."""
        node = NamedNode(focus)
        if mark(str(node)) in self._subjects:
            return True
        if not self._context.is_shared(node):
            return str(node) in self._wanted or not self._context.is_led_to(node)
        return component == _SPARQL and str(node) in self._wanted
