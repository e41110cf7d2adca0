"""What the modules here ask of a store: the quads of its default graph, by pattern."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pyoxigraph as ox

Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


class Quads(Protocol):
    """The part of a store that is needed."""

    def quads(
        self,
        subject: ox.NamedNode | ox.BlankNode | ox.Triple | None = None,
        predicate: ox.NamedNode | None = None,
        object_: Node | None = None,
    ) -> Iterator[ox.Quad]:
        """The quads of the default graph that match."""


def in_default(quad: ox.Quad) -> ox.Quad:
    """The same triple in the default graph."""
    return ox.Quad(quad.subject, quad.predicate, quad.object)
