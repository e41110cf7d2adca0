"""Counts the rows of a result in its serialised form, much faster than going through the rows would be."""

from __future__ import annotations

import json
import re

from pyoxigraph import QueryResultsFormat

_JSON_NEXT = re.compile(rb'\},\{(?:"[^},]|\})')
"""Between two rows. Within a string a quote is escaped, so this can be in one only as `},{}`."""
_KEEP = 10
"""Bytes carried over from one part to the next; no pattern is longer than this plus one."""


class RowCounter:
    """Fed with the parts of one result as the engine writes it, in order.

    Exact for CSV, TSV and XML. For JSON exact unless a literal contains `},{}`, which counts as a row too
    many; `exact` counts a whole result.
    """

    def __init__(self, format_: QueryResultsFormat) -> None:
        self._format = format_
        self._carry = b""
        self._quoted = False
        self.rows = 0
        if format_ == QueryResultsFormat.CSV or format_ == QueryResultsFormat.TSV:
            self.rows = -1  # the header line

    def feed(self, part: bytes) -> int:
        """Count the rows that end (JSON: that begin after another) in this part; returns the sum so far."""
        if self._format == QueryResultsFormat.TSV:
            self.rows += part.count(b"\n")
        elif self._format == QueryResultsFormat.CSV:
            if not self._quoted and b'"' not in part:
                self.rows += part.count(b"\n")
            else:
                for number, piece in enumerate(part.split(b'"')):
                    self._quoted ^= number > 0
                    if not self._quoted:
                        self.rows += piece.count(b"\n")
        elif self._format == QueryResultsFormat.XML:
            part = self._carry + part
            self.rows += part.count(b"<result>")
            self._carry = part[-7:]
        else:
            part = self._carry + part
            if self.rows == 0 and (start := part.find(b'"bindings":[')) >= 0 and part[start + 12 : start + 13]:
                self.rows = part[start + 12 : start + 13] == b"{"
            position = 0
            for match in _JSON_NEXT.finditer(part):
                self.rows += 1
                position = match.end() - 1
            self._carry = part[max(position, len(part) - _KEEP) :]
        return self.rows


def exact(format_: QueryResultsFormat, result: bytes) -> int:
    """The number of rows of a whole result."""
    counter = RowCounter(format_)
    rows = counter.feed(result)
    if format_ == QueryResultsFormat.JSON and b"},{}" in result:
        return len(json.loads(result)["results"]["bindings"])
    return rows
