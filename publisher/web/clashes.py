"""Where two perspectives clash: the clashes that the build has found, as triples and for a page."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from publisher.query.facts import Facts
from publisher.web.statements import StatementRow, Statements
from publisher.web.view import Item, Viewer
from publisher.web.worlds import Perspective

SHOWN = 100
"""Clashes on a page; the other formats have them all."""


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
    told = [{s for s in p.told if p.counts(s)} for p in (one, other)]
    kept = []
    for node in found:
        if not isinstance(node, ox.NamedNode):
            continue
        statements = {q.object for q in store.quads(node, of)}
        if all(side & statements for side in told):
            kept.append(node)
    return tuple(sorted(kept, key=lambda n: n.value))


def view_of(one: Perspective, other: Perspective, facts: Facts, viewer: Viewer) -> tuple[tuple[ClashView, ...], int]:
    """For the page: the first of them by their sentences, and how many there are."""
    rows = Statements(facts, viewer)
    mine, theirs = ({s for s in p.told if p.counts(s)} for p in (one, other))
    explained = [(viewer.items(facts.objects(n, facts.att("explanation"))), n) for n in clashes(one, other)]
    explained.sort(key=lambda pair: ([e.text for e in pair[0]], pair[1].value))
    found = []
    for explanation, node in explained[:SHOWN]:
        statements = set(facts.nodes(node, "clashOf"))
        axioms = [o.value for o in facts.objects(node, facts.att("axiom")) if isinstance(o, ox.Literal)]
        found.append(
            ClashView(
                node.value,
                explanation,
                rows.rows(statements & mine),
                rows.rows(statements & theirs),
                tuple(_short(facts, axiom) for axiom in sorted(axioms)),
            )
        )
    return tuple(found), len(explained)


def _short(facts: Facts, axiom: str) -> str:
    for prefix, namespace in facts.iris.prefixes().items():
        axiom = axiom.replace(f"<{namespace}", f"<{prefix}:")
    return axiom
