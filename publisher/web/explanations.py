"""`/explain/<name>?about=`: the published query behind a number or a status, with its rows. It has as many rows as
the number says.
"""

from __future__ import annotations

import json
from functools import lru_cache
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import Blueprint, Response, render_template, request

from publisher.attribution.explain import COUNTED, Explanation, read_explanations
from publisher.errors import NotFound, RequestInvalid
from publisher.formats import HTML
from publisher.iris import Iris
from publisher.query.facts import Facts
from publisher.web.http import client, current, endpoint, links, represent
from publisher.web.moment import refuse_day
from publisher.web.protocol import Incoming, parse
from publisher.web.render import frame
from publisher.web.view import Item, Viewer

blueprint = Blueprint("explanations", __name__)


@blueprint.get("/explain")
@blueprint.get("/explain/")
def index() -> Response:
    """All of them, with their queries."""
    body = render_template("explanations.html", **frame(current(), links(), None), explanations=_known(current().iris))
    return represent(body, HTML)


@blueprint.get("/explain/<name>")
def explain(name: str) -> Response:
    """The rows, for `?about=`. The same query at `/sparql` gives them in every format."""
    refuse_day("the explanation of a number")
    known = _known(current().iris)
    if name not in known:
        raise NotFound(f"there is no explanation called {name}", hint=f"One of {', '.join(known)}.")
    iri = request.args.get("about", "")
    facts = Facts(current().store, current().iris)
    node = _about(iri)
    if next(facts.store.quads(node), None) is None:
        raise NotFound(f"nothing is said about {iri}")
    query = known[name].about(iri)
    viewer = Viewer(facts, links())
    columns, rows = _rows(query, viewer)
    page = frame(current(), links(), None)
    expected = facts.value(node, facts.att(COUNTED[name])) if name in COUNTED else None
    body = render_template(
        "explain.html",
        **page,
        explanation=known[name],
        about=viewer.item(node),
        query=query,
        columns=columns,
        rows=rows,
        number=expected.value if isinstance(expected, ox.Literal) else None,
        run=links().at("/sparql", query=query),
        csv=links().at("/sparql", query=query, format="csv"),
        cite=links().at("/cite", query=query, format="html"),
    )
    return represent(body, HTML)


@lru_cache(maxsize=4)
def _known(iris: Iris) -> dict[str, Explanation]:
    return read_explanations(iris)


def _about(iri: str) -> ox.NamedNode:
    if not iri:
        raise RequestInvalid("the parameter `about` is missing", hint="Give the IRI of a proposition or an incident.")
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise RequestInvalid(f"`about` is not an absolute IRI: {error}", hint="Encode it once.") from None


def _rows(query: str, viewer: Viewer) -> tuple[list[str], list[list[tuple[Item, ...]]]]:
    """Columns and rows; a cell that lists IRIs becomes several items. Evaluated like any query of a stranger."""
    ask = parse(Incoming("GET", urlencode({"query": query, "format": "html"}).encode()))
    assert ask is not None  # noqa: S101
    raw = endpoint().page_result(ask, current(), client())
    result = json.loads(raw)
    columns = [str(name) for name in result["head"]["vars"]]
    rows = [[_cell(binding.get(name), viewer) for name in columns] for binding in result["results"]["bindings"]]
    return columns, rows


def _cell(value: dict[str, str] | None, viewer: Viewer) -> tuple[Item, ...]:
    if value is None:
        return ()
    iris = [value["value"]] if value["type"] == "uri" else value["value"].split(" ")
    if all(iri.startswith(viewer.facts.iris.base) for iri in iris):
        try:
            return viewer.items(ox.NamedNode(iri) for iri in iris)
        except ValueError:
            pass
    return (Item(value["value"], dir="auto"),)
