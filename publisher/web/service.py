"""What the SPARQL endpoint says about itself: SPARQL 1.1 Service Description, without blank nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import pyoxigraph as ox

from publisher.formats import MediaType
from publisher.iris import Iris
from publisher.query.serialise import sort_triples
from publisher.releases import GraphInfo, Release
from publisher.vocab import DCTERMS, RDF, RDFS, SD, VOID, XSD

SIMPLE = "http://www.w3.org/ns/entailment/Simple"
"""A pattern matches the triples that are there and no others."""
FORMATS = "http://www.w3.org/ns/formats/"
"""The list of the W3C; the last part of a name is the library's too."""


class _Say(Protocol):
    def __call__(self, subject: str, predicate: str, *values: str | ox.Literal) -> None: ...


_DEFAULT = "The default graph"
_MATERIALISED = (
    "Queries match the triples that are there. What follows from them by the rules of OWL 2 RL was computed when the "
    "release was built and is among them; it is also in a named graph of its own."
)


def service_description(
    release: Release, iris: Iris, formats: Iterable[MediaType], address: str, *, federated: bool = False
) -> tuple[ox.Triple, ...]:
    """The service, its formats, the default graph and each named graph with the number of its triples.

    `formats` are those that the endpoint answers in; what is no RDF and no result format is left out. `address`
    is where the reader found it: `sd:endpoint` is a place to send queries to, so it is not the canonical IRI.
    `federated`: whether any SERVICE is allowed.
    """
    endpoint = iris.sparql
    service, dataset, default = (f"{endpoint}#{name}" for name in ("service", "dataset", "default-graph"))
    triples: list[ox.Triple] = []

    def say(subject: str, predicate: str, *values: str | ox.Literal) -> None:
        for value in values:
            node = ox.NamedNode(value) if isinstance(value, str) else value
            triples.append(ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), node))

    say(service, f"{RDF}type", f"{SD}Service")
    say(service, f"{RDFS}label", _text("SPARQL endpoint"))
    say(service, f"{RDFS}seeAlso", iris.catalog, iris.examples)
    say(service, f"{SD}endpoint", address)
    say(service, f"{SD}supportedLanguage", f"{SD}SPARQL11Query")
    if federated:
        say(service, f"{SD}feature", f"{SD}BasicFederatedQuery")
    say(service, f"{SD}resultFormat", *format_iris(formats))
    say(service, f"{SD}defaultEntailmentRegime", SIMPLE)
    say(service, f"{SD}defaultDataset", dataset)
    say(dataset, f"{RDF}type", f"{SD}Dataset")
    say(dataset, f"{DCTERMS}title", _text(f"Release {release.id}"))
    say(dataset, f"{SD}defaultGraph", default)
    _graph(say, default, _DEFAULT, release.default_triples)
    say(default, f"{RDFS}comment", _text(_MATERIALISED))
    for graph in (*release.graphs, *_catalog(release, iris)):
        named = f"{endpoint}#{graph.iri.removeprefix(iris.base)}"
        say(dataset, f"{SD}namedGraph", named)
        say(named, f"{RDF}type", f"{SD}NamedGraph")
        say(named, f"{SD}name", graph.iri)
        say(named, f"{SD}graph", graph.iri)
        _graph(say, graph.iri, graph.title, graph.triples)
        part = "are also in the default graph" if graph.in_default else "are only in this graph"
        say(graph.iri, f"{RDFS}comment", _text(f"Its triples {part}."))
    return sort_triples(triples, ox.NamedNode(service))


def _catalog(release: Release, iris: Iris) -> Sequence[GraphInfo]:
    """The catalog describes the other graphs and is made last, so that the list of them cannot have it."""
    count = release.counts.get("catalog")
    return [] if count is None else [GraphInfo(iris.graph("catalog"), count, "Catalog of the release", False)]


def format_iris(formats: Iterable[MediaType]) -> Sequence[str]:
    """The W3C's IRIs for formats, each once, sorted."""
    found = {f.iri.rpartition("/")[2] for media in formats for f in (media.rdf, media.results) if f is not None}
    return [f"{FORMATS}{name}" for name in sorted(found)]


def _graph(say: _Say, iri: str, title: str, triples: int) -> None:
    say(iri, f"{RDF}type", f"{SD}Graph", f"{VOID}Dataset")
    say(iri, f"{DCTERMS}title", _text(title))
    say(iri, f"{VOID}triples", ox.Literal(str(triples), datatype=ox.NamedNode(f"{XSD}integer")))


def _text(text: str) -> ox.Literal:
    return ox.Literal(text, language="en")
