"""The entities of a store by the type that their IRIs name. Withdrawn ones are left out.

Nothing is kept: there may be millions. The engine counts them and finds them, without a node of ours for each.
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
    every = ox.NamedNode(iris.entities())
    query = f"""SELECT ?type (COUNT(DISTINCT ?s) AS ?n) {{
        {_in(iris, every)}
        BIND (STRBEFORE(STRAFTER(STR(?s), STR({every})), "/") AS ?type)
    }} GROUP BY ?type"""
    return {row["type"].value: int(row["n"].value) for row in cast("ox.QuerySolutions", store.query(query))}


def entities_of(store: Store, iris: Iris, type_: str) -> Iterator[ox.NamedNode]:
    """Those of one type, each once, in no order."""
    query = f"SELECT DISTINCT ?s {{ {_in(iris, ox.NamedNode(iris.entities(type_)))} }}"
    return (row["s"] for row in cast("ox.QuerySolutions", store.query(query)))


def _in(iris: Iris, space: ox.NamedNode) -> str:
    withdrawn = ox.NamedNode(iris.att("withdrawnBecause"))
    return f"{{ ?s {TYPE} ?any }} MINUS {{ ?s {withdrawn} ?why }} FILTER (STRSTARTS(STR(?s), STR({space})))"
