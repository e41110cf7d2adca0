"""Small worlds: made at random, and written as triples that the rules run over."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from publisher.iris import Iris
from publisher.pipeline.attribute import attribute
from publisher.pipeline.rules import read_rules
from publisher.vocab import CANONICAL_BASE, DCTERMS, OA, RDF, RDFS, XSD
from tests.attribution.model import NEGATIVE, NONE, OPEN, POSITIVE, Prop, Said, World
from tests.conftest import ROOT

IRIS = Iris(CANONICAL_BASE)
RULES = read_rules(IRIS)


@cache
def ontology() -> tuple[Triple, ...]:
    """The ontology's own triples; kinds of thing are given to values in full, so no inference is needed."""
    files = sorted((ROOT / "ontology").glob("*.ttl"))
    return tuple(quad.triple for file in files for quad in parse(path=str(file), format=RdfFormat.TURTLE))


def node(kind: str, name: str) -> NamedNode:
    return NamedNode(IRIS.entity(kind, name))


def thing(name: str) -> NamedNode:
    """The node of a proposition or an incident."""
    return node("incident" if name.startswith("i") else "proposition", name)


VALUES = {"base": "Place", "border": "Place", "convoy": "Convoy", "truck": "Convoy", "group": "Agent"}


def value(name: str) -> NamedNode | Literal:
    if name in ("true", "false"):
        return Literal(name, datatype=NamedNode(XSD + "boolean"))
    return node(VALUES[name].lower(), name)


def triples(world: World) -> list[Triple]:
    """The world as a curator would write it."""
    out: list[Triple] = []

    def att(name: str) -> NamedNode:
        return NamedNode(IRIS.att(name))

    def say(s: NamedNode, p: str, *objects: NamedNode | Literal) -> None:
        out.extend(Triple(s, NamedNode(p), o) for o in objects)

    for name, kind in VALUES.items():
        target = value(name)
        assert isinstance(target, NamedNode)
        say(target, RDF + "type", att(kind))
        say(target, RDFS + "label", Literal(name, language="en"))
    for p in world.props:
        me = thing(p.name)
        say(me, RDF + "type", att("Proposition"))
        say(me, RDFS + "label", Literal(p.name, language="en"))
        say(me, IRIS.att("conjunct"), *(thing(c) for c in p.conjuncts))
        say(me, IRIS.att("presupposes"), *(thing(c) for c in p.presupposes))
        if p.predicate:
            say(me, RDF + "subject", thing(p.subject))
            say(me, RDF + "predicate", att(p.predicate))
            say(me, RDF + "object", value(p.value))
    for s in world.said:
        me = node("statement", s.name)
        say(me, RDF + "type", att("Statement"))
        say(me, RDFS + "label", Literal(s.name, language="en"))
        say(me, IRIS.att("speaker"), node("agent", s.speaker))
        say(me, IRIS.att("stance"), att(s.stance))
        say(me, IRIS.att("proposition"), thing(s.prop))
        say(me, IRIS.att("evidence"), node("evidence", s.name))
        say(node("evidence", s.name), OA + "hasSource", node("document", s.document))
        for name, others in (("rebuts", s.rebuts), ("supersedes", s.supersedes), ("sameUtterance", s.same_utterance)):
            say(me, IRIS.att(name), *(node("statement", o) for o in others))
        if s.withdrawn:
            say(me, IRIS.att("withdrawnBecause"), Literal("A mistake.", language="en"))
        if s.hedged:
            say(me, IRIS.att("hedged"), Literal("true", datatype=NamedNode(XSD + "boolean")))
        kind = "UnnamedSource" if s.speaker in world.unnamed else "Person"
        say(node("agent", s.speaker), RDF + "type", att(kind))
    for one, other in world.speaks_for:
        say(node("agent", one), IRIS.att("speaksFor"), node("agent", other))
    for document, outlet in world.publisher.items():
        say(node("document", document), DCTERMS + "publisher", node("agent", outlet))
    for one, other in world.scope_within:
        subject = thing(one) if one.startswith("i") else value(one)
        assert isinstance(subject, NamedNode)
        say(subject, IRIS.att("scopeWithin"), value(other))
    return out


def derive(world: World) -> Store:
    """A store with the world, the ontology and what the rules derive."""
    given = [*ontology(), *triples(world)]
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object) for t in [*given, *attribute(given, RULES, IRIS)])
    return store


PROPS = (
    Prop("p-occurred", "i-one", "occurred", "true"),
    Prop("p-not-occurred", "i-one", "occurred", "false"),
    Prop("p-base", "i-one", "target", "base"),
    Prop("p-border", "i-one", "target", "border"),
    Prop("p-convoy", "i-one", "target", "convoy"),
    Prop("p-truck", "i-one", "target", "truck"),
    Prop("p-group", "i-one", "perpetrator", "group"),
    Prop("p-damaged", "i-one", "damaged", "base"),
    Prop("p-injuries", "i-one", "causedInjuries", "true", presupposes=("p-convoy",)),
    Prop("p-secure", "i-two", "ongoing", "true"),
    Prop("p-two-target", "i-two", "target", "convoy"),
    Prop("p-story", conjuncts=("p-base", "p-group")),
    Prop("p-long-story", conjuncts=("p-story", "p-damaged")),
)

SPEAKERS = ("a", "b", "c", "d", "e")
DOCUMENTS = ("d-one", "d-two", "d-three")
STANCES = sorted(POSITIVE | NEGATIVE | OPEN | NONE)


@st.composite
def worlds(draw: st.DrawFn, smallest: int = 0, largest: int = 9) -> World:
    """A world of up to `largest` statements on two incidents."""
    number = draw(st.integers(smallest, largest))
    names = [f"s-{n}" for n in range(number)]
    said = []
    for n, name in enumerate(names):
        earlier = st.lists(st.sampled_from(names[:n]), max_size=1) if n else st.just([])
        said.append(
            Said(
                name,
                draw(st.sampled_from(SPEAKERS)),
                draw(st.sampled_from(STANCES)),
                draw(st.sampled_from(PROPS)).name,
                draw(st.sampled_from(DOCUMENTS)),
                rebuts=tuple(draw(earlier)),
                supersedes=tuple(draw(earlier)) if draw(st.integers(0, 3)) == 0 else (),
                same_utterance=tuple(draw(earlier)) if draw(st.booleans()) else (),
                withdrawn=draw(st.integers(0, 5)) == 0,
                hedged=draw(st.booleans()),
            )
        )
    return World(
        PROPS,
        tuple(said),
        unnamed=frozenset(draw(st.sets(st.sampled_from(SPEAKERS)))),
        speaks_for=tuple(
            draw(st.lists(st.sampled_from((("a", "b"), ("b", "c"), ("d", "c"))), max_size=2, unique=True))
        ),
        publisher=draw(st.dictionaries(st.sampled_from(DOCUMENTS), st.sampled_from(("o-one", "o-two")))),
        scope_within=tuple(
            draw(
                st.lists(st.sampled_from((("convoy", "border"), ("base", "border"), ("i-one", "border"))), unique=True)
            )
        ),
        kinds=VALUES,
    )
