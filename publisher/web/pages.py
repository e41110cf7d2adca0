"""The start page and the lists: `/`, `/incidents`, `/statements` and so on. HTML, or JSON for scripts."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from publisher.errors import QueryTooLarge
from publisher.formats import HTML, JSON
from publisher.web.http import Variants, current, links, page_number, represent
from publisher.web.render import IN_ORDER, home_page, list_entities, list_page

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

    def make() -> tuple[bytes, int]:
        return home_page(current(), links(), LISTS).encode(), 1

    return represent(current().bodies.get((links().root, "/", HTML.name), make)[0], HTML)


def _list(plural: str) -> Response:
    snapshot, type_, path = current(), LISTS[plural], f"/{plural}"
    media_type = Variants(path, (HTML, JSON)).choose()
    number = page_number() if media_type is HTML else 0

    def make() -> tuple[bytes, int]:
        if media_type is HTML:
            return list_page(snapshot, links(), plural, type_, number).encode(), 1
        number_of_all = snapshot.counts.get(type_, 0)
        if number_of_all > IN_ORDER:
            raise QueryTooLarge(
                f"there are {number_of_all} {plural}, more than the {IN_ORDER} that a list in JSON can have",
                hint="Ask the SPARQL endpoint for their IRIs and labels, or take a dump.",
            )
        entities = list_entities(snapshot, links(), type_, 0, number_of_all)
        items = [{"iri": entity.iri, "label": entity.text} for entity in entities]
        return (json.dumps({"count": len(items), "items": items}, ensure_ascii=False, indent=2) + "\n").encode(), 1

    return represent(snapshot.bodies.get((links().root, path, str(number), media_type.name), make)[0], media_type)


def _register(plural: str) -> None:
    blueprint.add_url_rule(f"/{plural}", endpoint=plural, view_func=lambda: _list(plural), methods=["GET"])


for _plural in LISTS:
    _register(_plural)
