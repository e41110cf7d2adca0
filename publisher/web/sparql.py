"""`/sparql`: SPARQL 1.1 Protocol, query only. Without a query: the editor, or the service description."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType

from publisher.errors import QueryRefused, RequestInvalid
from publisher.formats import (
    GRAPH_FORMATS,
    HTML,
    RESULTS_FORMATS,
    RESULTS_JSON,
    RESULTS_XML,
    TURTLE,
    MediaType,
    by_suffix,
)
from publisher.query import guard
from publisher.query.engine import Dataset
from publisher.query.serialise import serialise
from publisher.web.editor_page import Opened, editor_page
from publisher.web.examples import find
from publisher.web.http import Variants, current, links, represent
from publisher.web.render import result_table
from publisher.web.service import service_description

blueprint = Blueprint("sparql", __name__)

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"

_GENERIC = (
    MediaType("application/json", ".json", "JSON results", results=RESULTS_JSON.results),
    MediaType("application/xml", ".xml", "XML results", results=RESULTS_XML.results),
)
"""Common names that clients use for the results formats; offered after the proper ones."""
_TABLE_OFFERED = (*RESULTS_FORMATS, *_GENERIC, HTML)
_GRAPH_OFFERED = (*GRAPH_FORMATS, HTML)


@blueprint.get("/sparql")
def by_get() -> Response:
    """Query by GET; the editor or the service description if there is no query."""
    _refuse_update(request.args)
    if "query" not in request.args:
        return _without_query()
    return _answer(_one_query(request.args), request.args)


@blueprint.post("/sparql")
def by_post() -> Response:
    """Query by POST: a form, or the query itself as the body."""
    kind = request.mimetype
    if kind == UPDATE:
        raise QueryRefused("nothing can be written here", hint="Data changes by a new release. Send a query instead.")
    if kind == FORM:
        _refuse_update(request.form)
        return _answer(_one_query(request.form), request.form)
    if kind == QUERY:
        _refuse_update(request.args)
        try:
            query = request.get_data().decode("utf-8")
        except UnicodeDecodeError:
            raise RequestInvalid("the query is not UTF-8", hint="Encode it in UTF-8.") from None
        return _answer(query, request.args)
    raise UnsupportedMediaType(
        f"a body of type {kind or '(none)'} is not understood",
        response=Response(headers={"Accept-Post": f"{FORM}, {QUERY}"}),
    )


def _refuse_update(parameters: MultiDict[str, str]) -> None:
    if "update" in parameters or "using-graph-uri" in parameters:
        raise QueryRefused("nothing can be written here", hint="Data changes by a new release. Send a query instead.")


def _one_query(parameters: MultiDict[str, str]) -> str:
    queries = parameters.getlist("query")
    if len(queries) != 1:
        raise RequestInvalid(
            f"there are {len(queries)} parameters called `query`", hint="Send exactly one, form-encoded."
        )
    return queries[0]


def _answer(query: str, parameters: MultiDict[str, str]) -> Response:
    form = guard.check(query)
    offered = _TABLE_OFFERED if form in {"SELECT", "ASK"} else _GRAPH_OFFERED
    media_type = _forced(parameters, offered) or Variants("/sparql", offered).choose()
    dataset = Dataset.of(parameters.getlist("default-graph-uri"), parameters.getlist("named-graph-uri"))
    engine = current().engine
    if media_type is not HTML:
        return represent(engine.evaluate(query, dataset, media_type), media_type)
    raw = engine.evaluate(query, dataset, RESULTS_JSON if offered is _TABLE_OFFERED else TURTLE)
    result = result_table(raw, links()) if offered is _TABLE_OFFERED else raw.decode()
    return editor_page(
        Opened(query, result, None, _graphs(parameters, "default-graph-uri"), _graphs(parameters, "named-graph-uri"))
    )


def _forced(parameters: MultiDict[str, str], offered: tuple[MediaType, ...]) -> MediaType | None:
    """The parameter `format`, a file suffix without its dot: for links, which cannot set a header."""
    name = parameters.get("format")
    if not name:
        return None
    media_type = by_suffix(f".{name}", offered)
    if media_type is None:
        names = ", ".join(m.suffix[1:] for m in offered)
        raise RequestInvalid(f"format is {name!r}", hint=f"For this query: {names}.")
    return media_type


def _graphs(parameters: MultiDict[str, str], name: str) -> tuple[str, ...]:
    return tuple(parameters.getlist(name))


def _without_query() -> Response:
    media_type = Variants("/sparql", (*GRAPH_FORMATS, HTML)).choose()
    if media_type is HTML:
        name = request.args.get("example")
        return editor_page(Opened(example=find(name) if name else None))
    snapshot = current()
    formats = (*_TABLE_OFFERED, *_GRAPH_OFFERED)
    triples = service_description(snapshot.release, snapshot.iris, formats, _address())
    return represent(serialise(triples, media_type, snapshot.iris.prefixes()), media_type)


def _address() -> str:
    """Where the reader found the endpoint; the canonical IRI if the Host header is unusable."""
    host = request.host
    return f"{request.scheme}://{host}{links().path('/sparql')}" if host else current().iris.sparql
