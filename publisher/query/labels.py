"""What a DESCRIBE adds to the engine's description: how the things in it are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyoxigraph as ox

from publisher.vocab import RDFS, SKOS

LABELS = (ox.NamedNode(f"{RDFS}label"), ox.NamedNode(f"{SKOS}prefLabel"))
Graphs = Sequence[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] | None
Look = Callable[[ox.NamedNode, ox.NamedNode], Iterable[ox.Quad]]


def with_labels(triples: Iterable[ox.Triple], look: Look) -> Iterator[ox.Triple]:
    """The triples, then the labels of the IRIs in them, but for those that are described themselves.

    `look` gives the quads with a node and a property.
    """
    described: set[ox.NamedNode] = set()
    named: set[ox.NamedNode] = set()
    for triple in triples:
        yield triple
        if isinstance(triple.subject, ox.NamedNode):
            described.add(triple.subject)
        named.add(triple.predicate)
        if isinstance(triple.object, ox.NamedNode):
            named.add(triple.object)
    for node in sorted(named - described, key=lambda n: n.value):
        for predicate in LABELS:
            yield from sorted({quad.triple for quad in look(node, predicate)}, key=str)


def labels_in(store: ox.Store, graphs: Graphs, node: ox.NamedNode, predicate: ox.NamedNode) -> Iterator[ox.Quad]:
    """Look in these graphs; in the default graph if None."""
    for graph in [ox.DefaultGraph()] if graphs is None else graphs:
        yield from store.quads_for_pattern(node, predicate, None, graph)
