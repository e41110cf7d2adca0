"""The example queries of a release, read from their named graph."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from publisher.iris import Iris
from publisher.query.facts import Facts
from publisher.query.store import Store
from publisher.vocab import RDFS, SCHEMA, SH

FORMS = ("select", "ask", "construct", "describe")


@dataclass(frozen=True)
class Example:
    """A query that can be run as it is, and what a reader learns from it."""

    name: str
    iri: str
    title: str
    lesson: str
    form: str
    """One of `FORMS`."""
    query: str
    keywords: tuple[str, ...]


def graph_of(iris: Iris) -> ox.NamedNode:
    """The named graph that examples are published in."""
    return ox.NamedNode(iris.graph("examples"))


def examples_of(store: Store, iris: Iris) -> tuple[Example, ...]:
    """Every example, those for beginners first, then by title."""
    facts = Facts(store, iris, graph_of(iris))
    found = []
    for form in FORMS:
        for quad in store.quads(None, ox.NamedNode(f"{SH}{form}"), None, facts.graph):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal):
                found.append(_example(facts, quad.subject, form, quad.object.value))
    return tuple(sorted(found, key=lambda e: ("start here" not in e.keywords, e.title, e.name)))


def _example(facts: Facts, node: ox.NamedNode, form: str, query: str) -> Example:
    def texts(predicate: str) -> list[str]:
        return [o.value for o in facts.objects(node, ox.NamedNode(predicate)) if isinstance(o, ox.Literal)]

    name = node.value.removeprefix(facts.iris.example(""))
    return Example(
        name=name,
        iri=node.value,
        title=next(iter(texts(f"{RDFS}label")), name),
        lesson=" ".join(texts(f"{RDFS}comment")),
        form=form,
        query=query.strip(),
        keywords=tuple(texts(f"{SCHEMA}keywords")),
    )
