"""Media types: what can be produced, by which name, and which one a client gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mimeparse
from pyoxigraph import QueryResultsFormat, RdfFormat


@dataclass(frozen=True)
class MediaType:
    """A format that can be asked for. `name` without parameters; `suffix` with its dot."""

    name: str
    suffix: str
    label: str
    rdf: RdfFormat | None = None
    results: QueryResultsFormat | None = None

    @property
    def content_type(self) -> str:
        """Value of a Content-Type header: every text format we send is UTF-8."""
        return f"{self.name}; charset=utf-8" if self.name.startswith("text/") else self.name


TURTLE = MediaType("text/turtle", ".ttl", "Turtle", rdf=RdfFormat.TURTLE)
N_TRIPLES = MediaType("application/n-triples", ".nt", "N-Triples", rdf=RdfFormat.N_TRIPLES)
RDF_XML = MediaType("application/rdf+xml", ".rdf", "RDF/XML", rdf=RdfFormat.RDF_XML)
JSON_LD = MediaType("application/ld+json", ".jsonld", "JSON-LD", rdf=RdfFormat.JSON_LD)
TRIG = MediaType("application/trig", ".trig", "TriG", rdf=RdfFormat.TRIG)
N_QUADS = MediaType("application/n-quads", ".nq", "N-Quads", rdf=RdfFormat.N_QUADS)
HTML = MediaType("text/html", ".html", "HTML")
JSON = MediaType("application/json", ".json", "JSON")
PLAIN = MediaType("text/plain", ".txt", "Text")

RESULTS_JSON = MediaType("application/sparql-results+json", ".srj", "JSON results", results=QueryResultsFormat.JSON)
RESULTS_XML = MediaType("application/sparql-results+xml", ".srx", "XML results", results=QueryResultsFormat.XML)
RESULTS_CSV = MediaType("text/csv", ".csv", "CSV", results=QueryResultsFormat.CSV)
RESULTS_TSV = MediaType("text/tab-separated-values", ".tsv", "TSV", results=QueryResultsFormat.TSV)

GRAPH_FORMATS = (TURTLE, N_TRIPLES, RDF_XML, JSON_LD)
"""Formats for one graph, the preferred one first."""
DATASET_FORMATS = (TRIG, N_QUADS)
RESULTS_FORMATS = (RESULTS_JSON, RESULTS_XML, RESULTS_CSV, RESULTS_TSV)
DOCUMENT_FORMATS = (*GRAPH_FORMATS, HTML)
"""What a description can be had in. Turtle is what a client gets that does not say."""


def negotiate(accept: str | None, offered: Sequence[MediaType]) -> MediaType | None:
    """Choose by the Accept header (RFC 9110, section 12.5.1); None if nothing offered is acceptable.

    An absent or empty header accepts anything. For each offered format the most specific matching range
    gives its quality, so `q=0` excludes. The highest quality wins; among equals a named format goes before
    a wildcard, then the one offered first. A malformed range is ignored, as if it were not there.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = []
    for part in accept.lower().split(","):
        try:
            ranges.append(mimeparse.parse_media_range(part.strip()))
        except (mimeparse.MimeTypeParseException, ValueError):
            continue
    best: MediaType | None = None
    best_rank = (0.0, 0.0)
    for media_type in offered:
        quality, fitness = mimeparse.quality_and_fitness_parsed(media_type.name, ranges)
        if quality > 0 and (quality, fitness) > best_rank:
            best, best_rank = media_type, (quality, fitness)
    return best


def by_suffix(suffix: str, offered: Sequence[MediaType]) -> MediaType | None:
    """The offered format with this suffix (`.ttl`)."""
    return next((m for m in offered if m.suffix == suffix), None)
