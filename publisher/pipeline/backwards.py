"""What is followed from object to subject.

Shapes look along triples, from a node outward, except where a path is inverse. What points at a node can be very much:
every evidence of a data set points at it. Where a shape only asks how many values such a path has, it makes no
difference how many there are beyond the number it asks for; so of those that lead on alike only so many are kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from publisher.pipeline.lines import as_term, split_triple
from publisher.vocab import RDF, RDFS, SH

Term = NamedNode | BlankNode | Literal | Triple
Reach = frozenset[tuple[bytes, ...]]

_INVERSE, _REST = f"{SH}inversePath", RDF + "rest"
_SILENT = {
    *(SH + name for name in ("path", "minCount", "maxCount", "severity", "message", "name", "description", "order")),
    *(RDF + "type", RDFS + "label", RDFS + "comment"),
}
"""What a property shape may say without looking at the values of its path, beyond their number."""


@dataclass(frozen=True)
class Paths:
    """The predicates that are followed from object to subject, and those by which a path goes on from there.

    `enough` tells how many triples of a predicate are, at one object, as good as more of them; if it does not, all are
    needed. `mandate` is followed for attribution only.
    """

    backwards: tuple[str, ...]
    onward: tuple[str, ...]
    enough: tuple[tuple[str, int], ...]
    mandate: str

    @classmethod
    def of(cls, shapes: Iterable[Triple], mandate: str) -> Paths:
        """Those of the shapes, and one that attribution follows."""
        outgoing: dict[Term, list[Triple]] = defaultdict(list)
        for t in shapes:
            outgoing[t.subject].append(t)
        backwards, onward, limits = {mandate}, set[str](), defaultdict[str, list[int | None]](list)
        limits[mandate].append(None)
        for shape, said in outgoing.items():
            for t in said:
                if t.predicate.value != f"{SH}path" or isinstance(t.object, NamedNode):
                    continue
                inverse, others = _names(t.object, outgoing)
                if not inverse:
                    continue
                backwards |= inverse
                goes_on = _is_sequence(t.object, outgoing)
                if goes_on:
                    onward |= inverse | others
                limit = _limit(outgoing[shape])
                for name in inverse:
                    limits[name].append(None if limit is None or (goes_on and limit > 1) else limit)
        enough = {name: max(n for n in found if n is not None) for name, found in limits.items() if None not in found}
        return cls(tuple(sorted(backwards)), tuple(sorted(onward)), tuple(sorted(enough.items())), mandate)


def _names(path: Term, outgoing: dict[Term, list[Triple]]) -> tuple[set[str], set[str]]:
    """The predicates that stand inverse in a path, and the others; of an inverse path of several steps, all in both."""
    inverse, others = set[str](), set[str]()
    waiting = [(path, False)]
    while waiting:
        node, is_inverse = waiting.pop()
        for t in outgoing.get(node, ()):
            if isinstance(t.object, BlankNode):
                waiting.append((t.object, is_inverse or t.predicate.value == _INVERSE))
            elif isinstance(t.object, NamedNode) and t.object.value != RDF + "nil":
                if is_inverse or t.predicate.value == _INVERSE:
                    inverse.add(t.object.value)
                if is_inverse or t.predicate.value != _INVERSE:
                    others.add(t.object.value)
    return inverse, others


def _is_sequence(path: Term, outgoing: dict[Term, list[Triple]]) -> bool:
    """Whether a path has several steps: alternatives of one step each have not."""
    kinds = {t.predicate.value for t in outgoing.get(path, ())}
    if kinds == {_INVERSE}:
        return any(isinstance(t.object, BlankNode) for t in outgoing[path])
    if kinds != {f"{SH}alternativePath"}:
        return True
    rest: list[Term] = [t.object for t in outgoing[path]]
    for cell in rest:
        for t in outgoing.get(cell, ()):
            if t.predicate.value == _REST:
                rest.append(t.object)
            elif isinstance(t.object, BlankNode) and _is_sequence(t.object, outgoing):
                return True
    return False


def _limit(shape: Sequence[Triple]) -> int | None:
    """How many values of its path are as good as more, for a property shape; None if it looks at each."""
    if any(t.predicate.value not in _SILENT for t in shape):
        return None
    counts = {t.predicate.value: int(t.object.value) for t in shape if isinstance(t.object, Literal) and _counts(t)}
    return max(1, counts.get(f"{SH}minCount", 0), counts.get(f"{SH}maxCount", 0) + 1)


def _counts(t: Triple) -> bool:
    return t.predicate.value in (f"{SH}minCount", f"{SH}maxCount")


class Pointers:
    """Triples that may have to be followed backwards, and those by which a path can go on from their subjects."""

    def __init__(self, pointing: Iterable[bytes], steps: Iterable[bytes], paths: Paths) -> None:
        """Of the triples given, those are taken that it can be."""
        back, onward = {as_term(iri) for iri in paths.backwards}, {as_term(iri) for iri in paths.onward}
        self.paths = paths
        self.pointing = [triple for triple in pointing if split_triple(triple)[1] in back]
        self._onward: dict[bytes, list[bytes]] = defaultdict(list)
        for triple in steps:
            subject, predicate, _ = split_triple(triple)
            if predicate in onward:
                self._onward[subject].append(triple)

    def to(self, nodes: Collection[bytes], enough: Enough | None = None) -> Pointers:
        """Those that point at some nodes, as many as are needed. `nodes` are also what is described elsewhere.

        Mandates are all needed, whomever they point at.
        """
        mandate = as_term(self.paths.mandate)
        mine = (t for t in self.pointing if (parts := split_triple(t))[2] in nodes or parts[1] == mandate)
        chosen = Pointers((), (), self.paths)
        chosen.pointing = list((enough or Enough(self.paths)).of(mine, self, nodes))
        chosen._onward = self._onward
        return chosen

    def steps(self) -> set[bytes]:
        """The triples by which a path can go on from the subjects."""
        return {triple for triple in self.pointing for triple in self.after(split_triple(triple)[0])}

    def after(self, start: bytes) -> Iterator[bytes]:
        """The triples by which a path can go on from a node, to the end."""
        waiting, seen = [start], set[bytes]()
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                yield from self._onward.get(node, ())
                waiting += [split_triple(triple)[2] for triple in self._onward.get(node, ())]

    def reach(self, start: bytes, target: bytes, outside: Collection[bytes]) -> Reach:
        """How paths can go on from a node that points at a target: along which predicates, to which nodes outside."""
        found = set[tuple[bytes, ...]]()
        waiting: list[tuple[bytes, tuple[bytes, ...], tuple[bytes, ...]]] = [(start, (), (start,))]
        while waiting:
            node, along, through = waiting.pop()
            for triple in self._onward.get(node, ()):
                _, predicate, object_ = split_triple(triple)
                found.add((*along, predicate))
                if object_ != target and object_ in outside:
                    found.add((*along, predicate, object_))
                if object_ in self._onward and object_ not in through:
                    waiting.append((object_, (*along, predicate), (*through, object_)))
        return frozenset(found)


class Enough:
    """Lets through as many pointers at each node as are as good as more."""

    def __init__(self, paths: Paths) -> None:
        self._enough = {as_term(iri): number for iri, number in paths.enough}
        self._onward = {as_term(iri) for iri in paths.onward}
        self._had = Counter[tuple[bytes, bytes, Reach]]()
        self._seen = set[bytes]()

    def of(self, pointing: Iterable[bytes], pointers: Pointers, outside: Collection[bytes]) -> Iterator[bytes]:
        """Those of some triples that are needed beside those that it let through before."""
        for triple in pointing:
            subject, predicate, object_ = split_triple(triple)
            if predicate not in self._enough:
                yield triple
                continue
            reach = pointers.reach(subject, object_, outside) if predicate in self._onward else frozenset()
            kind = (predicate, object_, reach)
            if self._had[kind] < self._enough[predicate] and triple not in self._seen:
                self._had[kind] += 1
                self._seen.add(triple)
                yield triple
