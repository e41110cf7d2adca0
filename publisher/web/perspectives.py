"""`/perspective/<agent>`: the world as one agent tells it; with `?with=`, two side by side and where they clash."""

from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph as ox
from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound as NoSuchPath

from publisher.errors import NotFound, RequestInvalid
from publisher.formats import DATASET_FORMATS, DOCUMENT_FORMATS, GRAPH_FORMATS, HTML, MediaType, by_suffix
from publisher.query.description import names_of
from publisher.query.facts import Facts
from publisher.query.serialise import serialise, sort_triples
from publisher.web import clashes
from publisher.web.cite import section
from publisher.web.documents import is_large, large_graph
from publisher.web.http import Variants, current, links, represent
from publisher.web.listing import Listing, listing_number, part_of
from publisher.web.moment import NAME, requested_day, spoken
from publisher.web.origins import credits_of
from publisher.web.render import frame, without_page
from publisher.web.resources import split_suffix
from publisher.web.statements import Statements
from publisher.web.then import about_document
from publisher.web.urls import Links
from publisher.web.view import SHOWN, Item, Viewer
from publisher.web.worlds import Perspective, attributable, view_of

blueprint = Blueprint("perspectives", __name__)

_TOGETHER = (*GRAPH_FORMATS, *DATASET_FORMATS, HTML)
"""Two perspectives: in one graph, or, where the format can, each in a graph of its own."""


@blueprint.get("/perspective/<file>")
def perspective(file: str) -> Response:
    """What an agent says without a hedge. These triples are nowhere in the default graph."""
    if "with" in request.args:
        return _together(file)
    slug, forced = split_suffix(file)
    return _alone(slug, forced, hedged=False)


@blueprint.get("/perspective/<slug>/hedged")
@blueprint.get("/perspective/<slug>/hedged.<suffix>")
def hedged(slug: str, suffix: str = "") -> Response:
    """The same with what the agent says with a hedge."""
    if "with" in request.args:
        raise RequestInvalid("clashes are found between unhedged claims only", hint="Leave out `/hedged`.")
    forced = by_suffix(f".{suffix}", DOCUMENT_FORMATS) if suffix else None
    if suffix and forced is None:
        raise NoSuchPath
    return _alone(slug, forced, hedged=True)


def _alone(slug: str, forced: MediaType | None, *, hedged: bool) -> Response:
    snapshot, day = current(), requested_day()
    found = _find(slug, hedged=hedged)
    base, number = snapshot.iris.path_of(found.iri) or "/", listing_number()
    variants = Variants(base, DOCUMENT_FORMATS, f"?{NAME}={day}" if day else "", part_of(number))
    media_type = variants.choose(forced)
    if media_type is not HTML and not day and is_large(found.node):
        return large_graph(found.node, media_type, variants, found.document)

    def make() -> tuple[bytes, int]:
        if media_type is HTML:
            return _page(found, None, variants, number).encode(), 1
        triples = [*found.triples(), *(_placing([found]) if day else ())]
        return serialise(sort_triples(triples), media_type, snapshot.iris.prefixes()), 1

    body, _ = snapshot.bodies.get((links().root, variants.path(media_type), media_type.name), make)
    return represent(body, media_type, variants, canonical=found.document)


def _together(file: str) -> Response:
    slug, dot, suffix = file.partition(".")
    forced = by_suffix(f".{suffix}", _TOGETHER) if dot else None
    if dot and forced is None:
        raise NoSuchPath
    others = request.args.getlist("with")
    if len(others) != 1 or others[0] == slug:
        raise RequestInvalid("`with` names the one other agent", hint="Example: /perspective/iraq?with=ashab-al-kahf")
    snapshot, day = current(), requested_day()
    one, other = sorted((_find(slug), _find(others[0])), key=lambda p: p.slug)
    canonical = snapshot.iris.combined(one.slug, other.slug)
    base, query = snapshot.iris.path_of(one.iri) or "/", f"?with={other.slug}{f'&{NAME}={day}' if day else ''}"
    variants = Variants(base, _TOGETHER, query, part_of(number := listing_number()))
    media_type = variants.choose(forced)

    def make() -> tuple[bytes, int]:
        if media_type is HTML:
            return _page(one, other, variants, number).encode(), 1
        graphs = {p.node: p.triples() for p in (one, other)}
        about = _about_clashes(one, other)
        if day:
            about += _placing([one, other], snapshot.iris.as_of(canonical, day))
        if media_type in DATASET_FORMATS:
            return _dataset(graphs, about, media_type), 1
        triples = [t for claims in graphs.values() for t in claims]
        return serialise(sort_triples([*triples, *about]), media_type, snapshot.iris.prefixes()), 1

    body, _ = snapshot.bodies.get((links().root, variants.path(media_type), media_type.name), make)
    return represent(body, media_type, variants, canonical=snapshot.iris.as_of(canonical, day) if day else canonical)


def _find(slug: str, *, hedged: bool = False) -> Perspective:
    """Raises `NotFound`, saying whether there is no such agent or only no such perspective."""
    snapshot = current()
    try:
        found = Perspective(snapshot.store, snapshot.iris, slug, hedged, requested_day())
        agent = found.agent
    except ValueError:
        raise NotFound(f"{slug} is not the name of an agent", hint="See /agents.") from None
    if found.exists():
        return found
    if next(snapshot.store.quads(agent), None) is None:
        raise NotFound(f"there is no agent called {slug}", hint="See /agents.")
    facts = Facts(snapshot.store, snapshot.iris)
    label = facts.label(agent)
    name = label.value if label else slug
    if hedged and Perspective(snapshot.store, snapshot.iris, slug).exists():
        raise NotFound(f"nothing is said with a hedge by {name}", hint=f"See /perspective/{slug} for what is said.")
    raise NotFound(f"there is no perspective of {name}: {_why_not(facts, agent)}", hint=f"See /id/agent/{slug}.")


def _why_not(facts: Facts, agent: ox.NamedNode) -> str:
    rows = Statements(facts, Viewer(facts, links()))
    said = attributable(facts, agent)
    in_force = [s for s in said if rows.in_force(s)]
    if not said:
        return "no statement from there is on record"
    if not in_force:
        return "what was said there has been withdrawn or superseded"
    if all(rows.polarity(s) == "open" for s in in_force):
        return "nothing is affirmed or denied there, and what is left open is in no perspective"
    if any(rows.polarity(s) in {"positive", "negative"} for s in in_force):
        return "it is one sentence of an unnamed source, which nothing contradicts, so it makes no world of its own"
    return "nothing is affirmed or denied there; open stances, threats and calls are in no perspective"


def _placing(found: Sequence[Perspective], document: str | None = None) -> list[ox.Triple]:
    """What a perspective as of a day says of itself."""
    later: set[str] = set()
    undatable: set[str] = set()
    for one in found:
        asof = one.asof
        for statement in one.told if asof else ():
            word = asof.when(statement.value).value if asof else ""
            later |= {statement.value} if word == "not yet" else set()
            undatable |= {statement.value} if word == "undatable" else set()
    day = found[0].day
    assert day is not None  # noqa: S101
    return list(about_document(found[0].iris, document or found[0].document, day, later, undatable))


def _about_clashes(one: Perspective, other: Perspective) -> list[ox.Triple]:
    """The clashes in full, with what their statements are called."""
    triples = {quad.triple for node in clashes.clashes(one, other) for quad in one.store.quads(node)}
    return sorted(triples | names_of(one.store, triples), key=str)


def _dataset(
    graphs: dict[ox.NamedNode, tuple[ox.Triple, ...]], about: Sequence[ox.Triple], media_type: MediaType
) -> bytes:
    quads = [ox.Quad(t.subject, t.predicate, t.object) for t in about]
    for name, triples in graphs.items():
        quads += [ox.Quad(t.subject, t.predicate, t.object, name) for t in sort_triples(triples)]
    assert media_type.rdf is not None  # noqa: S101
    return ox.serialize(quads, format=media_type.rdf, prefixes=current().iris.prefixes()) or b""


def _page(one: Perspective, other: Perspective | None, variants: Variants, number: int) -> str:
    snapshot, at = current(), links()
    facts = Facts(snapshot.store, snapshot.iris)
    viewer = Viewer(facts, at)
    both = [one] if other is None else [one, other]
    lists = Listing(Statements(facts, viewer), number, without_page(at, variants))
    worlds = [(viewer.item(p.agent), p, view_of(p, facts, viewer, lists)) for p in both]
    listed = lists.paging()
    document = one.document
    if other is not None:
        document = snapshot.iris.combined(one.slug, other.slug)
        document = snapshot.iris.as_of(document, one.day) if one.day else document
    variant = Perspective(snapshot.store, snapshot.iris, one.slug, not one.hedged, one.day)
    found, total = clashes.view_of(one, other, facts, viewer) if other is not None else ((), 0)
    return render_template(
        "perspective.html",
        **frame(snapshot, at, variants),
        worlds=worlds,
        listed=listed,
        other=other,
        hedged=one.hedged,
        day=one.day,
        day_spoken=spoken(one.day) if one.day else "",
        parameter=NAME,
        here=at.path(variants.base),
        clashes=found,
        clashes_total=total,
        others=_others(facts, viewer, at, one) if other is None and not one.hedged else (),
        variant=at.to(variant.document).href if other is None and variant.exists() else None,
        document=document,
        cite=section(document),
        credits=credits_of(snapshot, at, (), lists.shown),
        show=at.to,
    )


def _others(facts: Facts, viewer: Viewer, at: Links, one: Perspective) -> list[tuple[Item, str, int]]:
    """Other perspectives with the number of clashes, the most first; of very many, not those without any."""
    counts: dict[object, int] = {}
    inside, of = facts.att("clashIn"), facts.att("perspectiveOf")
    for clash in facts.subjects(inside, one.node):
        for side in facts.nodes(clash, "clashIn"):
            counts[side] = counts.get(side, 0) + 1
    found = []
    for quad in facts.store.quads(None, of):
        name = facts.iris.entity_name(quad.object.value) if isinstance(quad.object, ox.NamedNode) else None
        if name is None or name.slug == one.slug or quad.subject != ox.NamedNode(facts.iris.perspective(name.slug)):
            continue
        found.append((-counts.get(quad.subject, 0), name.slug, quad.object))
    items = [(viewer.item(agent), slug, -number) for number, slug, agent in sorted(found, key=lambda o: o[:2])[:SHOWN]]
    return sorted(items, key=lambda o: (-o[2], o[0].text.casefold(), o[1]))
