"""The start page and the lists: `/`, `/incidents`, `/statements` and so on. HTML, or JSON for scripts."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from publisher.formats import HTML, JSON
from publisher.query.facts import Facts
from publisher.web.http import Variants, current, links, represent
from publisher.web.render import home_page, list_entities, list_page
from publisher.web.resources import page_number
from publisher.web.view import Viewer

blueprint = Blueprint("pages", __name__)

LISTS = {
    "incidents": "incident",
    "events": "event",
    "agents": "agent",
    "places": "place",
    "convoys": "convoy",
    "materiel": "materiel",
    "documents": "document",
    "statements": "statement",
    "propositions": "proposition",
    "contradictions": "contradiction",
    "assessments": "assessment",
}
"""Path of a list to the type of entity in it."""


@blueprint.get("/")
def home() -> Response:
    """What this is, and where to go."""
    return represent(home_page(current(), links(), LISTS), HTML)


def _list(plural: str) -> Response:
    media_type = Variants(f"/{plural}", (HTML, JSON)).choose()
    if media_type is HTML:
        body = list_page(current(), links(), plural, LISTS[plural], page_number())
    else:
        facts = Facts(current().store, current().iris)
        entities = map(Viewer(facts, links()).item, list_entities(facts, current(), LISTS[plural]))
        items = [{"iri": entity.iri, "label": entity.text} for entity in entities]
        body = json.dumps({"count": len(items), "items": items}, ensure_ascii=False, indent=2) + "\n"
    return represent(body, media_type)


def _register(plural: str) -> None:
    blueprint.add_url_rule(f"/{plural}", endpoint=plural, view_func=lambda: _list(plural), methods=["GET"])


for _plural in LISTS:
    _register(_plural)
