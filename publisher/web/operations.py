"""`/healthz`: whether the server can answer, and with which release. `/metrics`: what it does."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from publisher import __version__
from publisher.formats import JSON
from publisher.web.http import current, endpoint
from publisher.web.metrics import CONTENT_TYPE

blueprint = Blueprint("operations", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 after one read from the store; a store that fails gives 500."""
    release = current().release
    readable = next(current().store.quads(), None) is not None
    fields = {
        "status": "ok" if readable else "empty",
        "release": release.id,
        "created": release.created,
        "base_iri": release.base_iri,
        "default_triples": release.default_triples,
        "counts": release.counts,
        "software": __version__,
    }
    body = json.dumps(fields, indent=2, sort_keys=True) + "\n"
    return Response(body, content_type=JSON.content_type, headers={"Cache-Control": "no-store"})


@blueprint.get("/metrics")
def metrics() -> Response:
    """In the text format of Prometheus, for all server processes together; up to a second old."""
    text = endpoint().metrics.render(endpoint().publish())
    return Response(text, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})
