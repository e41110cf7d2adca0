"""Validation of a data graph with SHACL (https://www.w3.org/TR/shacl/), and the report on it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import pyshacl
from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from publisher.errors import SourceError, Where
from publisher.iris import Iris
from publisher.vocab import DCTERMS, RDF, SH

_GENID = "/.well-known/genid/"
_TYPE = URIRef(f"{RDF}type")
_BRACKETS = re.compile(r"<(https?://[^<>\s]+)>")
"""Engines differ in how they put an IRI into a message."""


class Severity(StrEnum):
    """How grave a result is, gravest first. Only a violation keeps data from being published."""

    VIOLATION = "Violation"
    WARNING = "Warning"
    INFO = "Info"


_GRAVITY = {severity: n for n, severity in enumerate(Severity)}


@dataclass(frozen=True)
class Result:
    """One result of a shape.

    `path` is the predicate, or None where the shape has a longer path or none. `component` is the kind of
    constraint. `where` is filled in by `Report.located`.
    """

    focus_node: Node
    path: str | None
    value: Node | None
    message: str
    severity: Severity
    source_shape: str
    component: str
    where: Where | None = None

    @property
    def subject(self) -> str:
        """The node to correct. A constraint in SPARQL that runs once over the graph names it in the value."""
        if self.component == f"{SH}SPARQLConstraintComponent" and isinstance(self.value, URIRef):
            return str(self.value)
        return str(self.focus_node)

    @property
    def key(self) -> tuple[str, ...]:
        """What results are told apart and sorted by; the place is not part of it."""
        value = self.value.n3() if self.value is not None else ""
        return (
            str(_GRAVITY[self.severity]),
            self.subject,
            self.source_shape,
            self.path or "",
            value,
            self.component,
            self.focus_node.n3(),
            self.message,
        )


@dataclass(frozen=True)
class Report:
    """All results, sorted: the gravest first, then by subject and shape."""

    results: tuple[Result, ...]

    @property
    def conforms(self) -> bool:
        """Whether there is no violation. Warnings do not fail."""
        return not self.of(Severity.VIOLATION)

    def of(self, severity: Severity) -> tuple[Result, ...]:
        """The results of one severity."""
        return tuple(r for r in self.results if r.severity is severity)

    @property
    def subjects(self) -> frozenset[str]:
        """The nodes that there are results for."""
        return frozenset(r.subject for r in self.results)

    def only(self, subjects: Collection[str]) -> Report:
        """The results for these nodes. A subject that is mentioned but described nowhere is in no file."""
        return Report(tuple(r for r in self.results if r.subject in subjects))

    def located(self, find: Callable[[str, str | None], Where | None]) -> Report:
        """The same report with the places in the sources, as `find` tells them for a subject and a predicate.

        `Places(files, report.subjects).find` reads each source once for all results.
        """
        return Report(tuple(replace(r, where=find(r.subject, r.path)) for r in self.results))

    def to_text(self, iris: Iris | None = None) -> str:
        """The report for people, one block for each result; IRIs are shortened if `iris` is given."""
        counts = {severity: len(self.of(severity)) for severity in Severity}
        summary = ", ".join(f"{n} {s.value.lower()}{'s' * (n != 1)}" for s, n in counts.items() if n)
        lines = [f"{'Conforms' if self.conforms else 'Does not conform'}: {summary or 'nothing to report'}."]
        prefixes = iris.prefixes() if iris else {}
        for result in self.results:
            place = f"{result.where}: " if result.where else ""
            lines.append(f"{place}{result.severity.value.lower()}: {_short(result.subject, prefixes)}")
            lines.append(f"  {result.message}")
            if result.value is not None and str(result.value) != result.subject:
                lines.append(f"  value: {_short_term(result.value, prefixes)}")
            lines.append(f"  shape: {_short(result.source_shape, prefixes)}")
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """The report as JSON: `conforms` and `results`, each with the fields of `Result` as strings."""
        rows = [
            {
                "severity": r.severity.value,
                "subject": r.subject,
                "focusNode": str(r.focus_node),
                "path": r.path,
                "value": None if r.value is None else r.value.n3(),
                "message": r.message,
                "sourceShape": r.source_shape,
                "component": r.component,
                "file": r.where.file if r.where else None,
                "line": r.where.line if r.where else None,
            }
            for r in self.results
        ]
        return json.dumps({"conforms": self.conforms, "results": rows}, ensure_ascii=False, indent=2) + "\n"

    def to_turtle(self, iris: Iris) -> str:
        """The report as SHACL has it (section 3.6), without blank nodes and the same for the same results.

        `sh:conforms` follows SHACL: it is false also if there are only warnings. A place in a source is a
        `dcterms:source`, as text. A path that is longer than one predicate is left to the source shape.
        """
        named = [(iris.genid(f"result-{_digest(r.key)}"), r) for r in self.results]
        blocks = [
            f"@prefix dcterms: <{DCTERMS}> .\n@prefix sh: <{SH}> .",
            _block(
                iris.genid("report"),
                [
                    ("a", "sh:ValidationReport"),
                    ("sh:conforms", "false" if self.results else "true"),
                    *(("sh:result", f"<{name}>") for name, _ in sorted(named, key=lambda pair: pair[0])),
                ],
            ),
        ]
        for name, r in sorted(named, key=lambda pair: pair[0]):
            rows = [
                ("a", "sh:ValidationResult"),
                ("sh:focusNode", r.focus_node.n3()),
                ("sh:resultMessage", f"{Literal(r.message).n3()}@en"),
                ("sh:resultSeverity", f"sh:{r.severity.value}"),
                ("sh:sourceConstraintComponent", f"<{r.component}>"),
                ("sh:sourceShape", f"<{r.source_shape}>"),
            ]
            if r.path is not None:
                rows.append(("sh:resultPath", f"<{r.path}>"))
            if r.value is not None:
                rows.append(("sh:value", r.value.n3()))
            if r.where is not None:
                rows.append(("dcterms:source", Literal(str(r.where)).n3()))
            blocks.append(_block(name, rows))
        return "\n\n".join(blocks) + "\n"


@dataclass(frozen=True)
class _Raw:
    """A result as pySHACL writes it."""

    graph: Graph
    node: Node

    @cached_property
    def values(self) -> dict[str, Node]:
        return {str(p).removeprefix(SH): o for p, o in self.graph.predicate_objects(self.node)}

    def text(self, name: str) -> str:
        return str(self.values.get(name, ""))


def validate(data: Graph, shapes: Graph, ontology: Graph, *, without: Collection[str] = ()) -> Report:
    """Validate `data` together with `ontology` (for subclasses and declared terms) and report.

    `without` are IRIs of node shapes to leave out, for example those that only hold for asserted sources.
    Raises `SourceError` if the shapes are malformed.
    """
    mixed = Graph()
    mixed += ontology
    mixed += data
    shapes = _without_skolem_iris(shapes)
    for iri in without:
        shapes.add((URIRef(iri), URIRef(f"{SH}deactivated"), Literal(True)))
    try:
        _, graph, text = pyshacl.validate(mixed, shacl_graph=shapes, inference="none", inplace=True)
    except pyshacl.errors.ReportableRuntimeError as error:
        raise SourceError(f"the shapes cannot be used: {error}", hint="Correct the shape it names.") from error
    if not isinstance(graph, Graph):
        raise SourceError(f"the shapes cannot be used: {text}", hint="Correct the shape it names.")
    return read_report(graph)


def read_report(graph: Graph) -> Report:
    """The results of a report graph as an engine writes it."""
    raw = graph.subjects(_TYPE, URIRef(f"{SH}ValidationResult"))
    # a shape that two node shapes share reports a node once for each: the set makes it once
    return Report(tuple(sorted({_result(_Raw(graph, node)) for node in raw}, key=lambda r: r.key)))


def _without_skolem_iris(shapes: Graph) -> Graph:
    """A copy with blank nodes again: the engine takes any IRI in a path for a predicate."""

    def back(node: Node) -> Node:
        return BNode(node.rpartition("/")[2]) if isinstance(node, URIRef) and _GENID in node else node

    copy = Graph()
    for s, p, o in shapes:
        copy.add((back(s), p, back(o)))
    return copy


def _result(raw: _Raw) -> Result:
    path = raw.values.get("resultPath")
    return Result(
        focus_node=raw.values["focusNode"],
        path=str(path) if isinstance(path, URIRef) else None,
        value=raw.values.get("value"),
        message=_BRACKETS.sub(r"\1", " ".join(raw.text("resultMessage").split())),
        severity=Severity(raw.text("resultSeverity").removeprefix(SH)),
        source_shape=raw.text("sourceShape"),
        component=raw.text("sourceConstraintComponent"),
    )


def _block(subject: str, rows: list[tuple[str, str]]) -> str:
    return f"<{subject}>\n    " + " ;\n    ".join(f"{p} {o}" for p, o in rows) + " ."


def _digest(key: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(key).encode()).hexdigest()[:20]


def _short(iri: str, prefixes: Mapping[str, str]) -> str:
    for prefix, namespace in prefixes.items():
        local = iri.removeprefix(namespace)
        if local != iri and local.replace("-", "").replace("_", "").isalnum():
            return f"{prefix}:{local}"
    return f"<{iri}>"


def _short_term(term: Node, prefixes: Mapping[str, str]) -> str:
    return _short(str(term), prefixes) if isinstance(term, URIRef) else term.n3()
