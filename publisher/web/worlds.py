"""The world as one agent tells it, for a page: what it affirms and denies, through whom, and what is not in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pyoxigraph as ox

from publisher.attribution.asof import AsOf, When
from publisher.iris import Iris
from publisher.query.description import TYPE
from publisher.query.facts import Facts
from publisher.query.store import Store
from publisher.vocab import OWL, RDF
from publisher.web.statements import StatementRow, Statements
from publisher.web.view import Item, Viewer

_THROUGH = {"tellsThroughSpokesman": "said for it by", "tellsThroughBody": "said by the body that it speaks for"}


@dataclass(frozen=True)
class Behind:
    """A statement behind a claim, and through whom it was made if not by the agent."""

    row: StatementRow
    through: str


@dataclass(frozen=True)
class Told:
    """A claim of a perspective with the statements behind it."""

    proposition: Item
    about: tuple[Item, ...]
    behind: tuple[Behind, ...]


@dataclass(frozen=True)
class WorldView:
    """What a perspective holds, and what it leaves out and why."""

    affirmed: tuple[Told, ...]
    denied: tuple[Told, ...]
    together: tuple[Told, ...]
    open: tuple[StatementRow, ...]
    wishes: tuple[StatementRow, ...]
    hedged: tuple[StatementRow, ...]
    ended: tuple[StatementRow, ...]
    later: tuple[StatementRow, ...]
    undatable: tuple[StatementRow, ...]


@dataclass(frozen=True)
class Perspective:
    """One agent's perspective in a store: its graph, plain or with hedged claims; `day` as of which, or None."""

    store: Store
    iris: Iris
    slug: str
    hedged: bool = False
    day: date | None = None

    @property
    def iri(self) -> str:
        """Of the named graph."""
        return self.iris.perspective(self.slug, hedged=self.hedged)

    @property
    def document(self) -> str:
        """Of what is shown: the graph, or the graph as of the day."""
        return self.iris.as_of(self.iri, self.day) if self.day else self.iri

    @property
    def node(self) -> ox.NamedNode:
        """The named graph as a node."""
        return ox.NamedNode(self.iri)

    @property
    def agent(self) -> ox.NamedNode:
        """Whose it is."""
        return ox.NamedNode(self.iris.entity("agent", self.slug))

    def exists(self) -> bool:
        """A perspective may be empty: all that its agent says may be hedged."""
        described = ox.NamedNode(self.iris.att("Perspective"))
        return self.store.has_graph(self.node) or next(self.store.quads(self.node, TYPE, described), None) is not None

    def asof(self) -> AsOf | None:
        """Reads the store as of the day."""
        return AsOf(self.store, self.iris, self.day) if self.day else None

    def triples(self) -> tuple[ox.Triple, ...]:
        """The claims; as of a day, those told by then."""
        found = [quad.triple for quad in self.store.quads(graph=self.node)]
        asof = self.asof()
        if asof is None:
            return tuple(found)
        world = asof.perspective(self.slug, hedged=self.hedged)
        affirmed, denied = set(world.affirmed), {str(t): t for t in world.denied}
        refused = self._denials(found)
        kept = {node: str(claim) for node, claim in refused.items() if claim is not None and str(claim) in denied}
        still = {t for t in found if (t.subject in kept if t.subject in refused else t in affirmed)}
        missing = (triple for text, triple in denied.items() if text not in set(kept.values()))
        return tuple(still | affirmed | {t for claim in missing for t in self._denial(claim)})

    def _denial(self, claim: ox.Triple) -> list[ox.Triple]:
        """A denial that was withdrawn since, so that the graph of the release has it no longer."""
        facts = Facts(self.store, self.iris)
        parts = (("subject", claim.subject), ("predicate", claim.predicate), ("object", claim.object))
        found = [set(facts.subjects(ox.NamedNode(f"{RDF}{name}"), term)) for name, term in parts]
        names = sorted(node.value.rpartition("/")[2] for node in set.intersection(*found))
        node = ox.NamedNode(f"{self.iri}#not-{names[0]}")
        target = "targetValue" if isinstance(claim.object, ox.Literal) else "targetIndividual"
        return [
            ox.Triple(node, TYPE, ox.NamedNode(f"{OWL}NegativePropertyAssertion")),
            ox.Triple(node, ox.NamedNode(f"{OWL}sourceIndividual"), claim.subject),
            ox.Triple(node, ox.NamedNode(f"{OWL}assertionProperty"), claim.predicate),
            ox.Triple(node, ox.NamedNode(f"{OWL}{target}"), claim.object),
        ]

    def told(self) -> tuple[ox.NamedNode, ...]:
        """The statements behind the claims, whenever they were made; as of a day, also those withdrawn since."""
        if (asof := self.asof()) is not None:
            return tuple(ox.NamedNode(s) for s in asof.voiced(self.slug, hedged=self.hedged))
        return tuple(sorted(_nodes(self.store, self.node, self.iris.att("tells")), key=lambda n: n.value))

    def counts(self, statement: ox.NamedNode) -> bool:
        """Whether a statement behind it counts: always, or as of the day."""
        asof = self.asof()
        return asof is None or asof.counts(statement.value)

    def _denials(self, triples: Iterable[ox.Triple]) -> dict[object, ox.Triple | None]:
        """Nodes of negative property assertions, each with the claim that it denies."""
        parts: dict[object, dict[str, object]] = {}
        for triple in triples:
            parts.setdefault(triple.subject, {})[triple.predicate.value] = triple.object
        denials: dict[object, ox.Triple | None] = {}
        for node, said in parts.items():
            if said.get(f"{RDF}type") != ox.NamedNode(f"{OWL}NegativePropertyAssertion"):
                continue
            s, p = said.get(f"{OWL}sourceIndividual"), said.get(f"{OWL}assertionProperty")
            o = said.get(f"{OWL}targetIndividual") or said.get(f"{OWL}targetValue")
            whole = isinstance(s, ox.NamedNode) and isinstance(p, ox.NamedNode)
            whole = whole and isinstance(o, ox.NamedNode | ox.Literal)
            denials[node] = ox.Triple(s, p, o) if whole else None  # type: ignore[arg-type]
        return denials


def view_of(perspective: Perspective, facts: Facts, viewer: Viewer) -> WorldView:
    """Everything that the page shows."""
    rows = Statements(facts, viewer)
    asof = perspective.asof()
    told = perspective.told()
    through = {
        s: words
        for name, words in _THROUGH.items()
        for s in _nodes(perspective.store, perspective.node, facts.iris.att(name))
    }
    affirmed: dict[ox.NamedNode, list[Behind]] = {}
    denied: dict[ox.NamedNode, list[Behind]] = {}
    together: dict[ox.NamedNode, list[Behind]] = {}
    for statement in (s for s in told if perspective.counts(s)):
        behind = Behind(rows.row(statement), through.get(statement, ""))
        positive = rows.polarity(statement) == "positive"
        for claim in facts.nodes(statement, "proposition"):
            parts = _parts(facts, claim) if positive else [claim]
            for part in parts:
                simple = facts.value(part, ox.NamedNode(f"{RDF}predicate")) is not None
                held = affirmed if positive else denied if simple else together
                if simple or not positive:
                    held.setdefault(part, []).append(behind)
    whole = _nodes(perspective.store, perspective.node, facts.iris.att("deniesTogether"))
    for claim in whole - set(together):
        mine = {
            s
            for s in facts.subjects(facts.att("proposition"), claim)
            if perspective.agent in facts.nodes(s, "speaker") and rows.polarity(s) == "negative"
        }
        if counted := [Behind(rows.row(s), "") for s in sorted(mine, key=str) if perspective.counts(s)]:
            together[claim] = counted
    said = attributable(facts, perspective.agent)
    now = {s for s in said if asof is None or asof.when(s.value) is When.SAID}
    in_force = {s for s in now if (asof.counts(s.value) if asof else rows.in_force(s))}
    others = {*said, *told}
    return WorldView(
        _told(facts, viewer, affirmed),
        _told(facts, viewer, denied),
        _told(facts, viewer, together),
        rows.rows(s for s in in_force if rows.polarity(s) == "open"),
        rows.rows(s for s in in_force if rows.polarity(s) == "none"),
        rows.rows(
            s for s in in_force - set(told) if rows.row(s).hedged and rows.polarity(s) in {"positive", "negative"}
        ),
        rows.rows(now - in_force),
        rows.rows(s for s in others if asof and asof.when(s.value) is When.NOT_YET),
        rows.rows(s for s in others if asof and asof.when(s.value) is When.UNDATABLE),
    )


def attributable(facts: Facts, agent: ox.NamedNode) -> set[ox.NamedNode]:
    """What an agent said, and what was said by those who speak for it."""
    return {s for name in ("speaker", "attributableTo") for s in facts.subjects(facts.att(name), agent)}


def _told(facts: Facts, viewer: Viewer, claims: dict[ox.NamedNode, list[Behind]]) -> tuple[Told, ...]:
    """By what they are about, then by their words."""
    made = [Told(viewer.item(c), viewer.items(facts.nodes(c, "about")), tuple(behind)) for c, behind in claims.items()]
    return tuple(sorted(made, key=lambda t: ([a.text for a in t.about], t.proposition.text, t.proposition.iri)))


def _parts(facts: Facts, claim: ox.NamedNode) -> list[ox.NamedNode]:
    """A proposition and, if it is a compound one, all that it is made of."""
    seen: list[ox.NamedNode] = []
    todo = [claim]
    while todo:
        if (one := todo.pop()) not in seen:
            seen.append(one)
            todo += facts.nodes(one, "conjunct")
    return seen


def _nodes(store: Store, subject: ox.NamedNode, predicate: str) -> set[ox.NamedNode]:
    found = (quad.object for quad in store.quads(subject, ox.NamedNode(predicate)))
    return {o for o in found if isinstance(o, ox.NamedNode)}
