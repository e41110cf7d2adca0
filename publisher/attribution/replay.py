"""The rules run again over a part of the data as it stood then: what contradicted what on a day.

A contradiction on record is one of statements that are in force today. What was withdrawn or superseded since has none,
though it had on the days before. So the rules that find contradictions are run again, over copies of the statements
that can matter for the things at hand, with `att:inForce` as of the day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import pyoxigraph as ox

from publisher.attribution.quads import Node, Quads, in_default
from publisher.iris import Iris
from publisher.vocab import CANONICAL_BASE, OWL, RDF, RDFS, XSD

_NAMES = (
    "contradiction-stated",
    "contradiction-direct",
    "contradiction-incompatible-value",
    "contradiction-presupposed",
    "contradiction-scope-limited",
)
_PART = 500
"""Things whose surroundings are copied at a time."""

Counts = Callable[[str], bool]
"""Whether a statement counts, by its IRI."""


@dataclass(frozen=True)
class Contradiction:
    """A contradiction as of a day, as a rule describes it; not all of them are on record today."""

    iri: str
    strength: str
    """The local name of an att:Strength."""
    between: tuple[str, ...]
    concerns: frozenset[str]
    triples: tuple[ox.Triple, ...]


@cache
def _rules(base: str) -> tuple[str, ...]:
    folder = files("publisher") / "rules"
    found = {e.name.partition("-")[2].removesuffix(".rq"): e for e in folder.iterdir() if e.name.endswith(".rq")}
    return tuple(found[name].read_text(encoding="utf-8").replace(CANONICAL_BASE, base) for name in _NAMES)


def contradictions(store: Quads, iris: Iris, things: Iterable[str], counts: Counts) -> tuple[Contradiction, ...]:
    """Those in which a statement on one of the things takes part, sorted; `counts` must hold for both sides.

    A thing is a proposition, or what propositions are about: an incident.
    """
    found: dict[str, Contradiction] = {}
    todo = sorted(set(things))
    for start in range(0, len(todo), _PART):
        around = surroundings(store, iris, todo[start : start + _PART])
        if sum(map(counts, around.statements)) > 1:
            found |= {c.iri: c for c in _run(around.copy(counts), iris)}
    return tuple(found[iri] for iri in sorted(found))


def _run(copy: ox.Store, iris: Iris) -> Iterator[Contradiction]:
    derived: dict[str, set[ox.Triple]] = {}
    for query in _rules(iris.base):
        result = copy.query(query)
        assert isinstance(result, ox.QueryTriples)  # noqa: S101
        for triple in result:
            if isinstance(triple.subject, ox.NamedNode) and triple.predicate.value != iris.att("contradicts"):
                derived.setdefault(triple.subject.value, set()).add(triple)
    for node, triples in derived.items():

        def values(name: str, of: Collection[ox.Triple] = triples) -> list[str]:
            here = (t.object for t in of if t.predicate.value == iris.att(name))
            return sorted(o.value for o in here if isinstance(o, ox.NamedNode))

        (strength,) = values("strength")
        yield Contradiction(
            node,
            strength.removeprefix(iris.att("")),
            tuple(values("between")),
            frozenset(values("concerns")),
            tuple(sorted(triples, key=str)),
        )


@dataclass(frozen=True)
class Surroundings:
    """Propositions and statements that rules have to see to find every contradiction of a few things."""

    store: Quads
    iris: Iris
    claims: frozenset[str]
    statements: frozenset[str]

    def copy(self, counts: Counts) -> ox.Store:
        """A store in memory with them, and with what the rules look up on the way; in force is what counts."""
        found, in_force = ox.Store(), self.iris.att("inForce")
        named: set[Node] = set()
        for node in (*self.claims, *self.statements):
            for quad in self.store.quads(ox.NamedNode(node)):
                if quad.predicate.value != in_force:
                    found.add(in_default(quad))
                    named.add(quad.object)
        for node in self.statements:
            value = ox.Literal("true" if counts(node) else "false", datatype=ox.NamedNode(f"{XSD}boolean"))
            found.add(ox.Quad(ox.NamedNode(node), ox.NamedNode(in_force), value))
        for term in named:
            if isinstance(term, ox.NamedNode) and term.value not in self.claims and term.value not in self.statements:
                for name in _LOOKED_UP:
                    predicate = ox.NamedNode(name if "#" in name else self.iris.att(name))
                    found.extend(map(in_default, self.store.quads(term, predicate)))
                found.extend(map(in_default, self.store.quads(None, ox.NamedNode(f"{OWL}differentFrom"), term)))
        found.extend(map(in_default, self.store.quads(None, ox.NamedNode(self.iris.att("excludesKind")))))
        return found


_LOOKED_UP = (
    *(f"{RDF}type", f"{RDFS}label", f"{OWL}differentFrom"),
    *("scopeWithin", "polarity", "takesAsGiven", "singleValued", "presupposesOccurrence"),
)


def surroundings(store: Quads, iris: Iris, things: Iterable[str]) -> Surroundings:
    """All propositions on the things and their rivals, and all statements on those."""

    def ahead(nodes: Iterable[str], *names: str) -> set[str]:
        predicates = [ox.NamedNode(name if "#" in name else iris.att(name)) for name in names]
        quads = (q for n in nodes for p in predicates for q in store.quads(ox.NamedNode(n), p))
        return {q.object.value for q in quads if isinstance(q.object, ox.NamedNode)}

    def back(nodes: Iterable[str], *names: str) -> set[str]:
        predicates = [ox.NamedNode(name if "#" in name else iris.att(name)) for name in names]
        quads = (q for n in nodes for p in predicates for q in store.quads(None, p, ox.NamedNode(n)))
        return {q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)}

    def all_of(step: Callable[..., set[str]], nodes: set[str]) -> set[str]:
        found, new = set(nodes), set(nodes)
        while new := step(new, "conjunct") - found:
            found |= new
        return found

    given = set(things)
    said = back(given, "about", f"{RDF}subject", f"{RDF}object")
    claims = given | said | ahead(back(back(said | given, "proposition"), "attests"), "proposition")
    claims = all_of(ahead, all_of(back, claims))
    rivals = claims | _rivals(store, iris, claims) | ahead(claims, "presupposes") | back(claims, "presupposes")
    claims = all_of(ahead, all_of(back, rivals))
    statements = back(claims, "proposition")
    rebutting = back(statements, "rebuts") | ahead(statements, "rebuts")
    claims |= all_of(ahead, ahead(rebutting, "proposition"))
    claims = {c for c in claims if next(store.quads(ox.NamedNode(c)), None) is not None}
    return Surroundings(store, iris, frozenset(claims), frozenset(statements | rebutting))


def _rivals(store: Quads, iris: Iris, claims: Iterable[str]) -> set[str]:
    """Claims on the same subject as a claim that is single-valued or can only hold of what occurred."""
    subject, predicate = ox.NamedNode(f"{RDF}subject"), ox.NamedNode(f"{RDF}predicate")
    telling = [ox.NamedNode(iris.att(name)) for name in ("singleValued", "presupposesOccurrence")]
    subjects: set[Node] = set()
    for claim in claims:
        for said in store.quads(ox.NamedNode(claim), predicate):
            asked = said.object if isinstance(said.object, ox.NamedNode) else None
            if asked and any(next(store.quads(asked, t), None) for t in telling):
                subjects |= {quad.object for quad in store.quads(ox.NamedNode(claim), subject)}
    quads = (q for s in subjects for q in store.quads(None, subject, s))
    return {q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)}
