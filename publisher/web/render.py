"""HTML pages: gathers what a template shows. One function for each kind of page."""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast

import pyoxigraph as ox
from flask import render_template

from publisher.errors import NotFound
from publisher.formats import HTML
from publisher.query.entities import count_class, entities_of, some_entities
from publisher.query.facts import Facts
from publisher.query.store import Subject
from publisher.releases import GraphInfo
from publisher.web.http import Variants
from publisher.web.origins import credit
from publisher.web.snapshot import Snapshot
from publisher.web.urls import Links
from publisher.web.view import MANY, SHOWN, Item, Viewer, literal_item
from publisher.web.vocabulary import shape_sections, term_sections

PAGE = 200
"""Entries on one page of a list."""
IN_ORDER = 100_000
"""Entities of a type up to which their names are looked at to list them; that takes some 60 µs for each."""
LARGE = 10_000
"""Triples above which a graph is neither sorted nor put together in memory."""


@dataclass(frozen=True)
class Format:
    """A link to another format of the page."""

    label: str
    name: str
    href: str


@dataclass(frozen=True)
class Paging:
    """Where the reader is in a list of several pages."""

    number: int
    pages: int
    total: int
    base: str
    parameter: str = "page"
    counted: bool = True
    """Whether it is known how many pages there are; if not, `pages` only says whether there is another one."""

    def at(self, number: int) -> str:
        """The address of a page."""
        return page_at(self.base, number, self.parameter)


def page_at(base: str, number: int, parameter: str = "page") -> str:
    """The address of a page of what is at `base`."""
    return f"{base}{'&' if '?' in base else '?'}{parameter}={number}"


def triples_of(snapshot: Snapshot, graph: ox.NamedNode) -> int:
    """How many triples a named graph has, as the release says."""
    return next((g.triples for g in snapshot.release.graphs if g.iri == graph.value), 0)


def graph_page(snapshot: Snapshot, links: Links, node: ox.NamedNode, variants: Variants, number: int) -> str:
    """A named graph: its subjects with their triples, page by page. Those of a large one are not counted, and come in
    the order of the store.
    """
    base, info = links.path(variants.base), next((g for g in snapshot.release.graphs if g.iri == node.value), None)
    if (total := triples_of(snapshot, node)) > LARGE:
        shown = _subjects(snapshot, node, (number - 1) * PAGE, PAGE + 1)
        last = number + 1 if len(shown) > PAGE else number
        shown, paging = shown[:PAGE], Paging(number, last, total, base, counted=False)
    else:
        subjects = sorted({quad.subject for quad in snapshot.store.quads(graph=node)}, key=str)
        paging = Paging(number, max(1, -(-len(subjects) // PAGE)), len(subjects), base)
        shown = subjects[(number - 1) * PAGE : number * PAGE]
    if number > paging.pages or (number > 1 and not shown):
        raise NotFound(f"there is no page {number}")
    triples: list[ox.Triple] = []
    unread: dict[Subject, Mapping[ox.NamedNode, int]] = {}
    for subject in shown:
        some, unread[subject] = _about(snapshot, subject, node)
        triples += some
    title = info.title if info else snapshot.iris.path_of(node.value) or node.value
    in_default = info.in_default if info else None
    return _triples(
        snapshot, links, triples, variants, title, iri=node.value, paging=paging, in_default=in_default, unread=unread
    )


def _about(
    snapshot: Snapshot, subject: Subject, graph: ox.NamedNode
) -> tuple[list[ox.Triple], Mapping[ox.NamedNode, int]]:
    """The triples of a subject in a graph; of very many, some with each predicate, and the number of the others."""
    quads = list(islice(snapshot.store.quads(subject, graph=graph), LARGE + 1))
    if len(quads) <= LARGE:
        return [quad.triple for quad in quads], {}
    query = f"SELECT ?p (COUNT(*) AS ?n) {{ GRAPH {graph} {{ {subject} ?p ?o }} }} GROUP BY ?p"
    rows = cast("ox.QuerySolutions", snapshot.store.query(query))
    unread = {row["p"]: max(0, int(row["n"].value) - SHOWN) for row in rows}
    some = [quad.triple for p in unread for quad in islice(snapshot.store.quads(subject, p, None, graph), SHOWN)]
    return some, unread


def _subjects(snapshot: Snapshot, graph: ox.NamedNode, start: int, number: int) -> list[Subject]:
    """Some of the subjects of a large graph. The engine passes over those before without reading them."""
    query = f"SELECT DISTINCT ?s {{ GRAPH {graph} {{ ?s ?p ?o }} }} OFFSET {start} LIMIT {number}"
    return [row["s"] for row in cast("ox.QuerySolutions", snapshot.store.query(query))]


def triples_page(snapshot: Snapshot, links: Links, triples: Sequence[ox.Triple], variants: Variants, title: str) -> str:
    """Any few triples, by subject."""
    return _triples(snapshot, links, triples, variants, title)


def _triples(
    snapshot: Snapshot,
    links: Links,
    triples: Sequence[ox.Triple],
    variants: Variants,
    title: str,
    *,
    iri: str | None = None,
    paging: Paging | None = None,
    in_default: bool | None = None,
    unread: Mapping[Subject, Mapping[ox.NamedNode, int]] | None = None,
) -> str:
    viewer = Viewer(Facts(snapshot.store, snapshot.iris), links)
    groups: dict[Subject, list[ox.Triple]] = {}
    for triple in triples:
        groups.setdefault(triple.subject, []).append(triple)
    origin = snapshot.origins.get(ox.NamedNode(iri)) if iri else None
    sections = [(viewer.item(s), viewer.fields(group, unread=(unread or {}).get(s))) for s, group in groups.items()]
    return render_template(
        "graph.html",
        **frame(snapshot, links, variants),
        title=Item(title),
        iri=iri,
        sections=sections,
        paging=paging,
        in_default=in_default,
        credits=[credit(origin, links)] if origin else [],
    )


def ontology_page(snapshot: Snapshot, links: Links, node: ox.NamedNode, variants: Variants) -> str:
    """Documentation of every term, with an anchor for each."""
    facts = Facts(snapshot.store, snapshot.iris, node)
    header = ox.NamedNode(snapshot.iris.ontology)
    viewer = Viewer(facts, links)
    return render_template(
        "ontology.html",
        **frame(snapshot, links, variants),
        header=viewer.fields(quad.triple for quad in snapshot.store.quads(header, graph=node)),
        iri=snapshot.iris.ontology,
        namespace=snapshot.iris.att(""),
        sections=term_sections(facts, viewer),
    )


def shapes_page(snapshot: Snapshot, links: Links, node: ox.NamedNode, variants: Variants) -> str:
    """Every shape: what it applies to, what it demands, and why."""
    facts = Facts(snapshot.store, snapshot.iris, node)
    return render_template(
        "shapes.html",
        **frame(snapshot, links, variants),
        iri=snapshot.iris.shapes,
        shapes=shape_sections(facts, Viewer(facts, links)),
    )


def home_page(snapshot: Snapshot, links: Links, lists: Mapping[str, str]) -> str:
    """The start page: the incidents, the lists, the services."""
    counted = {plural: snapshot.counts.get(type_, 0) for plural, type_ in lists.items()}
    return render_template(
        "home.html",
        **frame(snapshot, links, None),
        incidents=list_entities(snapshot, links, "incident", 0, PAGE),
        reported=snapshot.counts.get("incident", 0),
        lists={plural: count for plural, count in counted.items() if count},
        graphs=[(links.to(graph.iri), graph) for graph in _graphs(snapshot)],
    )


def list_page(snapshot: Snapshot, links: Links, plural: str, type_: str, number: int) -> str:
    """All entities of one type, page by page."""
    total = snapshot.counts.get(type_, 0)
    listed = count_class(snapshot.store, snapshot.iris, type_) if total > IN_ORDER else total
    pages = max(1, -(-listed // PAGE))
    if number > pages:
        raise NotFound(f"there is no page {number} of /{plural}")
    return render_template(
        "list.html",
        **frame(snapshot, links, None),
        title=Item(plural.capitalize()),
        entities=list_entities(snapshot, links, type_, (number - 1) * PAGE, number * PAGE),
        paging=Paging(number, pages, total, links.path(f"/{plural}")),
    )


def list_entities(snapshot: Snapshot, links: Links, type_: str, start: int, stop: int) -> list[Item]:
    """Some of the entities whose IRI is `id/<type>/…`. Withdrawn ones are left out. By label; many are in the order of
    their names, and only those shown have their label looked up. Above `IN_ORDER` they are in the order of the store,
    and may be fewer than asked for.
    """
    viewer, number = Viewer(Facts(snapshot.store, snapshot.iris), links), snapshot.counts.get(type_, 0)
    if number > IN_ORDER:
        return [viewer.item(n) for n in some_entities(snapshot.store, snapshot.iris, type_, start, stop - start)]
    every = entities_of(snapshot.store, snapshot.iris, type_)
    if number <= MANY:
        return list(viewer.items(every)[start:stop])
    return [viewer.item(node) for node in heapq.nsmallest(stop, every, key=lambda node: node.value)[start:]]


def _graphs(snapshot: Snapshot) -> list[GraphInfo]:
    return sorted(snapshot.release.graphs, key=lambda g: g.iri)


def result_table(raw: bytes, links: Links) -> object:
    """SPARQL JSON results as (columns, rows of items), or True or False for ASK."""
    result = json.loads(raw)
    if "boolean" in result:
        return bool(result["boolean"])
    columns = result["head"]["vars"]
    rows = [[_cell(b.get(c), links) for c in columns] for b in result["results"]["bindings"]]
    return {"columns": columns, "rows": rows}


def _cell(value: Mapping[str, str] | None, links: Links) -> Item | None:
    if value is None:
        return None
    text = value["value"]
    if not isinstance(text, str):  # a quoted triple
        return Item(json.dumps(text))
    if value["type"] == "uri":
        link = links.to(text)
        return Item(text, link.href, link.external, iri=text)
    language = value.get("xml:lang")
    return literal_item(ox.Literal(text, language=language)) if language else Item(text, dir="auto")


def without_page(links: Links, variants: Variants) -> str:
    """The address of a document without the number of its page."""
    others = [p for p in variants.query.lstrip("?").split("&") if p and not p.startswith("page=")]
    return links.path(variants.base) + (f"?{'&'.join(others)}" if others else "")


def frame(snapshot: Snapshot, links: Links, variants: Variants | None) -> dict[str, object]:
    """What every page is given: the release, links, and the other formats of the page."""
    formats = [Format(m.label, m.name, variants.path(m)) for m in variants.offered if m != HTML] if variants else []
    return {"release": snapshot.release, "path": links.path, "formats": formats}
