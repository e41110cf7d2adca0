"""`/examples` and `/.well-known/sparql-examples`: queries to learn from, as a page and as SHACL."""

from __future__ import annotations

from urllib.parse import quote

import pyoxigraph as ox
from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound as NoSuchPath

from publisher.errors import NotFound
from publisher.formats import DOCUMENT_FORMATS, HTML, MediaType, by_suffix
from publisher.query.examples import Example, examples_of, graph_of
from publisher.query.serialise import serialise, sort_triples
from publisher.web.http import Variants, current, links, represent
from publisher.web.render import frame
from publisher.web.resources import split_suffix

blueprint = Blueprint("examples", __name__)


@blueprint.get("/examples")
@blueprint.get("/examples.<suffix>")
def examples(suffix: str = "") -> Response:
    """All examples."""
    forced = by_suffix(f".{suffix}", DOCUMENT_FORMATS) if suffix else None
    if suffix and forced is None:
        raise NoSuchPath
    return _all(forced)


@blueprint.get("/.well-known/sparql-examples")
def well_known() -> Response:
    """The same, where clients look for it."""
    return _all(None)


@blueprint.get("/examples/<file>")
def example(file: str) -> Response:
    """One example."""
    name, forced = split_suffix(file)
    found = find(name)
    snapshot = current()
    variants = Variants(f"/examples/{quote(name)}", DOCUMENT_FORMATS)
    media_type = variants.choose(forced)
    if media_type is HTML:
        return _page([found], media_type, variants, found.title, found.iri)
    node = ox.NamedNode(found.iri)
    triples = sort_triples(q.triple for q in snapshot.store.quads(node, graph=graph_of(snapshot.iris)))
    body = serialise(triples, media_type, snapshot.iris.prefixes())
    return represent(body, media_type, variants, canonical=found.iri)


def find(name: str) -> Example:
    """The example of this name. Raises `NotFound`."""
    snapshot = current()
    for found in examples_of(snapshot.store, snapshot.iris):
        if found.name == name:
            return found
    raise NotFound(f"there is no example query called {name}", hint="See /examples.")


def _all(forced: MediaType | None) -> Response:
    snapshot = current()
    graph = graph_of(snapshot.iris)
    variants = Variants("/examples", DOCUMENT_FORMATS)
    media_type = variants.choose(forced)
    if media_type is HTML:
        found = list(examples_of(snapshot.store, snapshot.iris))
        return _page(found, media_type, variants, "Example queries", snapshot.iris.examples)
    triples = sort_triples((q.triple for q in snapshot.store.quads(graph=graph)), ox.NamedNode(snapshot.iris.examples))
    body = serialise(triples, media_type, snapshot.iris.prefixes())
    return represent(body, media_type, variants, canonical=snapshot.iris.examples)


def _page(found: list[Example], media_type: MediaType, variants: Variants, title: str, canonical: str) -> Response:
    body = render_template(
        "examples.html",
        **frame(current(), links(), variants),
        title=title,
        examples=found,
        single=len(found) == 1,
        run={e.name: f"{links().path('/sparql')}?query={quote(e.query, safe='')}" for e in found},
        edit={e.name: f"{links().path('/sparql')}?example={quote(e.name)}" for e in found},
    )
    return represent(body, media_type, variants, canonical=canonical)
