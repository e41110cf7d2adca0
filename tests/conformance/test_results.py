"""The comparison of results finds what is different and nothing else."""

from __future__ import annotations

import pytest

from tests.conformance.results import Result, Table, difference, read_csv, read_json, read_tsv, read_xml

INTEGER = "http://www.w3.org/2001/XMLSchema#integer"
JSON = b"""{"head": {"vars": ["a", "b"]}, "results": {"bindings": [
  {"a": {"type": "uri", "value": "http://x/1"}, "b": {"type": "literal", "value": "x, \\"y\\"", "xml:lang": "en"}},
  {"a": {"type": "bnode", "value": "n"}},
  {"a": {"type": "literal", "value": "01", "datatype": "%b"}, "b": {"type": "bnode", "value": "n"}}]}}""" % (
    INTEGER.encode()
)
XML = f"""<?xml version="1.0"?><sparql xmlns="http://www.w3.org/2005/sparql-results#">
<head><variable name="a"/><variable name="b"/></head><results>
<result><binding name="a"><uri>http://x/1</uri></binding>
<binding name="b"><literal xml:lang="en">x, "y"</literal></binding></result>
<result><binding name="a"><bnode>m</bnode></binding></result>
<result><binding name="a"><literal datatype="{INTEGER}">1</literal></binding>
<binding name="b"><bnode>m</bnode></binding></result></results></sparql>""".encode()
TSV = b'?a\t?b\n<http://x/1>\t"x, \\"y\\""@en\n_:k\t\n1\t_:k\n'
CSV = b'a,b\r\nhttp://x/1,"x, ""y"""\r\n_:k,\r\n1,_:k\r\n'
SAME = {"json": read_json(JSON), "xml": read_xml(XML), "tsv": read_tsv(TSV), "csv": read_csv(CSV)}


@pytest.mark.parametrize("one", SAME)
@pytest.mark.parametrize("other", SAME)
def test_formats_agree(one: str, other: str) -> None:
    assert difference(SAME[one], SAME[other]) == ""


@pytest.mark.parametrize(
    "other",
    [
        TSV.replace(b"@en", b"@fr"),
        TSV.replace(b"@en", b""),
        TSV.replace(b"\n1\t_:k", b"\n1\t_:j"),
        TSV.replace(b"\n1\t", b"\n1.0\t"),
        TSV.replace(b"\n1\t", b"\n2\t"),
        TSV.replace(b"<http://x/1>", b'"http://x/1"'),
        TSV.replace(b"_:k\t\n", b'_:k\t""\n'),
        TSV.replace(b"_:k\t\n", b""),
        TSV + b"_:k\t\n",
        TSV.replace(b"?b", b"?c"),
        b"true",
    ],
)
def test_differences_are_found(other: bytes) -> None:
    assert difference(SAME["json"], read_tsv(other)) != ""


def table(*cells: bytes, ordered: bool = False) -> Result:
    result = read_tsv(b"?a\n" + b"".join(cell + b"\n" for cell in cells))
    assert isinstance(result, Table)
    return Table(result.variables, result.rows, ordered=ordered)


def test_order_counts_where_it_is_asked_for() -> None:
    assert difference(table(b"1", b"2"), table(b"2", b"1")) == ""
    assert difference(table(b"1", b"2", ordered=True), table(b"2", b"1")) != ""
    assert difference(table(b"_:a", b"2", ordered=True), table(b"2", b"_:a")) != ""


def test_rows_are_a_multiset() -> None:
    assert difference(table(b"1", b"1", b"2"), table(b"1", b"2", b"2")) != ""
    assert difference(table(b"_:a", b"_:a", b"2"), table(b"_:a", b"2", b"2")) != ""
    assert difference(table(b"_:a", b"_:a"), table(b"_:a", b"_:b")) != ""
    assert difference(table(b"_:a", b"_:b", b"_:a"), table(b"_:x", b"_:x", b"_:y")) == ""
