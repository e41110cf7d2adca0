"""The world as one agent tells it, for a page: what it affirms and denies, through whom, and what is not in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pyoxigraph as ox

from publisher.attribution.asof import AsOf, When
from publisher.attribution.denial import denial, denials
from publisher.iris import Iris
from publisher.query.description import TYPE
from publisher.query.facts import Facts
from publisher.query.store import Store
from publisher.vocab import RDF
from publisher.web.listing import Cut, Listing
from publisher.web.statements import FALSE, TRUE, Group, StatementRow, Statements
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
class Claims:
    """The claims of those statements of one polarity that are on the page."""

    told: tuple[Told, ...]
    together: tuple[Told, ...]
    """Compound propositions, denied as a whole."""
    shown: int
    """How many of the statements are on the page."""
    total: int
    begins: int
    """The page with the first of them."""


@dataclass(frozen=True)
class WorldView:
    """What a perspective holds, and what it leaves out and why: as much of it as is on the page."""

    affirmed: Claims
    denied: Claims
    open: Group | None
    wishes: Group | None
    hedged: Group | None
    ended: Group | None
    later: Group | None
    undatable: Group | None


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

    @cached_property
    def asof(self) -> AsOf | None:
        """Reads the store as of the day."""
        return AsOf(self.store, self.iris, self.day) if self.day else None

    def triples(self) -> tuple[ox.Triple, ...]:
        """The claims; as of a day, those told by then."""
        found = [quad.triple for quad in self.store.quads(graph=self.node)]
        asof = self.asof
        if asof is None:
            return tuple(found)
        world = asof.perspective(self.slug, hedged=self.hedged)
        affirmed, denied = set(world.affirmed), {str(t): t for t in world.denied}
        refused = denials(found)
        kept = {node: str(claim) for node, claim in refused.items() if claim is not None and str(claim) in denied}
        still = {t for t in found if (t.subject in kept if t.subject in refused else t in affirmed)}
        missing = (triple for text, triple in denied.items() if text not in set(kept.values()))
        return tuple(still | affirmed | {t for claim in missing for t in self._denial(claim)})

    def _denial(self, claim: ox.Triple) -> list[ox.Triple]:
        """A denial that was withdrawn since, so that the graph of the release has it no longer."""
        facts = Facts(self.store, self.iris)
        parts = (("subject", claim.subject), ("predicate", claim.predicate), ("object", claim.object))
        found = [set(facts.subjects(ox.NamedNode(f"{RDF}{name}"), term)) for name, term in parts]
        names = sorted(node.value for node in set.intersection(*found))
        return denial(claim, self.iris.denial(self.iri, names[0]))

    @cached_property
    def told(self) -> tuple[ox.NamedNode, ...]:
        """The statements behind the claims, whenever they were made; as of a day, also those withdrawn since."""
        if (asof := self.asof) is not None:
            return tuple(ox.NamedNode(s) for s in asof.voiced(self.slug, hedged=self.hedged))
        return tuple(sorted(_nodes(self.store, self.node, self.iris.att("tells")), key=lambda n: n.value))

    def counts(self, statement: ox.NamedNode) -> bool:
        """Whether a statement behind it counts: always, or as of the day."""
        asof = self.asof
        return asof is None or asof.counts(statement.value)


def view_of(perspective: Perspective, facts: Facts, viewer: Viewer, lists: Listing) -> WorldView:
    """Everything that this page of the lists shows."""
    rows, asof, told = Statements(facts, viewer), perspective.asof, perspective.told
    few = _few(facts, len(told))
    counted = [s for s in told if asof is None or perspective.counts(s)]
    positive = {s for s in counted if (s not in few if few is not None else rows.polarity(s) == "positive")}
    against = _against(perspective, facts, rows, [s for s in counted if s not in positive])
    affirmed = _claims(perspective, facts, viewer, lists.cut([s for s in counted if s in positive]), affirm=True)
    denied = _claims(perspective, facts, viewer, lists.cut(against), affirm=False)
    said = attributable(facts, perspective.agent) if asof else _aside(facts, perspective.agent)
    now = {s for s in said if asof is None or asof.when(s.value) is When.SAID}
    in_force = {s for s in now if (asof.counts(s.value) if asof else rows.in_force(s))}
    others, hedged = {*said, *told} if asof else set(), facts.having(facts.att("hedged"), TRUE)
    kinds = rows.by_polarity(in_force - positive)
    sides = {*kinds.get("positive", ()), *kinds.get("negative", ())} - set(told)
    return WorldView(
        affirmed,
        denied,
        lists.add(kinds.get("open", ()), ""),
        lists.add(kinds.get("none", ()), ""),
        lists.add((s for s in sides if s.value in hedged), ""),
        lists.add(now - in_force, ""),
        later=lists.add((s for s in others if asof and asof.when(s.value) is When.NOT_YET), ""),
        undatable=lists.add((s for s in others if asof and asof.when(s.value) is When.UNDATABLE), ""),
    )


def _claims(perspective: Perspective, facts: Facts, viewer: Viewer, cut: Cut, *, affirm: bool) -> Claims:
    """What the statements on the page affirm or deny, with what each claim is made of."""
    rows, node = Statements(facts, viewer), perspective.node
    simple: dict[ox.NamedNode, list[Behind]] = {}
    together: dict[ox.NamedNode, list[Behind]] = {}
    for statement in cut.shown:
        ways = [words for name, words in _THROUGH.items() if _is(perspective.store, node, facts.att(name), statement)]
        behind = Behind(rows.row(statement), ways[-1] if ways else "")
        for claim in facts.nodes(statement, "proposition"):
            for part in _parts(facts, claim) if affirm else [claim]:
                if facts.value(part, ox.NamedNode(f"{RDF}predicate")) is not None:
                    simple.setdefault(part, []).append(behind)
                elif not affirm:
                    together.setdefault(part, []).append(behind)
    one, whole = (_told(facts, viewer, claims) for claims in (simple, together))
    return Claims(one, whole, len(cut.shown), cut.total, cut.begins)


def _against(perspective: Perspective, facts: Facts, rows: Statements, told: list[ox.NamedNode]) -> list[ox.NamedNode]:
    """The statements that deny; also those behind what is denied as a whole, which is in no triple."""
    known, more = set(told), set[ox.NamedNode]()
    for claim in _nodes(perspective.store, perspective.node, facts.iris.att("deniesTogether")):
        on_it = facts.subjects(facts.att("proposition"), claim)
        if known.isdisjoint(on_it):
            mine = (s for s in on_it if perspective.agent in facts.nodes(s, "speaker"))
            more |= {s for s in mine if rows.polarity(s) == "negative" and perspective.counts(s)}
    return sorted(known | more, key=lambda n: n.value)


def _few(facts: Facts, limit: int) -> set[ox.NamedNode] | None:
    """The statements of the release that affirm nothing; None if they are more than `limit`, so that it is less work
    to look at each statement at hand.
    """
    kinds = (facts.att(name) for name in ("negative", "open", "none"))
    stances = [stance for kind in kinds for stance in facts.subjects(facts.att("polarity"), kind)]
    if sum(facts.count(facts.att("stance"), stance) for stance in stances) > limit:
        return None
    return {s for stance in stances for s in facts.subjects(facts.att("stance"), stance)}


def _aside(facts: Facts, agent: ox.NamedNode) -> set[ox.NamedNode]:
    """Of what an agent said, or others for it, at least what is not plainly affirmed: all that is told anyway."""
    links = [facts.att(name) for name in ("speaker", "attributableTo")]
    number = sum(facts.count(link, agent) for link in links)
    few = _few(facts, number)
    marked = facts.count(facts.att("hedged"), TRUE)
    if few is None or marked > number:
        return attributable(facts, agent)
    ended = facts.having(facts.att("withdrawnBecause")) | facts.having(facts.att("inForce"), FALSE)
    few |= {ox.NamedNode(s) for s in (*facts.having(facts.att("hedged"), TRUE), *ended)}
    return {s for s in few if any(_is(facts.store, s, link, agent) for link in links)}


def _is(store: Store, subject: ox.NamedNode, predicate: ox.NamedNode, value: ox.NamedNode) -> bool:
    return next(store.quads(subject, predicate, value), None) is not None


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
