"""The page of an entity, or of a foreign IRI: what kind it is decides which sections there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyoxigraph as ox
from flask import render_template

from publisher.attribution.asof import AsOf, When
from publisher.formats import TURTLE
from publisher.query.description import TYPE, Description, withdrawal
from publisher.query.facts import Facts, best_label
from publisher.vocab import DCTERMS, RDF, RDFS, SKOS
from publisher.web.cite import Cite, section
from publisher.web.conflicts import conflicts, conflicts_then
from publisher.web.http import Variants
from publisher.web.listing import Listing
from publisher.web.moment import NAME, spoken
from publisher.web.origins import credits_of
from publisher.web.render import IN_ORDER, Paging, frame, without_page
from publisher.web.snapshot import Snapshot
from publisher.web.standings import NO_VERDICT, standing_now, standing_then
from publisher.web.statements import Counts, Statements
from publisher.web.story import reports
from publisher.web.story import variants as name_variants
from publisher.web.urls import Links
from publisher.web.view import Item, Viewer, literal_item

_MATCHES = ("exactMatch", "closeMatch", "relatedMatch", "broadMatch", "narrowMatch")
_PROSE = tuple(
    ox.NamedNode(iri) for iri in (f"{SKOS}definition", f"{DCTERMS}description", f"{RDFS}comment", f"{SKOS}scopeNote")
)
ONCE = "These count for nothing any more."
ENDED = "Withdrawn or superseded: said, but counted for nothing."
UNDATABLE = "Neither before nor after that day, as far as is known."
FOUND = 1000
"""Statements that a query finds of those too many for a page."""
DATED = ("incident", "proposition")
"""Types of entities whose page can be had as of a day."""


def entity_page(
    snapshot: Snapshot,
    links: Links,
    description: Description,
    variants: Variants,
    day: date | None = None,
    number: int = 1,
) -> str:
    """The page; with a `day`, as of its end. `number` says which of its statements are on it."""
    node, facts = description.subject, Facts(snapshot.store, snapshot.iris)
    viewer = Viewer(facts, links)
    statements = Statements(facts, viewer)
    asof = AsOf(snapshot.store, snapshot.iris, day) if day else None
    outgoing = [t for t in description.triples if t.subject == node]
    incoming = [t for t in description.triples if t.object == node]
    is_statement = facts.is_a(node, "Statement")
    unlisted_said, unlisted_about = _unlisted(statements, links, description)
    said = [] if unlisted_said else facts.subjects(facts.att("speaker"), node)
    about = [] if is_statement or unlisted_about else statements.about(node)
    on_it = {*about, *facts.subjects(facts.att("proposition"), node)}
    counts: Counts = (lambda s: asof.counts(s.value)) if asof else statements.in_force
    counted = {s for s in on_it if counts(s)}
    name = snapshot.iris.entity_name(node.value)
    dated = name is not None and name.type in DATED and not is_statement
    labels = [t.object for t in outgoing if t.predicate.value == f"{RDFS}label"]
    title = best_label(label for label in labels if isinstance(label, ox.Literal))
    gone = withdrawal(snapshot.store, snapshot.iris, node)
    lists = Listing(statements, number, without_page(links, variants))
    groups = lists.groups(counted)
    once = {s for s in said if not statements.in_force(s)}
    said_groups = lists.groups(set(said) - once)
    said_once = lists.add(once, ONCE)
    ended = lists.add((s for s in on_it - counted if not asof or asof.when(s.value) is When.SAID), ENDED)
    undatable = lists.add((s for s in on_it if asof and asof.when(s.value) is When.UNDATABLE), UNDATABLE)
    later = lists.add((s for s in on_it if asof and asof.when(s.value) is When.NOT_YET), "Dated after that day.")
    listed = lists.paging()
    return render_template(
        "entity.html",
        **frame(snapshot, links, variants),
        title=literal_item(title) if title else viewer.item(node),
        iri=node.value,
        local=snapshot.iris.path_of(node.value) is not None,
        link=links.to(node.value),
        gone=gone,
        types=viewer.items(t.object for t in outgoing if t.predicate == TYPE),
        prose=[literal_item(v) for p in _PROSE for v in facts.objects(node, p) if isinstance(v, ox.Literal)],
        names=_names(facts, node),
        here=links.path(snapshot.iris.document_path(name)) if name and dated else None,
        day=day,
        day_spoken=spoken(day) if day else "",
        standing=standing_then(facts, viewer, node, asof) if asof else standing_now(facts, viewer, node),
        no_verdict=NO_VERDICT,
        row=statements.row(node) if is_statement else None,
        places=statements.places(node),
        proposition=viewer.items(facts.nodes(node, "proposition")),
        related=_related(facts, viewer, node) if is_statement else (),
        contradicts=viewer.items(facts.nodes(node, "contradicts")),
        listed=listed,
        groups=groups,
        later=later,
        undatable=undatable,
        ended=ended,
        said=said_groups,
        said_once=said_once,
        unlisted_said=unlisted_said,
        unlisted_about=unlisted_about,
        found=FOUND,
        perspective=_perspective(snapshot, links, node),
        all_conflicts=_all_conflicts(links, variants, node, day),
        conflicts=conflicts_then(facts, viewer, counted, asof.contradictions(node.value))
        if asof
        else conflicts(facts, viewer, {node} if is_statement else counted, counts),
        reports=reports(facts, viewer, counted) if dated else (),
        variants=name_variants(facts, viewer, node) if dated else (),
        reported=statements.reported(node, counts if asof else None),
        matches=viewer.fields(t for t in outgoing if t.predicate.value in {f"{SKOS}{m}" for m in _MATCHES}),
        fields=viewer.fields(outgoing),
        back=viewer.fields(incoming, incoming=True),
        incoming=description.incoming,
        paging=Paging(description.page, description.pages, description.incoming, without_page(links, variants)),
        cite=_cite(snapshot, node, day),
        credits=credits_of(snapshot, links, (*outgoing, *incoming), lists.shown),
        parameter=NAME,
    )


@dataclass(frozen=True)
class Unlisted:
    """Statements that are too many to be listed: how many links lead to them, and a query that finds the first."""

    number: int
    query: str


def _unlisted(
    statements: Statements, links: Links, description: Description
) -> tuple[Unlisted | None, Unlisted | None]:
    """What a thing said, and what is said about it, where a page would read more than `IN_ORDER` of them."""
    node = description.subject
    if description.incoming <= IN_ORDER:
        return None, None

    def unlisted(number: int, pattern: str) -> Unlisted | None:
        query = f"""PREFIX att: <{links.iris.att("")}>
PREFIX rdf: <{RDF}>
SELECT DISTINCT ?statement {{
  {pattern}
}}
LIMIT {FOUND}
"""
        return Unlisted(number, links.at("/sparql", query=query)) if number > IN_ORDER else None

    about = f"?statement att:proposition/(att:about|rdf:subject|rdf:object) <{node.value}>"
    return (
        unlisted(statements.count_said(node), f"?statement att:speaker <{node.value}>"),
        unlisted(statements.count_links(node), about),
    )


def _all_conflicts(links: Links, variants: Variants, node: ox.NamedNode, day: date | None) -> str:
    """Where all contradictions are that a page cannot show: a query, or as of a day the page in Turtle."""
    if day:
        return variants.path(TURTLE)
    att, rdf = links.iris.att(""), RDF
    return links.at(
        "/sparql",
        query=f"""PREFIX att: <{att}>
PREFIX rdf: <{rdf}>
SELECT DISTINCT ?contradiction ?strength ?one ?other WHERE {{
  {{ BIND (<{node.value}> AS ?one) }}
  UNION {{ ?one att:proposition <{node.value}> }}
  UNION {{ ?one att:proposition/(att:about|rdf:subject|rdf:object) <{node.value}> }}
  ?contradiction att:between ?one , ?other ; att:strength ?strength .
  FILTER (?one != ?other)
}}
""",
    )


def _cite(snapshot: Snapshot, node: ox.NamedNode, day: date | None) -> Cite | None:
    name = snapshot.iris.entity_name(node.value)
    if name is None:
        return None
    return section(snapshot.iris.as_of(snapshot.iris.document(name), day) if day else node.value)


_RELATIONS = (
    ("attests", False, "Reports the statement"),
    ("attests", True, "Reported by the statement"),
    ("rebuts", False, "Rebuts"),
    ("rebuts", True, "Rebutted by"),
    ("supersedes", False, "Takes the place of"),
    ("supersedes", True, "Superseded by"),
    ("sameUtterance", False, "The same utterance as"),
    ("driftsFrom", False, "Departs from the version in"),
    ("driftNote", False, "What changed"),
    ("statedAfter", False, "Reported as said after"),
)


def _related(facts: Facts, viewer: Viewer, node: ox.NamedNode) -> tuple[tuple[str, tuple[Item, ...]], ...]:
    """How a statement stands to others, in words; the rules' contradictions have a section of their own."""
    found = []
    for name, backwards, label in _RELATIONS:
        terms = facts.subjects(facts.att(name), node) if backwards else facts.objects(node, facts.att(name))
        if terms:
            found.append((label, viewer.items(terms)))
    return tuple(found)


def _perspective(snapshot: Snapshot, links: Links, node: ox.NamedNode) -> str | None:
    """Where an agent's own account is, if it has one."""
    of = ox.NamedNode(snapshot.iris.att("perspectiveOf"))
    for quad in sorted(snapshot.store.quads(None, of, node), key=str):
        if isinstance(quad.subject, ox.NamedNode):
            return links.to(quad.subject.value).href
    return None


def _names(facts: Facts, node: ox.NamedNode) -> list[Item]:
    """Other names, each in its language."""
    predicates = (ox.NamedNode(f"{SKOS}altLabel"), ox.NamedNode(f"{RDFS}label"), ox.NamedNode(f"{SKOS}prefLabel"))
    best = facts.label(node)
    found = {v for p in predicates for v in facts.objects(node, p) if isinstance(v, ox.Literal) and v != best}
    return [literal_item(value) for value in sorted(found, key=str)]
