"""Content negotiation, RFC 9110 section 12.5.1."""

from __future__ import annotations

import pytest

from publisher.formats import (
    DOCUMENT_FORMATS,
    HTML,
    JSON_LD,
    N_TRIPLES,
    RDF_XML,
    TURTLE,
    MediaType,
    by_suffix,
    negotiate,
)

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, TURTLE),
        ("", TURTLE),
        ("*/*", TURTLE),
        (BROWSER, HTML),
        ("text/html", HTML),
        ("TEXT/HTML", HTML),
        ("text/turtle", TURTLE),
        ("application/rdf+xml", RDF_XML),
        ("application/*", N_TRIPLES),
        ("text/*", TURTLE),
        ("text/*;q=0.5, text/html", HTML),
        ("text/turtle;q=0.4, application/ld+json;q=0.6", JSON_LD),
        ("text/turtle, text/html", TURTLE),
        ("text/html, text/turtle", TURTLE),
        ("text/html, */*", HTML),
        ("text/turtle;q=0, */*", N_TRIPLES),
        ("text/turtle;q=0, text/*", HTML),
        ("text/turtle;q=0.000, text/turtle;q=0", None),
        ("*/*;q=0", None),
        ("image/png", None),
        ("image/png, */*;q=0.1", TURTLE),
        ("text/turtle;charset=utf-8", TURTLE),
        ("nonsense, text/html;q=0.1", HTML),
        ("text/html;q=abc", HTML),
        (";;;,", None),
    ],
)
def test_negotiation(accept: str | None, expected: MediaType | None) -> None:
    assert negotiate(accept, DOCUMENT_FORMATS) is expected


def test_suffixes_are_distinct_and_found() -> None:
    assert len({m.suffix for m in DOCUMENT_FORMATS}) == len(DOCUMENT_FORMATS)
    for media_type in DOCUMENT_FORMATS:
        assert by_suffix(media_type.suffix, DOCUMENT_FORMATS) is media_type
    assert by_suffix(".exe", DOCUMENT_FORMATS) is None
