"""Results in every format, read without the engine's own readers, and compared as SPARQL means them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyoxigraph as ox

RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
XSD = "http://www.w3.org/2001/XMLSchema#"
_SRX = "{http://www.w3.org/2005/sparql-results#}"
_ITS = "{http://www.w3.org/2005/11/its}"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Row = dict[str, Term]

_SIGNS = ("nonNegative", "positive", "nonPositive", "negative")
_SIZES = ("Long", "Int", "Short", "Byte")
INTEGERS = {
    *(f"{XSD}{name}" for name in ("integer", "long", "int", "short", "byte")),
    *(f"{XSD}{sign}Integer" for sign in _SIGNS),
    *(f"{XSD}unsigned{size}" for size in _SIZES),
}
FLOATS = {f"{XSD}double", f"{XSD}float"}
TRUE = {"true": "true", "1": "true", "false": "false", "0": "false"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")

RDF_FORMATS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/trig": ox.RdfFormat.TRIG,
    "application/n-quads": ox.RdfFormat.N_QUADS,
}
SUFFIXES = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".trig": ox.RdfFormat.TRIG,
    ".nq": ox.RdfFormat.N_QUADS,
}


@dataclass(frozen=True)
class Table:
    """The result of a SELECT. `plain`: from CSV, which has strings and blank nodes only."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]
    plain: bool = False
    ordered: bool = False


@dataclass(frozen=True)
class Triples:
    """The result of a CONSTRUCT or DESCRIBE."""

    triples: frozenset[ox.Triple]


Result = Table | Triples | bool


def read_json(text: bytes) -> Result:
    """SPARQL 1.1 Query Results JSON Format, with triple terms and directions of 1.2."""
    document = json.loads(text.decode("utf-8"))
    if "boolean" in document:
        assert isinstance(document["boolean"], bool)
        return document["boolean"]
    rows = tuple({name: _json_term(term) for name, term in row.items()} for row in document["results"]["bindings"])
    return Table(tuple(document["head"].get("vars", ())), rows)


def _json_term(term: dict[str, Any]) -> Term:
    value = term["value"]
    match term["type"]:
        case "uri":
            return ox.NamedNode(value)
        case "bnode":
            return ox.BlankNode(value)
        case "literal" | "typed-literal":
            return _literal(value, term.get("xml:lang"), term.get("its:dir"), term.get("datatype"))
        case "triple":
            return _triple(*(_json_term(value[part]) for part in ("subject", "predicate", "object")))
    raise ValueError(f"a term of type {term['type']}")


def _literal(value: str, language: str | None, direction: str | None, datatype: str | None) -> ox.Literal:
    if direction is not None:
        return ox.Literal(value, language=language, direction=ox.BaseDirection(direction))
    if language is not None:
        return ox.Literal(value, language=language)
    return ox.Literal(value, datatype=ox.NamedNode(datatype)) if datatype else ox.Literal(value)


def _triple(subject: Term, predicate: Term, object_: Term) -> ox.Triple:
    assert isinstance(subject, ox.NamedNode | ox.BlankNode)
    assert isinstance(predicate, ox.NamedNode)
    return ox.Triple(subject, predicate, object_)


def read_xml(text: bytes) -> Result:
    """SPARQL Query Results XML Format, with triple terms and directions of 1.2."""
    root = ElementTree.fromstring(text)
    assert root.tag == f"{_SRX}sparql", root.tag
    if (boolean := root.find(f"{_SRX}boolean")) is not None:
        return {"true": True, "false": False}[(boolean.text or "").strip()]
    variables = tuple(v.attrib["name"] for v in root.iterfind(f"{_SRX}head/{_SRX}variable"))
    rows = tuple(
        {binding.attrib["name"]: _xml_term(binding[0]) for binding in result.iterfind(f"{_SRX}binding")}
        for result in root.iterfind(f"{_SRX}results/{_SRX}result")
    )
    return Table(variables, rows)


def _xml_term(element: ElementTree.Element) -> Term:
    value = element.text or ""
    match element.tag.removeprefix(_SRX):
        case "uri":
            return ox.NamedNode(value)
        case "bnode":
            return ox.BlankNode(value)
        case "literal":
            get = element.attrib.get
            return _literal(value, get(_XML_LANG), get(f"{_ITS}dir"), get("datatype"))
        case "triple":
            parts = (element.find(f"{_SRX}{part}") for part in ("subject", "predicate", "object"))
            return _triple(*(_xml_term(part[0]) for part in parts if part is not None))
    raise ValueError(f"an element {element.tag}")


def read_csv(text: bytes) -> Result:
    """CSV: everything but a blank node is read as a plain string, an empty cell as the empty one."""
    lines = list(csv.reader(io.StringIO(text.decode("utf-8"), newline="")))
    if lines in ([["true"]], [["false"]]):
        return lines == [["true"]]
    variables = tuple(lines[0]) if lines else ()
    rows = []
    for cells in lines[1:]:
        cells = cells or [""] * len(variables)  # the empty cell of a single column is an empty line
        rows.append({v: _csv_term(cell) for v, cell in zip(variables, cells, strict=True)})
    return Table(variables, tuple(rows), plain=True)


def _csv_term(cell: str) -> Term:
    if cell.startswith("_:"):
        return ox.BlankNode(cell[2:])
    return ox.Literal(cell)


def read_tsv(text: bytes) -> Result:
    """TSV: terms are in Turtle syntax, so they are read as Turtle."""
    lines = text.decode("utf-8").removesuffix("\n").split("\n")
    if lines in (["true"], ["false"]):
        return lines == ["true"]
    header = lines[0].removesuffix("\r")
    assert all(name.startswith("?") for name in header.split("\t") if name), header
    variables = tuple(name[1:] for name in header.split("\t") if name)
    rows: list[Row] = [{} for _ in lines[1:]]
    turtle = []
    for number, line in enumerate(lines[1:]):
        cells = line.removesuffix("\r").split("\t")
        assert not variables or len(cells) == len(variables), line
        turtle += [f"<urn:x:{number}> <urn:x:{i}> {cell} ." for i, cell in enumerate(cells) if cell]
    for quad in ox.parse("\n".join(turtle), format=ox.RdfFormat.TURTLE):
        assert isinstance(quad.subject, ox.NamedNode)
        name = variables[int(quad.predicate.value.removeprefix("urn:x:"))]
        rows[int(quad.subject.value.removeprefix("urn:x:"))][name] = quad.object
    return Table(variables, tuple(rows))


def read_rdf(text: bytes, format_: ox.RdfFormat, base: str | None = None) -> Triples:
    """A graph; a dataset format has to hold nothing but the default graph."""
    quads = list(ox.parse(text, format=format_, base_iri=base))
    assert all(isinstance(quad.graph_name, ox.DefaultGraph) for quad in quads)
    return Triples(frozenset(quad.triple for quad in quads))


READERS = {
    "application/sparql-results+json": read_json,
    "application/sparql-results+xml": read_xml,
    "text/csv": read_csv,
    "text/tab-separated-values": read_tsv,
}


def read_expected(file: Path, query: str) -> Result:
    """The expected result of a test, in whatever format it is."""
    ordered = _orders(query)
    readers = {".srj": read_json, ".srx": read_xml, ".csv": read_csv, ".tsv": read_tsv}
    text = file.read_bytes()
    if file.suffix in readers:
        result = readers[file.suffix](text)
        if isinstance(result, Table):
            return Table(result.variables, result.rows, result.plain, ordered)
        return result
    graph = read_rdf(text, SUFFIXES[file.suffix], file.as_uri())
    return _result_set(graph.triples) if f"<{RS}" in "".join(map(str, graph.triples)) else graph


def _orders(query: str) -> bool:
    """Whether the query itself, not one within it, has ORDER BY."""
    outside = re.sub(r"#[^\n]*|<[^>\s]*>|\"[^\"]*\"|'[^']*'", " ", query)
    while (shorter := re.sub(r"\{[^{}]*\}", " ", outside)) != outside:
        outside = shorter
    return re.search(r"\border\s+by\b", outside, re.IGNORECASE) is not None


def _result_set(triples: Iterable[ox.Triple]) -> Result:
    """A result described in RDF, which some of the older tests use."""
    found: dict[str, dict[str, list[Term]]] = {}
    root = None
    for triple in triples:
        found.setdefault(str(triple.subject), {}).setdefault(triple.predicate.value, []).append(triple.object)
        if triple.object == ox.NamedNode(f"{RS}ResultSet"):
            root = str(triple.subject)
    assert root is not None
    if boolean := found[root].get(f"{RS}boolean"):
        return isinstance(boolean[0], ox.Literal) and boolean[0].value == "true"
    rows: list[tuple[int, Row]] = []
    for solution in found[root].get(f"{RS}solution", []):
        said = found[str(solution)]
        row: Row = {}
        for binding in said.get(f"{RS}binding", []):
            (name,), (value,) = (found[str(binding)][f"{RS}{part}"] for part in ("variable", "value"))
            assert isinstance(name, ox.Literal)
            row[name.value] = value
        (index,) = said.get(f"{RS}index", [ox.Literal(0)])
        assert isinstance(index, ox.Literal)
        rows.append((int(index.value), row))
    rows.sort(key=lambda pair: pair[0])
    variables = [v.value for v in found[root].get(f"{RS}resultVariable", []) if isinstance(v, ox.Literal)]
    ordered = any(index for index, _ in rows)
    return Table(tuple(sorted(variables)), tuple(row for _, row in rows), ordered=ordered)


def has_triple_terms(result: Result) -> bool:
    """Whether a term of the result is a triple (RDF 1.2)."""
    if isinstance(result, Triples):
        return any(isinstance(triple.object, ox.Triple) for triple in result.triples)
    return isinstance(result, Table) and any(isinstance(t, ox.Triple) for row in result.rows for t in row.values())


def difference(expected: Result, actual: Result, lax: bool = False) -> str:
    """What is wrong with the actual result; empty if nothing is.

    Blank nodes are compared up to isomorphism, numbers and booleans by value and datatype, rows as a multiset
    unless the query orders them. If either side is CSV, both are compared as the strings it has.
    """
    if isinstance(expected, Triples) and isinstance(actual, Triples):
        same = _canonical(expected.triples) == _canonical(actual.triples)
        return "" if same else f"expected {_show(expected.triples)}, got {_show(actual.triples)}"
    if isinstance(expected, bool) and isinstance(actual, bool):
        return "" if expected == actual else f"expected {expected}, got {actual}"
    if not (isinstance(expected, Table) and isinstance(actual, Table)):
        return f"expected a {type(expected).__name__}, got a {type(actual).__name__}"
    if sorted(expected.variables) != sorted(actual.variables):
        return f"expected the variables {expected.variables}, got {actual.variables}"
    plain = expected.plain or actual.plain
    wanted, found = (_rows(table, plain) for table in (expected, actual))
    if lax:
        wanted, found = ([dict(r) for r in {tuple(sorted(row.items(), key=str)) for row in t}] for t in (wanted, found))
    if len(wanted) != len(found):
        return f"expected {len(wanted)} rows, got {len(found)}: {_show(wanted)} / {_show(found)}"
    if _table_key(wanted, expected.ordered) != _table_key(found, expected.ordered):
        return f"expected {_show(wanted)}, got {_show(found)}"
    return ""


def _show(items: Iterable[object], limit: int = 600) -> str:
    text = "; ".join(
        sorted(str({k: str(v) for k, v in item.items()}) if isinstance(item, dict) else str(item) for item in items)
    )
    return text if len(text) <= limit else f"{text[:limit]}…"


def _rows(table: Table, plain: bool) -> list[Row]:
    if not plain:
        return [{name: _by_value(term) for name, term in row.items()} for row in table.rows]
    return [{name: _as_string(row.get(name)) for name in table.variables} for row in table.rows]


def _as_string(term: Term | None) -> Term:
    if term is None:
        return ox.Literal("")
    if isinstance(term, ox.BlankNode):
        return term
    if isinstance(term, ox.Triple):
        return ox.Literal(str(term))
    value = term.value
    if isinstance(term, ox.Literal) and term.datatype.value == f"{XSD}boolean":
        value = TRUE.get(value, value)
    return ox.Literal(repr(float(value)) if _NUMBER.match(value) else value)


def _by_value(term: Term) -> Term:
    """Two literals of one datatype with the same number, or truth value, become the same literal."""
    if isinstance(term, ox.Triple):
        subject = _by_value(term.subject)
        assert not isinstance(subject, ox.Literal)
        return _triple(subject, term.predicate, _by_value(term.object))
    if not isinstance(term, ox.Literal):
        return term
    datatype = term.datatype.value
    if datatype == f"{XSD}boolean" and term.value in TRUE:
        return ox.Literal(TRUE[term.value], datatype=term.datatype)
    if not _NUMBER.match(term.value):
        return term
    if datatype in INTEGERS:
        return ox.Literal(str(int(term.value)), datatype=term.datatype)
    if datatype == f"{XSD}decimal":
        return ox.Literal(format(Decimal(term.value).normalize(), "f"), datatype=term.datatype)
    if datatype in FLOATS:
        return ox.Literal(repr(float(term.value)), datatype=term.datatype)
    return term


def _table_key(rows: list[Row], ordered: bool) -> object:
    blank = any("_:" in str(term) for row in rows for term in row.values())
    frozen = [tuple(sorted((name, str(term)) for name, term in row.items())) for row in rows]
    if not blank:
        return frozen if ordered else Counter(frozen)
    # Rows as nodes of a graph: equal tables are then isomorphic graphs. Equal rows become one with a count.
    triples = []
    count = Counter(frozen)
    seen = set()
    for number, (row, key) in enumerate(zip(rows, frozen, strict=True)):
        if not ordered and key in seen:
            continue
        seen.add(key)
        node = ox.BlankNode(f"row{number}")
        triples.append(ox.Triple(node, ox.NamedNode("urn:x:times"), ox.Literal(number if ordered else count[key])))
        triples += [ox.Triple(node, ox.NamedNode(f"urn:x:v:{name}"), term) for name, term in row.items()]
    return _canonical(triples)


def _canonical(triples: Iterable[ox.Triple]) -> frozenset[str]:
    dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return frozenset(map(str, dataset))
