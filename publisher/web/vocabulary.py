"""The ontology and the shapes as documentation for people."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from publisher.query.description import TYPE
from publisher.query.facts import Facts
from publisher.query.store import Term
from publisher.vocab import OWL, RDF, RDFS, SH, SKOS
from publisher.web.view import Field, Item, Viewer

_KINDS = (
    ("Classes", (f"{OWL}Class", f"{RDFS}Class")),
    ("Object properties", (f"{OWL}ObjectProperty",)),
    ("Datatype properties", (f"{OWL}DatatypeProperty",)),
    ("Annotation properties", (f"{OWL}AnnotationProperty",)),
    ("Other properties", (f"{RDF}Property",)),
    ("Concept schemes", (f"{SKOS}ConceptScheme",)),
    ("Concepts", (f"{SKOS}Concept",)),
)
_TEXTS = (f"{SKOS}definition", f"{RDFS}comment", f"{SKOS}scopeNote", f"{SKOS}example", f"{SKOS}note")
_CLOSED = {f"{RDFS}label", f"{RDFS}isDefinedBy", *_TEXTS}


@dataclass(frozen=True)
class TermView:
    """One term: its anchor is the local name, so `…/ontology#Statement` ends at it."""

    name: str
    iri: str
    label: Item
    texts: tuple[tuple[str, Item], ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Section:
    """Terms of one kind."""

    title: str
    terms: tuple[TermView, ...]


@dataclass(frozen=True)
class ShapeView:
    """One shape with its property shapes."""

    term: TermView
    parts: tuple[TermView, ...]


def term_sections(facts: Facts, viewer: Viewer) -> tuple[Section, ...]:
    """Every term of our namespace in the graph once, under the first kind that fits."""
    namespace = facts.iris.att("")
    done: set[str] = set()
    sections = []
    for title, classes in _KINDS:
        found = {s for c in classes for s in facts.subjects(TYPE, ox.NamedNode(c))}
        terms = sorted((s for s in found if s.value.startswith(namespace)), key=lambda s: s.value)
        views = tuple(_term(facts, viewer, t, namespace) for t in terms if t.value not in done)
        done |= {t.value for t in terms}
        if views:
            sections.append(Section(title, views))
    rest = _others(facts, namespace, done)
    if rest:
        sections.append(Section("Individuals", tuple(_term(facts, viewer, t, namespace) for t in rest)))
    return tuple(sections)


def shape_sections(facts: Facts, viewer: Viewer) -> tuple[ShapeView, ...]:
    """Node shapes and free-standing ones in the order of their names, property shapes below them."""
    namespace = facts.iris.shape("")
    part_of = ox.NamedNode(f"{SH}property")
    quads = facts.store.quads(graph=facts.graph)
    own = {q.subject for q in quads if isinstance(q.subject, ox.NamedNode)}
    shapes = sorted((s for s in own if s.value.startswith(namespace)), key=lambda s: s.value)
    views = []
    for shape in shapes:
        if facts.subjects(part_of, shape):
            continue
        parts = [o for o in facts.objects(shape, part_of) if isinstance(o, ox.NamedNode)]
        views.append(
            ShapeView(
                _term(facts, viewer, shape, namespace, {f"{SH}property"}),
                tuple(_term(facts, viewer, part, namespace) for part in parts),
            )
        )
    return tuple(views)


def _others(facts: Facts, namespace: str, done: set[str]) -> list[ox.NamedNode]:
    found = {
        q.subject
        for q in facts.store.quads(None, TYPE, None, facts.graph)
        if isinstance(q.subject, ox.NamedNode) and q.subject.value.startswith(namespace) and q.subject.value not in done
    }
    return sorted(found, key=lambda n: n.value)


def _term(facts: Facts, viewer: Viewer, node: ox.NamedNode, namespace: str, hidden: set[str] | None = None) -> TermView:
    closed = _CLOSED | (hidden or set())
    triples = [q.triple for q in facts.store.quads(node, graph=facts.graph)]
    shown = [t for t in triples if t.predicate.value not in closed and not _blank(facts, t.object)]
    texts = [
        (text.rpartition("#")[2], viewer.item(value))
        for text in _TEXTS
        for value in facts.objects(node, ox.NamedNode(text))
    ]
    return TermView(
        node.value.removeprefix(namespace),
        node.value,
        viewer.item(node),
        tuple(texts),
        viewer.fields(shown),
    )


def _blank(facts: Facts, term: Term) -> bool:
    """Whether this stands for a blank node; class expressions are for tools, not for this page."""
    return isinstance(term, ox.NamedNode) and term.value.startswith(facts.iris.genid(""))
