"""Step 3, infer: the OWL 2 RL closure of ontology and data, without what is true of everything.

The closure (W3C OWL 2 Profiles, section 4.3) is by owlrl, the reference, or by the faster `reasoner`. What it adds goes
to its own graph.
"""

from __future__ import annotations

from collections.abc import Iterable

from owlrl.OWLRL import OWLRL_Semantics
from pyoxigraph import NamedNode, Triple
from rdflib import Literal

from publisher.config import Engine
from publisher.errors import DataInconsistent
from publisher.iris import Iris
from publisher.pipeline.load import from_rdflib, sort_triples, to_rdflib
from publisher.pipeline.reasoner import close
from publisher.vocab import OWL, RDF, RDFS, XSD

_META = (RDF, RDFS, OWL, XSD)
_REFLEXIVE = {
    OWL + "sameAs",
    OWL + "equivalentClass",
    OWL + "equivalentProperty",
    RDFS + "subClassOf",
    RDFS + "subPropertyOf",
}
_TYPE = RDF + "type"
_SCHEMA = {RDFS + "domain", RDFS + "range"}
"""A domain holds for every superclass too, which says nothing new of the property."""


def infer(
    ontology: Iterable[Triple], data: Iterable[Triple], iris: Iris, engine: Engine = Engine.REFERENCE
) -> tuple[Triple, ...]:
    """What follows from `ontology` and `data` together and is in neither, sorted.

    Raises `DataInconsistent` if the closure contains a contradiction in logic, with each clash in words.
    """
    given = {*ontology, *data}
    added = close(given) if engine is Engine.FAST else None
    if added is None:  # also if there is a contradiction: only the reference can explain it
        added = _reference(given)
    return sort_triples(t for t in added - given if _speaks_of_ours(t, iris))


def _reference(given: set[Triple]) -> set[Triple]:
    graph = to_rdflib(sorted(given, key=str))
    semantics = OWLRL_Semantics(graph, axioms=False, daxioms=False, rdfs=False)
    before = set(graph)
    semantics.closure()
    if semantics.error_messages:
        clashes = "\n".join(f"  - {message}" for message in sorted(semantics.error_messages))
        raise DataInconsistent(
            f"the data contradict the ontology:\n{clashes}",
            hint="Correct the data, or the axiom of the ontology that they clash with. Nothing was built.",
        )
    return set(from_rdflib(t for t in set(graph) - before if not isinstance(t[0], Literal)))


def _speaks_of_ours(triple: Triple, iris: Iris) -> bool:
    """Whether a triple says something of a thing of ours that is not true of everything."""
    if not isinstance(triple.subject, NamedNode):
        return False
    subject, predicate = triple.subject.value, triple.predicate.value
    object_ = triple.object.value if isinstance(triple.object, NamedNode) else ""
    if not subject.startswith(iris.base) or subject.startswith(iris.genid("")):
        return False
    if subject == object_ and predicate in _REFLEXIVE:
        return False
    if object_.startswith(iris.genid("")):
        return False
    if object_ == OWL + "Thing" or (predicate == _TYPE and object_.startswith(_META)):
        return False
    return predicate not in _SCHEMA
