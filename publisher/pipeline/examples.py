"""Example queries: one Turtle file for each, published as SHACL executables in a graph of their own.

The convention is that of other SPARQL endpoints: the query as `sh:select`, `sh:ask`, `sh:construct` or
`sh:describe`, what it teaches as `rdfs:comment`, and `schema:target` for where it runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from publisher.errors import SourceError, Where
from publisher.iris import Iris
from publisher.pipeline.load import SourceFile, parse_turtle, refuse_blank_nodes, sort_triples
from publisher.vocab import OWL, RDF, RDFS, SCHEMA, SH, XSD

TITLE = "Example queries"
FORMS = {
    f"{SH}select": f"{SH}SPARQLSelectExecutable",
    f"{SH}ask": f"{SH}SPARQLAskExecutable",
    f"{SH}construct": f"{SH}SPARQLConstructExecutable",
    f"{SH}describe": f"{SH}SPARQLExecutable",
}
"""Property that holds the query to the class of the example. SHACL has no class for DESCRIBE."""

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


def read_examples(files: Sequence[SourceFile], iris: Iris) -> tuple[Triple, ...]:
    """The examples with the prefixes they share, sorted; nothing if there are no files.

    Raises `SourceError` for a file that does not hold exactly the example it is named after.
    """
    if not files:
        return ()
    triples = list(_collection(iris))
    for file in files:
        triples += _example(file, iris)
    return sort_triples(triples)


def _example(file: SourceFile, iris: Iris) -> list[Triple]:
    def wrong(message: str, hint: str) -> SourceError:
        return SourceError(message, where=Where(file.path), hint=hint)

    name = Path(file.path).stem
    if not _NAME.match(name):
        raise wrong("this name cannot be part of an IRI", "Use lower-case letters, digits and single hyphens.")
    node = NamedNode(iris.example(name))
    parsed = parse_turtle(file)
    refuse_blank_nodes(parsed, file)
    if others := sorted({str(t.subject) for t in parsed} - {str(node)}):
        raise wrong(f"something else than {node} is described: {others[0]}", "Keep one example in each file.")
    queries = [t for t in parsed if t.predicate.value in FORMS]
    if len(queries) != 1:
        raise wrong(
            f"{node} has {len(queries)} queries", "Give one, with sh:select, sh:ask, sh:construct or sh:describe."
        )
    said = {t.predicate.value for t in parsed}
    for needed in (f"{RDFS}label", f"{RDFS}comment", f"{SCHEMA}keywords"):
        if needed not in said:
            raise wrong(f"{node} has no {needed}", "Say what the query asks, what it teaches, and give keywords.")
    fixed = (
        (f"{RDF}type", f"{SH}SPARQLExecutable"),
        (f"{RDF}type", FORMS[queries[0].predicate.value]),
        (f"{SH}prefixes", iris.examples),
        (f"{SCHEMA}target", iris.sparql),
        (f"{RDFS}isDefinedBy", iris.examples),
    )
    return parsed + [Triple(node, NamedNode(p), NamedNode(o)) for p, o in fixed]


def _collection(iris: Iris) -> Iterable[Triple]:
    """The document that the examples belong to, with a declaration for every prefix."""
    collection = NamedNode(iris.examples)
    yield Triple(collection, NamedNode(f"{RDF}type"), NamedNode(f"{OWL}Ontology"))
    yield Triple(collection, NamedNode(f"{RDFS}label"), Literal(TITLE, language="en"))
    about = "Queries for the SPARQL endpoint, each of which shows something about data with a speaker."
    yield Triple(collection, NamedNode(f"{RDFS}comment"), Literal(about, language="en"))
    for prefix, namespace in iris.prefixes().items():
        node = NamedNode(f"{iris.examples}#prefix-{prefix}")
        yield Triple(collection, NamedNode(f"{SH}declare"), node)
        yield Triple(node, NamedNode(f"{RDF}type"), NamedNode(f"{SH}PrefixDeclaration"))
        yield Triple(node, NamedNode(f"{SH}prefix"), Literal(prefix))
        value = Literal(namespace, datatype=NamedNode(f"{XSD}anyURI"))
        yield Triple(node, NamedNode(f"{SH}namespace"), value)
