"""`/id/…` and `/doc/…`: every entity and its description. Also `/lookup`, the same for any IRI."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

import pyoxigraph as ox
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound as NoSuchPath

from publisher.errors import NotAcceptable, NotFound, RequestInvalid, Withdrawn
from publisher.formats import DOCUMENT_FORMATS, HTML, MediaType, by_suffix
from publisher.iris import EntityName
from publisher.query.description import Description, Withdrawal, describe, withdrawal
from publisher.query.serialise import serialise
from publisher.web.entity import DATED, entity_page
from publisher.web.http import Variants, add_link, current, links, page_number, represent
from publisher.web.listing import listing_number, part_of
from publisher.web.moment import NAME, refuse_day, requested_day
from publisher.web.render import page_at, without_page
from publisher.web.then import describe_then

blueprint = Blueprint("resources", __name__)


@blueprint.get("/id/<type_>/<slug>")
def identify(type_: str, slug: str) -> Response:
    """303 to the description: a thing is not a document (httpRange-14)."""
    name = _name(type_, slug)
    node, gone = _known(name)
    if gone:
        return _tombstone(name, node, gone, None)
    day = _day(name)
    path = links().at(current().iris.document_path(name), **({NAME: day.isoformat()} if day else {}))
    response = Response(status=303, headers={"Location": path, "Cache-Control": "public, max-age=60"})
    add_link(response.headers, path, "describedby")
    return response


@blueprint.get("/doc/<type_>/<file>")
def document(type_: str, file: str) -> Response:
    """The description of an entity, negotiated, or forced by a suffix."""
    slug, forced = split_suffix(file)
    name = _name(type_, slug)
    node, gone = _known(name)
    if gone:
        return _tombstone(name, node, gone, forced)
    if day := _day(name):
        return _respond_then(name, node, day, forced)
    return _respond(node, current().iris.document_path(name), "", forced)


@blueprint.get("/rule/<file>")
@blueprint.get("/mappings/<file>", endpoint="mappings")
def rule(file: str) -> Response:
    """A derivation rule, or a set of mappings: what the data set says about it."""
    id_, forced = split_suffix(file)
    path = f"/{request.path.split('/')[1]}/{quote(id_)}"
    return _respond(ox.NamedNode(f"{current().iris.base}{path[1:]}"), path, "", forced)


@blueprint.get("/lookup")
@blueprint.get("/lookup.<suffix>")
def lookup(suffix: str = "") -> Response:
    """What we say about any IRI, ours or foreign."""
    forced = by_suffix(f".{suffix}", DOCUMENT_FORMATS) if suffix else None
    if suffix and forced is None:
        raise NoSuchPath
    iri = request.args.get("iri", "")
    if not iri:
        raise RequestInvalid(
            "the parameter `iri` is missing", hint="Example: /lookup?iri=http://www.wikidata.org/entity/Q796"
        )
    try:
        node = ox.NamedNode(iri)
    except ValueError as error:
        raise RequestInvalid(f"`iri` is not an absolute IRI: {error}", hint="Encode it once.") from None
    refuse_day("what is found by its IRI")
    if (name := current().iris.entity_name(iri)) is not None:
        gone = _known(name)[1]
        if gone:
            return _tombstone(name, node, gone, forced)
    return _respond(node, "/lookup", f"iri={quote(iri, safe='')}", forced)


def _respond(node: ox.NamedNode, base: str, query: str, forced: MediaType | None) -> Response:
    """Describe `node` at the address `base` + `query`. Raises `NotFound` if nothing is said about it."""
    snapshot, number = current(), page_number()
    paged = f"page={number}" if number > 1 else ""
    parts = "&".join(part for part in (query, paged) if part)
    variants = Variants(base, DOCUMENT_FORMATS, f"?{parts}" if parts else "", part_of(listed := listing_number()))
    media_type = variants.choose(forced)

    def make() -> tuple[bytes, int]:
        description = describe(snapshot.store, snapshot.iris, node, number, closely=media_type is not HTML)
        if description is None:
            raise NotFound(f"nothing is said about {node.value} here" + (f", page {number}" if paged else ""))
        if media_type is HTML:
            page = entity_page(snapshot, links(), description, variants, number=listed)
            return page.encode(), description.pages
        return serialise(description.triples, media_type, snapshot.iris.prefixes()), description.pages

    key = (links().root, variants.path(media_type), media_type.name)
    body, pages = snapshot.bodies.get(key, make)
    response = represent(body, media_type, variants, canonical=node.value)
    for rel, other in (("prev", number - 1), ("next", number + 1)):
        if 1 <= other <= pages:
            add_link(response.headers, page_at(without_page(links(), variants), other), rel)
    return response


def _respond_then(name: EntityName, node: ox.NamedNode, day: date, forced: MediaType | None) -> Response:
    """Describe `node` as of the end of a day."""
    snapshot = current()
    base, query = snapshot.iris.document_path(name), f"?{NAME}={day.isoformat()}"
    variants = Variants(base, DOCUMENT_FORMATS, query, part_of(listed := listing_number()))
    media_type = variants.choose(forced)
    document = snapshot.iris.as_of(snapshot.iris.document(name), day)

    def make() -> tuple[bytes, int]:
        triples = describe_then(snapshot.store, snapshot.iris, node, document, day)
        if media_type is HTML:
            description = Description(node, triples, 0, 1, 1)
            return entity_page(snapshot, links(), description, variants, day, listed).encode(), 1
        return serialise(triples, media_type, snapshot.iris.prefixes()), 1

    body, _ = snapshot.bodies.get((links().root, variants.path(media_type), media_type.name), make)
    return represent(body, media_type, variants, canonical=document)


def _tombstone(name: EntityName, node: ox.NamedNode, gone: Withdrawal, forced: MediaType | None) -> Response:
    """410 with the reason and what is on record. Raises `Withdrawn` for a client that takes no description."""
    try:
        response = _respond(node, current().iris.document_path(name), "", forced)
    except NotAcceptable:
        raise Withdrawn(gone.reason, hint=f"Withdrawn at {gone.time}." if gone.time else None) from None
    response.status_code = 410
    del response.headers["Content-Location"]
    return response


def _day(name: EntityName) -> date | None:
    if name.type not in DATED:
        refuse_day(f"the description of a thing of type {name.type}")
    return requested_day()


def split_suffix(file: str) -> tuple[str, MediaType | None]:
    """`iraq.ttl` → `iraq`, Turtle; `iraq` → `iraq`, None. An unknown suffix is no such path."""
    stem, dot, suffix = file.partition(".")
    if not dot:
        return stem, None
    forced = by_suffix(f".{suffix}", DOCUMENT_FORMATS)
    if forced is None:
        raise NoSuchPath
    return stem, forced


def _name(type_: str, slug: str) -> EntityName:
    try:
        return EntityName(type_, slug)
    except ValueError:
        raise NotFound(
            f"{type_}/{slug} is not the name of anything",
            hint="Names look like /id/place/iraq: lower case, digits and single hyphens.",
        ) from None


def _known(name: EntityName) -> tuple[ox.NamedNode, Withdrawal | None]:
    """Its node, and why it was withdrawn, if it was. Raises `NotFound` if nothing is said about it as a subject."""
    snapshot = current()
    node = ox.NamedNode(snapshot.iris.entity(name.type, name.slug))
    if next(snapshot.store.quads(node), None) is None:
        raise NotFound(f"there is no {name.type} called {name.slug}")
    return node, withdrawal(snapshot.store, snapshot.iris, node)
