"""Triples and quads as lines of N-Triples and N-Quads, as the serializer writes them.

Lines are compared, sorted and told apart several times faster than terms are made of them. Two lines of one serializer
are equal if their quads are. A line is without its line feed; a *triple* here is a line of N-Triples without ` .`; a
term is the text of it, in bytes. No IRI contains a space, and no term a line feed (RDF 1.1 N-Triples, section 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import RdfFormat, Triple, parse, serialize

_END = b" ."


def split_lines(body: bytes) -> list[bytes]:
    """The lines of a body that was serialized."""
    return body.splitlines()


def split_triple(triple: bytes) -> tuple[bytes, bytes, bytes]:
    """Subject, predicate and object."""
    subject, predicate, object_ = triple.split(b" ", 2)
    return subject, predicate, object_


def split_quad(line: bytes) -> tuple[bytes, bytes]:
    """The graph and the triple of a line of N-Quads that names a graph."""
    triple, _, graph = line[: -len(_END)].rpartition(b" ")
    return graph, triple


def put_in_graph(triples: Iterable[bytes], graph: bytes) -> Iterator[bytes]:
    """Triples as lines of N-Quads."""
    end = b" " + graph + _END
    return (triple + end for triple in triples)


def read_lines(body: bytes) -> Iterator[bytes]:
    """The triples of a body of N-Triples."""
    return (line[: -len(_END)] for line in body.splitlines())


def join_triples(triples: Iterable[bytes]) -> bytes:
    """Triples as N-Triples, in the order given."""
    return b"".join(triple + b" .\n" for triple in triples)


def join_lines(lines: Iterable[bytes]) -> bytes:
    """Lines as a body, in the order given."""
    return b"".join(line + b"\n" for line in lines)


def as_iri(term: bytes) -> str | None:
    """The IRI that a term is, if it is one."""
    return term[1:-1].decode() if term.startswith(b"<") else None


def as_term(iri: str) -> bytes:
    """The term for an IRI."""
    return f"<{iri}>".encode()


def as_bytes(triples: Iterable[Triple]) -> bytes:
    """Triples as N-Triples."""
    written = serialize(triples, format=RdfFormat.N_TRIPLES)
    assert written is not None  # noqa: S101
    return written


def read_triples(body: bytes) -> Iterator[Triple]:
    """Triples from N-Triples."""
    return (quad.triple for quad in parse(input=body, format=RdfFormat.N_TRIPLES))
