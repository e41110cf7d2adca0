"""Step 3, infer: the OWL 2 RL closure of ontology and data, without what is true of everything.

The closure (W3C OWL 2 Profiles, section 4.3) is by owlrl, the reference. The fast engine leaves only the ontology to
it, and does the data by `closure`; for what is beyond that, by `reasoner`, or by the reference too. What the closure
adds goes to its own graph.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from owlrl.OWLRL import OWLRL_Semantics
from pyoxigraph import Triple
from rdflib import Literal

from publisher.config import Engine
from publisher.errors import DataInconsistent
from publisher.iris import Iris
from publisher.pipeline.axioms import Beyond, Unread
from publisher.pipeline.closure import follow
from publisher.pipeline.lines import as_bytes, as_term, join_triples, read_lines, read_triples, split_triple
from publisher.pipeline.load import from_rdflib, sort_triples, to_rdflib
from publisher.pipeline.reasoner import close
from publisher.vocab import OWL, RDF, RDFS, XSD

_META = tuple(as_term(namespace)[:-1] for namespace in (RDF, RDFS, OWL, XSD))
_THING, _TYPE = as_term(OWL + "Thing"), as_term(RDF + "type")
_REFLEXIVE = {
    as_term(iri)
    for iri in (
        OWL + "sameAs",
        OWL + "equivalentClass",
        OWL + "equivalentProperty",
        RDFS + "subClassOf",
        RDFS + "subPropertyOf",
    )
}
_SCHEMA = {as_term(RDFS + "domain"), as_term(RDFS + "range")}
"""A domain holds for every superclass too, which says nothing new of the property."""


def infer(
    ontology: Iterable[Triple], data: Iterable[Triple], iris: Iris, engine: Engine = Engine.REFERENCE
) -> tuple[Triple, ...]:
    """What follows from `ontology` and `data` together and is in neither, sorted; see `infer_lines`."""
    axioms = as_bytes(ontology)
    alone = close_ontology(axioms) if engine is Engine.FAST else b""
    found = infer_lines(axioms, alone, set(read_lines(as_bytes(data))), iris, engine)
    return sort_triples(read_triples(join_triples(found)))


@lru_cache(maxsize=2)
def close_ontology(ontology: bytes) -> bytes:
    """What follows from an ontology alone, by the reference. Both are N-Triples. Raises `DataInconsistent`."""
    found = _reference(
        set(read_triples(ontology)), "the ontology contradicts itself", "Correct one of the axioms. Nothing was built."
    )
    return join_triples(sorted(read_lines(as_bytes(found))))


def infer_lines(ontology: bytes, alone: bytes, data: Collection[bytes], iris: Iris, engine: Engine) -> set[bytes]:
    """What follows from an ontology in N-Triples and the triples of `data` together and is in neither.

    `alone` is what follows from the ontology alone, which the reference engine does not need. Raises `DataInconsistent`
    if the closure contains a contradiction in logic, with each clash in words.
    """
    added = _infer_fast(ontology, alone, data) if engine is Engine.FAST else None
    if added is None:
        given = {*read_triples(ontology), *read_triples(join_triples(data))}
        added = set(read_lines(as_bytes(_reference(given))))
    ours = Ours(iris.base)
    return {line for line in added.difference(data, read_lines(ontology)) if ours.speaks_of(line)}


def _infer_fast(ontology: bytes, alone: bytes, data: Collection[bytes]) -> set[bytes] | None:
    """None if it is for the reference: also a contradiction, since only that can explain it."""
    try:
        return follow(ontology, alone, data)
    except Unread:
        return None
    except Beyond:
        given = {*read_triples(ontology), *read_triples(alone), *read_triples(join_triples(data))}
        added = close(given)
        return None if added is None else {*read_lines(as_bytes(added)), *read_lines(alone)}


def _reference(
    given: set[Triple],
    clash: str = "the data contradict the ontology",
    hint: str = "Correct the data, or the axiom of the ontology that they clash with. Nothing was built.",
) -> set[Triple]:
    graph = to_rdflib(sorted(given, key=str))
    semantics = OWLRL_Semantics(graph, axioms=False, daxioms=False, rdfs=False)
    before = set(graph)
    semantics.closure()
    if semantics.error_messages:
        clashes = "\n".join(f"  - {message}" for message in sorted(semantics.error_messages))
        raise DataInconsistent(f"{clash}:\n{clashes}", hint=hint)
    return set(from_rdflib(t for t in set(graph) - before if not isinstance(t[0], Literal)))


class Ours:
    """Tells which triples say something of a thing of ours that is not true of everything."""

    def __init__(self, base: str) -> None:
        iris = Iris(base)
        self._ours, self._helper = as_term(iris.base)[:-1], as_term(iris.genid(""))[:-1]

    def speaks_of(self, triple: bytes) -> bool:
        """Whether this one does."""
        if not triple.startswith(self._ours) or triple.startswith(self._helper):
            return False
        subject, predicate, object_ = split_triple(triple)
        if predicate == _TYPE:
            return not object_.startswith((self._helper, *_META))
        if object_ == _THING or object_.startswith(self._helper) or predicate in _SCHEMA:
            return False
        return subject != object_ or predicate not in _REFLEXIVE
