"""Step 4b, perspectives: the world as each agent tells it, one named graph for each.

A perspective holds what an agent says without a hedge: positive propositions as plain triples, denials as
`owl:NegativePropertyAssertion`. It takes in what those who speak for the agent say, and what a body says for which
the agent speaks; the description of the perspective marks them. Open stances, threats and calls are in none. A
denied compound is not a denial of its parts, so it is only described (`att:deniesTogether`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store, Triple

from publisher.attribution.denial import denial
from publisher.iris import Iris
from publisher.pipeline.lines import as_bytes, read_lines
from publisher.vocab import RDF, RDFS

Value = NamedNode | Literal

_STATEMENTS = """
SELECT ?statement ?speaker ?polarity ?hedged ?whole ?claim ?s ?p ?o WHERE {
  VALUES ?polarity { att:positive att:negative }
  ?stance att:polarity ?polarity . ?statement att:stance ?stance .
  ?statement att:inForce true ; att:speaker ?speaker ; att:proposition ?whole .
  OPTIONAL { ?statement att:hedged ?hedged }
  ?whole att:conjunct* ?claim .
  OPTIONAL { ?claim rdf:subject ?s ; rdf:predicate ?p ; rdf:object ?o }
}"""
_MANDATES = "SELECT ?one ?other WHERE { ?one att:speaksFor+ ?other FILTER (?one != ?other) }"
_MENTIONS = "SELECT ?agent { ?agent a att:UnnamedSource }"
_CONTRADICTED = "SELECT DISTINCT ?statement { ?statement att:contradicts ?other }"
_LABELS = "SELECT ?agent ?label WHERE { ?statement att:speaker/att:speaksFor* ?agent . ?agent rdfs:label ?label }"


@dataclass(frozen=True, order=True)
class Claim:
    """One proposition as an agent holds it: affirmed, or denied."""

    subject: str
    predicate: str
    object: str
    """In N-Triples form, since it may be a literal."""
    positive: bool

    def triple(self) -> Triple:
        """What is affirmed or denied, as a triple."""
        return Triple(NamedNode(self.subject), NamedNode(self.predicate), term(self.object))


@dataclass
class Perspective:
    """The world as one agent tells it. `claims` leads from each unhedged claim to the statements behind it."""

    agent: str
    slug: str
    label: str = ""
    claims: dict[Claim, set[str]] = field(default_factory=dict)
    hedged: dict[Claim, set[str]] = field(default_factory=dict)
    """What the agent says only with a hedge."""
    denied_together: set[str] = field(default_factory=set)
    propositions: dict[Claim, str] = field(default_factory=dict)
    tells: dict[str, str] = field(default_factory=dict)
    """Statement to the property that says through whom: `tells`, `tellsThroughSpokesman`, `tellsThroughBody`."""
    is_mention: bool = False
    """An unnamed source with one sentence that nothing contradicts: it has no world of its own."""


def term(text: str) -> Value:
    """A node or literal from its N-Triples form."""
    if text.startswith("<"):
        return NamedNode(text[1:-1])
    (quad,) = _parse(f"<x:s> <x:p> {text} .")
    assert isinstance(quad.object, Literal)  # noqa: S101
    return quad.object


def _parse(line: str) -> Iterator[Quad]:
    from pyoxigraph import RdfFormat, parse

    return parse(input=line, format=RdfFormat.N_TRIPLES)


def perspectives(store: Store, iris: Iris) -> tuple[Perspective, ...]:
    """The perspectives of all agents with a statement in force that takes a side, sorted by slug.

    An unnamed source is one mention in one report. If all it says is one sentence that nothing contradicts, it is
    marked as that, and gets no graph: there would be thousands of them, each of a single triple.

    `store` holds what the rules have derived, in its default graph.
    """
    speaks_for: dict[str, set[str]] = {}
    spoken_for_by: dict[str, set[str]] = {}
    for one, other in _rows(store, _MANDATES, iris):
        speaks_for.setdefault(_iri(one), set()).add(_iri(other))
        spoken_for_by.setdefault(_iri(other), set()).add(_iri(one))
    found: dict[str, Perspective] = {}
    for statement, speaker, polarity, hedged, whole, claim, s, p, o in _rows(store, _STATEMENTS, iris):
        said_by = _iri(speaker)
        audience = [(said_by, "tells")]
        audience += [(agent, "tellsThroughSpokesman") for agent in speaks_for.get(said_by, ())]
        audience += [(agent, "tellsThroughBody") for agent in spoken_for_by.get(said_by, ())]
        positive = _iri(polarity) == iris.att("positive")
        is_hedged = isinstance(hedged, Literal) and hedged.value in {"true", "1"}
        for agent, through in audience:
            name = iris.entity_name(agent)
            if name is None:
                continue
            mine = found.setdefault(agent, Perspective(agent, name.slug))
            mine.tells[_iri(statement)] = through
            if not positive and whole != claim:
                continue
            if s is None or p is None or o is None:
                if not positive and not is_hedged:
                    mine.denied_together.add(_iri(whole))
                continue
            content = Claim(_iri(s), _iri(p), str(o), positive)
            held = mine.hedged if is_hedged else mine.claims
            held.setdefault(content, set()).add(_iri(statement))
            first = mine.propositions.get(content)
            mine.propositions[content] = min(first, _iri(claim)) if first else _iri(claim)
    contradicted = {_iri(statement) for (statement,) in _rows(store, _CONTRADICTED, iris)}
    for (mention,) in _rows(store, _MENTIONS, iris):
        one_sentence = found.get(_iri(mention))
        if one_sentence and len(one_sentence.tells) == 1 and not one_sentence.tells.keys() & contradicted:
            one_sentence.is_mention = True
    for node, label in _rows(store, _LABELS, iris):
        if _iri(node) in found and isinstance(label, Literal) and label.language == "en":
            found[_iri(node)].label = label.value
    return tuple(sorted(found.values(), key=lambda one: one.slug))


def world(one: Perspective, iris: Iris, *, hedged: bool = False) -> list[bytes]:
    """The triples of a perspective's named graph, as lines. The hedged variant holds the unhedged claims too."""
    claims = {*one.claims, *(one.hedged if hedged else ())}
    graph = iris.perspective(one.slug, hedged=hedged)
    lines = [f"<{c.subject}> <{c.predicate}> {c.object}".encode() for c in claims if c.positive]
    denials = (
        denial(claim.triple(), iris.denial(graph, one.propositions[claim])) for claim in claims if not claim.positive
    )
    return [*lines, *read_lines(as_bytes(triple for said in denials for triple in said))]


def describe_perspective(one: Perspective, iris: Iris, *, hedged: bool = False) -> list[Triple]:
    """What the default graph says about a perspective, or its hedged variant: whose it is, what statements it holds."""
    graph = NamedNode(iris.perspective(one.slug))
    node = NamedNode(iris.perspective(one.slug, hedged=hedged))
    label = Literal(title_of(one, hedged=hedged), language="en")
    triples = [
        Triple(node, NamedNode(RDF + "type"), NamedNode(iris.att("Perspective"))),
        Triple(node, NamedNode(RDFS + "label"), label),
        Triple(node, NamedNode(iris.att("perspectiveOf")), NamedNode(one.agent)),
    ]
    if hedged:
        triples.append(Triple(graph, NamedNode(iris.att("hedgedVariant")), node))
    for compound in one.denied_together:
        triples.append(Triple(node, NamedNode(iris.att("deniesTogether")), NamedNode(compound)))
    held = (one.claims, one.hedged) if hedged else (one.claims,)
    for statement in {s for claims in held for statements in claims.values() for s in statements}:
        for through in {"tells", one.tells[statement]}:
            triples.append(Triple(node, NamedNode(iris.att(through)), NamedNode(statement)))
    return triples


def title_of(one: Perspective, *, hedged: bool = False) -> str:
    """What its graph is called."""
    return f"The world as told by {one.label or one.slug}{', hedged claims included' if hedged else ''}"


def _rows(store: Store, query: str, iris: Iris) -> Iterator[tuple[object, ...]]:
    """The rows that a query finds, each in the order of its SELECT line."""
    prefixes = {"att": iris.att(""), "rdf": RDF, "rdfs": RDFS}
    result = store.query(query, prefixes=prefixes)
    assert isinstance(result, QuerySolutions)  # noqa: S101
    return map(tuple, result)


def _iri(node: object) -> str:
    assert isinstance(node, NamedNode)  # noqa: S101
    return node.value
