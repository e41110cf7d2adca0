"""The data as they stood at the end of a day, for rules that choose among claims.

Only what the published policies look at is there: statements with whether they counted, propositions with who
affirmed and denied them by then, their status and numbers. Nothing is invented for what cannot be dated.

A policy chooses among the claims on one subject, an incident as a rule, so its outcome is worked out a few subjects at
a time: what has to be held does not grow with the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import pyoxigraph as ox

from publisher.attribution.asof import AsOf
from publisher.attribution.counted import standing_triples
from publisher.attribution.quads import Quads, in_default
from publisher.attribution.replay import surroundings
from publisher.iris import Iris
from publisher.vocab import DCTERMS, OA, RDF, XSD

_SIDES = ("affirms", "denies", "leavesOpen")
_RECOMPUTED = ("inForce", "affirmedBy", "deniedBy", "leftOpenBy", "status", "reportCount", "outletCount")
_COUNTS = ("independentSources", "namedIndependentSources")
_FOLLOWED = (
    *("proposition", "conjunct", "speaker", "speaksFor", "stance", "evidence", "relay", "relayer", "statedIn"),
    *(f"{OA}hasSource", f"{DCTERMS}publisher", f"{RDF}predicate"),
)
PART = 200
"""Claims that are looked at together."""


def outcome(store: Quads, iris: Iris, day: date, query: str, part: int = PART) -> set[ox.Triple]:
    """What a policy chooses as of the day. `query` is a CONSTRUCT over claims that takes one subject at a time."""
    found: set[ox.Triple] = set()
    for subjects in _parts(store, iris, day, part):
        result = past(store, iris, day, subjects).query(query)
        if isinstance(result, ox.QueryTriples):
            found |= {t for t in result if isinstance(t.subject, ox.NamedNode) and t.subject.value in subjects}
    return found


def _parts(store: Quads, iris: Iris, day: date, size: int) -> Iterator[set[str]]:
    """Subjects on which something that counts had been said, in groups with about as many claims."""
    asof, subjects, claims = AsOf(store, iris, day), set[str](), 0
    counted: dict[str, int] = {}
    for quad in store.quads(None, ox.NamedNode(f"{RDF}subject")):
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
            said = store.quads(None, ox.NamedNode(iris.att("affirms")), quad.subject)
            if any(isinstance(s.subject, ox.NamedNode) and asof.counts(s.subject.value) for s in said):
                counted[quad.object.value] = counted.get(quad.object.value, 0) + 1
    for subject in sorted(counted):
        subjects.add(subject)
        claims += counted[subject]
        if claims >= size:
            yield subjects
            subjects, claims = set(), 0
    if subjects:
        yield subjects


def past(store: Quads, iris: Iris, day: date, subjects: Iterable[str] | None = None) -> ox.Store:
    """A store in memory with everything that a policy may ask of the default graph, as of the day.

    With `subjects`, only what matters for the claims on these; the claims on anything else are then not complete.
    """
    asof, found = AsOf(store, iris, day), ox.Store()
    quads: Iterable[ox.Quad]
    if subjects is None:
        statements, things = _everything(store, iris)
        quads = store.quads()
    else:
        statements, things, quads = _around(store, iris, set(subjects))
    recomputed = {iris.att(name) for name in (*_RECOMPUTED, *_COUNTS, *_SIDES)}
    found.extend(in_default(q) for q in quads if q.predicate.value not in recomputed)

    def say(subject: str, name: str, value: ox.NamedNode | ox.Literal) -> None:
        found.add(ox.Quad(ox.NamedNode(subject), ox.NamedNode(iris.att(name)), value))

    for statement in statements:
        counts = asof.counts(statement)
        say(statement, "inForce", ox.Literal(str(counts).lower(), datatype=ox.NamedNode(f"{XSD}boolean")))
        for name in _SIDES if counts else ():
            for quad in store.quads(ox.NamedNode(statement), ox.NamedNode(iris.att(name))):
                if isinstance(quad.object, ox.NamedNode):
                    say(statement, name, quad.object)
    asof.prepare(things)
    for thing in things:
        standing = standing_triples(store, iris, thing, asof.standing(thing))
        found.extend(ox.Quad(t.subject, t.predicate, t.object) for t in standing)
    return found


def _everything(store: Quads, iris: Iris) -> tuple[set[str], set[str]]:
    """All statements, and all that they take a side on."""
    typed = store.quads(None, ox.NamedNode(f"{RDF}type"), ox.NamedNode(iris.att("Statement")))
    sided = (q for name in _SIDES for q in store.quads(None, ox.NamedNode(iris.att(name))))
    things = {q.object.value for q in sided if isinstance(q.object, ox.NamedNode)}
    return {q.subject.value for q in typed if isinstance(q.subject, ox.NamedNode)}, things


def _around(store: Quads, iris: Iris, subjects: set[str]) -> tuple[set[str], set[str], list[ox.Quad]]:
    """Statements that matter for the claims on the subjects, what they take a side on there, and all quads for it."""
    around = surroundings(store, iris, subjects)
    about = {
        q.subject.value
        for s in subjects
        for q in store.quads(None, ox.NamedNode(f"{RDF}subject"), ox.NamedNode(s))
        if isinstance(q.subject, ox.NamedNode)
    }
    things = about | subjects
    sided = (q for t in things for n in _SIDES for q in store.quads(None, ox.NamedNode(iris.att(n)), ox.NamedNode(t)))
    statements = set(around.statements) | {q.subject.value for q in sided if isinstance(q.subject, ox.NamedNode)}
    follow = {name if ":" in name else iris.att(name) for name in _FOLLOWED}
    seen, todo = set[str](), {*around.claims, *statements}
    quads: list[ox.Quad] = []
    while todo:
        seen |= todo
        mine = [q for node in todo for q in store.quads(ox.NamedNode(node))]
        quads += mine
        todo = {q.object.value for q in mine if q.predicate.value in follow and isinstance(q.object, ox.NamedNode)}
        todo -= seen
    after = ox.NamedNode(iris.att("statedAfter"))
    quads += [q for s in statements for q in store.quads(None, after, ox.NamedNode(s))]
    return statements, things, quads
