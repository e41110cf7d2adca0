"""What units need of each other.

The view of a unit is its own triples and, from everywhere else, the descriptions of all that it mentions, and of what
those mention, to the end. For paths that shapes follow backwards, the view also has triples that point at what the
unit describes, as many as matter. Shapes and OWL rules look along triples, from a node outward, so what is found for
the nodes of a unit is what would be found in the whole; what is found for others is left to their own units.

Only shared nodes are held in memory: those that a unit mentions and another one describes, or that two describe, with
what their descriptions lead to. Agents, outlets and places are; the statements of a report are not. Nodes are in
N-Triples form, and triples are lines; see `lines`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator

from publisher.pipeline.backwards import Enough, Pointers
from publisher.pipeline.lines import as_term, split_lines, split_quad, split_triple
from publisher.pipeline.units import MARK, Described, Parsed, mark, split_marks
from publisher.vocab import SH

_AT_ONCE = 4_000_000
"""Marks that are compared at once."""
_SPARQL = f"{SH}SPARQLConstraintComponent"


class Context:
    """The descriptions of shared nodes, and what leads to them."""

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._onward = {as_term(iri) for iri in parsed.paths.onward}
        self._mandate = as_term(parsed.paths.mandate)
        names: dict[bytes, bytes] = {}
        mentions = Counter[bytes]()
        self._wanted: list[frozenset[bytes]] = []
        """What each unit mentions and does not describe."""
        for i in range(len(parsed)):
            self._wanted.append(frozenset(names.setdefault(node, node) for node in parsed.wanted(i)))
            mentions.update(self._wanted[i])
        self.owners: dict[bytes, list[int]] = defaultdict(list)
        """Which units describe a shared node."""
        self._mine: list[list[bytes]] = [[] for _ in range(len(parsed))]
        self._described: dict[bytes, list[bytes]] = defaultdict(list)
        self._pointing: dict[bytes, list[bytes]] = defaultdict(list)
        self._mandates: dict[bytes, list[bytes]] = defaultdict(list)
        self._onward_of: dict[bytes, list[bytes]] = defaultdict(list)
        """Of what points at shared nodes: the triples by which a path could go on."""
        self._led_to: set[bytes] = set()
        """What views have only because it points at shared nodes, or because a path goes on to it."""
        twice = self._described_twice()
        enough = Enough(parsed.paths)
        marks = {mark(node): node for node in mentions}
        for i in range(len(parsed)):
            self._gather(i, twice, marks, enough)
        self._next = {node: self._leads_to(node) for node in self._described}
        self.loose = {node for node, count in mentions.items() if count > 1} - self._described.keys()
        """Nodes that more than one unit mentions, and none describes."""

    def _described_twice(self) -> set[bytes]:
        units = range(len(self._parsed))
        passes = 1 + sum(len(self._parsed.subjects(i)) for i in units) // (_AT_ONCE * MARK)
        twice: set[bytes] = set()
        for number in range(passes):
            seen: set[bytes] = set()
            for i in units:
                mine = set(split_marks(self._parsed.subjects(i), number, passes))
                twice |= seen & mine
                seen |= mine
        return twice

    def _gather(self, i: int, twice: Collection[bytes], marks: dict[bytes, bytes], enough: Enough) -> None:
        described = self._parsed.described(i)
        here = set(split_marks(described.subjects))
        again = here.intersection(twice)
        start = {marks[m] for m in marks.keys() & here} | {described.name(m) for m in again}
        pointers, nodes = self._parsed.pointers(i), self._wanted[i]
        if any(described.is_pointed(m) for m in again):
            triples = [split_quad(line)[1] for line in split_lines(described.quads)]
            pointers = Pointers(triples, triples, self._parsed.paths)
            nodes |= {described.name(m) for m in again}
        pointers = pointers.to(nodes, enough)
        speaking: set[bytes] = set()
        for triple in pointers.pointing:
            subject, predicate, object_ = split_triple(triple)
            if predicate != self._mandate:
                self._pointing[object_].append(triple)
                self._go_on(subject, pointers)
            elif object_ in nodes or object_ in start:
                self._mandates[object_].append(triple)
                speaking.add(subject)
        self._describe(i, start | speaking, described)

    def _go_on(self, start: bytes, pointers: Pointers) -> None:
        self._led_to.add(start)
        for triple in pointers.after(start):
            subject, _, object_ = split_triple(triple)
            self._led_to |= {subject} if object_.startswith(b'"') else {subject, object_}
            if triple not in self._onward_of[subject]:
                self._onward_of[subject].append(triple)

    def _describe(self, i: int, start: Iterable[bytes], described: Described) -> None:
        waiting, seen = list(start), set[bytes]()
        while waiting:
            node = waiting.pop()
            if node in seen or node.startswith(b'"'):
                continue
            seen.add(node)
            if not (mine := list(described.triples(node))):
                continue
            self._described[node] += mine
            self.owners[node].append(i)
            self._mine[i].append(node)
            waiting += [split_triple(triple)[2] for triple in mine]

    def is_shared(self, node: bytes) -> bool:
        """Whether a node is described, and of concern to more than one unit."""
        return node in self._described

    def is_led_to(self, node: bytes) -> bool:
        """Whether views have a node only for the paths that lead to or through it."""
        return node in self._led_to

    def descriptions(self, i: int) -> list[bytes]:
        """The descriptions that a unit is led to beyond its own triples, sorted. They may repeat some of those."""
        return sorted(self._around(i))

    def view(self, i: int) -> list[bytes]:
        """The same, and what points at the nodes of the unit."""
        found = self._around(i)
        for node in {*self._mine[i], *(n for n in self._wanted[i] if not self.is_shared(n))} & self._pointing.keys():
            self._point(node, found)
        return sorted(found)

    def loosely(self, i: int) -> frozenset[bytes]:
        """The nodes that a unit mentions, another one too, and none describes."""
        return self._wanted[i] & self.loose

    def reached(self, i: int) -> set[bytes]:
        """The shared nodes that a unit describes, mentions or is led to, also backwards by a mandate."""
        return self._reach(i, self._mandates)

    def about(self, nodes: Iterable[bytes]) -> Iterator[bytes]:
        """The descriptions of shared nodes."""
        return (t for node in nodes for t in self._described.get(node, ()))

    def _around(self, i: int) -> set[bytes]:
        return set(self.about(self._reach(i, {})))

    def _reach(self, i: int, mandates: dict[bytes, list[bytes]]) -> set[bytes]:
        waiting = [*self._mine[i], *(node for node in self._wanted[i] if node in self._described)]
        seen: set[bytes] = set()
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            waiting += self._next.get(node, ())
            waiting += [split_triple(t)[0] for t in mandates.get(node, ())]
        return seen

    def _leads_to(self, node: bytes) -> tuple[bytes, ...]:
        objects = (split_triple(triple)[2] for triple in self._described[node])
        return tuple({object_ for object_ in objects if object_ in self._described})

    def _point(self, node: bytes, found: set[bytes]) -> None:
        waiting: list[bytes] = self._pointing.get(node, [])
        while waiting:
            new = [t for t in waiting if t not in found]
            found.update(new)
            ends = [end for t in new for end in split_triple(t)[::2]]
            waiting = [
                t
                for end in ends
                if end != node
                for t in self._steps(end)
                if t not in found and self._leads_on(split_triple(t)[2])
            ]

    def _steps(self, node: bytes) -> list[bytes]:
        """The triples of a node by which a path could go on."""
        described = [t for t in self._described.get(node, ()) if split_triple(t)[1] in self._onward]
        return described + [t for t in self._onward_of.get(node, ()) if t not in described]

    def _leads_on(self, node: bytes) -> bool:
        """Whether a path could go on from here, or could end here with a value."""
        return node.startswith(b'"') or bool(self._steps(node))

    def is_for(self, i: int) -> Keeper:
        """Tells which results are for a unit to report."""
        return Keeper(frozenset(split_marks(self._parsed.subjects(i))), self._wanted[i], self)


class Keeper:
    """See `Context.is_for`."""

    def __init__(self, subjects: Collection[bytes], wanted: Collection[bytes], context: Context) -> None:
        self._subjects, self._wanted, self._context = subjects, wanted, context

    def __call__(self, focus: str, component: str) -> bool:
        """Whether a result on a node (its IRI), by a constraint component, is for this unit."""
        node = as_term(focus)
        if mark(node) in self._subjects:
            return True
        if not self._context.is_shared(node):
            return node in self._wanted or not self._context.is_led_to(node)
        return component == _SPARQL and node in self._wanted
