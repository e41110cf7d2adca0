"""What surely conforms needs no engine.

Shapes are compiled to checks from their graph; each node shape and each of its property shapes is one. Where all
nodes surely conform, the engine is spared it; else it gets the nodes that are left, and whatever is not understood
here. So every result is of an engine.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from publisher.pipeline.checks import (
    Check,
    Facts,
    Nodes,
    Path,
    Unclear,
    both,
    comes_before,
    count,
    exactly_one,
    for_values,
    has_datatype,
    has_language,
    has_unique_languages,
    has_value,
    is_disjoint,
    is_in,
    is_of_class,
    is_of_kind,
    is_ordered,
    matches,
    negate,
    reach,
    select,
)
from publisher.pipeline.lines import as_term, join_triples, read_lines, read_triples
from publisher.vocab import RDF, SH, XSD

Term = NamedNode | BlankNode | Literal | Triple
_TARGETS = {"targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"}
_KINDS_OF_SHAPES = {f"<{SH}NodeShape>", f"<{SH}PropertyShape>"}
_REMARKS = {"path", "message", "name", "description", "order", "group", "defaultValue"}
_SELF: Path = ("self",)
_TYPE, _FIRST, _REST, _NIL = f"{RDF}type", f"{RDF}first", f"{RDF}rest", f"{RDF}nil"
_INTEGER, _TRUE = f"{XSD}integer", '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'
_EXTENSIONS = {f"{SH}parameter", f"{SH}entailment", f"{SH}shapesGraph"}


@dataclass
class _Piece:
    """A check of the focus nodes of a shape. `link` is the line that makes it part of the shape, if there is one."""

    check: Check | None
    link: bytes | None = None


@dataclass
class _Target:
    """A shape with targets, and what it asks of them."""

    shape: bytes
    nodes: list[Callable[[Facts], Nodes]]
    lines: list[bytes]
    pieces: list[_Piece] = field(default_factory=list)


class Screen:
    """Tells what is left of one set of shapes for an engine. `shapes` are N-Triples as the serializer writes them."""

    def __init__(self, shapes: bytes) -> None:
        self._lines = list(read_lines(shapes))
        self._graph = _Shapes(shapes)
        self._targets = list(self._graph.targets()) if not self._graph.is_extended else []

    def leave(self, data: bytes) -> bytes:
        """The shapes that have to be looked at in these data, N-Triples as the serializer writes them."""
        facts, dropped, added = Facts(read_lines(data)), set[bytes](), list[bytes]()
        for target in self._targets:
            nodes = set[bytes]().union(*(find(facts) for find in target.nodes))
            doubtful, is_unclear = set[bytes](), False
            for piece in target.pieces:
                left = nodes - piece.check(facts, nodes)[0] if piece.check else set()
                is_unclear |= piece.check is None
                doubtful |= left
                if piece.check and not left and piece.link:
                    dropped.add(piece.link)
            if not is_unclear and all(node.startswith(b"<") for node in doubtful):
                dropped |= {*target.lines}
                added += [target.shape + f" <{SH}targetNode> ".encode() + node for node in sorted(doubtful)]
        return join_triples([*(line for line in self._lines if line not in dropped), *added])


class _Shapes:
    """A graph of shapes, and how it is compiled."""

    def __init__(self, shapes: bytes) -> None:
        self._of: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self._mentioned: set[Term] = set()
        self.is_extended = False
        for t in read_triples(shapes):
            self._of[t.subject][t.predicate.value].append(t.object)
            self._mentioned.add(t.object)
            self.is_extended |= t.predicate.value in _EXTENSIONS
        self._open: list[Term] = []

    def targets(self) -> Iterable[_Target]:
        """The shapes whose targets are understood, and that no other shape uses."""
        for node in [*self._of]:
            says = self._of[node]
            ours = [name for name in _TARGETS if says.get(SH + name)]
            if not ours or not isinstance(node, NamedNode) or node in self._mentioned or SH + "path" in says:
                continue
            shape = _bytes(node)
            found = _Target(shape, [], [])
            for name in ours:
                for value in says[SH + name]:
                    found.nodes.append(_focus(name, _bytes(value)))
                    found.lines.append(b" ".join((shape, as_term(SH + name), _bytes(value))))
            found.pieces.append(_Piece(self._try(partial(self._compile, node, apart=True))))
            for link in says.get(f"{SH}property", ()):
                line = b" ".join((shape, as_term(f"{SH}property"), _bytes(link)))
                found.pieces.append(_Piece(self._try(partial(self._property, link, top=True)), line))
            yield found

    def _try(self, compile_: Callable[[], Check]) -> Check | None:
        self._open = []
        try:
            return compile_()
        except Unclear:
            return None

    def _property(self, node: Term, *, top: bool = False) -> Check:
        if f"{SH}path" not in self._of.get(node, {}):
            raise Unclear
        return self._compile(node, top=top)

    def _compile(self, node: Term, *, apart: bool = False, top: bool = False) -> Check:
        """The check that a shape is; `apart` without its property shapes, `top` if results are those of a target."""
        if node in self._open or node not in self._of:
            raise Unclear
        self._open.append(node)
        says = self._of[node]
        path = self._path(_only(says[f"{SH}path"])) if f"{SH}path" in says else None
        checks = []
        ignored = _REMARKS | ({"severity"} if apart or top else set()) | (_TARGETS | {"property"} if apart else set())
        for predicate, values in says.items():
            name = predicate.removeprefix(SH)
            if predicate == _TYPE and not {str(v) for v in values} <= _KINDS_OF_SHAPES:
                raise Unclear
            if predicate != name and name not in ignored:
                checks.append(self._constraint(name, values, path, says))
        self._open.pop()
        return both(checks)

    def _constraint(self, name: str, values: list[Term], path: Path | None, says: Mapping[str, list[Term]]) -> Check:
        each = self._each(name, values)
        if each is not None:
            return for_values(path, each) if path else each
        if path is None:
            raise Unclear
        value = _only(values)
        if name in {"minCount", "maxCount"}:
            return count(path, *_limits(says, "minCount", "maxCount"))
        if name == "uniqueLang" and str(value) == _TRUE:
            return has_unique_languages(path)
        if name == "hasValue":
            return has_value(path, _known(value))
        if name == "disjoint" and isinstance(value, NamedNode):
            return is_disjoint(path, ("predicate", _bytes(value)))
        if name in {"lessThan", "lessThanOrEquals"} and isinstance(value, NamedNode):
            return comes_before(path, ("predicate", _bytes(value)), strictly=name == "lessThan")
        if name == "qualifiedValueShape":
            return count(path, *_limits(says, "qualifiedMinCount", "qualifiedMaxCount"), self._compile(value))
        if name in {"qualifiedMinCount", "qualifiedMaxCount"} and f"{SH}qualifiedValueShape" in says:
            return both([])  # with the shape
        raise Unclear

    def _each(self, name: str, values: list[Term]) -> Check | None:
        """The check of one value at a time, if it is one."""
        if name == "property":
            return both([self._property(value) for value in values])
        if name == "node":
            return both([self._compile(value) for value in values])
        if name == "class" and all(isinstance(value, NamedNode) for value in values):
            return both([is_of_class(_bytes(value)) for value in values])
        if name == "not":
            return both([negate(self._compile(value)) for value in values])
        if name in {"or", "and", "xone", "in", "languageIn"}:
            members = self._list(_only(values))
            if name == "in":
                return is_in([_known(member) for member in members])
            if name == "languageIn":
                return has_language([_text(member).encode() for member in members])
            parts = [self._compile(member) for member in members]
            if name == "or":
                return negate(both([negate(part) for part in parts]))
            return both(parts) if name == "and" else exactly_one(parts)
        make: Mapping[str, tuple[type, Callable[[Any], Check]]] = {
            "datatype": (NamedNode, lambda value: has_datatype(value.value)),
            "nodeKind": (NamedNode, lambda value: is_of_kind(value.value.removeprefix(SH))),
            "pattern": (Literal, lambda value: matches(value.value)),
            "minInclusive": (Literal, lambda v: _bound(v, lambda node, bound: is_ordered(bound, node, strictly=False))),
            "maxInclusive": (Literal, lambda v: _bound(v, lambda node, bound: is_ordered(node, bound, strictly=False))),
        }
        if name not in make:
            return None
        kind, build = make[name]
        value = _only(values)
        if not isinstance(value, kind):
            raise Unclear
        return build(value)

    def _list(self, node: Term) -> list[Term]:
        found, seen = [], set()
        while node != NamedNode(_NIL):
            if node in seen or node not in self._of:
                raise Unclear
            seen.add(node)
            found.append(_only(self._of[node].get(_FIRST, [])))
            node = _only(self._of[node].get(_REST, []))
        if not found:
            raise Unclear
        return found

    def _path(self, node: Term) -> Path:
        if isinstance(node, NamedNode):
            return ("predicate", _bytes(node))
        says = self._of.get(node, {})
        if set(says) == {_FIRST, _REST}:
            return ("sequence", *(self._path(step) for step in self._list(node)))
        if set(says) == {f"{SH}inversePath"}:
            return ("inverse", self._path(_only(says[f"{SH}inversePath"])))
        if set(says) == {f"{SH}alternativePath"}:
            return ("alternative", *(self._path(part) for part in self._list(_only(says[f"{SH}alternativePath"]))))
        raise Unclear


def _focus(name: str, value: bytes) -> Callable[[Facts], Nodes]:
    path: Path = ("predicate", value)
    return {
        "targetClass": lambda facts: facts.instances(value),
        "targetNode": lambda _: {value},
        "targetSubjectsOf": lambda facts: set(facts.along(path)),
        "targetObjectsOf": lambda facts: reach(facts.along(path), set(facts.along(path))),
    }[name]


def _bound(value: Literal, test: Callable[[bytes, bytes], bool | None]) -> Check:
    bound = _bytes(value)
    return select(lambda _, node: test(node, bound))


def _text(term: Term) -> str:
    if not isinstance(term, Literal):
        raise Unclear
    return term.value


def _bytes(term: Term) -> bytes:
    return str(term).encode()


def _known(term: Term) -> bytes:
    """A term that means the same in other data."""
    if isinstance(term, BlankNode):
        raise Unclear
    return _bytes(term)


def _only(values: list[Term]) -> Term:
    if len(values) != 1:
        raise Unclear
    return values[0]


def _limits(says: Mapping[str, list[Term]], least: str, most: str) -> tuple[int, float]:
    low, high = (says.get(SH + name) for name in (least, most))
    return _whole(_only(low)) if low else 0, _whole(_only(high)) if high else inf


def _whole(value: Term) -> int:
    if not isinstance(value, Literal) or value.datatype.value != _INTEGER or not re.fullmatch(r"\d+", value.value):
        raise Unclear
    return int(value.value)
