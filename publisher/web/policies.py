"""`/policy/` and `/policy/<name>`: rules that choose among conflicting claims, and what each of them chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

import pyoxigraph as ox
from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound as NoSuchPath

from publisher.attribution.asof import AsOf, When
from publisher.attribution.past import outcome
from publisher.errors import NotFound, QueryTooLarge
from publisher.formats import DOCUMENT_FORMATS, HTML, by_suffix
from publisher.query.description import TYPE
from publisher.query.facts import Facts
from publisher.query.serialise import serialise, sort_triples
from publisher.vocab import DCTERMS, RDF, SH, SKOS
from publisher.web.cite import section
from publisher.web.documents import is_large, large_graph
from publisher.web.entity import UNDATABLE
from publisher.web.http import Variants, current, links, represent
from publisher.web.moment import NAME, requested_day, spoken
from publisher.web.render import frame, triples_of
from publisher.web.resources import split_suffix
from publisher.web.statements import Group, Statements
from publisher.web.then import about_document
from publisher.web.urls import Links
from publisher.web.view import Item, Viewer

blueprint = Blueprint("policies", __name__)

MOST = 10_000
"""Statements up to which an outcome as of a day is worked out on request. It takes up to 0.7 ms for each, and a page
cannot be stopped half-way as a query can. Memory is no reason: it is worked out a few incidents at a time."""
LISTED = 500
"""Claims shown on a page; the RDF formats have them all."""


@dataclass(frozen=True)
class PolicyText:
    """What a policy says of itself, as the release has it."""

    name: str
    node: ox.NamedNode
    title: Item
    problem: str
    example: str
    caution: str
    query: str


@dataclass(frozen=True)
class Chosen:
    """A claim that a policy chooses: its words, and who affirms and denies it."""

    claim: Item
    value: Item
    proposition: tuple[Item, ...]
    affirmed: tuple[Item, ...]
    denied: tuple[Item, ...]


@blueprint.get("/policy")
@blueprint.get("/policy/")
@blueprint.get("/policies.<suffix>")
def index(suffix: str = "") -> Response:
    """All policies; `/policies.ttl` and so on for one format."""
    snapshot = current()
    forced = by_suffix(f".{suffix}", DOCUMENT_FORMATS) if suffix else None
    if suffix and forced is None:
        raise NoSuchPath
    variants = Variants("/policies", DOCUMENT_FORMATS)
    media_type = variants.choose(forced)
    facts = Facts(snapshot.store, snapshot.iris)
    if media_type is HTML:
        found = [_text(facts, node, links()) for node in _all(facts)]
        page = frame(snapshot, links(), variants)
        body: bytes | str = render_template(
            "policies.html", **page, policies=found, cite=section(snapshot.iris.policies)
        )
    else:
        triples = sort_triples(q.triple for node in _all(facts) for q in snapshot.store.quads(node))
        body = serialise(triples, media_type, snapshot.iris.prefixes())
    return represent(body, media_type, variants, canonical=snapshot.iris.policies)


@blueprint.get("/policy/<file>")
def policy(file: str) -> Response:
    """One policy: in RDF, the claims that it chooses; as a page, also what it is."""
    name, forced = split_suffix(file)
    snapshot, day = current(), requested_day()
    facts = Facts(snapshot.store, snapshot.iris)
    node = next((n for n in _all(facts) if n.value == snapshot.iris.policy(name)), None)
    if node is None:
        raise NotFound(f"there is no policy called {name}", hint="See /policy/ for those there are.")
    variants = Variants(snapshot.iris.path_of(node.value) or "", DOCUMENT_FORMATS, f"?{NAME}={day}" if day else "")
    media_type = variants.choose(forced)
    if media_type is not HTML and not day and is_large(node):
        return large_graph(node, media_type, variants, node.value)
    document = snapshot.iris.as_of(node.value, day) if day else node.value

    def make() -> tuple[bytes, int]:
        text = _text(facts, node, links())
        if media_type is HTML and not day and is_large(node):
            some = sort_triples(q.triple for q in islice(snapshot.store.quads(graph=node), LISTED))
            return _page(facts, text, some, triples_of(snapshot, node), day, document, variants).encode(), 1
        chosen = _outcome(facts, text, day)
        if media_type is HTML:
            return _page(facts, text, chosen, len(chosen), day, document, variants).encode(), 1
        triples = set(chosen)
        if day:
            later, undatable = _unplaced(facts, day)
            triples |= about_document(snapshot.iris, document, day, later, undatable)
        return serialise(sort_triples(triples), media_type, snapshot.iris.prefixes()), 1

    body, _ = snapshot.bodies.get((links().root, variants.base, variants.query, media_type.name), make)
    return represent(body, media_type, variants, canonical=document)


def _all(facts: Facts) -> list[ox.NamedNode]:
    return facts.subjects(TYPE, facts.att("Policy"))


def _text(facts: Facts, node: ox.NamedNode, at: Links) -> PolicyText:
    def said(predicate: str) -> str:
        value = facts.value(node, ox.NamedNode(predicate))
        return value.value if isinstance(value, ox.Literal) else ""

    name = node.value.removeprefix(facts.iris.policy(""))
    return PolicyText(
        name,
        node,
        Viewer(facts, at).item(node),
        said(f"{DCTERMS}description"),
        said(f"{SKOS}example"),
        said(f"{SKOS}scopeNote"),
        said(f"{SH}construct"),
    )


def _outcome(facts: Facts, text: PolicyText, day: date | None) -> tuple[ox.Triple, ...]:
    """The named graph of the release; as of a day, the query on the data as they stood then."""
    if day is None:
        return sort_triples(q.triple for q in facts.store.quads(graph=text.node))
    if facts.count(TYPE, facts.att("Statement")) > MOST:
        raise QueryTooLarge(
            f"there are more than {MOST} statements, too many to work out a policy as of a day on request",
            hint="Ask for the page of an incident as of the day, or run the query of the policy on a dump.",
        )
    return sort_triples(outcome(facts.store, facts.iris, day, text.query))


def _unplaced(facts: Facts, day: date) -> tuple[set[str], set[str]]:
    """Statements that take a side and are dated later, or not at all."""
    asof = AsOf(facts.store, facts.iris, day)
    later, undatable = set(), set()
    for name in ("affirms", "denies", "leavesOpen"):
        for quad in facts.store.quads(None, facts.att(name)):
            if isinstance(quad.subject, ox.NamedNode):
                word = asof.when(quad.subject.value)
                if word is When.NOT_YET:
                    later.add(quad.subject.value)
                elif word is When.UNDATABLE:
                    undatable.add(quad.subject.value)
    return later, undatable


def _page(
    facts: Facts,
    text: PolicyText,
    chosen: Sequence[ox.Triple],
    total: int,
    day: date | None,
    document: str,
    variants: Variants,
) -> str:
    viewer = Viewer(facts, links())
    groups: dict[ox.NamedNode, list[Chosen]] = {}
    asof = AsOf(facts.store, facts.iris, day) if day else None
    for triple in chosen[:LISTED]:
        if isinstance(triple.subject, ox.NamedNode):
            groups.setdefault(triple.subject, []).append(_chosen(facts, viewer, triple, asof))
    later, undatable = _unplaced(facts, day) if day else (set(), set())
    rows = Statements(facts, viewer)
    return render_template(
        "policy.html",
        **frame(current(), links(), variants),
        policy=text,
        groups=[(viewer.item(subject), rows_) for subject, rows_ in groups.items()],
        total=total,
        listed=LISTED,
        day=day,
        day_spoken=spoken(day) if day else "",
        parameter=NAME,
        here=links().path(variants.base),
        later=_group(rows, later, "Dated after that day."),
        undatable=_group(rows, undatable, UNDATABLE),
        run=links().at("/sparql", query=text.query),
        cite=section(document),
        document=document,
    )


def _group(rows: Statements, statements: set[str], note: str) -> Group | None:
    """The first of them; the page says how many there are."""
    shown = sorted(statements)[:LISTED]
    return Group("unknown", "", note, rows.rows(map(ox.NamedNode, shown)), len(statements)) if shown else None


def _chosen(facts: Facts, viewer: Viewer, triple: ox.Triple, asof: AsOf | None) -> Chosen:
    """With the propositions behind a claim, found by their three parts."""
    subjects = set(facts.subjects(ox.NamedNode(f"{RDF}subject"), triple.subject))
    claims = [
        c
        for c in sorted(subjects, key=str)
        if triple.predicate in facts.objects(c, ox.NamedNode(f"{RDF}predicate"))
        and triple.object in facts.objects(c, ox.NamedNode(f"{RDF}object"))
    ]
    sides: list[set[ox.NamedNode]] = []
    for name, side in (("affirmedBy", "affirms"), ("deniedBy", "denies")):
        if asof is None:
            sides.append({n for c in claims for n in facts.nodes(c, name)})
        else:
            sides.append({ox.NamedNode(s) for c in claims for s in asof.speakers(c.value, side)})
    return Chosen(
        viewer.item(triple.predicate),
        viewer.item(triple.object),
        viewer.items(claims),
        viewer.items(sides[0]),
        viewer.items(sides[1]),
    )
