"""From a query and a media type to bytes. The seam behind which queries can move into other processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyoxigraph as ox

from publisher.errors import QueryInvalid, RequestInvalid
from publisher.formats import MediaType
from publisher.query.serialise import serialise
from publisher.query.store import Store


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

    def evaluate(self, query: str, dataset: Dataset, media_type: MediaType) -> bytes:
        """The whole result in `media_type`, which must fit the form of the query.

        Raises `QueryInvalid` if the query does not parse or cannot be evaluated, `RequestInvalid` if a graph
        is not named by an IRI.
        """


@dataclass(frozen=True)
class InProcessEngine:
    """Evaluates in this process; there is no limit on time or memory.

    `base_iri` resolves relative IRIs: the address of the endpoint, since the query has none of its own
    (RFC 3986, section 5.1).
    """

    store: Store
    prefixes: Mapping[str, str]
    base_iri: str

    def evaluate(self, query: str, dataset: Dataset, media_type: MediaType) -> bytes:
        """See `QueryEngine.evaluate`."""
        default, named = _graphs(dataset.default), _graphs(dataset.named)
        try:
            answer = self.store.query(query, default, named, self.base_iri)
            if isinstance(answer, ox.QueryTriples):
                return serialise(answer, media_type, self.prefixes)
            result = answer.serialize(format=media_type.results)
        except SyntaxError as error:
            raise QueryInvalid(
                f"the query does not parse: {_short(str(error))}", hint="The place is given as line:column."
            ) from None
        except (RuntimeError, OSError) as error:  # OSError: the format cannot hold the result
            raise QueryInvalid(
                f"the query cannot be evaluated: {_short(str(error))}", hint="Correct the query."
            ) from None
        return result or b""


def _graphs(names: Sequence[str] | None) -> list[ox.NamedNode] | None:
    if names is None:
        return None
    try:
        return [ox.NamedNode(name) for name in names]
    except ValueError as error:
        raise RequestInvalid(f"a graph is not named by an absolute IRI: {error}") from None


def _short(text: str, limit: int = 240) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[:limit]}…"
