"""Step 1, load: Turtle files to triples, one named graph per source.

Sources are written with the canonical base in full. Replacing that text by `base_iri` before parsing moves
everything: IRIs, prefix declarations inside shapes, rules and literals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import rdflib
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from publisher.config import Settings
from publisher.errors import SourceError, Where
from publisher.iris import Iris
from publisher.pipeline.lines import join_triples, read_lines
from publisher.pipeline.locate import tokenize
from publisher.pipeline.sources import EXAMPLES_FOLDER, MAPPINGS_FOLDER, Source, read_sources
from publisher.vocab import CANONICAL_BASE, RDF, XSD


@dataclass(frozen=True)
class SourceFile:
    """A file that was read: the path as a person would name it, and its text with the base replaced."""

    path: str
    text: str


@dataclass(frozen=True)
class LoadedGraph:
    """The triples of one named graph, sorted and without repetition, and the files they came from."""

    iri: str
    triples: tuple[Triple, ...]
    files: tuple[SourceFile, ...]


@dataclass(frozen=True)
class LoadedSchema(LoadedGraph):
    """The ontology, the alignments or the shapes: `triples` with skolem IRIs in place of blank nodes."""

    def as_parsed(self) -> list[Triple]:
        """The triples with their blank nodes, for engines that need them."""
        return [triple for file in self.files for triple in parse_turtle(file)]


@dataclass(frozen=True)
class LoadedSource:
    """A source and its files. They are read when asked for, and not held: a build works on a few at a time."""

    source: Source
    paths: tuple[Path, ...]
    iris: Iris

    @property
    def iri(self) -> str:
        """The named graph that it fills."""
        return self.source.graph

    def files(self) -> Iterator[SourceFile]:
        """Its files, one after the other. Raises `SourceError`."""
        return (read_source_file(path, self.iris) for path in self.paths)

    def triples(self) -> tuple[Triple, ...]:
        """All that it says, sorted. Raises `SourceError`."""
        return sort_triples(t for file in self.files() for t in parse_data(file))


@dataclass(frozen=True)
class Loaded:
    """Everything the build starts from."""

    iris: Iris
    ontology: LoadedSchema
    alignments: LoadedSchema
    """What nothing imports: not reasoned with, only published."""
    shapes: LoadedSchema
    sources: tuple[LoadedSource, ...]
    mapping_files: tuple[SourceFile, ...]
    example_files: tuple[SourceFile, ...] = ()

    def data_files(self) -> Iterator[SourceFile]:
        """The files of all sources, read one after the other."""
        return (file for source in self.sources for file in source.files())

    def data_triples(self) -> tuple[Triple, ...]:
        """The triples of all sources, in the order of the sources, all at once."""
        return tuple(triple for source in self.sources for triple in source.triples())


def load(settings: Settings) -> Loaded:
    """Read ontology and shapes, and find the files of every source named in `sources.toml`.

    Raises `ConfigurationError` for the list of sources, `SourceError` for a file.
    """
    iris = Iris(settings.base_iri)
    sources = read_sources(settings.data, iris)
    return Loaded(
        iris=iris,
        ontology=load_schema(settings.ontology, iris.graph("ontology"), iris),
        alignments=load_schema(settings.ontology / "alignments", iris.graph("alignments"), iris),
        shapes=load_schema(settings.shapes, iris.graph("shapes"), iris),
        sources=tuple(LoadedSource(source, tuple(sorted(source.folder.rglob("*.ttl"))), iris) for source in sources),
        mapping_files=tuple(
            read_source_file(path, iris) for path in sorted((settings.data / MAPPINGS_FOLDER).glob("*.sssom.tsv"))
        ),
        example_files=tuple(
            read_source_file(path, iris) for path in sorted((settings.data / EXAMPLES_FOLDER).glob("*.ttl"))
        ),
    )


def read_source_file(path: Path, iris: Iris) -> SourceFile:
    """Read a UTF-8 text file and replace the canonical base.

    Raises `SourceError` with line and column of the first byte that is not UTF-8, or if it cannot be read.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        raise SourceError(
            "this file is not UTF-8", where=Where(str(path), line, column), hint="Save it as UTF-8."
        ) from None
    except OSError as error:
        raise SourceError(
            f"this file cannot be read: {error.strerror}", where=Where(str(path)), hint="Check the path."
        ) from None
    return SourceFile(str(path), text.replace(CANONICAL_BASE, iris.base))


def parse_turtle(file: SourceFile) -> list[Triple]:
    """Parse a Turtle file. Raises `SourceError` with file, line and column."""
    try:
        quads = parse(input=file.text, format=RdfFormat.TURTLE, rename_blank_nodes=True)
        return as_stored(quad.triple for quad in quads)
    except SyntaxError as error:
        message = str(error.msg).split(": ", 1)[-1]
        raise SourceError(
            f"Turtle syntax error: {message}",
            where=Where(file.path, error.lineno, error.offset),
            hint="Correct the file; nothing of it was loaded.",
        ) from None


_PLAIN = (XSD + "string", RDF + "langString")


def as_stored(triples: Iterable[Triple]) -> list[Triple]:
    """The triples with typed literals as the store writes them (`1` for `01`), so that dumps equal answers."""
    plain: list[Triple] = []
    typed: list[Triple] = []
    for t in triples:
        is_typed = isinstance(t.object, Literal) and t.object.datatype.value not in _PLAIN
        (typed if is_typed else plain).append(t)
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object) for t in typed)
    return plain + [quad.triple for quad in store]


def load_schema(folder: Path, graph: str, iris: Iris) -> LoadedSchema:
    """Load the ontology, alignments or shapes: every Turtle file in `folder` itself.

    Raises `SourceError` if there is none.
    """
    files = tuple(read_source_file(path, iris) for path in sorted(folder.glob("*.ttl")))
    if not files:
        raise SourceError(f"there is no Turtle file in {folder}", hint="Check the settings.")
    schema = LoadedSchema(graph, (), files)
    return replace(schema, triples=sort_triples(skolemise(schema.as_parsed(), iris)))


def parse_data(file: SourceFile) -> list[Triple]:
    """Parse a file of a source. Raises `SourceError`, also for a blank node."""
    parsed = parse_turtle(file)
    refuse_blank_nodes(parsed, file)
    _refuse_triple_terms(parsed, file)
    return parsed


def read_data(files: Sequence[SourceFile]) -> set[bytes]:
    """What files of a source say, as lines. Raises `SourceError`, also for a blank node.

    The same as `parse_data`, without making terms of it.
    """
    lines: set[bytes] = set()
    for file in files:
        try:
            written = serialize(parse(input=file.text, format=RdfFormat.TURTLE), format=RdfFormat.N_TRIPLES)
        except SyntaxError:
            parse_data(file)  # tells where
            raise
        assert written is not None  # noqa: S101
        if written.startswith(b"_:") or any(found in written for found in (b"\n_:", b" _:", b" <<(")):
            parse_data(file)  # tells which, if it is a node and not a text
        lines.update(read_lines(written))
    typed = {line for line in lines if line.endswith(b">") and b'"^^<' in line}
    store = Store()
    store.bulk_load(join_triples(typed), format=RdfFormat.N_TRIPLES)
    stored = store.dump(format=RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
    assert stored is not None  # noqa: S101
    return (lines - typed).union(read_lines(stored))


def refuse_blank_nodes(triples: Iterable[Triple], file: SourceFile) -> None:
    """Raise `SourceError` at the first blank node: it could be neither dereferenced nor compared."""
    for triple in triples:
        if isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode):
            about = triple.object if isinstance(triple.subject, BlankNode) else triple.subject
            raise SourceError(
                f"a blank node is used with {triple.predicate.value} ({about})",
                where=Where(file.path, _line_of_blank_node(file.text)),
                hint="Give the thing an IRI of its own: published data has no blank nodes.",
            )


def _refuse_triple_terms(triples: Iterable[Triple], file: SourceFile) -> None:
    for triple in triples:
        if isinstance(triple.object, Triple):
            lines = (n for n, line in enumerate(file.text.splitlines(), 1) if "<<" in line)
            raise SourceError(
                f"a triple is used as a term: {triple.object}",
                where=Where(file.path, next(lines, None)),
                hint="RDF 1.1 has no triple terms: say it as a proposition, or name the thing.",
            )


def _line_of_blank_node(text: str) -> int | None:
    return next((t.line for t in tokenize(text) if t.text in "[(" or t.text.startswith("_:")), None)


def sort_triples(triples: Iterable[Triple]) -> tuple[Triple, ...]:
    """Without repetition, in the order of their N-Triples form."""
    return tuple(sorted(set(triples), key=str))


def skolemise(triples: Iterable[Triple], iris: Iris) -> list[Triple]:
    """Replace blank nodes by IRIs made from what they say and where they hang (RDF 1.1 Concepts, 3.5).

    Only trees are handled, which is all that class expressions, paths and lists need; two equal expressions in
    different places stay two. Raises `SourceError` for a blank node that reaches itself or hangs in two places.
    """
    triples = list(triples)
    outgoing: dict[BlankNode, list[Triple]] = {}
    parents: dict[BlankNode, Triple] = {}
    for triple in triples:
        if isinstance(triple.subject, BlankNode):
            outgoing.setdefault(triple.subject, []).append(triple)
        if isinstance(triple.object, BlankNode):
            if triple.object in parents:
                raise SourceError(f"the blank node {triple.object} hangs in two places", hint="Give it an IRI.")
            parents[triple.object] = triple

    def content(node: BlankNode, seen: frozenset[BlankNode]) -> str:
        if node in seen:
            raise SourceError(f"the blank node {node} reaches itself", hint="Give it an IRI.")
        parts = sorted(
            f"{t.predicate} {content(t.object, seen | {node}) if isinstance(t.object, BlankNode) else t.object}"
            for t in outgoing.get(node, [])
        )
        return f"[{' ; '.join(parts)}]"

    def address(node: BlankNode) -> str:
        parent = parents.get(node)
        if parent is None:
            return content(node, frozenset())
        above = parent.subject
        place = address(above) if isinstance(above, BlankNode) else str(above)
        return f"{place} {parent.predicate} {content(node, frozenset())}"

    names = {
        node: NamedNode(iris.genid(hashlib.sha256(address(node).encode()).hexdigest()[:20]))
        for node in {*outgoing, *parents}
    }
    return [
        Triple(
            names[t.subject] if isinstance(t.subject, BlankNode) else t.subject,
            t.predicate,
            names[t.object] if isinstance(t.object, BlankNode) else t.object,
        )
        for t in triples
    ]


def to_rdflib(triples: Iterable[Triple]) -> rdflib.Graph:
    """Hand triples to a library that works on rdflib graphs. Literals keep their form, so that SHACL sees faults."""
    graph = rdflib.Graph()
    for t in triples:
        graph.add((_to_rdflib(t.subject), _to_rdflib(t.predicate), _to_rdflib(t.object)))
    return graph


def _to_rdflib(term: NamedNode | BlankNode | Literal | Triple) -> rdflib.term.Node:
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, Triple):
        raise SourceError(f"a triple is used as a term: {term}", hint="RDF 1.1 has no triple terms; name the thing.")
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    plain = term.datatype.value == XSD + "string"
    datatype = None if plain else rdflib.URIRef(term.datatype.value)
    return rdflib.Literal(term.value, datatype=datatype, normalize=False)


def from_rdflib(graph: Iterable[tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]]) -> list[Triple]:
    """Take triples back from rdflib."""
    return as_stored(Triple(_from_rdflib(s), _from_rdflib(p), _from_rdflib(o)) for s, p, o in graph)


def _from_rdflib(term: rdflib.term.Node) -> Any:
    if isinstance(term, rdflib.URIRef):
        return NamedNode(term)
    if isinstance(term, rdflib.Literal):
        if term.language:
            return Literal(str(term), language=term.language)
        return Literal(str(term), datatype=NamedNode(term.datatype or XSD + "string"))
    return BlankNode(str(term))


def to_quads(graph: str, triples: Iterable[Triple]) -> list[Quad]:
    """Triples as quads of a named graph."""
    name = NamedNode(graph)
    return [Quad(t.subject, t.predicate, t.object, name) for t in triples]
