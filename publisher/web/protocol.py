"""SPARQL 1.1 Protocol, query operation: from what a client sent to what is asked. Pure functions, no framework."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit

from publisher.errors import (
    MediaTypeUnsupported,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    QueryRefused,
    RequestInvalid,
)
from publisher.formats import (
    DATASET_FORMATS,
    GRAPH_FORMATS,
    HTML,
    RESULTS_FORMATS,
    RESULTS_JSON,
    RESULTS_XML,
    TURTLE,
    MediaType,
    negotiate,
)
from publisher.query import guard, normal
from publisher.query.answer import QueryRequest
from publisher.query.engine import Dataset, graphs

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
METHODS = ("GET", "HEAD", "OPTIONS", "POST")
ACCEPT_POST = f"{FORM}, {QUERY}"

_GENERIC = (
    MediaType("application/json", ".json", "JSON results", results=RESULTS_JSON.results),
    MediaType("application/xml", ".xml", "XML results", results=RESULTS_XML.results),
)
"""Common names that clients use for the results formats; offered after the proper ones."""
TABLE_OFFERED = (*RESULTS_FORMATS, *_GENERIC, HTML)
GRAPH_OFFERED = (*GRAPH_FORMATS, *DATASET_FORMATS, HTML)
_ENGINE = {m.name: m.name for m in (*RESULTS_FORMATS, *GRAPH_FORMATS, *DATASET_FORMATS)} | {
    HTML.name: HTML.name,
    "application/json": RESULTS_JSON.name,
    "application/xml": RESULTS_XML.name,
}
_FORMATS = {
    "json": (".srj", ".jsonld"),
    "xml": (".srx", ".rdf"),
    "turtle": (".ttl",),
    "n3": (".ttl",),
    "ntriples": (".nt",),
    "rdfxml": (".rdf",),
    "rdf+xml": (".rdf",),
    "json-ld": (".jsonld",),
    "nquads": (".nq",),
}
"""Names for people and of client libraries, beside the suffixes and the media types."""
_OPERATION = {"query", "update", "default-graph-uri", "named-graph-uri"}
_MAX_PARAMETERS = 1000
_WRITES = "nothing can be written here"
_INSTEAD = "Data changes by a new release. Send a query instead."


@dataclass(frozen=True)
class Incoming:
    """A request as it came. `accept` and `content_type` are the headers, None if there are none."""

    method: str
    query_string: bytes = b""
    content_type: str | None = None
    accept: str | None = None
    body: bytes = b""


@dataclass(frozen=True)
class Ask:
    """A query that may run, with its dataset and the media type to answer in. `release`: the only one it is for."""

    query: str
    form: str
    media_type: MediaType
    dataset: Dataset
    release: str | None = None
    calls: bool = False
    """Whether it calls other endpoints, all of them allowed."""

    @cached_property
    def normal(self) -> str:
        """See `normal_form`."""
        return normal.normal_form(self.query)

    @cached_property
    def varies(self) -> bool:
        """Whether the answer may differ from one time to the next, on the same release."""
        return normal.varies(self.query)

    @cached_property
    def key(self) -> tuple[object, ...]:
        """What the answer depends on, beside the release."""
        return self.normal, self.dataset, self.media_type.name

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the normal form in UTF-8; with a dataset, of that and its parameters, one a line."""
        lines = [self.normal]
        lines += [f"default-graph-uri={iri}" for iri in self.dataset.default or ()]
        lines += [f"named-graph-uri={iri}" for iri in self.dataset.named or ()]
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()

    def request(self, client: str, media_type: MediaType | None = None) -> QueryRequest:
        """For the engine; in another media type if one is given."""
        dataset = self.dataset
        by_clauses = dataset == Dataset() and normal.names_dataset(self.query)
        labels = self.form == "DESCRIBE" and not by_clauses
        name = _ENGINE[(media_type or self.media_type).name]
        return QueryRequest(self.query, name, dataset.default, dataset.named, client, labels, self.calls)

    def parameters(self, release: str) -> str:
        """A query string that asks the same of one release."""
        pairs = [("query", self.normal)]
        pairs += [("default-graph-uri", iri) for iri in self.dataset.default or ()]
        pairs += [("named-graph-uri", iri) for iri in self.dataset.named or ()]
        return urlencode([*pairs, ("release", release)])


def parse(incoming: Incoming, services: frozenset[str] = frozenset()) -> Ask | None:
    """What is asked; None if nothing is: a visit to the page or the service description.

    Raises the `PublisherError` that says what is wrong and what to send instead.
    """
    found = _query(incoming)
    if found is None:
        return None
    query, parameters = found
    form = guard.check(query, services)
    offered = TABLE_OFFERED if form in {"SELECT", "ASK"} else GRAPH_OFFERED
    dataset = _dataset(parameters) if len(parameters) > 1 or incoming.method == "POST" else Dataset()
    release = next(iter(_all(parameters, "release")), None)
    media_type = _media_type(incoming.accept, next(iter(_all(parameters, "format")), ""), offered)
    calls = bool(services) and guard.calls_service(query)
    return Ask(query, form, media_type, dataset, release or None, calls)


def _dataset(parameters: Sequence[tuple[str, str]]) -> Dataset:
    dataset = Dataset.of(_all(parameters, "default-graph-uri"), _all(parameters, "named-graph-uri"))
    for iri in (*(dataset.default or ()), *(dataset.named or ())):
        if not urlsplit(iri).scheme:
            raise RequestInvalid(f"a graph is called {iri!r}", hint="Give its absolute IRI.")
        graphs((iri,))
    return dataset


def check_release(ask: Ask, served: str) -> None:
    """Raises `NotFound` if the query is for another release than the one served."""
    if ask.release is not None and ask.release != served:
        raise NotFound(
            f"this query is for the release {ask.release}; the one served is {served}",
            hint=f"Load /releases/{ask.release} into a store, or leave out the parameter `release`.",
        )


def _query(incoming: Incoming) -> tuple[str, list[tuple[str, str]]] | None:
    """The text of the query and all parameters."""
    method, url = incoming.method, _pairs(incoming.query_string)
    if method in {"GET", "HEAD"}:
        if not any(name in _OPERATION for name, _ in url):
            return None
        return _one_query(url, "in the URL"), url
    if method != "POST":
        raise MethodNotAllowed(
            f"{method} is not possible here", hint="Send a query by GET, or by POST as a form or as the body."
        )
    kind, charset = _content_type(incoming.content_type)
    if kind == UPDATE:
        raise QueryRefused(_WRITES, hint=_INSTEAD)
    if kind not in {FORM, QUERY}:
        raise MediaTypeUnsupported(
            f"a body of type {kind or '(none)'} is not understood",
            hint=f"Send a form ({FORM}) with a field `query`, or the query itself ({QUERY}).",
        )
    if charset not in {"utf-8", "utf8", "us-ascii", "ascii"}:
        raise MediaTypeUnsupported(f"the charset is {charset}", hint="Encode the body in UTF-8.")
    if kind == FORM:
        parameters = [*url, *_pairs(incoming.body)]
        return _one_query(parameters, "in the form"), parameters
    if any(name == "query" for name, _ in url):
        raise RequestInvalid("there is a query in the URL and one in the body", hint="Send one of them.")
    _refuse_update(url)
    try:
        return incoming.body.decode("utf-8"), url
    except UnicodeDecodeError:
        raise RequestInvalid("the query is not UTF-8", hint="Encode it in UTF-8.") from None


def _content_type(header: str | None) -> tuple[str, str]:
    kind, *parameters = (header or "").split(";")
    charset = "utf-8"
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return kind.strip().lower(), charset


def _pairs(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS)
    except UnicodeDecodeError:
        raise RequestInvalid("the parameters are not UTF-8", hint="Percent-encode them as UTF-8.") from None
    except ValueError:
        raise RequestInvalid(f"there are more than {_MAX_PARAMETERS} parameters", hint="Send fewer.") from None


def _all(parameters: Sequence[tuple[str, str]], name: str) -> list[str]:
    return [value for other, value in parameters if other == name]


def _refuse_update(parameters: Sequence[tuple[str, str]]) -> None:
    names = {name for name, _ in parameters}
    if "update" in names and "query" in names:
        raise RequestInvalid("there is a query and an update", hint="Send a query; nothing can be written here.")
    if names & {"update", "using-graph-uri", "using-named-graph-uri"}:
        raise QueryRefused(_WRITES, hint=_INSTEAD)


def _one_query(parameters: Sequence[tuple[str, str]], where: str) -> str:
    _refuse_update(parameters)
    queries = _all(parameters, "query")
    if len(queries) != 1:
        raise RequestInvalid(
            f"there are {len(queries) or 'no'} parameters called `query` {where}",
            hint="Send exactly one, form-encoded: query=SELECT%20...",
        )
    return queries[0]


_negotiate = lru_cache(maxsize=256)(negotiate)


def _media_type(accept: str | None, name: str, offered: tuple[MediaType, ...]) -> MediaType:
    """By the parameter `format`, for links, which cannot set a header; else by the header."""
    if name:
        wanted = name.lower()
        suffixes = (f".{wanted}", *_FORMATS.get(wanted, ()))
        for media_type in offered:
            if media_type.name == wanted or media_type.suffix in suffixes:
                return media_type
        names = ", ".join(dict.fromkeys(m.suffix[1:] for m in offered))
        raise RequestInvalid(f"format is {name!r}", hint=f"For this query: {names}.")
    chosen = _negotiate(accept, offered)
    if chosen is None:
        raise NotAcceptable(
            f"none of what you accept can be had here: {accept}",
            hint=f"Offered: {', '.join(m.name for m in offered)}.",
        )
    return chosen


def page_type(ask: Ask) -> MediaType:
    """The media type whose result the page shows."""
    return RESULTS_JSON if ask.form in {"SELECT", "ASK"} else TURTLE
