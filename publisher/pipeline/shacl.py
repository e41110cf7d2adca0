"""Validation engines behind one interface: the reference is pySHACL, the fast one shifty.

Both get data and shapes as N-Triples and give the same `Report`; the tests hold them to it. The fast one gets only what
`Screen` leaves to it. One difference is known: of two values that SPARQL cannot compare, say a date and a number,
neither is less (SHACL, sections 4.3 and 4.5.3): the fast one reports that, while rdflib orders them by their datatypes.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from pyoxigraph import RdfFormat, parse
from rdflib import Graph
from shifty._shifty import PreparedValidator

from publisher.config import Engine
from publisher.errors import SourceError
from publisher.pipeline.load import to_rdflib
from publisher.pipeline.screen import Screen
from publisher.pipeline.validate import Report, read_report, validate
from publisher.vocab import SH


class Validator:
    """Validates graphs against one set of shapes, which are read once.

    `shapes` are N-Triples with their blank nodes; `without` are IRIs of node shapes to leave out.
    Raises `SourceError` if the shapes are malformed, here or in use.
    """

    def __init__(self, shapes: bytes, engine: Engine = Engine.FAST, *, without: Collection[str] = ()) -> None:
        true = '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'
        shapes += "".join(f"<{iri}> <{SH}deactivated> {true} .\n" for iri in without).encode()
        self._screen: Screen | None = None
        self._shapes: Graph | None = None
        if engine is Engine.REFERENCE:
            self._shapes = _graph(shapes)
            return
        _prepare(shapes)
        self._screen = Screen(shapes)

    def __call__(self, data: bytes) -> Report:
        """The report on N-Triples, as the serializer writes them, that hold data and ontology together."""
        if self._shapes is not None:
            return validate(_graph(data), self._shapes, Graph())
        assert self._screen is not None  # noqa: S101
        return run_engine(self._screen.leave(data), data)


def run_engine(shapes: bytes, data: bytes) -> Report:
    """The report of the fast engine. Raises `SourceError` if the shapes are malformed."""
    try:
        outcome = _prepare(shapes).validate_w3c(
            data, graph_mode="data", run_infer=False, sort_results=False, on_unsupported="error"
        )
    except (ValueError, RuntimeError) as error:
        raise _unusable(error) from error
    if outcome.diagnostics:
        raise _unusable("; ".join(outcome.diagnostics))
    # not by the wrapper of the engine, which rewrites literals on the way
    written = parse(input=outcome.report_turtle, format=RdfFormat.TURTLE)
    return read_report(to_rdflib(quad.triple for quad in written))


@lru_cache(maxsize=8)
def _prepare(shapes: bytes) -> PreparedValidator:
    try:
        return PreparedValidator(shapes)
    except ValueError as error:
        raise _unusable(error) from error


def _graph(data: bytes) -> Graph:
    return to_rdflib(quad.triple for quad in parse(input=data, format=RdfFormat.N_TRIPLES))


def _unusable(error: object) -> SourceError:
    return SourceError(f"the shapes cannot be used: {error}", hint="Correct the shape it names.")
