"""The axioms of an ontology, as what they let follow from one triple or from two that meet.

They are read once; `closure` applies them to data. The rules are those of W3C OWL 2 Profiles, section 4.3, by their
names there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from typing import TypeVar

from publisher.pipeline.lines import as_term
from publisher.vocab import OWL, RDF, RDFS, XSD

Parts = tuple[bytes, bytes, bytes]
"""Subject, predicate and object, as terms."""
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def _terms(namespace: str, names: str) -> frozenset[bytes]:
    return frozenset(as_term(namespace + name) for name in names.split())


TYPE, _FIRST, _REST = as_term(RDF + "type"), as_term(RDF + "first"), as_term(RDF + "rest")
SAME = as_term(OWL + "sameAs")
THING, NOTHING = as_term(OWL + "Thing"), as_term(OWL + "Nothing")
EVERYTHING = {THING, as_term(RDFS + "Resource")}
_DATATYPES = (as_term(XSD)[:-1], as_term(RDFS + "Literal"), as_term(RDF + "langString"))
LANGUAGE = (as_term(OWL)[:-1], as_term(RDFS)[:-1])
SILENT = _terms(RDFS, "label comment isDefinedBy seeAlso") | _terms(
    OWL, "versionIRI versionInfo imports deprecated priorVersion backwardCompatibleWith incompatibleWith differentFrom"
)
"""Predicates of the two languages from which nothing follows, as long as no two things are one."""
_READ = _terms(RDFS, "subClassOf subPropertyOf domain range") | _terms(
    OWL,
    """equivalentClass equivalentProperty disjointWith complementOf unionOf intersectionOf oneOf members distinctMembers
    onProperty hasValue someValuesFrom allValuesFrom inverseOf propertyChainAxiom propertyDisjointWith""",
)
_KINDS = _terms(RDFS, "Class Datatype Literal Resource") | _terms(
    OWL,
    """Ontology Class Restriction Thing NamedIndividual ObjectProperty DatatypeProperty AnnotationProperty
    OntologyProperty FunctionalProperty InverseFunctionalProperty SymmetricProperty AsymmetricProperty
    TransitiveProperty IrreflexiveProperty AllDisjointClasses AllDifferent DeprecatedClass DeprecatedProperty""",
)


class Beyond(Exception):
    """There is something here that needs a general engine."""


class Unread(Beyond):
    """There are axioms here that only the reference knows."""


class Axioms:
    """What an ontology lets follow from a triple, by its predicate or class; see `closure`."""

    def __init__(self, triples: Collection[Parts]) -> None:
        """`triples` are the ontology and what follows from it alone. Raises `Unread`."""
        by: dict[bytes, list[tuple[bytes, bytes]]] = defaultdict(list)
        for s, p, o in triples:
            by[p].append((s, o))
        _refuse_other_axioms(by)
        self._by = by
        self.types: dict[bytes, set[bytes]] = defaultdict(set)
        for s, o in by[TYPE]:
            self.types[s].add(o)
        self._read_classes()
        self._read_properties()
        self._read_restrictions()
        self.links = [t for t in triples if t[1] in self.watched]

    def _owl(self, name: str) -> list[tuple[bytes, bytes]]:
        return self._by[as_term(OWL + name)]

    def _rdfs(self, name: str) -> list[tuple[bytes, bytes]]:
        return self._by[as_term(RDFS + name)]

    def _are(self, name: str) -> frozenset[bytes]:
        """The properties that are of a kind."""
        kind = as_term(OWL + name)
        return frozenset(node for node, classes in self.types.items() if kind in classes)

    def _list(self, head: bytes) -> list[bytes]:
        firsts, rests = dict(self._by[_FIRST]), dict(self._by[_REST])
        items: list[bytes] = []
        while head in firsts:
            items.append(firsts[head])
            head = rests[head]
        return items

    def _read_classes(self) -> None:
        above = [*self._rdfs("subClassOf"), *_both_ways(self._owl("equivalentClass"))]  # cax-sco, cax-eqc
        above += [(member, c) for c, head in self._owl("unionOf") for member in self._list(head)]  # cls-uni
        wholes = [(c, frozenset(self._list(head)) - EVERYTHING) for c, head in self._owl("intersectionOf")]
        above += [(c, member) for c, members in wholes for member in members]  # cls-int2
        self.classes = {c: frozenset({c, *found} - EVERYTHING) for c, found in _close(above).items()}
        """A class, and all that it is below."""
        self.wholes: dict[bytes, list[tuple[bytes, frozenset[bytes]]]] = defaultdict(list)
        """By a class: the intersections that it is part of, with all that they are of (cls-int1)."""
        for whole, members in wholes:
            for member in members:
                self.wholes[member].append((whole, members))
        apart = [*self._owl("disjointWith"), *self._owl("complementOf")]  # cax-dw, cls-com
        for group, head in self._owl("members"):
            if as_term(OWL + "AllDisjointClasses") in self.types[group]:
                apart += combinations(self._list(head), 2)  # cax-adc
        self.disjoint = _group(_both_ways(apart))

    def above(self, class_: bytes) -> frozenset[bytes]:
        """A class, and all that it is below."""
        if (found := self.classes.get(class_)) is None:
            found = self.classes[class_] = frozenset({class_} - EVERYTHING)
        return found

    def _read_properties(self) -> None:
        above = [*self._rdfs("subPropertyOf"), *_both_ways(self._owl("equivalentProperty"))]  # prp-spo1, prp-eqp
        self.supers = {p: found - {p} for p, found in _close(above).items() if found - {p}}
        symmetric = [(p, p) for p in self._are("SymmetricProperty")]  # prp-symp
        self.inverses = _group([*symmetric, *_both_ways(self._owl("inverseOf"))])  # prp-inv1, prp-inv2
        self.domains = self._types_of(self._rdfs("domain"))  # prp-dom
        self.ranges = self._types_of(self._rdfs("range"))  # prp-rng
        self.valued = {p for p, classes in self.ranges.items() if all(one.startswith(_DATATYPES) for one in classes)}
        """Properties whose values may be literals. The classes of literals are for the reference."""
        self.transitive = self._are("TransitiveProperty")  # prp-trp
        self.functional = self._are("FunctionalProperty")  # prp-fp
        self.identifying = self._are("InverseFunctionalProperty")  # prp-ifp
        self.asymmetric = self._are("AsymmetricProperty")  # prp-asyp
        self.irreflexive = self._are("IrreflexiveProperty")  # prp-irp
        self.apart = _group(_both_ways(self._owl("propertyDisjointWith")))  # prp-pdw
        self.chains: dict[bytes, list[tuple[bytes, tuple[bytes, ...], int]]] = defaultdict(list)
        """By a property: the chains that it is a step of, what they are, all steps, and which one it is (prp-spo2)."""
        for property_, head in self._owl("propertyChainAxiom"):
            steps = tuple(self._list(head))
            for i, step in enumerate(steps):
                self.chains[step].append((property_, steps, i))

    def _types_of(self, pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, frozenset[bytes]]:
        grouped = _group(pairs)
        found = {p: frozenset[bytes]().union(*map(self.above, classes)) for p, classes in grouped.items()}
        return {p: classes for p, classes in found.items() if classes}

    def _read_restrictions(self) -> None:
        on, value = dict(self._owl("onProperty")), self._owl("hasValue")
        some, every = self._owl("someValuesFrom"), self._owl("allValuesFrom")
        if any(r not in on for r, _ in (*value, *some, *every)):
            raise Unread
        self.values = _group(((on[r], v), r) for r, v in value)  # cls-hv2
        self.having = _group((r, (on[r], v)) for r, v in value)  # cls-hv1
        self.some = _group((on[r], (c, r)) for r, c in some)  # cls-svf1, cls-svf2
        self.some_of = _group((c, (on[r], r)) for r, c in some)
        self.every = _group((on[r], (r, c)) for r, c in every)  # cls-avf
        self.every_of = _group((r, (on[r], c)) for r, c in every)
        self.meeting = frozenset({NOTHING, *self.wholes, *self.having, *self.some_of, *self.every_of})
        """Classes for which more is to do than to note them."""
        restricted = {*on.values()}
        joined = {*self.transitive, *self.chains, *self.asymmetric, *self.apart}
        self.nodal = self.inverses.keys() | {p for p, found in self.some.items() if any(c != THING for c, _ in found)}
        """Properties of which something follows for their values."""
        self.watched = restricted | joined | self.functional | self.identifying
        self.busy = self.watched | self.supers.keys() | self.inverses.keys() | self.irreflexive
        """Properties of which more follows than the types of what they join."""


def _refuse_other_axioms(by: Mapping[bytes, Collection[tuple[bytes, bytes]]]) -> None:
    for predicate, pairs in by.items():
        if predicate == SAME:
            if any(s != o for s, o in pairs):
                raise Unread
        elif predicate.startswith(LANGUAGE) and predicate not in _READ | SILENT:
            raise Unread
    known = _KINDS | {as_term(OWL + "Nothing")}
    if any(o.startswith(LANGUAGE) and o not in known for _, o in by[TYPE]):
        raise Unread


def _both_ways(pairs: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [pair for a, b in pairs for pair in ((a, b), (b, a))]


def _group(pairs: Iterable[tuple[_Key, _Value]]) -> dict[_Key, tuple[_Value, ...]]:
    found: dict[_Key, dict[_Value, None]] = defaultdict(dict)
    for key, value in pairs:
        found[key][value] = None
    return {key: tuple(values) for key, values in found.items()}


def _close(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, set[bytes]]:
    """What each node leads to, in any number of steps."""
    direct = _group(pairs)
    closed: dict[bytes, set[bytes]] = {}
    for node in direct:
        seen: set[bytes] = set()
        waiting = [*direct[node]]
        while waiting:
            if (one := waiting.pop()) not in seen:
                seen.add(one)
                waiting += direct.get(one, ())
        closed[node] = seen
    return closed
