"""The entities of a store by the type in their IRIs, whose class they have: `id/agent/iraq` is an `att:Agent`.

Withdrawn ones are left out, and what has another class only, such as who made the vocabulary.

Nothing is kept: there may be millions. The engine counts them and finds them, without a node of ours for each; some of
very many without reading the IRIs of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import pyoxigraph as ox

from publisher.iris import Iris
from publisher.query.description import TYPE
from publisher.query.store import Store


def count_entities(store: Store, iris: Iris) -> Mapping[str, int]:
    """How many there are of each type."""
    every, ours = ox.NamedNode(iris.entities()), ox.NamedNode(iris.att(""))
    query = f"""SELECT ?type (COUNT(?s) AS ?n) {{
        {{ ?s {TYPE} ?class }} MINUS {{ ?s {_withdrawn(iris)} ?why }} FILTER (STRSTARTS(STR(?s), STR({every})))
        BIND (STRBEFORE(STRAFTER(STR(?s), STR({every})), "/") AS ?type)
        FILTER (STR(?class) = CONCAT(STR({ours}), UCASE(SUBSTR(?type, 1, 1)), SUBSTR(?type, 2)))
    }} GROUP BY ?type"""
    return {row["type"].value: int(row["n"].value) for row in cast("ox.QuerySolutions", store.query(query))}


def entities_of(store: Store, iris: Iris, type_: str) -> Iterator[ox.NamedNode]:
    """Those of one type, each once, in no order."""
    space = ox.NamedNode(iris.entities(type_))
    query = f"SELECT ?s {{ {_of_class(iris, type_)} FILTER (STRSTARTS(STR(?s), STR({space}))) }}"
    return (row["s"] for row in cast("ox.QuerySolutions", store.query(query)))


def count_class(store: Store, iris: Iris, type_: str) -> int:
    """How many instances the class of a type has. Some may be of another type: an incident is an event too."""
    (row,) = cast("ox.QuerySolutions", store.query(f"SELECT (COUNT(*) AS ?n) {{ {_of_class(iris, type_)} }}"))
    return int(row["n"].value)


def some_entities(store: Store, iris: Iris, type_: str, start: int, number: int) -> Iterator[ox.NamedNode]:
    """Those of a type among some instances of its class, in the order of the store, which is the same each time."""
    space = iris.entities(type_)
    rows = store.query(f"SELECT ?s {{ {_of_class(iris, type_)} }} OFFSET {start} LIMIT {number}")
    return (row["s"] for row in cast("ox.QuerySolutions", rows) if row["s"].value.startswith(space))


def _of_class(iris: Iris, type_: str) -> str:
    return f"?s {TYPE} {ox.NamedNode(iris.class_of(type_))} MINUS {{ ?s {_withdrawn(iris)} ?why }}"


def _withdrawn(iris: Iris) -> ox.NamedNode:
    return ox.NamedNode(iris.att("withdrawnBecause"))
