"""The common constraints of SHACL as checks of whole sets of nodes.

A check tells of nodes which surely conform and which surely do not. What libraries may take in two ways, be it a
literal or a regular expression, stays open.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from itertools import chain

from publisher.pipeline.lines import as_term, split_triple
from publisher.vocab import RDF, RDFS, XSD

Nodes = set[bytes]
Relation = Mapping[bytes, Collection[bytes]]
Path = tuple[str, *tuple["bytes | Path", ...]]
_TYPE, _SUBCLASS = as_term(f"{RDF}type"), as_term(f"{RDFS}subClassOf")
_LITERAL, _BLANK = b'"', b"_"
_STRING, _TAGGED = f"{XSD}string".encode(), f"{RDF}langString"

_DAY = rb"[12]\d{3}-((0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
_LEXICAL = {
    "integer": rb"[+-]?\d+",
    "nonNegativeInteger": rb"\d+",
    "positiveInteger": rb"0*[1-9]\d*",
    "decimal": rb"[+-]?\d+(\.\d+)?",
    "double": rb"[+-]?\d+(\.\d+)?([eE][+-]?\d\d?)?",
    "float": rb"[+-]?\d+(\.\d+)?([eE][+-]?\d\d?)?",
    "boolean": rb"true|false",
    "date": _DAY,
    "dateTime": _DAY + rb"T([01]\d|2[0-3])(:[0-5]\d){2}Z?",
    "string": rb"(?s:.*)",
}
"""Forms of literals that every library takes for well-formed; there are others."""
_PLAIN_REGEX = re.compile(r"(?!.*(\[\[|&&|--|~~|\(\?|\{,|[*+?}][*+?]))([ -\[\]-~]|\\[d.\\()*+?\[\]{}|/^$-])*")
"""Regular expressions that mean the same to every library, in what is written in ASCII."""
_KINDS = {"IRI": b"<", "BlankNode": b"_", "Literal": b'"', "BlankNodeOrIRI": b"_<", "IRIOrLiteral": b'<"'}
_NUMBER = re.compile(rb"[+-]?\d{1,9}(\.\d{1,6})?")
"""What has no more digits is as exact as a binary fraction."""
_NUMERIC = {
    f"{XSD}{name}".encode() for name in ("integer", "nonNegativeInteger", "positiveInteger", "decimal", "double")
}
_MOMENTS = {f"{XSD}date".encode(): _LEXICAL["date"], f"{XSD}dateTime".encode(): _LEXICAL["dateTime"] + b"(?<=Z)"}


class Facts:
    """The triples of a graph, as lines without ` .`, by predicate and subject."""

    def __init__(self, triples: Iterable[bytes]) -> None:
        found: dict[bytes, dict[bytes, list[bytes]]] = defaultdict(lambda: defaultdict(list))
        for triple in set(triples):
            subject, predicate, object_ = split_triple(triple)
            found[predicate][subject].append(object_)
        self._relations: dict[Path, Relation] = {("predicate", p): dict(found[p]) for p in found}
        self._several: dict[Path, Nodes] = {}
        self._instances: dict[bytes, Nodes] = {}

    def along(self, path: Path) -> Relation:
        """What each node leads to."""
        if path not in self._relations:
            self._relations[path] = self._walk(*path)
        return self._relations[path]

    def _walk(self, kind: str, *parts: bytes | Path) -> Relation:
        steps = [self.along(part) for part in parts if isinstance(part, tuple)]
        found: dict[bytes, Nodes] = defaultdict(set)
        if kind == "inverse":
            for node, values in steps[0].items():
                for value in values:
                    found[value].add(node)
        elif kind == "alternative":
            for node, values in chain.from_iterable(step.items() for step in steps):
                found[node].update(values)
        elif kind == "sequence":
            for node, values in steps[0].items():
                ends = set(values)
                for step in steps[1:]:
                    ends = reach(step, ends)
                if ends:
                    found[node] = ends
        return dict(found)

    def several(self, path: Path) -> Nodes:
        """The nodes that lead to more than one value."""
        if path not in self._several:
            self._several[path] = {node for node, values in self.along(path).items() if len(values) > 1}
        return self._several[path]

    def instances(self, class_: bytes) -> Nodes:
        """The nodes of a class or a subclass of it."""
        if class_ not in self._instances:
            members = self.along(("inverse", ("predicate", _TYPE)))
            below = self.along(("inverse", ("predicate", _SUBCLASS)))
            classes, due = {class_}, [class_]
            while due:
                new = set(below.get(due.pop(), ())) - classes
                classes |= new
                due += new
            self._instances[class_] = reach(members, classes)
        return self._instances[class_]


def reach(relation: Relation, nodes: Nodes) -> Nodes:
    """All that the nodes lead to."""
    return set(chain.from_iterable(relation[node] for node in nodes & relation.keys()))


Check = Callable[[Facts, Nodes], tuple[Nodes, Nodes]]
"""Of the nodes, those that surely conform, and those that surely do not."""


class Unclear(Exception):
    """Part of a shape is not understood."""


def both(checks: Iterable[Check]) -> Check:
    """Conforms if it conforms to all."""
    checks = tuple(checks)

    def check(facts: Facts, nodes: Nodes) -> tuple[Nodes, Nodes]:
        good, bad = nodes, set[bytes]()
        for one in checks:
            conform, fail = one(facts, nodes)
            good, bad = good & conform, bad | fail
        return good, bad

    return check


def negate(one: Check) -> Check:
    """Conforms if it does not conform."""
    return lambda facts, nodes: one(facts, nodes)[::-1]


def exactly_one(checks: Iterable[Check]) -> Check:
    """Conforms if it conforms to one and to no other."""
    checks = tuple(checks)

    def check(facts: Facts, nodes: Nodes) -> tuple[Nodes, Nodes]:
        once, more, none = set[bytes](), set[bytes](), nodes
        for one in checks:
            conform, fail = one(facts, nodes)
            more, once, none = more | (once & conform), (once & fail) | (none & conform), none & fail
        return once, more | none

    return check


def for_values(path: Path, one: Check) -> Check:
    """Conforms if all that it leads to does."""

    def check(facts: Facts, nodes: Nodes) -> tuple[Nodes, Nodes]:
        relation = facts.along(path)
        values = reach(relation, nodes)
        good, bad = one(facts, values)
        if len(good) == len(values):
            return nodes, set()
        fail = {node for node in nodes & relation.keys() if not bad.isdisjoint(relation[node])} if bad else set()
        return {node for node in nodes if good.issuperset(relation.get(node, ()))}, fail

    return check


def count(path: Path, least: int, most: float, one: Check | None = None) -> Check:
    """Conforms if it leads to so many values, or so many that conform."""

    def check(facts: Facts, nodes: Nodes) -> tuple[Nodes, Nodes]:
        relation = facts.along(path)
        values = reach(relation, nodes) if one else set[bytes]()
        good, bad = one(facts, values) if one else (values, values)
        conform, fail, due = set[bytes](), set[bytes](), nodes
        if len(good) == len(values):
            due = nodes & facts.several(path)
            some = (nodes & relation.keys()) - due
            for n, alike in ((0, nodes - relation.keys()), (1, some)):
                (conform if least <= n <= most else fail).update(alike)
        for node in due:
            found = relation.get(node, ())
            high = sum(value not in bad for value in found)
            sure = [value for value in found if value in good] if one else found
            low = len(sure)
            if low > 1:  # two literals may be one to a library
                low -= max(sum(value.startswith(_LITERAL) for value in sure) - 1, 0)
            if least <= low and high <= most:
                conform.add(node)
            elif high < least or low > most:
                fail.add(node)
        return conform, fail

    return check


def select(test: Callable[[Facts, bytes], bool | None]) -> Check:
    """A check of one node at a time; None if the answer is open."""

    def check(facts: Facts, nodes: Nodes) -> tuple[Nodes, Nodes]:
        found = {node: test(facts, node) for node in nodes}
        return {n for n, is_good in found.items() if is_good}, {n for n, is_good in found.items() if is_good is False}

    return check


def split_literal(term: bytes) -> tuple[bytes, bytes, bytes]:
    """Text as it is written, language tag in lower case, IRI of the datatype."""
    text, _, rest = term[1:].rpartition(_LITERAL)
    if rest.startswith(b"@"):
        has_direction = b"--" in rest
        return text, rest[1:].lower(), f"{RDF}dirLangString".encode() if has_direction else _TAGGED.encode()
    return text, b"", rest[3:-1] or f"{XSD}string".encode()


def has_datatype(iri: str) -> Check:
    """A literal of the datatype, well-formed. Raises `Unclear` for what has forms that are not known here."""
    wanted, local = iri.encode(), iri.removeprefix(XSD)
    if (iri.startswith((RDF, RDFS)) and iri != _TAGGED) or (iri.startswith(XSD) and local not in _LEXICAL):
        raise Unclear
    form = re.compile(_LEXICAL[local]) if local in _LEXICAL and iri.startswith(XSD) else None
    end = b'"' if wanted == _STRING else b'"^^<' + wanted + b">"

    def test(_: Facts, node: bytes) -> bool | None:
        if not node.startswith(_LITERAL):
            return False
        if iri == _TAGGED:
            return split_literal(node)[2] == wanted or None
        return (node.endswith(end) and (form is None or form.fullmatch(node[1 : -len(end)]) is not None)) or None

    return select(test)


def matches(pattern: str) -> Check:
    """Part of the IRI or text matches. Raises `Unclear` for what is not plain."""
    if not _PLAIN_REGEX.fullmatch(pattern):
        raise Unclear
    search = re.compile(pattern.encode()).search

    def test(_: Facts, node: bytes) -> bool | None:
        if not node.isascii() or b"\\" in node:
            return None
        if node.startswith(b"<"):
            return search(node[1:-1]) is not None
        text, _tag, datatype = split_literal(node) if node.startswith(_LITERAL) else (b"", b"", XSD.encode())
        return search(text) is not None if datatype == _STRING or not datatype.startswith(XSD.encode()) else None

    return select(test)


def is_of_class(class_: bytes) -> Check:
    """An instance of the class or a subclass."""

    def check(facts: Facts, nodes: Nodes) -> tuple[Nodes, Nodes]:
        members = facts.instances(class_)
        return nodes & members, nodes - members

    return check


def is_of_kind(name: str) -> Check:
    """An IRI, a literal, a blank node, or one of two of these. Raises `Unclear` for another name."""

    if name not in _KINDS:
        raise Unclear
    first = _KINDS[name]

    def check(_: Facts, nodes: Nodes) -> tuple[Nodes, Nodes]:
        good = {node for node in nodes if node[0] in first}
        return good, nodes - good

    return check


def is_in(members: Collection[bytes]) -> Check:
    """One of the members. A literal may be one though it is written differently."""
    known = frozenset(members)
    return select(lambda _, node: True if node in known else False if node.startswith(b"<") else None)


def has_language(ranges: Collection[bytes]) -> Check:
    """A text in one of the languages. Raises `Unclear` for what is more than a language."""
    wanted = {tag.lower() for tag in ranges}
    ends = tuple(b'"@' + tag for tag in wanted)
    if not all(re.fullmatch(rb"[a-z]+", tag) for tag in wanted):
        raise Unclear

    def test(_: Facts, node: bytes) -> bool | None:
        if not node.startswith(_LITERAL) or node.endswith(ends):
            return node.startswith(_LITERAL)
        tag = split_literal(node)[1]
        return True if tag in wanted else None if tag.split(b"-")[0] in {*wanted, b""} else False

    return select(test)


def has_value(path: Path, value: bytes) -> Check:
    """Leads to the value."""

    return select(lambda facts, node: value in facts.along(path).get(node, ()) or None)


def has_unique_languages(path: Path) -> Check:
    """Leads to one text in each language."""

    def check(facts: Facts, nodes: Nodes) -> tuple[Nodes, Nodes]:
        doubtful = set()
        for node in nodes & facts.several(path):
            tags = [split_literal(value)[1] for value in facts.along(path)[node] if value.startswith(_LITERAL)]
            if len({*tags} - {b""}) < len(tags) - tags.count(b""):
                doubtful.add(node)
        return nodes - doubtful, set()

    return check


def is_disjoint(path: Path, other: Path) -> Check:
    """Literals may be equal though they are written differently."""

    def test(facts: Facts, node: bytes) -> bool | None:
        values, others = facts.along(path).get(node, ()), facts.along(other).get(node, ())
        apart = set(values).isdisjoint(others)
        return (apart and not any(v.startswith(_LITERAL) for v in values)) or not values or not others or None

    return select(test)


def is_ordered(first: bytes, second: bytes, *, strictly: bool) -> bool | None:
    """Whether one literal comes before another, or at the same place; None if that is not certain."""
    if not first.startswith(_LITERAL) or not second.startswith(_LITERAL):
        return None
    (a, _, type_), (b, _, other) = split_literal(first), split_literal(second)
    if {type_, other} <= _NUMERIC and _NUMBER.fullmatch(a) and _NUMBER.fullmatch(b):
        x, y = Decimal(a.decode()), Decimal(b.decode())
        return x < y or (x == y and not strictly) or None
    if type_ == other and type_ in _MOMENTS and all(re.fullmatch(_MOMENTS[type_], m) for m in (a, b)):
        return a < b or (a == b and not strictly) or None
    return None


def comes_before(path: Path, other: Path, *, strictly: bool) -> Check:
    """Each value before each value of the other property."""

    def test(facts: Facts, node: bytes) -> bool | None:
        values, others = facts.along(path).get(node, ()), facts.along(other).get(node, ())
        return all(is_ordered(v, o, strictly=strictly) for v in values for o in others) or None

    return select(test)
