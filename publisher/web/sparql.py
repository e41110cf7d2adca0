"""`/sparql` in Flask: pages with and without a query, the service description, and queries where there is no server
in front (`asgi`), which otherwise answers them.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from publisher.formats import GRAPH_FORMATS, HTML
from publisher.query.serialise import serialise
from publisher.web.answers import Finished, Large
from publisher.web.editor_page import Opened, editor_page
from publisher.web.examples import find
from publisher.web.http import Variants, client, current, endpoint, links, represent
from publisher.web.protocol import GRAPH_OFFERED, TABLE_OFFERED, Ask, Incoming, check_release, parse
from publisher.web.render import result_table
from publisher.web.service import service_description

blueprint = Blueprint("sparql", __name__)


@blueprint.route("/sparql", methods=["GET", "POST"])
def sparql() -> Response:
    """A query; or, without one, the editor or the service description."""
    body = request.get_data(cache=False) if request.method == "POST" else b""
    headers = request.headers
    incoming = Incoming(request.method, request.query_string, headers.get("Content-Type"), headers.get("Accept"), body)
    ask = parse(incoming, endpoint().services)
    if ask is None:
        return _without_query()
    return _page(ask) if ask.media_type is HTML else _answer(ask)


def _answer(ask: Ask) -> Response:
    snapshot = current()
    check_release(ask, snapshot.release.id)
    kept = snapshot.answers.get(ask.key)
    found: Finished | Large = kept or endpoint().evaluate(ask, snapshot, client())
    if isinstance(found, Large):
        with found.answer as answer:
            response = Response(b"".join(answer.chunks()))
    else:
        response = Response(found.body)
        response.set_etag(found.etag)
    del response.headers["Content-Type"]
    response.headers.extend([*found.headers, *endpoint().common(found, kept is not None, links().root)])
    return response


def _page(ask: Ask) -> Response:
    raw = endpoint().page_result(ask, current(), client())
    result = result_table(raw, links()) if ask.form in {"SELECT", "ASK"} else raw.decode()
    return editor_page(Opened(ask.query, result, None, ask.dataset.default or (), ask.dataset.named or ()))


def _without_query() -> Response:
    media_type = Variants("/sparql", (*GRAPH_FORMATS, HTML)).choose()
    if media_type is HTML:
        name = request.args.get("example")
        return editor_page(Opened(example=find(name) if name else None))
    snapshot = current()
    formats = (*TABLE_OFFERED, *GRAPH_OFFERED)
    triples = service_description(
        snapshot.release, snapshot.iris, formats, _address(), federated=bool(endpoint().services)
    )
    return represent(serialise(triples, media_type, snapshot.iris.prefixes()), media_type)


def _address() -> str:
    """Where the reader found the endpoint; the canonical IRI if the Host header is unusable."""
    host = request.host
    return f"{request.scheme}://{host}{links().path('/sparql')}" if host else current().iris.sparql
