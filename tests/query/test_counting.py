"""Rows counted in serialised results equal the rows that there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import QueryResultsFormat, QuerySolutions, Store

from publisher.query.counting import RowCounter, exact

FORMATS = [QueryResultsFormat.JSON, QueryResultsFormat.XML, QueryResultsFormat.CSV, QueryResultsFormat.TSV]
TEXT = st.one_of(
    st.text(alphabet='},{"\\<result>\r\n ]:', max_size=12), st.sampled_from(["},{", '}},{"', "},{},{", "\r\n"])
)
ROWS = st.lists(st.tuples(st.none() | TEXT, st.none() | TEXT), max_size=8)
EMPTY = Store()


def serialised(rows: list[tuple[str | None, str | None]], format_: QueryResultsFormat) -> bytes:
    def term(text: str | None) -> str:
        if text is None:
            return "UNDEF"
        for character, escape in (("\\", "\\\\"), ('"', '\\"'), ("\r", "\\r"), ("\n", "\\n")):
            text = text.replace(character, escape)
        return f'"{text}"'

    values = " ".join(f"({term(a)} {term(b)})" for a, b in rows)
    answer = EMPTY.query(f"SELECT ?a ?b {{ VALUES (?a ?b) {{ {values} }} }}")
    assert isinstance(answer, QuerySolutions)
    return answer.serialize(format=format_) or b""


@given(ROWS)
def test_exact(rows: list[tuple[str | None, str | None]]) -> None:
    for format_ in FORMATS:
        assert exact(format_, serialised(rows, format_)) == len(rows)


@given(ROWS, st.integers(1, 30))
def test_in_parts(rows: list[tuple[str | None, str | None]], size: int) -> None:
    for format_ in FORMATS:
        result = serialised(rows, format_)
        if format_ == QueryResultsFormat.JSON and any("},{}" in (text or "") for row in rows for text in row):
            continue
        counter = RowCounter(format_)
        for start in range(0, len(result), size):
            counter.feed(result[start : start + size])
        assert counter.rows == len(rows)
