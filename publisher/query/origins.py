"""Where triples come from: the sources in a release, each with its licence, its release and how to cite it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox

from publisher.iris import Iris
from publisher.query.store import Store
from publisher.vocab import DCAT, DCTERMS, RDF

_CITATION = f"{DCTERMS}bibliographicCitation"


@dataclass(frozen=True)
class Origin:
    """A source. Texts are empty if nothing is said."""

    graph: ox.NamedNode
    title: str
    curator: str
    licence: str
    """IRI of the licence."""
    release: str
    citations: tuple[str, ...]


def read_origins(catalog: Iterable[ox.Triple], store: Store, iris: Iris) -> Mapping[ox.NamedNode, Origin]:
    """The sources that the catalog knows, by their graph: those graphs that have a curator.

    A data set that is described in the graph may say for itself how to cite it, and of which release it is.
    """
    said: dict[ox.NamedNode, dict[str, set[str]]] = {}
    for triple in catalog:
        node = triple.subject
        if isinstance(node, ox.NamedNode) and node.value.startswith(iris.graph("")):
            said.setdefault(node, {}).setdefault(triple.predicate.value, set()).add(_text(triple.object))
    return {graph: _origin(graph, facts, store, iris) for graph, facts in said.items() if f"{DCTERMS}creator" in facts}


def origins_of(triples: Iterable[ox.Triple], known: Mapping[ox.NamedNode, Origin], store: Store) -> tuple[Origin, ...]:
    """The sources that state any of `triples`, by title. What steps of the build found has none."""
    found: dict[ox.NamedNode, Origin] = {}
    for triple in triples:
        for quad in store.quads(triple.subject, triple.predicate, triple.object, None):
            if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name in known:
                found[quad.graph_name] = known[quad.graph_name]
    return tuple(sorted(found.values(), key=lambda origin: (origin.title.casefold(), origin.graph.value)))


def _origin(graph: ox.NamedNode, facts: Mapping[str, set[str]], store: Store, iris: Iris) -> Origin:
    def first(predicate: str) -> str:
        return min(facts.get(predicate, {""}))

    citations, releases = set(facts.get(_CITATION, ())), set(facts.get(f"{DCAT}version", ()))
    known = bool(releases)
    for quad in store.quads(None, ox.NamedNode(f"{RDF}type"), ox.NamedNode(iris.att("Dataset")), graph):
        described = {q.predicate.value: _text(q.object) for q in store.quads(quad.subject, None, None, graph)}
        citations |= {described[_CITATION]} if _CITATION in described else set()
        if not known and f"{DCTERMS}identifier" in described:
            releases.add(described[f"{DCTERMS}identifier"])
    return Origin(
        graph,
        first(f"{DCTERMS}title") or graph.value,
        first(f"{DCTERMS}creator"),
        first(f"{DCTERMS}license"),
        ", ".join(sorted(releases)),
        tuple(sorted(citations)),
    )


def _text(term: object) -> str:
    return term.value if isinstance(term, ox.Literal | ox.NamedNode) else str(term)
