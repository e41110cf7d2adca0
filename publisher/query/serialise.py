"""Triples to bytes, the same bytes every time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

import pyoxigraph as ox

from publisher.formats import TURTLE, MediaType


def sort_triples(triples: Iterable[ox.Triple], first: ox.NamedNode | None = None) -> tuple[ox.Triple, ...]:
    """Without duplicates, by subject, predicate and object; those of the subject `first` before all others."""

    def key(triple: ox.Triple) -> tuple[bool, str, str, str]:
        subject = triple.subject
        return subject != first, str(subject), str(triple.predicate), str(triple.object)

    return tuple(sorted(set(triples), key=key))


def serialise(triples: Iterable[ox.Triple], media_type: MediaType, prefixes: Mapping[str, str]) -> bytes:
    """Write the triples in the order given. Only the prefixes that occur are declared.

    Raises `ValueError` if the media type is not an RDF format.
    """
    if media_type.rdf is None:
        raise ValueError(f"{media_type.name} is not an RDF format")
    triples = list(triples)
    iris = _iris(triples)
    used = {name: ns for name, ns in prefixes.items() if _occurs(ns, iris)}
    # A list of the library's own type: its stub has no common supertype for triples and quads.
    result = ox.serialize(triples, format=media_type.rdf, prefixes=used)
    if result is None:  # only with an output given
        raise ValueError("nothing was written")
    return _sort_prefixes(result) if media_type == TURTLE else result


def _sort_prefixes(turtle: bytes) -> bytes:
    """The library declares prefixes in an order of its own; sorted, with a blank line below, they read well."""
    lines = turtle.splitlines(keepends=True)
    count = next((i for i, line in enumerate(lines) if not line.startswith(b"@prefix ")), len(lines))
    gap = [b"\n"] if 0 < count < len(lines) else []
    return b"".join([*sorted(lines[:count]), *gap, *lines[count:]])


def _iris(triples: Iterable[ox.Triple]) -> list[str]:
    """The IRIs of all terms and of the datatypes of literals, sorted."""
    terms = {term for triple in triples for term in (triple.subject, triple.predicate, triple.object)}
    named = {term.value for term in terms if isinstance(term, ox.NamedNode)}
    return sorted(named | {term.datatype.value for term in terms if isinstance(term, ox.Literal)})


def _occurs(namespace: str, iris: Sequence[str]) -> bool:
    """Whether one of them begins with it. They are sorted, so the first that is not before it would be one."""
    at = bisect_left(iris, namespace)
    return at < len(iris) and iris[at].startswith(namespace)
