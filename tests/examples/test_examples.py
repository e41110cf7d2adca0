"""Every example query is run at the served endpoint; what it finds is what it promises."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pyoxigraph as ox
import pytest
import requests

from publisher.iris import Iris
from publisher.pipeline.sources import EXAMPLES_FOLDER
from publisher.query import guard
from publisher.query.examples import Example, examples_of
from publisher.query.store import EmbeddedStore
from publisher.releases import STORE, Release
from publisher.vocab import CANONICAL_BASE, RDF, SCHEMA, SH

ROOT = Path(__file__).parent.parent.parent
NAMES = sorted(path.stem for path in (ROOT / "data" / EXAMPLES_FOLDER).glob("*.ttl"))
NO_ROWS = "no rows"
"""Keyword of an example whose point is that it finds nothing."""
CLASSES = {"select": "SPARQLSelectExecutable", "ask": "SPARQLAskExecutable", "construct": "SPARQLConstructExecutable"}


@pytest.fixture(scope="module")
def examples(release: Release) -> dict[str, Example]:
    store = EmbeddedStore(release.path / STORE)
    return {e.name: e for e in examples_of(store, Iris(release.base_iri))}


def test_each_file_is_an_example_and_there_are_enough(examples: dict[str, Example]) -> None:
    assert sorted(examples) == NAMES
    assert len(NAMES) >= 25
    assert {e.form for e in examples.values()} == {"select", "ask", "construct", "describe"}
    assert len({e.title for e in examples.values()}) == len({e.lesson for e in examples.values()}) == len(NAMES)
    assert [e for e in examples.values() if NO_ROWS in e.keywords]
    assert [e for e in examples.values() if "start here" in e.keywords]


@pytest.mark.parametrize("name", NAMES)
def test_example_finds_what_it_promises(name: str, examples: dict[str, Example], server: str) -> None:
    example = examples[name]
    assert guard.check(example.query) == example.form.upper()
    tabular = example.form in {"select", "ask"}
    accept = "application/sparql-results+json" if tabular else "application/n-triples"
    response = requests.get(f"{server}sparql", params={"query": example.query}, headers={"Accept": accept}, timeout=60)
    assert response.status_code == 200, response.text
    if example.form == "ask":
        assert response.json()["boolean"] is (NO_ROWS not in example.keywords)
        return
    rows = response.json()["results"]["bindings"] if tabular else response.text.splitlines()
    assert (len(rows) == 0) is (NO_ROWS in example.keywords)
    if tabular and rows:
        for column in response.json()["head"]["vars"]:
            assert any(column in row for row in rows), f"?{column} is never bound"
        limit = re.search(r"LIMIT (\d+)\s*\Z", example.query)
        assert limit or len(rows) < 500, "a result that grows with the data needs a LIMIT"


@pytest.mark.parametrize("name", NAMES)
def test_example_stands_alone(name: str, examples: dict[str, Example]) -> None:
    """Its prefixes are in it, each is used, and in the form that the rest of the project gives them."""
    query = examples[name].query
    known = Iris(CANONICAL_BASE).prefixes() | {"perspective": f"{CANONICAL_BASE}perspective/"}
    declared = dict(re.findall(r"^PREFIX ([\w-]*): <([^>]*)>$", query, re.M))
    body = re.sub(r"^PREFIX .*$", "", query, flags=re.M)
    assert declared
    for prefix, namespace in declared.items():
        assert known[prefix] == namespace
        assert re.search(rf"(?<![\w:]){prefix}:", body), f"{prefix} is not used"


def ask(server: str, query: str) -> set[tuple[str, ...]]:
    response = requests.get(f"{server}sparql", params={"query": query, "format": "csv"}, timeout=60)
    assert response.status_code == 200, response.text
    return {tuple(row) for row in csv.reader(io.StringIO(response.content.decode()))}


def test_who_denies_what(server: str, examples: dict[str, Example]) -> None:
    rows = {row[1:] for row in ask(server, examples["who-denies"].query)}
    assert ("Iraq (state)", "The Jraischan crossing incident occurred") in rows
    assert "Associated Press" not in {row[0] for row in rows}
    assert "John Rigsbee" not in {row[0] for row in rows}


def test_open_stances_are_those_who_take_no_side(server: str, examples: dict[str, Example]) -> None:
    who = {row[0] for row in ask(server, examples["open-stances"].query)}
    assert {"Associated Press", "John Rigsbee"} <= who
    assert "Iraq (state)" not in who


def test_every_strength_occurs(server: str, examples: dict[str, Example]) -> None:
    strengths = {row[0].rpartition("#")[2] for row in ask(server, examples["contradictions-by-strength"].query)}
    assert {"stated", "direct", "incompatibleValue", "presupposed", "scopeLimited"} <= strengths


def test_published_as_shacl_executables(server: str) -> None:
    response = requests.get(
        f"{server}.well-known/sparql-examples", headers={"Accept": "application/n-triples"}, timeout=60
    )
    store = ox.Store()
    store.load(response.content, ox.RdfFormat.N_TRIPLES)
    iris = Iris(CANONICAL_BASE)

    def objects(subject: str, predicate: str) -> set[str]:
        pattern = store.quads_for_pattern(ox.NamedNode(subject), ox.NamedNode(predicate), None)
        return {quad.object.value for quad in pattern if not isinstance(quad.object, ox.Triple)}

    for name in NAMES:
        node = iris.example(name)
        form = next(f for f in ("select", "ask", "construct", "describe") if objects(node, f"{SH}{f}"))
        classes = objects(node, f"{RDF}type")
        assert f"{SH}SPARQLExecutable" in classes
        assert form == "describe" or f"{SH}{CLASSES[form]}" in classes
        assert objects(node, f"{SCHEMA}target") == {iris.sparql}
        assert objects(node, f"{SH}prefixes") == {iris.examples}
    declared = objects(iris.examples, f"{SH}declare")
    assert len(declared) == len(iris.prefixes())
    assert not [q for q in store if isinstance(q.subject, ox.BlankNode) or isinstance(q.object, ox.BlankNode)]


def test_examples_are_not_in_the_default_graph(server: str, examples: dict[str, Example]) -> None:
    rows = ask(server, f"SELECT * {{ <{next(iter(examples.values())).iri}> ?p ?o }}")
    assert len(rows) == 1


@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/ld+json"])
def test_each_example_answers_at_its_iri(server: str, accept: str) -> None:
    for name in NAMES:
        response = requests.get(f"{server}examples/{name}", headers={"Accept": accept}, timeout=60)
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith(accept)
        assert f"/examples/{name}" in response.headers["Content-Location"]
    assert requests.get(f"{server}examples/no-such-thing", timeout=60).status_code == 404


def test_page_links_to_the_editor_and_to_a_result(server: str) -> None:
    page = requests.get(f"{server}examples", headers={"Accept": "text/html"}, timeout=60).text
    assert page.count("Open in the editor") == len(NAMES)
    for name in NAMES[:3]:
        assert f'href="/sparql?example={name}"' in page
        opened = requests.get(f"{server}sparql", params={"example": name}, headers={"Accept": "text/html"}, timeout=60)
        assert opened.status_code == 200
        assert "PREFIX" in opened.text
    run = re.search(r'href="(/sparql\?query=[^"]+)"', page)
    assert run
    result = requests.get(server + run[1][1:], headers={"Accept": "text/html"}, timeout=60)
    assert "<caption>" in result.text
