"""The store of a release, read only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol, cast

import pyoxigraph as ox

from publisher.errors import ReleaseDamaged

Subject = ox.NamedNode | ox.BlankNode | ox.Triple
Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Graph = ox.NamedNode | ox.BlankNode | ox.DefaultGraph
Answer = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples

DEFAULT = ox.DefaultGraph()


class Output(Protocol):
    """What a graph can be written to."""

    def write(self, data: bytes, /) -> int:
        """Some of it; returns how much was taken."""

    def flush(self) -> None:
        """At the end."""


class Store(Protocol):
    """What the rest of the program asks of a store. Nothing can be written through it."""

    def quads(
        self,
        subject: Subject | None = None,
        predicate: ox.NamedNode | None = None,
        object_: Term | None = None,
        graph: Graph | None = DEFAULT,
    ) -> Iterator[ox.Quad]:
        """The quads that match; by default those of the default graph. `graph=None` means every graph."""

    def has_graph(self, graph: ox.NamedNode) -> bool:
        """Whether the named graph exists."""

    def dump(self, output: Output, format_: ox.RdfFormat, graph: ox.NamedNode, prefixes: Mapping[str, str]) -> None:
        """Write a named graph, in the order of the store and with little memory."""

    def query(
        self,
        text: str,
        default_graphs: Sequence[ox.NamedNode] | None = None,
        named_graphs: Sequence[ox.NamedNode] | None = None,
        base_iri: str | None = None,
    ) -> Answer:
        """Evaluate a SPARQL query.

        The dataset is the store's own if both lists are None; otherwise exactly the graphs listed, and the
        query's `FROM` clauses do not count (SPARQL 1.1 Protocol, section 2.1.4). Relative IRIs of a query
        without BASE are resolved against `base_iri`. Raises `SyntaxError` for a query that does not parse;
        `RuntimeError` or `OSError` for an evaluation that fails.
        """


class EmbeddedStore:
    """The Oxigraph store in a release directory, opened read only."""

    def __init__(self, path: Path) -> None:
        """Raises `ReleaseDamaged` if there is no usable store at `path`."""
        try:
            self._store = ox.Store.read_only(str(path))
        except (OSError, ValueError, RuntimeError) as error:
            raise ReleaseDamaged(
                f"the store at {path} cannot be opened: {error}", hint="Run `publisher build` again."
            ) from None

    def quads(
        self,
        subject: Subject | None = None,
        predicate: ox.NamedNode | None = None,
        object_: Term | None = None,
        graph: Graph | None = DEFAULT,
    ) -> Iterator[ox.Quad]:
        """See `Store.quads`."""
        return self._store.quads_for_pattern(subject, predicate, object_, graph)

    def has_graph(self, graph: ox.NamedNode) -> bool:
        """See `Store.has_graph`."""
        return self._store.contains_named_graph(graph)

    def dump(self, output: Output, format_: ox.RdfFormat, graph: ox.NamedNode, prefixes: Mapping[str, str]) -> None:
        """See `Store.dump`."""
        self._store.dump(cast("IO[bytes]", output), format_, from_graph=graph, prefixes=dict(prefixes))

    def query(
        self,
        text: str,
        default_graphs: Sequence[ox.NamedNode] | None = None,
        named_graphs: Sequence[ox.NamedNode] | None = None,
        base_iri: str | None = None,
    ) -> Answer:
        """See `Store.query`."""
        if default_graphs is None and named_graphs is None:
            return self._store.query(text, base_iri=base_iri)
        return self._store.query(
            text, base_iri=base_iri, default_graph=list(default_graphs or ()), named_graphs=list(named_graphs or ())
        )
