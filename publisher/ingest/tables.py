"""Robust reading of CSV: one record at a time, nothing lost, nothing repaired.

A record that cannot be read is given out as such, with the text it had. A quote that never closes costs one
line, not the rest of the file: reading goes on at the next line. Memory is bounded by the longest record
allowed.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from publisher.errors import SourceError, Where

MAX_LINE = 4 * 2**20
"""Bytes in one line; a longer one is no CSV of this kind."""
MAX_LINES = 200
"""Lines in one record: more means that a quote was not closed."""
_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK": "a ZIP archive", b"\x1f\x8b": "a gzip archive"}

csv.field_size_limit(MAX_LINE * 2)


@dataclass(frozen=True)
class Record:
    """A record. `line` is the first of its lines, counted from 1; `problem` says why there are no fields."""

    line: int
    text: str
    fields: tuple[str, ...]
    problem: str | None = None


class Table:
    """A CSV file that is being read: `header` at once, then the records; `sha256` and `size` at the end.

    Use it as a context, so that the file is closed.
    """

    def __init__(self, path: Path) -> None:
        """Open `path` and read the header, in lower case.

        Raises `SourceError` if the file cannot be read, is empty or not CSV in UTF-8, or repeats a column.
        """
        self.path = path
        self.size = 0
        """Bytes read so far."""
        self._hash = hashlib.sha256()
        self._pushed: deque[tuple[int, bytes]] = deque()
        self._number = 0
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise SourceError(
                f"this file cannot be read: {error.strerror}", where=Where(str(path)), hint="Check the path."
            ) from None
        try:
            self.header = self._read_header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def sha256(self) -> str:
        """Digest of what has been read: of the whole file once the records are used up."""
        return self._hash.hexdigest()

    def _fail(self, message: str, hint: str) -> SourceError:
        return SourceError(message, where=Where(str(self.path), self._number or None), hint=hint)

    def _read_header(self) -> tuple[str, ...]:
        first = self._next_line()
        if first is None:
            raise self._fail("this file is empty", "Fetch it again.")
        raw = first[1]
        for start, what in _BOMS.items():
            if raw.startswith(start):
                raise self._fail(f"this file is {what}", "Give the CSV file itself, in UTF-8.")
        if b"\r" in raw.rstrip(b"\r\n"):
            raise self._fail("its lines end in CR only", "Save it with LF or CRLF.")
        self._pushed.appendleft((1, raw.removeprefix(b"\xef\xbb\xbf")))
        record = self._record()
        if record is None or record.problem:
            raise self._fail(
                f"the header cannot be read: {record.problem if record else 'it is missing'}", "Correct it."
            )
        header = tuple(name.strip().lower() for name in record.fields)
        if len(header) == 1 and any(c in header[0] for c in ";\t"):
            raise self._fail("the columns are not separated by commas", "Export the table with commas.")
        if repeated := sorted({name for name in header if name and header.count(name) > 1}):
            raise self._fail(f"columns appear twice: {', '.join(repeated)}", "Remove or rename one of each.")
        return header

    def records(self) -> Iterator[Record]:
        """The records after the header. Blank lines are no records."""
        while (record := self._record()) is not None:
            if record.problem is None and any(record.fields) and len(record.fields) != len(self.header):
                yield self._give_up(
                    record, f"it has {len(record.fields)} fields where the header has {len(self.header)}"
                )
            elif record.problem or any(record.fields):
                yield record

    def _next_line(self) -> tuple[int, bytes] | None:
        if self._pushed:
            return self._pushed.popleft()
        raw = self._file.readline(MAX_LINE + 1)
        if not raw:
            return None
        self._number += 1
        if len(raw) > MAX_LINE:
            raise self._fail(f"a line is longer than {MAX_LINE} bytes", "This is no table of events.")
        self._hash.update(raw)
        self.size += len(raw)
        return self._number, raw

    def _record(self) -> Record | None:
        line = self._next_line()
        if line is None:
            return None
        lines = [line]
        quotes = line[1].count(b'"')
        while quotes % 2 and len(lines) < MAX_LINES:
            if (line := self._next_line()) is None:
                break
            lines.append(line)
            quotes += line[1].count(b'"')
        self._lines = lines
        raw = b"".join(part for _, part in lines)
        number = lines[0][0]
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            broken = Record(number, raw.decode("utf-8", "backslashreplace"), ())
            return self._give_up(broken, f"it is not UTF-8 (byte {error.start + 1})")
        record = Record(number, text, ())
        if quotes % 2:
            return self._give_up(record, "a quote is opened that is not closed")
        if "\0" in text:
            return self._give_up(record, "it holds a NUL character")
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error as error:
            return self._give_up(record, f"its quotes do not fit together ({error})")
        if len(rows) > 1:
            return self._give_up(record, "its quotes do not fit together")
        return Record(number, text, tuple(rows[0]) if rows else ())

    def _give_up(self, record: Record, problem: str) -> Record:
        """Set the first line of a record aside, and read the others again as records of their own."""
        self._pushed.extendleft(reversed(self._lines[1:]))
        text = self._lines[0][1].decode("utf-8", "backslashreplace") if len(self._lines) > 1 else record.text
        return Record(record.line, text.rstrip("\r\n"), (), problem)
