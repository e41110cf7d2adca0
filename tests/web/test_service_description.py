"""The service description: what the specification asks for, and nothing that is not so."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
import requests
from flask.testing import FlaskClient

from publisher.formats import DATASET_FORMATS, GRAPH_FORMATS, HTML, RESULTS_FORMATS, TURTLE
from publisher.iris import Iris
from publisher.releases import Release
from publisher.vocab import RDF, SD, VOID
from publisher.web.service import service_description

DOMAINS = {
    "endpoint": "Service",
    "supportedLanguage": "Service",
    "feature": "Service",
    "resultFormat": "Service",
    "defaultEntailmentRegime": "Service",
    "defaultDataset": "Service",
    "defaultGraph": "Dataset",
    "namedGraph": "Dataset",
    "name": "NamedGraph",
    "graph": "NamedGraph",
}
ADDRESS = "http://localhost:8000/sparql"
"""Where a reader finds the endpoint; the service itself has the canonical IRI."""
RANGES = {"defaultDataset": "Dataset", "defaultGraph": "Graph", "namedGraph": "NamedGraph", "graph": "Graph"}


class Described:
    """Triples that can be asked."""

    def __init__(self, triples: tuple[ox.Triple, ...]) -> None:
        self.triples = triples

    def objects(self, subject: str, predicate: str) -> list[str]:
        return [
            t.object.value
            for t in self.triples
            if t.subject == ox.NamedNode(subject)
            and t.predicate.value == predicate
            and not isinstance(t.object, ox.Triple)
        ]

    def types(self, node: str) -> list[str]:
        return self.objects(node, f"{RDF}type")


@pytest.fixture(scope="module")
def described(release: Release) -> Described:
    formats = (*RESULTS_FORMATS, *GRAPH_FORMATS, *DATASET_FORMATS, HTML)
    return Described(service_description(release, Iris(release.base_iri), formats, ADDRESS))


def test_keeps_to_the_schema(described: Described) -> None:
    for triple in described.triples:
        subject = triple.subject
        assert isinstance(subject, ox.NamedNode)
        assert not isinstance(triple.object, ox.BlankNode)
        name = triple.predicate.value.removeprefix(SD)
        if name == triple.predicate.value:
            continue
        assert f"{SD}{DOMAINS[name]}" in described.types(subject.value)
        if name in RANGES:
            assert isinstance(triple.object, ox.NamedNode)
            assert f"{SD}{RANGES[name]}" in described.types(triple.object.value)


def test_one_service_with_its_endpoint(described: Described, iris: Iris) -> None:
    services = [t.subject for t in described.triples if t.object == ox.NamedNode(f"{SD}Service")]
    assert len(services) == 1
    assert isinstance(services[0], ox.NamedNode)
    service = services[0].value
    assert described.objects(service, f"{SD}endpoint") == [ADDRESS]
    assert described.objects(service, f"{SD}supportedLanguage") == [f"{SD}SPARQL11Query"]
    assert described.objects(service, f"{SD}feature") == []
    formats = described.objects(service, f"{SD}resultFormat")
    assert len(formats) == len(set(formats)) >= 8


def test_graphs_are_those_of_the_store(described: Described, store: ox.Store, release: Release, iris: Iris) -> None:
    dataset = f"{iris.sparql}#dataset"
    named = described.objects(dataset, f"{SD}namedGraph")
    names = [described.objects(n, f"{SD}name")[0] for n in named]
    really = {g.value for g in store.named_graphs() if isinstance(g, ox.NamedNode)}
    assert really <= set(names)
    assert len(names) == len(set(names))
    for name in names:
        counted = sum(1 for _ in store.quads_for_pattern(None, None, None, ox.NamedNode(name)))
        assert described.objects(name, f"{VOID}triples") == [str(counted)]
    default = described.objects(dataset, f"{SD}defaultGraph")[0]
    counted = sum(1 for _ in store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    assert described.objects(default, f"{VOID}triples") == [str(counted)]


def test_federation_is_said_only_where_it_is_allowed(release: Release, iris: Iris) -> None:
    told = Described(service_description(release, iris, (TURTLE,), ADDRESS, federated=True))
    assert told.objects(f"{iris.sparql}#service", f"{SD}feature") == [f"{SD}BasicFederatedQuery"]
    assert told.objects(f"{iris.sparql}#service", f"{SD}resultFormat") == ["http://www.w3.org/ns/formats/Turtle"]


@pytest.mark.parametrize("media", GRAPH_FORMATS, ids=lambda m: m.label)
def test_served_in_every_format_and_always_the_same(server: str, described: Described, media: object) -> None:
    assert hasattr(media, "name")
    first, second = (requests.get(f"{server}sparql", headers={"Accept": str(media.name)}, timeout=30) for _ in range(2))
    assert first.status_code == 200
    assert first.headers["Content-Type"].startswith(str(media.name))
    assert first.content == second.content
    assert first.headers["ETag"] == second.headers["ETag"]
    format_ = ox.RdfFormat.from_media_type(str(media.name))
    triples = {quad.triple for quad in ox.parse(first.content, format=format_)}
    expected = {t for t in described.triples if t.object != ox.NamedNode(ADDRESS)}
    assert expected < triples
    assert [t.object for t in triples - expected] == [ox.NamedNode(f"{server}sparql")]


def test_editor_terms(client: FlaskClient) -> None:
    terms = client.get("/sparql/terms.json").json
    assert terms
    assert {"att", "rdfs"} <= set(terms["prefixes"])
    assert client.get("/sparql/editor/nothing.js").status_code == 404


def test_policy_is_wider_on_this_page_only(client: FlaskClient) -> None:
    assert "script-src" not in client.get("/", headers={"Accept": "text/html"}).headers["Content-Security-Policy"]
    policy = client.get("/sparql", headers={"Accept": "text/html"}).headers["Content-Security-Policy"]
    assert "unsafe-eval" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'unsafe-inline'" not in policy
