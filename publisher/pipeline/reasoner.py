"""The OWL 2 RL closure by a fast engine, completed where that engine stops short of the reference.

`reasonable` has no property chains and reports no inconsistency. The chains are followed here, and the rules of OWL 2
RL that end in `false` are asked as queries over the closure. It has no rules for the schema either, nor for keys,
cardinalities and enumerations: who needs those gives it an ontology that is closed already, without such axioms.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

import rdflib
from owlrl.DatatypeHandling import AltXSDToPYTHON
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple, serialize
from reasonable import PyReasoner

from publisher.pipeline.load import from_rdflib
from publisher.vocab import OWL, RDF, RDFS

_CONVERT = {str(datatype): convert for datatype, convert in AltXSDToPYTHON.items()}
Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal | Triple

_PREFIXES = {"owl": OWL, "rdf": RDF, "rdfs": RDFS}
_CLASHES = (
    # eq-diff1; the same for literals, which need no owl:differentFrom
    "?x owl:sameAs ?y . { ?x owl:differentFrom ?y } UNION { ?y owl:differentFrom ?x }",
    "?p a owl:FunctionalProperty . ?x ?p ?y . ?x ?p ?z FILTER (isLiteral(?y) && isLiteral(?z) && !sameTerm(?y, ?z))",
    # eq-diff2 and eq-diff3
    """?all a owl:AllDifferent ; owl:members|owl:distinctMembers ?list . ?list rdf:rest*/rdf:first ?x .
    ?list rdf:rest*/rdf:first ?y . FILTER (?x != ?y) ?x owl:sameAs ?y""",
    "?x owl:differentFrom ?x",
    # prp-irp, prp-asyp, prp-pdw, prp-adp
    "?p a owl:IrreflexiveProperty . ?x ?p ?x",
    "?p a owl:AsymmetricProperty . ?x ?p ?y . ?y ?p ?x",
    "?p owl:propertyDisjointWith ?q . ?x ?p ?y . ?x ?q ?y",
    """?all a owl:AllDisjointProperties ; owl:members ?list . ?list rdf:rest*/rdf:first ?p .
    ?list rdf:rest*/rdf:first ?q . FILTER (?p != ?q) ?x ?p ?y . ?x ?q ?y""",
    # prp-npa1 and prp-npa2
    "?not owl:sourceIndividual ?x ; owl:assertionProperty ?p ; owl:targetIndividual|owl:targetValue ?y . ?x ?p ?y",
    # cls-nothing2, cls-com, cls-maxc1, cls-maxqc1, cls-maxqc2
    "?x a owl:Nothing",
    "?c owl:complementOf ?d . ?x a ?c . ?x a ?d",
    "?r owl:maxCardinality ?n ; owl:onProperty ?p . FILTER (?n = 0) ?x a ?r . ?x ?p ?y",
    """?r owl:maxQualifiedCardinality ?n ; owl:onProperty ?p ; owl:onClass ?c . FILTER (?n = 0) ?x a ?r .
    ?x ?p ?y . { ?y a ?c } UNION { FILTER (?c = owl:Thing) }""",
    # cax-dw and cax-adc
    "?c owl:disjointWith ?d . ?x a ?c . ?x a ?d",
    """?all a owl:AllDisjointClasses ; owl:members ?list . ?list rdf:rest*/rdf:first ?c .
    ?list rdf:rest*/rdf:first ?d . FILTER (?c != ?d) ?x a ?c . ?x a ?d""",
)


def close(given: Collection[Triple]) -> set[Triple] | None:
    """What the closure adds to `given`, or None if it is inconsistent."""
    known = set(given)
    closed = _reason(known.union(follow_chains(known)))  # most chains are of what is stated: one pass in place of two
    while chained := set(follow_chains(closed)) - closed:
        closed = _reason(closed | chained)
    return None if clashes(closed) else closed - known


def _reason(triples: set[Triple]) -> set[Triple]:
    reasoner = PyReasoner()
    with tempfile.NamedTemporaryFile(suffix=".ttl") as file:
        serialize(triples, file, format=RdfFormat.N_TRIPLES)
        file.flush()
        reasoner.load_file(file.name)
    found: Iterable[tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]] = reasoner.reason()
    return triples | set(from_rdflib(t for t in found if not isinstance(t[0], rdflib.Literal)))


def follow_chains(triples: Collection[Triple]) -> Iterator[Triple]:
    """What every owl:propertyChainAxiom adds in one pass (prp-spo2)."""
    objects: Mapping[tuple[Term, str], list[Term]] = defaultdict(list)
    subjects: Mapping[str, list[Term]] = defaultdict(list)
    steps = {RDF + "first", RDF + "rest", OWL + "propertyChainAxiom"}
    for t in triples:
        if t.predicate.value in steps:
            objects[t.subject, t.predicate.value].append(t.object)
            subjects[t.predicate.value].append(t.subject)
    chains = [
        (property_, tuple(_items(head, objects)))
        for property_ in subjects[OWL + "propertyChainAxiom"]
        for head in objects[property_, OWL + "propertyChainAxiom"]
    ]
    needed = {step for _, chain in chains for step in chain}
    links: Mapping[str, Mapping[Term, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for t in triples:
        if t.predicate.value in needed:
            links[t.predicate.value][t.subject].append(t.object)
    for property_, chain in chains:
        if not chain or not isinstance(property_, NamedNode):
            continue
        for start in list(links[chain[0]]):
            ends: set[Term] = {start}
            for step in chain:
                ends = {end for node in ends for end in links[step].get(node, ())}
            if isinstance(start, NamedNode | BlankNode):
                yield from (Triple(start, property_, end) for end in ends)


def _items(head: Term, objects: Mapping[tuple[Term, str], list[Term]]) -> Iterator[str]:
    while firsts := objects.get((head, RDF + "first")):
        if not isinstance(firsts[0], NamedNode):
            return
        yield firsts[0].value
        (head,) = objects[head, RDF + "rest"]


def clashes(closed: Iterable[Triple]) -> list[str]:
    """The patterns of OWL 2 RL that end in `false` and are found in a closure, and literals that mean nothing."""
    closed = list(closed)
    literals = {t.object for t in closed if isinstance(t.object, Literal)}
    if nothing := sorted(str(literal) for literal in literals if not means_something(literal)):
        return nothing
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object) for t in closed)
    return [pattern for pattern in _CLASHES if bool(store.query(f"ASK {{ {pattern} }}", prefixes=_PREFIXES))]


def means_something(literal: Literal) -> bool:
    """Whether the text is one of its datatype (dt-not-type), as the reference takes it."""
    convert = _CONVERT.get(literal.datatype.value)
    try:
        if convert is not None:
            convert(literal.value)
    except ValueError:
        return False
    return True
