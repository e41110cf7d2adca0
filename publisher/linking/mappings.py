"""SSSOM mapping sets (TSV) as triples (https://mapping-commons.github.io/sssom/).

Each row gives the plain link and a node of its own with the evidence, after SSSOM's RDF form
(`owl:annotatedSource` …) but with an IRI in place of the blank node.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Container, Iterator
from typing import Any

import yaml
from curies import Converter
from pyoxigraph import Literal, NamedNode, Triple

from publisher.errors import SourceError, Where
from publisher.iris import Iris
from publisher.vocab import DCTERMS, OWL, RDF, RDFS, SEMAPV, SKOS, SSSOM, XSD

ALLOWED = {SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")}
"""The mapping predicates we publish. `owl:sameAs` is not among them: identity is contested too."""

_REQUIRED = ("subject_id", "subject_label", "predicate_id", "object_id", "mapping_justification", "confidence")
_BUILT_IN = {"skos": SKOS, "owl": OWL, "semapv": SEMAPV}


def read_mappings(path: str, text: str, iris: Iris, described: Container[str] = frozenset()) -> Iterator[Triple]:
    """The triples of one SSSOM TSV file, `path` being its name for messages.

    A set whose `object_source` is a graph of ours links two sources of ours, of which one may not be there: of such a
    set only the rows count whose subject and object are both in `described`.

    Raises `SourceError` for a malformed header or row, an unknown prefix, a predicate outside `ALLOWED`, a subject
    that is not ours, or a confidence outside 0 to 1.
    """
    lines = text.splitlines(keepends=True)
    first = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    converter, set_iri, between = _read_header("".join(line[1:] for line in lines[:first]), path, iris)
    reader = csv.DictReader(io.StringIO("".join(lines[first:])), dialect="excel-tab", strict=True)
    if missing := [name for name in _REQUIRED if name not in (reader.fieldnames or ())]:
        raise SourceError(
            f"the columns {', '.join(missing)} are missing", where=Where(path, first + 1), hint="Add them."
        )
    for row in reader:
        triples = list(_read_row(row, Where(path, first + reader.line_num), converter, set_iri, iris))
        link = triples[0]
        if not between or all(_iri(end) in described for end in (link.subject, link.object)):
            yield from triples


def _iri(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else ""


def _read_header(text: str, path: str, iris: Iris) -> tuple[Converter, str, bool]:
    """Prefixes, the IRI of the set, and whether it links two sources of ours."""
    try:
        header: Any = yaml.safe_load(text)
        prefixes = dict(header["curie_map"])
        between = str(header.get("object_source", "")).startswith(iris.graph(""))
        return Converter.from_prefix_map(_BUILT_IN | prefixes), str(header["mapping_set_id"]), between
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise SourceError(
            f"the SSSOM header is not usable: {error!r}",
            where=Where(path, 1),
            hint="Begin the file with commented YAML that has mapping_set_id and curie_map.",
        ) from None


def _read_row(row: dict[str, str], where: Where, converter: Converter, set_iri: str, iris: Iris) -> Iterator[Triple]:
    def expand(column: str) -> str:
        iri = converter.expand(row[column] or "")
        if iri is None:
            raise SourceError(
                f"{column} is {row[column]!r}: unknown prefix or not a CURIE",
                where=where,
                hint="Declare the prefix in curie_map.",
            )
        return str(iri)

    subject, predicate, object_ = expand("subject_id"), expand("predicate_id"), expand("object_id")
    if predicate not in ALLOWED:
        raise SourceError(f"predicate_id is {row['predicate_id']!r}", where=where, hint="Use a SKOS mapping property.")
    if not subject.startswith(iris.base):
        raise SourceError(f"the subject {subject} is not ours", where=where, hint=f"Map from {iris.base}….")
    try:
        confidence = float(row["confidence"])
        if not 0 <= confidence <= 1:
            raise ValueError
    except ValueError:
        raise SourceError(
            f"confidence is {row['confidence']!r}", where=where, hint="Give a number from 0 to 1."
        ) from None
    source, target = NamedNode(subject), NamedNode(object_)
    yield Triple(source, NamedNode(predicate), target)
    slug = subject[len(iris.base) :].replace("id/", "").replace("ontology#", "term/").split("/")[-1].lower()
    digest = hashlib.sha256(f"{subject} {predicate} {object_}".encode()).hexdigest()[:8]
    node = NamedNode(iris.entity("mapping", f"{slug}-{digest}"))
    values: list[tuple[str, NamedNode | Literal]] = [
        (RDF + "type", NamedNode(OWL + "Axiom")),
        (RDFS + "label", Literal(f"Link from {row['subject_label']} to {row['object_id']}", language="en")),
        (OWL + "annotatedSource", source),
        (OWL + "annotatedProperty", NamedNode(predicate)),
        (OWL + "annotatedTarget", target),
        (SSSOM + "mapping_justification", NamedNode(expand("mapping_justification"))),
        (SSSOM + "confidence", Literal(str(confidence), datatype=NamedNode(XSD + "decimal"))),
        (DCTERMS + "isPartOf", NamedNode(set_iri)),
    ]
    texts = (
        "object_label",
        "comment",
        "mapping_source",
        "author_label",
        "reviewer_label",
        "object_source_version",
    )
    values += [(SSSOM + name, Literal(row[name])) for name in texts if row.get(name)]
    for key, value in values:
        yield Triple(node, NamedNode(key), value)
