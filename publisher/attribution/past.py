"""The data as they stood at the end of a day, for rules that choose among claims.

Only what the published policies look at is there: statements with whether they counted, propositions with who
affirmed and denied them by then, their status and numbers. Nothing is invented for what cannot be dated.
"""

from __future__ import annotations

from datetime import date

import pyoxigraph as ox

from publisher.attribution.asof import AsOf, Quads
from publisher.attribution.counted import numbers
from publisher.iris import Iris
from publisher.vocab import RDF, XSD

_SIDES = ("affirms", "denies", "leavesOpen")
_RECOMPUTED = ("inForce", "affirmedBy", "deniedBy", "leftOpenBy", "status", "reportCount", "outletCount")
_COUNTS = ("independentSources", "namedIndependentSources")


def past(store: Quads, iris: Iris, day: date) -> ox.Store:
    """A store in memory with everything that a policy may ask of the default graph, as of the day."""
    recomputed = {iris.att(name) for name in (*_RECOMPUTED, *_COUNTS, *_SIDES)}
    asof = AsOf(store, iris, day)
    found = ox.Store()
    found.extend(q for q in store.quads() if q.predicate.value not in recomputed)

    def say(subject: ox.NamedNode, name: str, value: ox.NamedNode | ox.Literal) -> None:
        found.add(ox.Quad(subject, ox.NamedNode(iris.att(name)), value))

    sides = [(name, quad) for name in _SIDES for quad in store.quads(None, ox.NamedNode(iris.att(name)))]
    counted: dict[str, bool] = {}
    things: set[ox.NamedNode] = set()
    for quad in store.quads(None, ox.NamedNode(f"{RDF}type"), ox.NamedNode(iris.att("Statement"))):
        if isinstance(quad.subject, ox.NamedNode):
            counted[quad.subject.value] = asof.counts(quad.subject.value)
            text = "true" if counted[quad.subject.value] else "false"
            say(quad.subject, "inForce", ox.Literal(text, datatype=ox.NamedNode(f"{XSD}boolean")))
    for name, quad in sides:
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
            things.add(quad.object)
            if counted.get(quad.subject.value):
                say(quad.subject, name, quad.object)
    for thing in things:
        standing = asof.standing(thing.value)
        if standing.status is not None:
            say(thing, "status", ox.NamedNode(iris.att(standing.status)))
        for name, speakers in (
            ("affirmedBy", standing.affirmed_by),
            ("deniedBy", standing.denied_by),
            ("leftOpenBy", standing.left_open_by),
        ):
            for speaker in speakers:
                say(thing, name, ox.NamedNode(speaker))
        count = numbers(store, iris, standing.affirming)
        for name, number in (
            ("reportCount", count.reports),
            ("outletCount", count.outlets),
            ("independentSources", count.independent),
            ("namedIndependentSources", count.named),
        ):
            say(thing, name, ox.Literal(str(number), datatype=ox.NamedNode(f"{XSD}integer")))
    return found
