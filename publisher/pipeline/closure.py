"""The OWL 2 RL closure of data under an ontology whose axioms are read once, triple by triple.

What follows from the ontology alone is left to the reference. Of the data, each triple then has few consequences:
those that the axioms give its predicate, or its class. Only where two triples meet (chains, transitive properties,
restrictions, intersections) is anything looked up. Whatever would need more is left to other engines: axioms that are
not known here, data that state axioms, what makes two things one, and what cannot be. The tests hold the outcome to
that of owlrl.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from pyoxigraph import Literal

from publisher.pipeline.axioms import (
    EVERYTHING,
    LANGUAGE,
    NOTHING,
    SAME,
    SILENT,
    THING,
    TYPE,
    Axioms,
    Beyond,
    Parts,
    Unread,
)
from publisher.pipeline.lines import read_lines, read_triples, split_triple
from publisher.pipeline.reasoner import means_something


class Closure:
    """What follows, while it is found."""

    def __init__(self, axioms: Axioms) -> None:
        self.axioms = axioms
        self.types = {node: set(classes) for node, classes in axioms.types.items()}
        self.links: set[Parts] = set()
        """Those that were derived."""
        self._to: dict[bytes, dict[bytes, set[bytes]]] = {p: defaultdict(set) for p in axioms.watched}
        self._from: dict[bytes, dict[bytes, set[bytes]]] = {p: defaultdict(set) for p in axioms.watched}
        self._waiting: list[Parts] = []
        self._due: list[tuple[bytes, frozenset[bytes]]] = []
        for s, p, o in axioms.links:
            self._to[p][s].add(o)
            self._from[p][o].add(s)

    def follow(self, triples: Iterable[Parts]) -> None:
        """Raises `Beyond`."""
        axioms = self.axioms
        domains, ranges, busy = axioms.domains, axioms.ranges, axioms.busy
        types, waiting = self.types, self._waiting
        for s, p, o in triples:
            if p == TYPE:
                self._classify(s, axioms.above(o))
                continue
            if (classes := domains.get(p)) and ((have := types.get(s)) is None or not classes <= have):
                self._classify(s, classes)
            if classes := ranges.get(p):
                if not o.startswith(b'"'):
                    self._classify(o, classes)
                elif p not in axioms.valued:
                    raise Unread
            if p in busy:
                waiting.append((s, p, o))
        while waiting or self._due:
            while self._due:
                self._classify(*self._due.pop())
            if waiting:
                self._meet(*waiting.pop())

    def _derive(self, s: bytes, p: bytes, o: bytes) -> None:
        if (triple := (s, p, o)) in self.links:
            return
        self.links.add(triple)
        if classes := self.axioms.domains.get(p):
            self._due.append((s, classes))
        if classes := self.axioms.ranges.get(p):
            if not o.startswith(b'"'):
                self._due.append((o, classes))
            elif p not in self.axioms.valued:
                raise Unread
        if p in self.axioms.busy:
            self._waiting.append(triple)

    def _expect(self, node: bytes, class_: bytes) -> None:
        if node.startswith(b'"'):
            raise Unread
        self._due.append((node, self.axioms.above(class_)))

    def _classify(self, node: bytes, classes: frozenset[bytes]) -> None:
        if (have := self.types.get(node)) is None:
            have = self.types[node] = set()
        new = classes - have
        if not new:
            return
        have |= new
        axioms = self.axioms
        for one in new & axioms.meeting:
            if one == NOTHING:
                raise Beyond  # cls-nothing2
            for whole, members in axioms.wholes.get(one, ()):
                if members <= have:
                    self._expect(node, whole)
            for p, value in axioms.having.get(one, ()):
                self._derive(node, p, value)
            for p, restriction in axioms.some_of.get(one, ()):
                for s in self._from[p].get(node, ()):
                    self._expect(s, restriction)
            for p, class_ in axioms.every_of.get(one, ()):
                for o in self._to[p].get(node, ()):
                    self._expect(o, class_)

    def _meet(self, s: bytes, p: bytes, o: bytes) -> None:
        """What follows from a link and others, or by more than its property's domain and range."""
        axioms = self.axioms
        if o.startswith(b'"') and p in axioms.nodal:
            raise Unread
        for above in axioms.supers.get(p, ()):
            self._derive(s, above, o)
        for inverse in axioms.inverses.get(p, ()):
            self._derive(o, inverse, s)
        if s == o and p in axioms.irreflexive:
            raise Beyond
        if p not in axioms.watched:
            return
        to, back = self._to[p], self._from[p]
        to[s].add(o)
        back[o].add(s)
        self._refuse(s, p, o)
        if p in axioms.transitive:
            for end in [*to.get(o, ())]:
                self._derive(s, p, end)
            for start in [*back.get(s, ())]:
                self._derive(start, p, o)
        for property_, steps, i in axioms.chains.get(p, ()):
            starts = self._walk({s}, reversed(steps[:i]), self._from)
            ends = self._walk({o}, steps[i + 1 :], self._to)
            for start in starts:
                for end in ends:
                    self._derive(start, property_, end)
        for restriction in axioms.values.get((p, o), ()):
            self._expect(s, restriction)
        for class_, restriction in axioms.some.get(p, ()):
            if class_ == THING or class_ in self.types.get(o, ()):
                self._expect(s, restriction)
        for restriction, class_ in axioms.every.get(p, ()):
            if restriction in self.types.get(s, ()):
                self._expect(o, class_)

    def _refuse(self, s: bytes, p: bytes, o: bytes) -> None:
        axioms = self.axioms
        if p in axioms.functional and len(self._to[p][s]) > 1:
            raise Beyond
        if p in axioms.identifying and len(self._from[p][o]) > 1:
            raise Beyond
        if p in axioms.asymmetric and o in self._from[p].get(s, ()):
            raise Beyond
        if any(o in self._to[q].get(s, ()) for q in axioms.apart.get(p, ())):
            raise Beyond

    def _walk(
        self, nodes: set[bytes], steps: Iterable[bytes], links: Mapping[bytes, Mapping[bytes, set[bytes]]]
    ) -> set[bytes]:
        for step in steps:
            nodes = {end for node in nodes for end in links[step].get(node, ())}
        return nodes

    def check_types(self) -> None:
        """Raises `Beyond` for a node of two classes that exclude each other, `Unread` for one that is an axiom."""
        excluding = self.axioms.disjoint
        fine: set[frozenset[bytes]] = set()
        for node, have in self.types.items():
            if (classes := frozenset(have)) in fine:
                continue
            if any(not classes.isdisjoint(excluding.get(one, ())) for one in classes):
                raise Beyond
            new = classes - self.axioms.types.get(node, frozenset())
            if any(one.startswith(LANGUAGE) for one in new):
                raise Unread
            if node not in self.axioms.types:
                fine.add(classes)


def follow(ontology: bytes, alone: bytes, data: Collection[bytes]) -> set[bytes]:
    """What an ontology adds to the triples of `data` in the closure; some of it may be given.

    `alone` is what follows from the ontology alone; both are N-Triples. That all things are of `owl:Thing`, and
    themselves, is left out. Raises `Beyond` and `Unread`.
    """
    closure = Closure(_read_axioms(ontology, alone))
    triples = [split_triple(line) for line in data]
    _refuse_axioms_in(triples)
    closure.follow(triples)
    closure.check_types()
    derived = {b" ".join(triple) for triple in closure.links}
    return derived.union(_new_types(closure), read_lines(alone))


@lru_cache(maxsize=2)
def _read_axioms(ontology: bytes, alone: bytes) -> Axioms:
    return Axioms([split_triple(line) for line in {*read_lines(ontology), *read_lines(alone)}])


def _new_types(closure: Closure) -> Iterator[bytes]:
    before = closure.axioms.types
    is_class = b" " + TYPE + b" "
    for node, classes in closure.types.items():
        known = before.get(node, ())
        yield from (node + is_class + one for one in classes if one not in known)


def _refuse_axioms_in(triples: Collection[Parts]) -> None:
    """Raises `Unread` for data that state more than facts, `Beyond` for a literal that means nothing (dt-not-type)."""
    predicates, classes, literals = set[bytes](), set[bytes](), set[bytes]()
    for _, p, o in triples:
        predicates.add(p)
        if p == TYPE:
            classes.add(o)
        elif o.startswith(b'"'):
            if not o.endswith(b'"'):
                literals.add(o)
        elif o.startswith(b"<<"):
            raise Unread
    axioms = predicates - SILENT - {SAME}
    if any(p.startswith(LANGUAGE) for p in axioms) or any(c.startswith(LANGUAGE) for c in classes - EVERYTHING):
        raise Unread
    if SAME in predicates or any(s == o for s, p, o in triples if p.startswith(LANGUAGE)):  # eq-diff1
        raise Beyond
    written = b"".join(b"<x:> <x:> " + literal + b" .\n" for literal in literals)
    if not all(means_something(t.object) for t in read_triples(written) if isinstance(t.object, Literal)):
        raise Beyond
