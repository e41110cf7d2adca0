"""A scratch store on disk for rows between two passes: bounded memory, rows of one output file together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BATCH = 2000


@dataclass(frozen=True)
class SpooledRow:
    """A row that can be read: where it stood (`file` is the number of the file), and its text."""

    id: str
    file: int
    line: int
    text: str


class Spool:
    """Rows by bucket, and rows set aside or noted with a reason. The file is scratch."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self.bytes_read = 0
        """For the progress bar: bytes of all files read so far."""
        self._waiting: list[tuple[str, int, str, int, int, str]] = []
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "CREATE TABLE row (bucket TEXT, number INTEGER, id TEXT, file INTEGER, line INTEGER, text TEXT)",
            "CREATE TABLE remark (kind TEXT, file INTEGER, line INTEGER, id TEXT, reason TEXT, text TEXT)",
            "BEGIN",
        ):
            self._connection.execute(statement)

    def add(self, bucket: str, row: SpooledRow) -> None:
        """Keep a row for the second pass."""
        number = int(row.id) if row.id.isdecimal() else 0
        self._waiting.append((bucket, number, row.id, row.file, row.line, row.text))
        if len(self._waiting) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._connection.executemany("INSERT INTO row VALUES (?, ?, ?, ?, ?, ?)", self._waiting)
        self._waiting.clear()

    def remark(self, kind: str, row: SpooledRow, reason: str) -> None:
        """Record that a row was set aside ("set-aside"), or what is odd about it ("note")."""
        self._connection.execute(
            "INSERT INTO remark VALUES (?, ?, ?, ?, ?, ?)", (kind, row.file, row.line, row.id, reason, row.text)
        )

    def buckets(self) -> list[str]:
        """End the first pass: the buckets that have rows, sorted."""
        self._flush()
        self._connection.execute("CREATE INDEX by_bucket ON row (bucket, number, id, file, line)")
        return [bucket for (bucket,) in self._connection.execute("SELECT DISTINCT bucket FROM row ORDER BY 1")]

    def rows(self, bucket: str) -> list[SpooledRow]:
        """The rows of a bucket by id, and for one id in the order in which they were read."""
        query = "SELECT id, file, line, text FROM row WHERE bucket = ? ORDER BY number, id, file, line"
        return [SpooledRow(*found) for found in self._connection.execute(query, (bucket,))]

    def remarks(self, kind: str) -> Iterator[tuple[SpooledRow, str]]:
        """The remarks of a kind, in the order of the files."""
        query = "SELECT id, file, line, text, reason FROM remark WHERE kind = ? ORDER BY file, line, reason"
        for id_, file, line, text, reason in self._connection.execute(query, (kind,)):
            yield SpooledRow(id_, file, line, text), reason

    def close(self) -> None:
        """Close the scratch file."""
        self._connection.close()
