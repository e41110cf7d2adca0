"""Step 4e, worlds: the named graphs of perspectives, clashes and policies, and what describes them.

Claims are plain triples only in graphs outside the default graph. The default graph gets the descriptions:
`perspectives` (whose they are, what they tell, where two clash), `policies`, and `recorded` (when each statement was
recorded here).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from publisher.iris import Iris
from publisher.pipeline.clash import Clash, Knowledge, clashes, know, perspective_axioms
from publisher.pipeline.load import LoadedSource, sort_triples
from publisher.pipeline.perspectives import Claim, Perspective, describe_perspectives, perspectives, world
from publisher.pipeline.policies import apply, describe_policies, read_policies
from publisher.pipeline.release import NamedGraph
from publisher.vocab import OWL, RDF, RDFS, XSD


def worlds(triples: Iterable[Triple], iris: Iris) -> list[NamedGraph]:
    """All graphs of this step, from the triples of the default graph so far."""
    triples = list(triples)
    store = Store()
    store.bulk_extend(Quad(t.subject, t.predicate, t.object) for t in triples)
    found = perspectives(store, iris)
    graphs = [NamedGraph(iris.graph("perspective-axioms"), AXIOMS, perspective_axioms(triples, iris), False)]
    for one in found:
        name = one.label or one.slug
        title = f"The world as told by {name}"
        graphs.append(NamedGraph(iris.perspective(one.slug), title, world(one, iris), False))
        if one.hedged:
            title += ", hedged claims included"
            variant = iris.perspective(one.slug, hedged=True)
            graphs.append(NamedGraph(variant, title, world(one, iris, hedged=True), False))
    described = [
        *describe_perspectives(found, iris),
        *describe_clashes(found, know(triples, iris), labels_of(triples), iris),
    ]
    graphs.append(NamedGraph(iris.graph("perspectives"), "Perspectives and their clashes", sort_triples(described)))
    policies = read_policies(iris)
    for policy in policies:
        graphs.append(NamedGraph(iris.policy(policy.id), f"Policy: {policy.title}", apply(policy, store), False))
    graphs.append(NamedGraph(iris.graph("policies"), "Resolution policies", describe_policies(policies, iris)))
    return graphs


AXIOMS = "Axioms that hold inside the world as one agent tells it"


def recorded(sources: Iterable[LoadedSource], iris: Iris) -> NamedGraph:
    """When each statement was recorded here: the date of the source that holds it."""
    type_, statement = NamedNode(RDF + "type"), NamedNode(iris.att("Statement"))
    on, date = NamedNode(iris.att("recordedOn")), NamedNode(XSD + "date")
    triples = [
        Triple(t.subject, on, Literal(source.source.retrieved.isoformat(), datatype=date))
        for source in sources
        for t in source.triples
        if t.predicate == type_ and t.object == statement
    ]
    return NamedGraph(iris.graph("recorded"), "When each statement was recorded", sort_triples(triples))


def labels_of(triples: Iterable[Triple]) -> dict[str, str]:
    """What things are called in English."""
    return {
        t.subject.value: t.object.value
        for t in triples
        if t.predicate.value == RDFS + "label"
        and isinstance(t.subject, NamedNode)
        and isinstance(t.object, Literal)
        and t.object.language == "en"
    }


def describe_clashes(
    found: Iterable[Perspective], knowledge: Knowledge, labels: Mapping[str, str], iris: Iris
) -> list[Triple]:
    """A node for each clash of two perspectives, addressed in the document of the two side by side.

    `labels` says what propositions are called.
    """
    triples: list[Triple] = []

    def say(node: NamedNode, name: str, *values: NamedNode | Literal) -> None:
        triples.extend(Triple(node, NamedNode(iris.att(name)), value) for value in values)

    for a, b, one in clashes(found, knowledge):
        mine, theirs = (one.one, one.other) if one.one in a.claims else (one.other, one.one)
        digest = hashlib.sha256(f"{mine}{theirs}".encode()).hexdigest()[:12]
        node = NamedNode(f"{iris.combined(a.slug, b.slug)}#clash-{digest}")
        label = f"Clash of {a.label or a.slug} and {b.label or b.slug}"
        triples.append(Triple(node, NamedNode(RDF + "type"), NamedNode(iris.att("Clash"))))
        triples.append(Triple(node, NamedNode(RDFS + "label"), Literal(label, language="en")))
        say(node, "clashIn", *(NamedNode(iris.perspective(p.slug)) for p in (a, b)))
        statements = a.claims.get(mine, set()) | b.claims.get(theirs, set())
        say(node, "clashOf", *(NamedNode(s) for s in statements))
        say(node, "explanation", Literal(_explain(one, mine, theirs, a, b, labels), language="en"))
        say(node, "axiom", *(Literal(f"{t} .") for t in one.because))
    return triples


def _explain(one: Clash, mine: Claim, theirs: Claim, a: Perspective, b: Perspective, labels: Mapping[str, str]) -> str:
    def says(who: Perspective, claim: Claim) -> str:
        proposition = who.propositions[claim]
        words = labels.get(proposition, proposition.rpartition("/")[2])
        return f"{who.label or who.slug} {'affirms' if claim.positive else 'denies'} “{words}”"

    predicates = {t.predicate.value for t in one.because}
    objects = {t.object.value for t in one.because if isinstance(t.object, NamedNode)}
    if not one.because and mine.positive != theirs.positive:
        why = "one affirms exactly what the other denies"
    elif OWL + "FunctionalProperty" in objects:
        why = "only one value can hold, and the two are known to differ"
    elif RDFS + "domain" in predicates:
        why = "the one can hold only of what occurred, and the other denies that it did"
    else:
        why = "the two are inconsistent by the axioms given"
    return f"{says(a, mine)}; {says(b, theirs)}: {why}."
