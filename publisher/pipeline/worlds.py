"""Step 4e, worlds: the named graphs of perspectives, clashes and policies, and what describes them.

Claims are plain triples only in graphs outside the default graph. The default graph gets the descriptions:
`perspectives` (whose they are, what they tell, where two clash) and `policies`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, partial

from pyoxigraph import Literal, NamedNode, Store, Triple

from publisher.iris import Iris
from publisher.pipeline.clash import Clash, Knowledge, clashes, know, known_in
from publisher.pipeline.lines import as_bytes, as_term, put_in_graph, read_lines
from publisher.pipeline.perspectives import Claim, Perspective, describe_perspective, perspectives, title_of, world
from publisher.pipeline.policies import Policy, apply
from publisher.vocab import OWL, RDF, RDFS


@dataclass
class Told:
    """What some statements tell: quads, as lines, and what each graph of a perspective is called."""

    quads: set[bytes] = field(default_factory=set)
    titles: dict[str, str] = field(default_factory=dict)
    spare: dict[str, Told] = field(default_factory=dict)
    """Graphs that are published only if other statements make it so, by IRI: a hedged variant, if the agent says
    something with a hedge elsewhere; the perspective of an unnamed source, if it says something elsewhere."""
    mentions: dict[str, int] = field(default_factory=dict)
    """How many statements the spare graph of an unnamed source tells."""


def tell(
    store: Store,
    policies: Iterable[Policy],
    iris: Iris,
    is_shared: Callable[[NamedNode], bool] = lambda node: False,
) -> Told:
    """All graphs of this step. `store` holds in its default graph what is known and what the rules have derived.

    `is_shared` tells which nodes other statements speak of that are not here.
    """
    told = Told()
    found = perspectives(store, iris)
    for one in found:
        plain = iris.perspective(one.slug)
        if one.is_mention and not is_shared(NamedNode(one.agent)):
            continue
        if not one.is_mention:
            _tell(told, one, iris)
        else:
            told.spare[plain] = Told()
            told.mentions[plain] = len(one.tells)
            _tell(told.spare[plain], one, iris)
        if not one.hedged:
            variant = told.spare.setdefault(iris.perspective(one.slug, hedged=True), Told())
            _add(variant, one, iris, hedged=True)
    counting = [one for one in found if not one.is_mention]
    held = (claim for one in found for claim in one.claims)
    knowledge, graph = know(known_in(store, iris, held), iris), iris.graph("perspectives")
    label_of = cache(partial(_label_of, store))
    clashing = set(describe_clashes(counting, knowledge, label_of, iris))
    told.quads |= _quads(graph, clashing)
    for one in found:
        if (spare := told.spare.get(iris.perspective(one.slug))) is not None:
            subjects = {claim.subject for claim in one.claims}
            near = [p for p in counting if any(claim.subject in subjects for claim in p.claims)]
            with_it = sorted((*near, one), key=lambda p: p.slug)
            spare.quads |= _quads(graph, set(describe_clashes(with_it, knowledge, label_of, iris)) - clashing)
    for policy in policies:
        told.quads.update(put_in_graph(apply(policy, store), as_term(iris.policy(policy.id))))
    return told


def _tell(told: Told, one: Perspective, iris: Iris) -> None:
    _add(told, one, iris, hedged=False)
    if one.hedged:
        _add(told, one, iris, hedged=True)


def _add(told: Told, one: Perspective, iris: Iris, *, hedged: bool) -> None:
    graph = iris.perspective(one.slug, hedged=hedged)
    told.titles[graph] = title_of(one, hedged=hedged)
    told.quads.update(put_in_graph(world(one, iris, hedged=hedged), as_term(graph)))
    told.quads |= _quads(iris.graph("perspectives"), describe_perspective(one, iris, hedged=hedged))


def _quads(graph: str, triples: Iterable[Triple]) -> set[bytes]:
    return set(put_in_graph(read_lines(as_bytes(triples)), as_term(graph)))


def _label_of(store: Store, node: str) -> str | None:
    """What a thing is called in English."""
    labels = (q.object for q in store.quads_for_pattern(NamedNode(node), NamedNode(RDFS + "label"), None))
    english = (label.value for label in labels if isinstance(label, Literal) and label.language == "en")
    return min(english, default=None)


def describe_clashes(
    found: Iterable[Perspective], knowledge: Knowledge, label_of: Callable[[str], str | None], iris: Iris
) -> list[Triple]:
    """A node for each clash of two perspectives, addressed in the document of the two side by side.

    `label_of` tells what a proposition is called, if it has a label.
    """
    triples: list[Triple] = []

    def say(node: NamedNode, name: str, *values: NamedNode | Literal) -> None:
        triples.extend(Triple(node, NamedNode(iris.att(name)), value) for value in values)

    for a, b, one in clashes(found, knowledge):
        for mine, theirs in ((one.one, one.other), (one.other, one.one)):
            if mine not in a.claims or theirs not in b.claims:
                continue  # who contradicts oneself may hold both, and the other only one of them
            digest = hashlib.sha256(f"{mine}{theirs}".encode()).hexdigest()[:12]
            node = NamedNode(f"{iris.combined(a.slug, b.slug)}#clash-{digest}")
            label = f"Clash of {a.label or a.slug} and {b.label or b.slug}"
            triples.append(Triple(node, NamedNode(RDF + "type"), NamedNode(iris.att("Clash"))))
            triples.append(Triple(node, NamedNode(RDFS + "label"), Literal(label, language="en")))
            say(node, "clashIn", *(NamedNode(iris.perspective(p.slug)) for p in (a, b)))
            say(node, "clashOf", *(NamedNode(s) for s in sorted(a.claims[mine] | b.claims[theirs])))
            say(node, "explanation", Literal(_explain(one, mine, theirs, a, b, label_of), language="en"))
            say(node, "axiom", *(Literal(f"{t} .") for t in one.because))
    return triples


def _explain(
    one: Clash, mine: Claim, theirs: Claim, a: Perspective, b: Perspective, label_of: Callable[[str], str | None]
) -> str:
    def says(who: Perspective, claim: Claim) -> str:
        proposition = who.propositions[claim]
        words = label_of(proposition) or proposition.rpartition("/")[2]
        # Passive, since a speaker may be one or several: "Three security sources", "Iraq (state)".
        return f"“{words}” is {'affirmed' if claim.positive else 'denied'} by {who.label or who.slug}"

    predicates = {t.predicate.value for t in one.because}
    objects = {t.object.value for t in one.because if isinstance(t.object, NamedNode)}
    if not one.because and mine.positive != theirs.positive:
        why = "one affirms exactly what the other denies"
    elif RDFS + "domain" in predicates:  # first: it needs the next one too, if the other says that it did not occur
        why = "the one can hold only of what occurred, and by the other it did not"
    elif OWL + "FunctionalProperty" in objects:
        why = "only one value can hold, and the two are known to differ"
    else:
        why = "the two are inconsistent by the axioms given"
    return f"{says(a, mine)}; {says(b, theirs)}: {why}."
