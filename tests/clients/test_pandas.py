"""pandas reads results as tables."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pandas as pd
import pytest

from tests.clients.conftest import PREFIXES, Rows

QUERY = """SELECT ?statement ?who (xsd:integer(STRLEN(?label)) AS ?length) ?none WHERE {
  ?statement a att:Denial ; att:speaker ?who ; rdfs:label ?label
} ORDER BY ?statement ?who ?length"""


@pytest.mark.parametrize("by", ["format", "accept"])
def test_read_csv(endpoint: str, rows: Callable[[str], Rows], by: str) -> None:
    parameters = {"query": PREFIXES + QUERY} | ({"format": "csv"} if by == "format" else {})
    headers = {"Accept": "text/csv"} if by == "accept" else {"Accept": "*/*"}
    table = pd.read_csv(f"{endpoint}?{urlencode(parameters)}", storage_options=headers)
    expected = rows(QUERY)
    assert list(table.columns) == ["statement", "who", "length", "none"]
    assert table["statement"].tolist() == [row["statement"] for row in expected]
    assert table["length"].dtype.kind == "i"
    assert table["length"].sum() == sum(int(row["length"]) for row in expected)
    assert table["none"].isna().all()


def test_text_is_kept(endpoint: str) -> None:
    """Commas, quotes, line ends and Arabic."""
    query = 'SELECT * { VALUES (?n ?text) { (1 "a, b") (2 "say \\"x\\"") (3 "two\\nlines") (4 "أصحاب الكهف"@ar) } }'
    table = pd.read_csv(f"{endpoint}?{urlencode({'query': query, 'format': 'csv'})}").sort_values("n")
    assert table["text"].tolist() == ["a, b", 'say "x"', "two\nlines", "أصحاب الكهف"]
