"""The W3C manifests as test cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox

ROOT = Path(__file__).resolve().parents[2]
SUITES = ROOT.parent / "shared" / "w3c" / "sparql"
"""Beside the checkout; the tests of this package are skipped without it."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"

EVALUATION, POSITIVE, NEGATIVE, PROTOCOL, DESCRIPTION = (
    "evaluation",
    "positive syntax",
    "negative syntax",
    "protocol",
    "service description",
)

_KINDS = {
    "QueryEvaluationTest": EVALUATION,
    "CSVResultFormatTest": EVALUATION,
    "PositiveSyntaxTest": POSITIVE,
    "PositiveSyntaxTest11": POSITIVE,
    "NegativeSyntaxTest": NEGATIVE,
    "NegativeSyntaxTest11": NEGATIVE,
    "ProtocolTest": PROTOCOL,
    "ServiceDescriptionTest": DESCRIPTION,
}
_UPDATE = {
    "UpdateEvaluationTest",
    "PositiveUpdateSyntaxTest",
    "PositiveUpdateSyntaxTest11",
    "NegativeUpdateSyntaxTest",
    "NegativeUpdateSyntaxTest11",
}

NO_UPDATE = "the endpoint takes queries only: data change by a new release"
NO_GRAPH_STORE = "there is no graph store protocol: graphs change by a new release"
NO_SERVICE = "the endpoint calls no other endpoint: SERVICE is refused with 403"
NO_ENTAILMENT = "queries see the graph as it is; what follows by OWL 2 RL is in the release as triples"

Node = ox.NamedNode | ox.BlankNode


@dataclass(frozen=True)
class GraphFile:
    """A file and the graph it is to be loaded into; None is the default graph."""

    file: Path
    name: str | None


@dataclass(frozen=True)
class HttpRequest:
    """One request of a protocol test and what is expected of the answer."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    statuses: tuple[str, ...]
    boolean: bool | None
    format: str | None


@dataclass(frozen=True)
class Case:
    """One test. `skip` says why it does not apply to an endpoint for queries, else it is empty."""

    id: str
    name: str
    kind: str
    skip: str = ""
    query: Path | None = None
    result: Path | None = None
    data: tuple[GraphFile, ...] = ()
    requests: tuple[HttpRequest, ...] = ()
    lax: bool = False

    @property
    def suite(self) -> str:
        """sparql11 or sparql12."""
        return self.id.split("/")[0]

    @property
    def area(self) -> str:
        """The folder of the test."""
        return self.id.split("/")[1]

    @cached_property
    def text(self) -> str:
        """The query with the IRI of its file as base, which is how the manifests mean it."""
        assert self.query is not None
        return f"BASE <{self.query.as_uri()}>\n{self.query.read_text(encoding='utf-8')}"


class Graph:
    """The triples of a manifest, looked up by subject and predicate."""

    def __init__(self, file: Path) -> None:
        self.base = file.as_uri()
        self._objects: dict[tuple[str, str], list[Node | ox.Literal]] = {}
        for quad in ox.parse(path=str(file), format=ox.RdfFormat.TURTLE, base_iri=self.base):
            assert not isinstance(quad.object, ox.Triple)
            self._objects.setdefault((str(quad.subject), quad.predicate.value), []).append(quad.object)

    def all(self, subject: Node | ox.Literal, predicate: str) -> list[Node | ox.Literal]:
        return self._objects.get((str(subject), predicate), [])

    def one(self, subject: Node | ox.Literal, predicate: str) -> Node | ox.Literal | None:
        return next(iter(self.all(subject, predicate)), None)

    def text(self, subject: Node | ox.Literal, predicate: str) -> str:
        found = self.one(subject, predicate)
        return found.value if found is not None else ""

    def list(self, head: Node | ox.Literal | None) -> Iterator[Node | ox.Literal]:
        while head is not None and head != ox.NamedNode(f"{RDF}nil"):
            first = self.one(head, f"{RDF}first")
            assert first is not None
            yield first
            head = self.one(head, f"{RDF}rest")

    def entries(self) -> Iterator[Node | ox.Literal]:
        for (_, predicate), heads in self._objects.items():
            if predicate == f"{MF}entries":
                yield from self.list(heads[0])


def local(iri: str) -> Path:
    """The file of a `file:` IRI."""
    return Path(unquote(urlsplit(iri).path))


def load_cases() -> tuple[Case, ...]:
    """Every test of SPARQL 1.1 and 1.2, in the order of folders and manifests."""
    cases: list[Case] = []
    for suite in ("sparql11", "sparql12"):
        for folder in sorted(path for path in (SUITES / suite).iterdir() if path.is_dir()):
            manifest = folder / "manifest.ttl"
            if manifest.is_file():
                graph = Graph(manifest)
                cases += [_case(graph, entry, f"{suite}/{folder.name}") for entry in graph.entries()]
    return tuple(cases)


def _case(graph: Graph, entry: Node | ox.Literal, folder: str) -> Case:
    types = {node.value.removeprefix(MF) for node in graph.all(entry, f"{RDF}type")}
    id_ = f"{folder}/{entry.value.rpartition('#')[2]}"
    name = " ".join(graph.text(entry, f"{MF}name").split())
    kind = next((_KINDS[t] for t in sorted(types) if t in _KINDS), "update")
    action = graph.one(entry, f"{MF}action")
    if kind == PROTOCOL:
        requests = tuple(_requests(graph, action))
        skip = NO_UPDATE if id_.split("/")[2].startswith("update_") else ""
        return Case(id_, name, kind, skip, data=_graphs(graph, entry, UT), requests=requests)
    if kind == DESCRIPTION:
        return Case(id_, name, kind)
    query = result = None
    data: tuple[GraphFile, ...] = ()
    if isinstance(action, ox.NamedNode):
        query = local(action.value)
    elif action is not None and (found := graph.one(action, f"{QT}query")) is not None:
        query = local(found.value)
        data = _data(graph, action, query)
    if isinstance(found := graph.one(entry, f"{MF}result"), ox.NamedNode):
        result = local(found.value)
    lax = graph.text(entry, f"{MF}resultCardinality").endswith("LaxCardinality")
    return Case(id_, name, kind, _skip(folder, types, query), query, result, data, lax=lax)


def _skip(folder: str, types: set[str], query: Path | None) -> str:
    area = folder.split("/")[1]
    if types & _UPDATE or (query is not None and query.suffix == ".ru"):
        return NO_UPDATE
    if "GraphStoreProtocolTest" in types or area in {"http-rdf-update", "graph-store-protocol"}:
        return NO_GRAPH_STORE
    if area in {"service", "syntax-fed"}:
        return NO_SERVICE
    return NO_ENTAILMENT if area == "entailment" else ""


def _data(graph: Graph, action: Node | ox.Literal, query: Path) -> tuple[GraphFile, ...]:
    """A query with FROM chooses among named graphs, so its data are one."""
    chooses = any(line.strip().upper().startswith("FROM") for line in query.read_text(encoding="utf-8").splitlines())
    default = [GraphFile(local(node.value), node.value if chooses else None) for node in graph.all(action, f"{QT}data")]
    return (*default, *_graphs(graph, action, QT))


def _graphs(graph: Graph, subject: Node | ox.Literal, namespace: str) -> tuple[GraphFile, ...]:
    found = []
    for node in graph.all(subject, f"{namespace}graphData"):
        if isinstance(node, ox.NamedNode):
            found.append(GraphFile(local(node.value), node.value))
        else:
            found.append(GraphFile(local(graph.text(node, f"{namespace}graph")), graph.text(node, f"{RDFS}label")))
    return tuple(found)


def _requests(graph: Graph, action: Node | ox.Literal | None) -> Iterator[HttpRequest]:
    assert action is not None
    for node in graph.list(graph.one(action, f"{HT}requests")):
        headers = tuple(
            (graph.text(header, f"{HT}fieldName"), graph.text(header, f"{HT}fieldValue"))
            for header in graph.list(graph.one(node, f"{HT}headers"))
        )
        body = b""
        if (content := graph.one(node, f"{HT}body")) is not None:
            encoding = graph.text(content, f"{CNT}characterEncoding") or "UTF-8"
            body = graph.text(content, f"{CNT}chars").encode(encoding)
        answer = graph.one(node, f"{HT}resp")
        assert answer is not None
        boolean = graph.text(answer, f"{MF}expectedBoolean")
        yield HttpRequest(
            graph.text(node, f"{HT}methodName"),
            graph.text(node, f"{HT}absolutePath"),
            headers,
            body,
            tuple(status.value.rpartition("StatusCode")[2] for status in graph.all(answer, f"{MF}expectedStatus")),
            boolean == "true" if boolean else None,
            graph.text(answer, f"{MF}expectedFormat") or None,
        )
