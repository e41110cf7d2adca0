"""Step 4c, clash: where the worlds of two agents cannot both be.

Inside the world as one agent tells it, axioms hold that would be wrong for the data as a whole: a target is one, and
what was hit, by whom and when can only be said of what occurred. `perspective_axioms` states them in OWL 2 RL. Two
claims clash if the OWL 2 RL closure of both, with those axioms and undisputed facts on what they mention, is
inconsistent; the explanation is a smallest set of axioms and facts that is needed for it.

Only claims on a common subject are compared, each pair of claims once however many agents hold them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import combinations

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store, Triple

from publisher.attribution.denial import denial
from publisher.iris import Iris
from publisher.pipeline.lines import join_triples, read_triples
from publisher.pipeline.load import sort_triples
from publisher.pipeline.perspectives import Claim, Perspective
from publisher.pipeline.reasoner import close
from publisher.vocab import OWL, RDF, RDFS, XSD

_TYPE, _FIRST, _REST = RDF + "type", RDF + "first", RDF + "rest"
_DIFFERENT, _DISJOINT = OWL + "differentFrom", OWL + "disjointWith"


@dataclass(frozen=True)
class Clash:
    """Two claims that cannot both hold, and the axioms and facts that are needed to see it."""

    one: Claim
    other: Claim
    because: tuple[Triple, ...]


def perspective_axioms(ontology: Iterable[Triple], iris: Iris) -> tuple[Triple, ...]:
    """The axioms that hold inside a perspective, sorted; from what the ontology declares of claim predicates.

    A single-valued predicate is functional. A predicate that presupposes occurrence has a domain of things that
    occurred. A kind includes the kinds above it, and a location the places that it lies in.
    """
    triples: list[Triple] = []

    def say(subject: str, predicate: str, object_: str | Literal) -> None:
        value = NamedNode(object_) if isinstance(object_, str) else object_
        triples.append(Triple(NamedNode(subject), NamedNode(predicate), value))

    graph = iris.graph("perspective-axioms")
    occurring = f"{graph}#occurring"
    yes = Literal("true", datatype=NamedNode(XSD + "boolean"))
    say(occurring, _TYPE, OWL + "Restriction")
    say(occurring, OWL + "onProperty", iris.att("occurred"))
    say(occurring, OWL + "hasValue", yes)
    for t in ontology:
        if isinstance(t.subject, NamedNode) and t.object == yes:
            if t.predicate.value == iris.att("singleValued"):
                say(t.subject.value, _TYPE, OWL + "FunctionalProperty")
            elif t.predicate.value == iris.att("presupposesOccurrence"):
                say(t.subject.value, RDFS + "domain", occurring)
    for name, upward in (("kind", RDFS + "subClassOf"), ("location", iris.att("locatedIn"))):
        cells = [f"{graph}#{name}-chain-{n}" for n in (1, 2)]
        say(iris.att(name), OWL + "propertyChainAxiom", cells[0])
        for cell, step, rest in zip(cells, (iris.att(name), upward), (cells[1], RDF + "nil"), strict=True):
            say(cell, _FIRST, step)
            say(cell, _REST, rest)
    return sort_triples(triples)


@dataclass
class Knowledge:
    """What every agent is taken to share: the axioms of perspectives, kinds, geography, what excludes what."""

    axioms: tuple[Triple, ...]
    types: Mapping[str, frozenset[str]]
    above: Mapping[str, frozenset[tuple[str, str]]]
    """Class or place to (property, what it is below or lies in), in full."""
    disjoint: frozenset[tuple[str, str]]
    different: frozenset[tuple[str, str]]
    iris: Iris
    _seen: dict[tuple[Claim, Claim], Clash | None] = field(default_factory=dict)

    def clash_of(self, one: Claim, other: Claim) -> Clash | None:
        """Whether two claims clash, and why. Each pair is reasoned about once."""
        key = (min(one, other), max(one, other))
        if key not in self._seen:
            self._seen[key] = self._reason(*key) if self._may_clash(*key) else None
        return self._seen[key]

    def _may_clash(self, one: Claim, other: Claim) -> bool:
        """A cheap test that only rules out what no axiom can bring to clash."""
        if one.subject != other.subject or not (one.positive or other.positive):
            return False
        occurred = self.iris.att("occurred")
        if not (one.positive and other.positive):
            denied = other if one.positive else one
            return one.predicate == other.predicate or denied.predicate == occurred
        same = one.predicate == other.predicate and one.object != other.object
        return same or occurred in (one.predicate, other.predicate)

    def _reason(self, one: Claim, other: Claim) -> Clash | None:
        told = [t for i, c in enumerate((one, other)) for t in _told(c, f"{self.iris.base}claim-{i}")]
        names = _placeholders(one, other)
        axioms = {_form(unit, names): unit for unit in self._axioms_on(one, other)}
        facts = {_form(unit, names): unit for unit in self._facts_on(one, other)}
        needed = _needed(_form(told, names), frozenset(axioms), frozenset(facts.keys() - axioms.keys()))
        if needed is None:
            return None
        forms = facts | axioms
        because = (t for form in needed for t in forms[form] if t.predicate.value != _REST)
        return Clash(one, other, sort_triples(because))

    def _axioms_on(self, one: Claim, other: Claim) -> list[list[Triple]]:
        """Axioms that can matter for two claims; each unit is kept or left out as a whole."""
        predicates = {one.predicate, other.predicate, self.iris.att("occurred")}
        return [unit for predicate in sorted(predicates) for unit in self._axioms_of.get(predicate, ())]

    @cached_property
    def _axioms_of(self) -> Mapping[str, list[list[Triple]]]:
        """By predicate the axioms on it, each with what it is made of."""
        chains = [t for t in self.axioms if t.predicate.value in (_FIRST, _REST)]
        helper = f"{self.iris.graph('perspective-axioms')}#occurring"
        restriction = [t for t in self.axioms if isinstance(t.subject, NamedNode) and t.subject.value == helper]
        found: dict[str, list[list[Triple]]] = {}
        for axiom in self.axioms:
            assert isinstance(axiom.subject, NamedNode)  # noqa: S101
            unit = [axiom]
            if axiom.predicate.value == OWL + "propertyChainAxiom":
                name = axiom.subject.value.rpartition("#")[2]
                unit += (t for t in chains if f"#{name}-chain-" in str(t.subject))
            elif axiom.predicate.value == RDFS + "domain":
                unit += restriction
            found.setdefault(axiom.subject.value, []).append(unit)
        return found

    def _facts_on(self, one: Claim, other: Claim) -> list[list[Triple]]:
        """Facts that can matter for two claims, each a unit."""
        values = [c.object[1:-1] for c in (one, other) if c.object.startswith("<")]
        nodes = sorted({one.subject, other.subject, *values})
        units = [[_fact(node, p, up)] for node in nodes for p, up in sorted(self.above.get(node, frozenset()))]
        if not (one.positive and other.positive):
            return units  # what a value is cannot bring it to clash with a denial
        kinds = {node: self.types.get(node, frozenset()) for node in nodes}
        units += [[_fact(node, _TYPE, kind)] for node in nodes for kind in sorted(kinds[node])]
        known = sorted({kind for found in kinds.values() for kind in found} | set(values))
        units += [[_fact(a, _DISJOINT, b)] for a, b in combinations(known, 2) if (a, b) in self.disjoint]
        units += [[_fact(a, _DIFFERENT, b)] for a, b in combinations(nodes, 2) if (a, b) in self.different]
        return units


def _placeholders(one: Claim, other: Claim) -> dict[str, str]:
    """Neutral names for the subject and the values of two claims; a value that is not neutral keeps its own."""
    names = {f"<{one.subject}>": "<x:0>"}
    for value in (one.object, other.object):
        if value.startswith("<"):
            names.setdefault(value, f"<x:{len(names)}>")
        elif "^^" not in value:
            names.setdefault(value, f'"{len(names)}"@en')
    return names


def _form(triples: Iterable[Triple], names: Mapping[str, str]) -> str:
    def neutral(node: object) -> str:
        return names.get(str(node), str(node))

    return "\n".join(sorted(f"{neutral(t.subject)} {t.predicate} {neutral(t.object)}" for t in triples))


@lru_cache(maxsize=1 << 14)
def _needed(told: str, axioms: frozenset[str], facts: frozenset[str]) -> tuple[str, ...] | None:
    """A smallest set of forms with which what is told is inconsistent, or None if it is not with all.

    Names do not matter, only what is known of them; so what was found in one cell holds in every other.
    """
    kept = sorted(axioms | facts)
    if not _inconsistent(told, kept):
        return None
    if _inconsistent(told, sorted(axioms)):
        kept = sorted(axioms)
    for form in tuple(kept):
        fewer = [f for f in kept if f != form]
        if _inconsistent(told, fewer):
            kept = fewer
    return tuple(kept)


def _told(claim: Claim, node: str) -> list[Triple]:
    return [claim.triple()] if claim.positive else denial(claim.triple(), node)


def _fact(subject: str, predicate: str, object_: str) -> Triple:
    return Triple(NamedNode(subject), NamedNode(predicate), NamedNode(object_))


def _inconsistent(told: str, forms: Iterable[str]) -> bool:
    lines = "\n".join((told, *forms)).encode().split(b"\n")
    return close(set(read_triples(join_triples(lines)))) is None


def known_in(store: Store, iris: Iris, claims: Iterable[Claim] | None = None) -> Iterator[Triple]:
    """What `know` needs of the default graph of a store: a small part, so not every triple has to be looked at.

    `claims`, if given, are those that will be compared; then it is only told of what they speak of what kind it is.
    """
    nodes: Iterable[NamedNode | None] = [None]
    if claims is not None:
        named = {text for claim in claims for text in (f"<{claim.subject}>", claim.object) if text.startswith("<")}
        nodes = [NamedNode(text[1:-1]) for text in named]
    for node in nodes:
        yield from (q.triple for q in store.quads_for_pattern(node, NamedNode(_TYPE), None, DefaultGraph()))
    ours = (iris.att(name) for name in ("locatedIn", "singleValued", "presupposesOccurrence"))
    above, members = RDFS + "subClassOf", OWL + "members"
    for predicate in (_FIRST, _REST, _DIFFERENT, _DISJOINT, above, members, *ours):
        yield from (q.triple for q in store.quads_for_pattern(None, NamedNode(predicate), None, DefaultGraph()))


def know(triples: Iterable[Triple], iris: Iris) -> Knowledge:
    """Gather what agents are taken to share from the ontology, the data and what follows from them."""
    triples = list(triples)
    types: dict[str, set[str]] = {}
    above: dict[str, set[tuple[str, str]]] = {}
    lists: dict[str, dict[str, str]] = {}
    disjoint: set[tuple[str, str]] = set()
    different: set[tuple[str, str]] = set()
    members: list[str] = []
    for t in triples:
        if not isinstance(t.subject, NamedNode) or not isinstance(t.object, NamedNode):
            continue
        s, p, o = t.subject.value, t.predicate.value, t.object.value
        if p == _TYPE and o.startswith(iris.att("")):
            types.setdefault(s, set()).add(o)
        elif p in (RDFS + "subClassOf", iris.att("locatedIn")) and s != o and o.startswith(iris.base):
            above.setdefault(s, set()).add((p, o))
        elif p in (_FIRST, _REST):
            lists.setdefault(s, {})[p] = o
        elif p == OWL + "members":
            members.append(o)
        elif p == _DISJOINT:
            disjoint |= {(s, o), (o, s)}
        elif p == _DIFFERENT:
            different |= {(s, o), (o, s)}
    for head in members:
        items = []
        while head in lists:
            items.append(lists[head].get(_FIRST, ""))
            head = lists[head].get(_REST, "")
        disjoint |= {(a, b) for a in items for b in items if a != b}
    return Knowledge(
        axioms=perspective_axioms(triples, iris),
        types={node: frozenset(found) for node, found in types.items()},
        above={node: frozenset(found) for node, found in above.items()},
        disjoint=frozenset(disjoint),
        different=frozenset(different),
        iris=iris,
    )


def clashes(found: Iterable[Perspective], knowledge: Knowledge) -> Iterator[tuple[Perspective, Perspective, Clash]]:
    """Where the claims of two agents clash: each pair of agents in the order of their slugs, subject by subject.

    A clash within one agent's own claims is not looked for.
    """
    by_subject: dict[str, list[tuple[Perspective, list[Claim]]]] = {}
    for one in sorted(found, key=lambda p: p.slug):
        mine: dict[str, list[Claim]] = {}
        for claim in one.claims:
            mine.setdefault(claim.subject, []).append(claim)
        for subject, claims in mine.items():
            by_subject.setdefault(subject, []).append((one, claims))
    for subject in sorted(by_subject):
        for (a, ours), (b, theirs) in combinations(by_subject[subject], 2):
            known = {knowledge.clash_of(claim, rival) for claim in ours for rival in theirs}
            for clash in sorted((c for c in known if c), key=lambda c: (c.one, c.other)):
                yield a, b, clash
