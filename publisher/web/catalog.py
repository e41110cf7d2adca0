"""`/.well-known/void` and `/catalog`: the data set about itself (DCAT, VoID, PROV)."""

from __future__ import annotations

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound as NoSuchPath

from publisher.formats import DOCUMENT_FORMATS, HTML, MediaType, by_suffix
from publisher.query.serialise import serialise, sort_triples
from publisher.web.http import Variants, current, links, represent
from publisher.web.render import triples_page

blueprint = Blueprint("catalog", __name__)


@blueprint.get("/catalog")
@blueprint.get("/catalog.<suffix>")
def catalog(suffix: str = "") -> Response:
    """The catalog, the data set, its distributions and how it was made."""
    forced = by_suffix(f".{suffix}", DOCUMENT_FORMATS) if suffix else None
    if suffix and forced is None:
        raise NoSuchPath
    return _catalog(forced)


@blueprint.get("/.well-known/void")
def void() -> Response:
    """The same description, at the address where VoID says to look (VoID, section 7.2)."""
    return _catalog(None)


@blueprint.get("/dataset")
@blueprint.get("/about")
def dataset() -> Response:
    """The data set and its publisher (`/about#publisher`) are things; their description is the catalog."""
    return Response(status=303, headers={"Location": links().path("/catalog")})


def _catalog(forced: MediaType | None) -> Response:
    snapshot = current()
    variants = Variants("/catalog", DOCUMENT_FORMATS)
    media_type = variants.choose(forced)
    triples = sort_triples(snapshot.catalog)
    body: bytes | str
    if media_type is HTML:
        body = triples_page(snapshot, links(), triples, variants, "Catalog")
    else:
        body = serialise(triples, media_type, snapshot.iris.prefixes())
    return represent(body, media_type, variants, canonical=snapshot.iris.catalog)
