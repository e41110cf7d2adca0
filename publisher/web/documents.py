"""Whole graphs: `/ontology`, `/shapes`, `/graph/<source>`; and what they contain."""

from __future__ import annotations

from collections.abc import Callable

import pyoxigraph as ox
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound as NoSuchPath

from publisher.errors import NotFound
from publisher.formats import DOCUMENT_FORMATS, HTML, MediaType, by_suffix
from publisher.query.serialise import serialise, sort_triples
from publisher.query.skolem import unskolemise
from publisher.vocab import OWL
from publisher.web.http import Variants, current, links, outflow, page_number, represent, represent_parts
from publisher.web.render import LARGE, graph_page, ontology_page, shapes_page, triples_of
from publisher.web.resources import split_suffix

blueprint = Blueprint("documents", __name__)

Page = Callable[[ox.NamedNode, Variants], str]


@blueprint.get("/ontology")
@blueprint.get("/ontology.<suffix>")
def ontology(suffix: str = "") -> Response:
    """The vocabulary: OWL for tools, documentation for people. Term IRIs end here too (`#Statement`)."""
    return _vocabulary("ontology", _forced(suffix), _ontology_page)


@blueprint.get("/ontology/<version>")
def ontology_version(version: str) -> Response:
    """The version IRI of the ontology, while it is the one served."""
    iris = current().iris
    node = ox.NamedNode(iris.ontology)
    known = {q.object for q in current().store.quads(node, ox.NamedNode(f"{OWL}versionIRI"))}
    if not any(isinstance(o, ox.NamedNode) and o.value == f"{iris.ontology}/{version}" for o in known):
        raise NotFound(f"version {version} of the ontology is not in this release")
    return _vocabulary("ontology", None, _ontology_page)


@blueprint.get("/shapes")
@blueprint.get("/shapes.<suffix>")
def shapes(suffix: str = "") -> Response:
    """The SHACL shapes."""
    return _vocabulary("shapes", _forced(suffix), _shapes_page)


@blueprint.get("/graph/<file>")
def graph(file: str) -> Response:
    """A named graph: the statements of one source, or what one step derived."""
    source, forced = split_suffix(file)
    return _named_graph(current().iris.graph(source), forced)


@blueprint.get("/.well-known/genid/<name>")
def genid(name: str) -> Response:
    """A skolem IRI stands for a blank node of the ontology or the shapes: 303 to where it is used."""
    iris = current().iris
    try:
        node = ox.NamedNode(iris.genid(name))
    except ValueError:
        raise NoSuchPath from None
    for document in ("ontology", "shapes"):
        if next(current().store.quads(node, graph=ox.NamedNode(iris.graph(document))), None):
            return Response(status=303, headers={"Location": links().path(f"/{document}")})
    raise NotFound(f"no node is called {name}")


def _forced(suffix: str) -> MediaType | None:
    if not suffix:
        return None
    forced = by_suffix(f".{suffix}", DOCUMENT_FORMATS)
    if forced is None:
        raise NoSuchPath
    return forced


def _vocabulary(name: str, forced: MediaType | None, page: Page) -> Response:
    iris = current().iris
    node = ox.NamedNode(iris.graph(name))
    canonical = f"{iris.base}{name}"
    return _graph(node, Variants(f"/{name}", DOCUMENT_FORMATS), forced, page, canonical)


def _named_graph(iri: str, forced: MediaType | None) -> Response:
    path = current().iris.path_of(iri)
    try:
        node = ox.NamedNode(iri)
    except ValueError:
        raise NoSuchPath from None
    if path is None:
        raise NoSuchPath
    return _graph(node, Variants(path, DOCUMENT_FORMATS), forced, _graph_page, iri)


def _graph(node: ox.NamedNode, variants: Variants, forced: MediaType | None, page: Page, canonical: str) -> Response:
    snapshot = current()
    if not snapshot.store.has_graph(node):
        raise NotFound(f"there is no graph {node.value} in this release")
    media_type = variants.choose(forced)
    if media_type is not HTML and is_large(node):
        return large_graph(node, media_type, variants, canonical)

    def make() -> tuple[bytes, int]:
        if media_type is HTML:
            return page(node, variants).encode(), 1
        triples = sort_triples(quad.triple for quad in snapshot.store.quads(graph=node))
        return serialise(unskolemise(triples, snapshot.iris), media_type, snapshot.iris.prefixes()), 1

    key = ("graph", links().root, variants.base, request.args.get("page", ""), media_type.name)
    body, _ = snapshot.bodies.get(key, make)
    return represent(body, media_type, variants, canonical=canonical)


def is_large(node: ox.NamedNode) -> bool:
    """Whether a graph has too many triples to be sorted and sent in one piece."""
    return triples_of(current(), node) > LARGE


def large_graph(node: ox.NamedNode, media_type: MediaType, variants: Variants, canonical: str) -> Response:
    """The graph as it is in the store, sent as it is read. Skolem IRIs stay what they are."""
    snapshot = current()
    assert media_type.rdf is not None  # noqa: S101
    parts = outflow().open(snapshot.store, node, media_type.rdf, snapshot.iris.prefixes())
    return represent_parts(parts, node.value, media_type, variants, canonical=canonical)


def _ontology_page(node: ox.NamedNode, variants: Variants) -> str:
    return ontology_page(current(), links(), node, variants)


def _shapes_page(node: ox.NamedNode, variants: Variants) -> str:
    return shapes_page(current(), links(), node, variants)


def _graph_page(node: ox.NamedNode, variants: Variants) -> str:
    return graph_page(current(), links(), node, variants, page_number())
