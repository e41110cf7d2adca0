"""`/sparql`: SPARQL 1.1 Protocol, query only. Without a query: the editor, or the service description."""

from __future__ import annotations

import pyoxigraph as ox
from flask import Blueprint, Response, render_template, request
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
from publisher.query.serialise import serialise, sort_triples
from publisher.vocab import RDF, SD
from publisher.web.http import Variants, current, links, represent
from publisher.web.render import result_table

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
        raise QueryRefused(
            "nothing can be written here", hint="Data changes by a new release. Send a query instead."
        )
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
        raise QueryRefused(
            "nothing can be written here", hint="Data changes by a new release. Send a query instead."
        )


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
    return represent(_editor(query, result, parameters), HTML)


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


def _editor(query: str, result: object, parameters: MultiDict[str, str]) -> str:
    snapshot = current()
    return render_template(
        "sparql.html",
        query=query,
        result=result,
        default_graphs=parameters.getlist("default-graph-uri"),
        named_graphs=parameters.getlist("named-graph-uri"),
        release=snapshot.release,
        prefixes=snapshot.iris.prefixes(),
        path=links().path,
    )


def _without_query() -> Response:
    media_type = Variants("/sparql", (*GRAPH_FORMATS, HTML)).choose()
    if media_type is HTML:
        prologue = (
            f"PREFIX att: <{current().iris.att('')}>\nPREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
        )
        query = prologue + (
            "SELECT ?statement ?says ?stance WHERE {\n"
            "  ?statement a att:Statement ; rdfs:label ?says ; att:stance ?stance .\n} LIMIT 50"
        )
        return represent(_editor(query, None, request.args), HTML)
    return represent(serialise(_service_description(), media_type, current().iris.prefixes()), media_type)


def _service_description() -> tuple[ox.Triple, ...]:
    """SPARQL 1.1 Service Description, without blank nodes."""
    snapshot = current()
    endpoint = snapshot.iris.sparql
    service, dataset, default = (ox.NamedNode(f"{endpoint}#{n}") for n in ("service", "dataset", "default-graph"))
    triples: list[ox.Triple] = []

    def say(subject: ox.NamedNode, name: str, value: ox.NamedNode) -> None:
        triples.append(ox.Triple(subject, ox.NamedNode(f"{SD}{name}"), value))

    def type_(subject: ox.NamedNode, name: str) -> None:
        triples.append(ox.Triple(subject, ox.NamedNode(f"{RDF}type"), ox.NamedNode(f"{SD}{name}")))

    type_(service, "Service")
    say(service, "endpoint", ox.NamedNode(endpoint))
    say(service, "supportedLanguage", ox.NamedNode(f"{SD}SPARQL11Query"))
    say(service, "defaultDataset", dataset)
    for name in ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"):
        say(service, "resultFormat", ox.NamedNode(f"http://www.w3.org/ns/formats/{name}"))
    for name in ("Turtle", "N-Triples", "RDF_XML", "JSON-LD"):
        say(service, "resultFormat", ox.NamedNode(f"http://www.w3.org/ns/formats/{name}"))
    type_(dataset, "Dataset")
    say(dataset, "defaultGraph", default)
    type_(default, "Graph")
    for graph in snapshot.release.graphs:
        node = ox.NamedNode(graph.iri)
        say(dataset, "namedGraph", node)
        type_(node, "NamedGraph")
        say(node, "name", node)
    return sort_triples(triples, service)
