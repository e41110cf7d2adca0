"""The definitions in plain Python: what counts, which side a statement takes, contradictions, status, counts.

Written without a look at the rules, for one world of at most a few dozen statements. Speed does not matter here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

POSITIVE = {"asserts", "reports", "alleges", "claimsResponsibility", "characterises"}
NEGATIVE = {"deniesOccurrence", "deniesClaim"}
OPEN = {"notConfirmed", "notVerified", "investigating", "willLookInto"}
NONE = {"threatens", "callsFor"}
TAKES_AS_GIVEN = POSITIVE | {"notConfirmed"}


@dataclass(frozen=True)
class Prop:
    """A proposition: a claim (subject, predicate, value), or a compound of others."""

    name: str
    subject: str = ""
    predicate: str = ""
    value: str = ""
    conjuncts: tuple[str, ...] = ()
    presupposes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """A statement."""

    name: str
    speaker: str
    stance: str
    prop: str
    document: str
    rebuts: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    same_utterance: tuple[str, ...] = ()
    withdrawn: bool = False
    hedged: bool = False


@dataclass(frozen=True)
class World:
    """All that is recorded."""

    props: tuple[Prop, ...]
    said: tuple[Said, ...]
    unnamed: frozenset[str] = frozenset()
    speaks_for: tuple[tuple[str, str], ...] = ()
    publisher: dict[str, str] = field(default_factory=dict)
    scope_within: tuple[tuple[str, str], ...] = ()
    kinds: dict[str, str] = field(default_factory=dict)
    """Value to its kind (place, convoy, agent): things of different kinds are different."""


SINGLE = {"target", "occurred", "causedInjuries", "ongoing"}
NEEDS_OCCURRENCE = {"target", "perpetrator", "damaged", "causedInjuries", "ongoing"}


class Model:
    """The definitions, one method each."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.props = {p.name: p for p in world.props}
        self.said = {s.name: s for s in world.said}
        self.force = [s for s in world.said if self.in_force(s)]

    def in_force(self, s: Said) -> bool:
        corrected = any(s.name in t.supersedes and not t.withdrawn for t in self.world.said)
        return not s.withdrawn and not corrected

    def presupposed_by(self, name: str) -> set[str]:
        """Propositions that this one presupposes: as curated, and the occurrence of the incident."""
        p = self.props[name]
        found = set(p.presupposes)
        if p.predicate in NEEDS_OCCURRENCE:
            found |= {
                q.name for q in self.world.props if (q.subject, q.predicate, q.value) == (p.subject, "occurred", "true")
            }
        return found - {name}

    def expressed(self, s: Said) -> set[str]:
        """The proposition of a statement and, if it is affirmed as a compound, its parts."""
        found, todo = set(), [s.prop]
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self.props[name].conjuncts
        return found

    def _incidents(self, names: set[str]) -> set[str]:
        props = [self.props[n] for n in names]
        return {p.subject for p in props if (p.predicate, p.value) == ("occurred", "true")}

    def affirms(self, s: Said) -> set[str]:
        if s.stance not in POSITIVE:
            return set()
        claims = self.expressed(s)
        reached = claims | {q for c in claims for q in self.presupposed_by(c)}
        details = {self.props[c].subject for c in claims if self.props[c].predicate in NEEDS_OCCURRENCE}
        return reached | self._incidents(reached) | details

    def denies(self, s: Said) -> set[str]:
        return {s.prop} | self._incidents({s.prop}) if s.stance in NEGATIVE else set()

    def leaves_open(self, s: Said) -> set[str]:
        return {s.prop} | self._incidents({s.prop}) if s.stance in OPEN else set()

    def differ(self, a: str, b: str) -> bool:
        """Whether two values are known to be different."""
        if a in ("true", "false") or b in ("true", "false"):
            return a != b
        kinds = self.world.kinds.get(a), self.world.kinds.get(b)
        return None not in kinds and kinds[0] != kinds[1]

    def contradictions(self) -> set[tuple[str, frozenset[str], frozenset[str]]]:
        """Strength, the two statements, and the propositions that are set in doubt by one finding."""
        found = set()
        for a, b in product(self.force, self.force):
            if a == b:
                continue
            pair = frozenset({a.name, b.name})
            if b.name in a.rebuts:
                found.add(("stated", pair, frozenset({a.prop, b.prop})))
            if b.stance in NEGATIVE:
                if a.stance in POSITIVE and b.prop in self.expressed(a):
                    found.add(("direct", pair, frozenset({b.prop})))
                if a.stance in TAKES_AS_GIVEN:
                    for claim in self.expressed(a):
                        if b.prop in self.presupposed_by(claim):
                            found.add(("presupposed", pair, frozenset({claim, b.prop})))
                if a.stance in POSITIVE:
                    for claim in self.expressed(a):
                        if self.beyond_scope(self.props[claim], self.props[b.prop], a.stance):
                            found.add(("scopeLimited", pair, frozenset({claim})))
            if a.stance in POSITIVE and b.stance in POSITIVE:
                for x, y in product(self.expressed(a), self.expressed(b)):
                    p, q = self.props[x], self.props[y]
                    same = (p.subject, p.predicate) == (q.subject, q.predicate)
                    if same and p.predicate in SINGLE and self.differ(p.value, q.value):
                        found.add(("incompatibleValue", pair, frozenset({x, y})))
        return found

    def beyond_scope(self, claim: Prop, denied: Prop, stance: str) -> bool:
        if denied.predicate != "target" or denied.subject != claim.subject:
            return False
        within = set(self.world.scope_within)
        if claim.predicate in ("target", "damaged") and (claim.value, denied.value) in within:
            return True
        responsible = claim.predicate == "perpetrator" and stance == "claimsResponsibility"
        return responsible and (claim.subject, denied.value) in within

    def speakers(self, thing: str, side: str) -> set[str]:
        method = {"affirmedBy": self.affirms, "deniedBy": self.denies, "leftOpenBy": self.leaves_open}[side]
        return {s.speaker for s in self.force if thing in method(s)}

    def status(self, thing: str) -> str | None:
        if self.speakers(thing, "affirmedBy"):
            doubted = any(thing in c[2] for c in self.contradictions() if c[0] != "scopeLimited")
            return "contested" if doubted or self.speakers(thing, "deniedBy") else "uncontested"
        if self.speakers(thing, "deniedBy"):
            return "denied"
        return "unverified" if self.speakers(thing, "leftOpenBy") else None

    def source(self, speaker: str) -> frozenset[str]:
        """All speakers that count as one with this one."""
        links = [set(pair) for pair in self.world.speaks_for]
        links += [{a.speaker, b.speaker} for a in self.force for b in self.force if b.name in a.same_utterance]
        group = {speaker}
        while True:
            wider = group.union(*(link for link in links if link & group)) if links else group
            if wider == group:
                return frozenset(group)
            group = set(wider)

    def sources(self, thing: str) -> int:
        return len({self.source(x) for x in self.speakers(thing, "affirmedBy")})

    def named_sources(self, thing: str) -> int:
        return len({self.source(x) for x in self.speakers(thing, "affirmedBy") - self.world.unnamed})

    def reports(self, thing: str) -> set[str]:
        return {s.document for s in self.force if thing in self.affirms(s)}

    def outlets(self, thing: str) -> set[str]:
        return {self.world.publisher[d] for d in self.reports(thing) if d in self.world.publisher}

    def things(self) -> set[str]:
        """Every proposition and incident that a statement in force takes a side on."""
        return {t for s in self.force for t in self.affirms(s) | self.denies(s) | self.leaves_open(s)}
