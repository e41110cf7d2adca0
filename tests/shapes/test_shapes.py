"""Every shape has a valid and an invalid example, and the right shape fires on the right node.

An example is `tests/shapes/<file of the shape>/<Shape>.valid*.ttl` or `<Shape>.invalid*.ttl`. Those of
core, sources and recommended share `context.ttl` and use nodes named after their shape, so that all of them
can be validated in one run with the real ontology; results are told apart by their node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyshacl
import pytest
from rdflib import RDF, RDFS, SH, Graph, URIRef
from rdflib.term import Node

from publisher.pipeline.validate import Report, Result, Severity, validate

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ATTS = "https://w3id.org/attested/shapes#"
SHARED = ("core", "sources", "recommended")
ALONE = ("ontology", "catalog")
OWN_CONSTRAINTS = (SH.pattern, SH["or"], SH["not"], SH.xone, SH["class"], SH["in"], SH.sparql)

TARGET_IS_THE_FAULT = {"NoSameAsPath", "ClassByHandPath"}
"""Shapes that look only at nodes that are at fault: nothing in a valid example is a focus node."""


@dataclass(frozen=True)
class Example:
    """An example file; `nodes` are the subjects and objects that are not in the context."""

    path: Path
    stem: str
    shape: str
    valid: bool

    @property
    def id(self) -> str:
        return f"{self.stem}/{self.path.stem}"

    @property
    def graph(self) -> Graph:
        return _parse(self.path)

    @property
    def nodes(self) -> set[Node]:
        found = set(self.graph.subjects()) | set(self.graph.objects())
        return found - set(_parse(HERE / "context.ttl").subjects())

    @property
    def named_after_shape(self) -> set[str]:
        """The subjects that the example is about, as told by their names."""
        kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", self.shape).lower()
        names = re.compile(rf"/{kebab}(-.*)?$")
        return {str(s) for s in self.graph.subjects() if names.search(str(s))}


@cache
def _parse(path: Path) -> Graph:
    return Graph().parse(path)


@cache
def shapes_of(*stems: str) -> Graph:
    """The shapes of these files, with the prefixes that their queries use."""
    graph = Graph()
    for stem in stems:
        graph += _parse(ROOT / "shapes" / f"{stem}.ttl")
    if "core" not in stems:
        for declared in _parse(ROOT / "shapes" / "core.ttl").objects(URIRef(ATTS.rstrip("#")), SH.declare):
            graph.add((URIRef(ATTS.rstrip("#")), SH.declare, declared))
            for p, o in _parse(ROOT / "shapes" / "core.ttl").predicate_objects(declared):
                graph.add((declared, p, o))
    return graph


@cache
def ontology() -> Graph:
    graph = Graph()
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        graph += _parse(path)
    return graph


def examples() -> Iterator[Example]:
    for stem in (*SHARED, *ALONE):
        for path in sorted((HERE / stem).glob("*.ttl")):
            shape, kind = path.stem.split(".")
            yield Example(path, stem, shape, valid=kind.startswith("valid"))


EXAMPLES = tuple(examples())
INVALID = [e for e in EXAMPLES if not e.valid]
VALID = [e for e in EXAMPLES if e.valid]


@cache
def shared_report(stem: str, valid: bool) -> Report:
    """One run over the context and all examples of one kind for one file of shapes."""
    data = Graph()
    data += _parse(HERE / "context.ttl")
    for example in EXAMPLES:
        if example.stem == stem and example.valid == valid:
            data += example.graph
    stems = ("core",) if stem == "core" else ("core", stem)
    return validate(data, shapes_of(*stems), ontology())


def results_for(example: Example) -> tuple[Result, ...]:
    if example.stem in ALONE:
        return validate(example.graph, shapes_of(example.stem), Graph()).results
    nodes = {str(n) for n in example.nodes}
    return shared_report(example.stem, example.valid).only(nodes).results


@pytest.mark.parametrize("example", VALID, ids=lambda e: e.id)
def test_valid_example_has_no_result(example: Example) -> None:
    assert results_for(example) == ()


@pytest.mark.parametrize("example", VALID, ids=lambda e: e.id)
def test_valid_example_has_focus_nodes(example: Example) -> None:
    """The shape looks at something in the example, so that its silence means something."""
    shapes, shape = shapes_of(example.stem), URIRef(ATTS + example.shape)
    holders = [s for s in (shape, *shapes.subjects(SH.property, shape)) if (s, RDF.type, SH.NodeShape) in shapes]
    assert holders
    if example.shape in TARGET_IS_THE_FAULT:
        assert not any(focus_nodes(example, shapes, holder) for holder in holders)
        return
    assert any(focus_nodes(example, shapes, holder) for holder in holders)


def focus_nodes(example: Example, shapes: Graph, shape: Node) -> set[Node]:
    """Focus nodes by the targets of a shape (SHACL 2.1.3). A target node is one wherever it is."""
    data = ontology() + example.graph if example.stem in SHARED else example.graph
    found: set[Node] = set(shapes.objects(shape, SH.targetNode))
    for class_ in shapes.objects(shape, SH.targetClass):
        for subclass in data.transitive_subjects(RDFS.subClassOf, class_):
            found |= set(data.subjects(RDF.type, subclass))
    for predicate in shapes.objects(shape, SH.targetSubjectsOf):
        found |= set(data.subjects(predicate))
    for predicate in shapes.objects(shape, SH.targetObjectsOf):
        found |= set(data.objects(None, predicate))
    elsewhere = set(shapes.objects(shape, SH.targetNode)) or is_about_properties(example, found)
    return found if elsewhere else found & example.nodes


def is_about_properties(example: Example, found: set[Node]) -> bool:
    """Whether the focus nodes are properties of the ontology."""
    return example.stem in SHARED and all((node, RDF.type, None) in ontology() for node in found)


@pytest.mark.parametrize("example", INVALID, ids=lambda e: e.id)
def test_invalid_example_is_found_by_its_shape_alone(example: Example) -> None:
    results = results_for(example)
    assert {r.source_shape for r in results} == {ATTS + example.shape}
    expected = Severity.WARNING if example.stem == "recommended" else Severity.VIOLATION
    assert {r.severity for r in results} == {expected}
    assert all(r.message for r in results)


@pytest.mark.parametrize("example", [e for e in INVALID if e.stem in SHARED], ids=lambda e: e.id)
def test_every_fault_in_an_invalid_example_is_found(example: Example) -> None:
    assert example.named_after_shape <= {r.subject for r in results_for(example)} | mentioned_only(example)


def mentioned_only(example: Example) -> set[str]:
    """Subjects that carry a fault elsewhere: the shape looks at an IRI that they use."""
    return set() if example.shape != "Described" else example.named_after_shape


def test_the_context_conforms() -> None:
    report = validate(_parse(HERE / "context.ttl"), shapes_of("core", "sources", "recommended"), ontology())
    assert report.results == ()


def all_shapes() -> list[tuple[str, URIRef]]:
    found = []
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        graph = _parse(path)
        for kind in (SH.NodeShape, SH.PropertyShape):
            found += [(path.stem, s) for s in graph.subjects(RDF.type, kind) if isinstance(s, URIRef)]
    return sorted(found)


@pytest.mark.parametrize(("stem", "shape"), all_shapes(), ids=lambda v: str(v).removeprefix(ATTS))
def test_every_shape_has_both_examples_and_explains_itself(stem: str, shape: URIRef) -> None:
    graph = _parse(ROOT / "shapes" / f"{stem}.ttl")
    assert shape.startswith(ATTS)
    assert (shape, RDFS.label, None) in graph
    assert (shape, RDFS.comment, None) in graph
    is_property = (shape, RDF.type, SH.PropertyShape) in graph
    constrains = is_property or any((shape, c, None) in graph for c in OWN_CONSTRAINTS)
    if not constrains:  # only holds property shapes, which have their own examples
        assert (shape, SH.property, None) in graph
        return
    speakers = [shape, *graph.objects(shape, SH.sparql)]
    assert any((s, SH.message, None) in graph for s in speakers)
    kinds = {e.valid for e in EXAMPLES if e.stem == stem and ATTS + e.shape == str(shape)}
    assert kinds == {True, False}


def test_every_example_belongs_to_a_shape() -> None:
    known = {(stem, str(shape)) for stem, shape in all_shapes()}
    assert {(e.stem, ATTS + e.shape) for e in EXAMPLES} <= known


def test_shapes_are_well_formed() -> None:
    """The shapes conform to the shapes that the SHACL recommendation gives for shapes."""
    shapes = shapes_of(*SHARED, *ALONE)
    conforms, _, text = pyshacl.entrypoints.meta_validate(shapes)
    assert conforms, text


def test_the_ontology_conforms() -> None:
    assert validate(Graph(), shapes_of("core", "ontology"), ontology()).results == ()


def test_every_top_level_shape_has_a_target() -> None:
    targets = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
    for stem, shape in all_shapes():
        graph = _parse(ROOT / "shapes" / f"{stem}.ttl")
        if (shape, RDF.type, SH.NodeShape) in graph:
            assert any((shape, t, None) in graph for t in targets), shape
        else:
            assert (None, SH.property, shape) in graph, shape
