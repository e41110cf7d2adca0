"""Who evaluates queries: this process, or processes that can be killed (`sandbox.SandboxPool`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyoxigraph as ox

from publisher.errors import NotAcceptable, RequestInvalid
from publisher.formats import DATASET_FORMATS, GRAPH_FORMATS, RESULTS_FORMATS
from publisher.query import counting
from publisher.query.answer import Answer, QueryRequest, failure
from publisher.query.labels import with_labels
from publisher.query.limits import Limits
from publisher.query.serialise import serialise
from publisher.query.store import DEFAULT, Store

_LIMITS = Limits()
_FORMATS = {m.name: m for m in (*GRAPH_FORMATS, *DATASET_FORMATS, *RESULTS_FORMATS)}


@dataclass(frozen=True)
class Dataset:
    """The graphs of a protocol request, as IRIs. Both None: the query's own, else the store's own."""

    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None

    @classmethod
    def of(cls, default: Sequence[str], named: Sequence[str]) -> Dataset:
        """From the parameters `default-graph-uri` and `named-graph-uri`: if either is there, both count."""
        return cls(tuple(default), tuple(named)) if default or named else cls()


class QueryEngine(Protocol):
    """Evaluates queries that `guard.check` has let through."""

    def run(self, request: QueryRequest, cancelled: Callable[[], bool] | None = None) -> Answer:
        """The answer. Raises `QueryInvalid`, `NotAcceptable` if the media type does not fit the form of the query,
        `RequestInvalid` if a graph is not named by an IRI, or a `QueryStopped`.
        """

    def start(self) -> None:
        """Get ready; returns at once."""

    def ready(self) -> bool:
        """Whether a query would begin at once."""

    def retire(self) -> None:
        """Take no more queries, finish those under way."""

    def close(self, seconds: float = 0.0) -> None:
        """The same; returns after `seconds` at the latest."""

    def statistics(self) -> dict[str, int]:
        """For monitoring."""


@dataclass(frozen=True)
class InProcessEngine:
    """Evaluates in this process: for tests and tools. There is no limit on anything.

    `base_iri` resolves relative IRIs: the address of the endpoint, since the query has none of its own
    (RFC 3986, section 5.1).
    """

    store: Store
    prefixes: Mapping[str, str]
    base_iri: str

    def run(self, request: QueryRequest, cancelled: Callable[[], bool] | None = None) -> Answer:
        """See `QueryEngine.run`."""
        fields = request.fields()
        default, named = graphs(fields["default"]), graphs(fields["named"])
        media_type = _FORMATS[request.media_type]
        try:
            answer = self.store.query(request.query, default, named, self.base_iri)
            if isinstance(answer, ox.QueryTriples):
                if media_type.rdf is None:
                    raise NotAcceptable("the format does not fit the form of the query")
                triples = list(answer)
                if request.labels:
                    triples = list(with_labels(triples, lambda node, name: self._look(default, node, name)))
                return _whole("graph", serialise(triples, media_type, self.prefixes), len(triples))
            if media_type.results is None:
                raise NotAcceptable("the format does not fit the form of the query")
            body = answer.serialize(format=media_type.results) or b""
        except SyntaxError as error:
            raise failure("invalid", str(error), _LIMITS) from None
        except (RuntimeError, OSError) as error:  # OSError: the format cannot hold the result
            raise failure("evaluation", str(error), _LIMITS) from None
        if isinstance(answer, ox.QueryBoolean):
            return _whole("ask", body, 1)
        return _whole("select", body, counting.exact(media_type.results, body), [v.value for v in answer.variables])

    def _look(self, default: Sequence[ox.NamedNode] | None, node: ox.NamedNode, name: ox.NamedNode) -> list[ox.Quad]:
        places = [DEFAULT] if default is None else default
        return [quad for graph in places for quad in self.store.quads(node, name, None, graph)]

    def start(self) -> None:
        """Nothing to do."""

    def ready(self) -> bool:
        """Always."""
        return True

    def retire(self) -> None:
        """Nothing to do."""

    def close(self, seconds: float = 0.0) -> None:
        """Nothing to do."""

    def statistics(self) -> dict[str, int]:
        """Nothing is counted."""
        return {}


def _whole(kind: str, body: bytes, rows: int, variables: Sequence[str] = ()) -> Answer:
    meta: dict[str, Any] = {"kind": kind, "variables": variables, "rows": rows}
    return Answer(meta, body)


def graphs(names: Sequence[str] | None) -> list[ox.NamedNode] | None:
    """Raises `RequestInvalid` for a name that is no absolute IRI."""
    if names is None:
        return None
    try:
        return [ox.NamedNode(name) for name in names]
    except ValueError as error:
        raise RequestInvalid(f"a graph is not named by an absolute IRI: {error}") from None
