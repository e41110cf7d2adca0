"""Runs one test at the endpoint and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pyoxigraph as ox

from tests.conformance.endpoint import Data, Reply, Transport
from tests.conformance.manifest import DESCRIPTION, EVALUATION, POSITIVE, PROTOCOL, RDF, Case, HttpRequest
from tests.conformance.results import (
    RDF_FORMATS,
    READERS,
    Result,
    Triples,
    difference,
    has_triple_terms,
    read_expected,
    read_rdf,
)

FORM = "application/x-www-form-urlencoded"
SD = "http://www.w3.org/ns/sparql-service-description#"

TABLES = tuple(READERS)
NO_TRIPLE_TERMS = {"text/csv", "application/ld+json"}
"""Formats whose specifications say nothing of triple terms; results with such terms are not asked for in them."""
GRAPHS = ("text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json")
SCHEMA = {
    "defaultDataset": "Dataset",
    "defaultGraph": "Graph",
    "namedGraph": "NamedGraph",
}
"""The classes of what the properties of a service description point to, as its specification has them."""


@dataclass
class Outcome:
    """What is wrong, by media type (or by the step of the test); nothing wrong means passed."""

    case: Case
    faults: dict[str, str] = field(default_factory=dict)
    formats: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.faults

    def __str__(self) -> str:
        return "\n".join(f"{what}: {fault}" for what, fault in self.faults.items())


def run(case: Case, data: Data, transport: Transport) -> Outcome:
    """Load the data of the test and run it."""
    assert not case.skip, case.skip
    transport.follow(data.load(case.data))
    steps: dict[str, Callable[[Case, Transport], Outcome]] = {
        EVALUATION: _evaluate,
        PROTOCOL: _protocol,
        DESCRIPTION: _description,
    }
    return steps.get(case.kind, _syntax)(case, transport)


def _ask(transport: Transport, query: str, accept: str) -> Reply:
    body = urlencode({"query": query}).encode()
    return transport.send("POST", "/sparql", {"Content-Type": FORM, "Accept": accept}, body)


def _short(reply: Reply) -> str:
    return f"{reply.status} {reply.media_type}: {reply.body[:300].decode('utf-8', 'replace')}"


def _evaluate(case: Case, transport: Transport) -> Outcome:
    """The result in every format that fits the form of the query."""
    assert case.result is not None
    expected = read_expected(case.result, case.text)
    formats = GRAPHS if isinstance(expected, Triples) else TABLES
    if has_triple_terms(expected):
        formats = tuple(f for f in formats if f not in NO_TRIPLE_TERMS)
    outcome = Outcome(case, formats=formats)
    for media_type in outcome.formats:
        reply = _ask(transport, case.text, media_type)
        if reply.status != 200 or reply.media_type != media_type:
            outcome.faults[media_type] = _short(reply)
            continue
        try:
            fault = difference(expected, _read(reply), case.lax)
        except (ValueError, SyntaxError, AssertionError, KeyError) as error:
            fault = f"not readable: {error!r}: {reply.body[:300]!r}"
        if fault:
            outcome.faults[media_type] = fault
    return outcome


def _read(reply: Reply) -> Result:
    if reply.media_type in READERS:
        return READERS[reply.media_type](reply.body)
    return read_rdf(reply.body, RDF_FORMATS[reply.media_type])


def _syntax(case: Case, transport: Transport) -> Outcome:
    """A query that has to be accepted, or to be refused with 400, whatever its result."""
    reply = _ask(transport, case.text, "*/*")
    wanted = 200 if case.kind == POSITIVE else 400
    return Outcome(case, {} if reply.status == wanted else {"status": f"expected {wanted}, got {_short(reply)}"})


def _protocol(case: Case, transport: Transport) -> Outcome:
    outcome = Outcome(case)
    for number, request in enumerate(case.requests, 1):
        reply = transport.send(
            request.method, request.path.replace("/sparql/", "/sparql", 1), dict(request.headers), request.body
        )
        if fault := _unlike(request, reply):
            outcome.faults[f"request {number}"] = f"{fault}, got {_short(reply)}"
    return outcome


def _unlike(request: HttpRequest, reply: Reply) -> str:
    if not any(str(reply.status).startswith(status.rstrip("x")) for status in request.statuses):
        return f"expected {' or '.join(request.statuses)}"
    if request.format == "RDF" and reply.media_type not in RDF_FORMATS:
        return "expected RDF"
    if request.format in {"tabular", "boolean"} and reply.media_type not in READERS:
        return "expected results"
    if request.format is not None:
        result = _read(reply)
        if isinstance(result, bool) != (request.format == "boolean"):
            return f"expected a {request.format} result"
        if request.boolean is not None and result != request.boolean:
            return f"expected {request.boolean}"
    return ""


def _description(case: Case, transport: Transport) -> Outcome:
    """The manifest has names only; the tests are what the specification says under these names."""
    outcome = Outcome(case)
    for media_type in GRAPHS:
        reply = transport.send("GET", "/sparql", {"Accept": media_type}, b"")
        if reply.status != 200 or reply.media_type != media_type:
            outcome.faults[media_type] = _short(reply)
            continue
        triples = read_rdf(reply.body, RDF_FORMATS[media_type]).triples
        check = {"returns-rdf": _says_something, "conforms-to-schema": _conforms}.get(case.id.rpartition("/")[2])
        fault = check(triples) if check else _has_endpoint(triples, f"{transport.address}sparql")
        if fault:
            outcome.faults[media_type] = fault
    return outcome


def _says_something(triples: frozenset[ox.Triple]) -> str:
    return "" if triples else "nothing is said"


def _has_endpoint(triples: frozenset[ox.Triple], address: str) -> str:
    """The endpoint is where the description was found."""
    found = [t.object for t in triples if t.predicate.value == f"{SD}endpoint"]
    return "" if found == [ox.NamedNode(address)] else f"sd:endpoint is {found}, not {address}"


def _conforms(triples: frozenset[ox.Triple]) -> str:
    """Each thing is of the class that the property pointing to it asks for, and has what the class needs."""
    types: dict[str, set[str]] = {}
    said: dict[str, set[str]] = {}
    for triple in triples:
        if triple.predicate.value == f"{RDF}type":
            types.setdefault(str(triple.subject), set()).add(str(triple.object))
        said.setdefault(str(triple.subject), set()).add(triple.predicate.value)
    services = [node for node, classes in types.items() if f"<{SD}Service>" in classes]
    if len(services) != 1 or f"{SD}endpoint" not in said[services[0]]:
        return f"expected one sd:Service with an endpoint, found {services}"
    for triple in triples:
        class_ = SCHEMA.get(triple.predicate.value.removeprefix(SD))
        if class_ and f"<{SD}{class_}>" not in types.get(str(triple.object), set()):
            return f"{triple.object} has to be a sd:{class_}"
        if class_ == "NamedGraph" and f"{SD}name" not in said[str(triple.object)]:
            return f"{triple.object} needs a sd:name"
        if triple.predicate.value.startswith(SD) and triple.predicate.value not in _PROPERTIES:
            return f"there is no {triple.predicate}"
    return ""


_NAMES = """
endpoint feature supportedLanguage languageExtension propertyFeature resultFormat inputFormat
defaultEntailmentRegime entailmentRegime defaultSupportedEntailmentProfile supportedEntailmentProfile
extensionFunction extensionAggregate availableGraphs defaultDataset defaultGraph namedGraph name graph
"""
_PROPERTIES = {f"{SD}{name}" for name in _NAMES.split()}
"""All properties of the vocabulary."""
