"""Where two perspectives clash: the clashes that the build has found, as triples and for a page."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from publisher.query.facts import Facts
from publisher.web.statements import StatementRow, Statements
from publisher.web.view import Item, Viewer
from publisher.web.worlds import Perspective


@dataclass(frozen=True)
class ClashView:
    """A clash: the statements of each of the two, a sentence, and the axioms without which there would be none."""

    iri: str
    explanation: tuple[Item, ...]
    one: tuple[StatementRow, ...]
    other: tuple[StatementRow, ...]
    axioms: tuple[str, ...]


def clashes(one: Perspective, other: Perspective) -> tuple[ox.NamedNode, ...]:
    """The nodes of the clashes; as of a day, those for which each side had been told by then."""
    store, inside, of = one.store, ox.NamedNode(one.iris.att("clashIn")), ox.NamedNode(one.iris.att("clashOf"))
    found = set.intersection(*({q.subject for q in store.quads(None, inside, p.node)} for p in (one, other)))
    kept = []
    for node in found:
        if not isinstance(node, ox.NamedNode):
            continue
        statements = {q.object for q in store.quads(node, of)}
        if all(any(p.counts(s) for s in p.told() if s in statements) for p in (one, other)):
            kept.append(node)
    return tuple(sorted(kept, key=lambda n: n.value))


def view_of(one: Perspective, other: Perspective, facts: Facts, viewer: Viewer) -> tuple[ClashView, ...]:
    """For the page, by their sentences."""
    rows = Statements(facts, viewer)
    mine, theirs = set(one.told()), set(other.told())
    found = []
    for node in clashes(one, other):
        statements = set(facts.nodes(node, "clashOf"))
        axioms = [o.value for o in facts.objects(node, facts.att("axiom")) if isinstance(o, ox.Literal)]
        found.append(
            ClashView(
                node.value,
                viewer.items(facts.objects(node, facts.att("explanation"))),
                rows.rows(s for s in statements & mine if one.counts(s)),
                rows.rows(s for s in statements & theirs if other.counts(s)),
                tuple(_short(facts, axiom) for axiom in sorted(axioms)),
            )
        )
    return tuple(sorted(found, key=lambda c: ([e.text for e in c.explanation], c.iri)))


def _short(facts: Facts, axiom: str) -> str:
    for prefix, namespace in facts.iris.prefixes().items():
        axiom = axiom.replace(f"<{namespace}", f"<{prefix}:")
    return axiom
