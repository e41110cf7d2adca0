"""The page at `/sparql`: a plain form, and the editor on top of it where a bundle was built and scripts run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, render_template
from werkzeug.exceptions import NotFound as NoSuchPath

from publisher.formats import HTML, JSON, PLAIN, MediaType
from publisher.query.examples import Example, examples_of
from publisher.query.facts import Facts
from publisher.vocab import OWL, RDF, RDFS, SKOS
from publisher.web.http import current, links, represent
from publisher.web.snapshot import Snapshot

blueprint = Blueprint("editor", __name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Of this page only: our own scripts, no others and no `eval`; the editor sets styles; it calls nobody but us."""
SHORT = "public, max-age=60, must-revalidate"
FOREVER = "public, max-age=31536000, immutable"
LICENCES = "licences.txt"
_TYPES = {
    ".js": MediaType("text/javascript", ".js", "Script"),
    ".css": MediaType("text/css", ".css", "Style"),
    ".txt": PLAIN,
}
_CLASSES = (f"{OWL}Class", f"{RDFS}Class")
_PROPERTIES = (f"{OWL}ObjectProperty", f"{OWL}DatatypeProperty", f"{OWL}AnnotationProperty", f"{RDF}Property")
_START = """PREFIX att: <{att}>
PREFIX rdfs: <{rdfs}>

SELECT ?statement ?who ?stance ?says WHERE {{
  ?statement a att:Statement ;
    att:speaker/rdfs:label ?who ;
    att:stance ?stance ;
    rdfs:label ?says .
}}
LIMIT 50"""


@dataclass(frozen=True)
class Bundle:
    """File names of the editor; they change with the content, so they can be kept for ever."""

    script: str
    style: str

    @classmethod
    def find(cls) -> Bundle | None:
        """The bundle that was built; None if there is none."""
        try:
            manifest = json.loads((_folder() / "manifest.json").read_text(encoding="utf-8"))
            return cls(str(manifest["script"]), str(manifest["style"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True)
class Opened:
    """What the page is to show: a query with its result, an example, or nothing in particular."""

    query: str | None = None
    result: object = None
    example: Example | None = None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()


def editor_page(opened: Opened) -> Response:
    """The page. Its policy lets scripts run only if there is an editor to run."""
    snapshot, bundle = current(), Bundle.find()
    query = opened.query or (opened.example.query if opened.example else start_query(snapshot))
    body = render_template(
        "sparql.html",
        query=query,
        opened=opened,
        result=opened.result,
        bundle=bundle,
        release=snapshot.release,
        prefixes=snapshot.iris.prefixes(),
        path=links().path,
        root=links().root,
    )
    response = represent(body, HTML)
    if bundle is not None:
        response.headers["Content-Security-Policy"] = POLICY
    return response


def start_query(snapshot: Snapshot) -> str:
    """What the editor begins with."""
    return _START.format(att=snapshot.iris.att(""), rdfs=RDFS)


@blueprint.get("/sparql/editor/<file>")
def asset(file: str) -> Response:
    """A file of the bundle."""
    bundle = Bundle.find()
    if bundle is None or file not in {bundle.script, bundle.style, LICENCES}:
        raise NoSuchPath
    cache = SHORT if file == LICENCES else FOREVER
    return represent((_folder() / file).read_bytes(), _TYPES[Path(file).suffix], described_by=None, cache=cache)


@blueprint.get("/sparql/terms.json")
def terms() -> Response:
    """What the editor completes and offers: prefixes, terms of the vocabulary, example queries."""
    snapshot = current()
    body, _ = snapshot.bodies.get(("sparql-terms",), lambda: (_terms(snapshot), 1))
    return represent(body, JSON)


def _terms(snapshot: Snapshot) -> bytes:
    iris = snapshot.iris
    facts = Facts(snapshot.store, iris, ox.NamedNode(iris.graph("ontology")))
    found = {
        "base": iris.base,
        "query": start_query(snapshot),
        "prefixes": iris.prefixes(),
        "classes": _entries(facts, _CLASSES),
        "properties": _entries(facts, _PROPERTIES),
        "concepts": _entries(facts, (f"{SKOS}Concept",)),
        "examples": [
            {"name": e.name, "title": e.title, "lesson": e.lesson, "query": e.query, "keywords": e.keywords}
            for e in examples_of(snapshot.store, iris)
        ],
    }
    return (json.dumps(found, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _entries(facts: Facts, classes: tuple[str, ...]) -> list[dict[str, str]]:
    """Terms of our namespace, and those of others that the ontology describes; never a blank node."""
    nodes = {node for c in classes for node in facts.subjects(ox.NamedNode(f"{RDF}type"), ox.NamedNode(c))}
    entries = []
    for node in sorted(nodes, key=lambda n: n.value):
        if node.value.startswith(facts.iris.genid("")):
            continue
        label = facts.label(node)
        name = node.value.removeprefix(facts.iris.att(""))
        entries.append({"iri": node.value, "short": name, "label": label.value if label else name})
    return entries


def _folder() -> Path:
    return Path(current_app.static_folder or "") / "editor"
