"""What goes into the sandbox and what comes out: a request, an answer, and failures as errors."""

from __future__ import annotations

import os
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from publisher.errors import (
    NotAcceptable,
    PublisherError,
    QueryCancelled,
    QueryInterrupted,
    QueryInvalid,
    QueryOutOfMemory,
    QueryQueueFull,
    QueryTimedOut,
    QueryTooLarge,
    Where,
)
from publisher.query.limits import MEBI, Limits

_BLOCK = 1 << 17
_PLACE = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)


@dataclass(frozen=True)
class QueryRequest:
    """A query that `guard.check` has let through.

    `media_type` is a name from `publisher.formats` that fits the form of the query. `default` and `named` are
    IRIs of graphs; both None means the query's own dataset, else the store's. `client` says who asks: a free
    place goes to the one with the fewest queries under way. `labels`: add to a graph what its nodes are called.
    `network`: the query calls other endpoints, and may.
    """

    query: str
    media_type: str
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    client: str = ""
    labels: bool = False
    network: bool = False

    def fields(self) -> dict[str, Any]:
        """As sent to the worker. If one list of graphs is given the other counts as empty."""
        given = self.default is not None or self.named is not None
        return {
            "query": self.query,
            "media_type": self.media_type,
            "default": list(self.default or ()) if given else None,
            "named": list(self.named or ()) if given else None,
            "labels": self.labels,
        }


class Stream:
    """The rest of a result, past the buffer: a file that grows while the worker writes and we read."""

    def __init__(self, directory: Path | None) -> None:
        self.file = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115
        self.done = threading.Event()
        self.error: PublisherError | None = None
        self.rows: int | None = None

    def finish(self, rows: int | None = None, error: PublisherError | None = None) -> None:
        """Called once, when the worker has finished or failed."""
        self.rows, self.error = rows, error
        self.done.set()


class Answer:
    """The answer to a query; a context manager.

    `kind`: select, ask or graph. `variables`: of a SELECT. `complete`: the whole result, or None if it is
    larger than the buffer and `chunks` has to be used. `rows`: solutions or triples; None until known, which
    for a streamed answer is after its last chunk.
    """

    def __init__(
        self,
        meta: dict[str, Any],
        body: bytes,
        stream: Stream | None = None,
        seconds: float = 0.0,
        release: Callable[[], None] | None = None,
    ) -> None:
        self.kind: str = meta["kind"]
        self.variables: tuple[str, ...] = tuple(meta["variables"])
        self.rows: int | None = meta.get("rows")
        self.complete: bytes | None = body if stream is None else None
        self._first = body
        self._stream = stream
        self._deadline = time.monotonic() + seconds
        self._release = release
        self._actions: list[Callable[[], None]] = []

    def chunks(self) -> Iterator[bytes]:
        """The result in parts of at most some 100 KiB (the first one: of the buffer's size).

        Raises a `QueryStopped` if the query fails in between: the parts so far are then not the result, and
        the connection they went out on has to be aborted.
        """
        yield self._first
        stream = self._stream
        if stream is None:
            return
        position, pause = 0, 0.002
        while True:
            finished = stream.done.is_set()
            if stream.error is not None:
                raise stream.error
            if time.monotonic() > self._deadline:
                raise QueryCancelled("the result was not read in time", hint="Read faster, or ask for less.")
            block = os.pread(stream.file.fileno(), _BLOCK, position)
            if block:
                position, pause = position + len(block), 0.002
                yield block
            elif finished:
                self.rows = stream.rows
                return
            else:
                stream.done.wait(pause)
                pause = min(pause * 2, 0.05)

    def when_closed(self, action: Callable[[], None]) -> None:
        """Call this too, once, when the answer is closed."""
        self._actions.append(action)

    def close(self) -> None:
        """Stop the query if it still runs, and free the spool. May be called twice, from any thread."""
        release, self._release = self._release, None
        if release is not None:
            release()
        while self._actions:
            self._actions.pop()()

    def __enter__(self) -> Answer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _short(text: str, limit: int = 240) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[:limit]}…"


def failure(code: str, message: str, limits: Limits) -> PublisherError:
    """The error for a failure that the worker reports (`wire.FAILURES`)."""
    if code == "invalid":
        if place := _PLACE.match(message):
            where = Where("query", int(place[1]), int(place[2]))
            return QueryInvalid(f"does not parse: {_short(place[3])}", where=where, hint="Correct the query.")
        return QueryInvalid(f"the query is not valid: {_short(message)}", hint="Correct the query.")
    if code == "unfit":
        return NotAcceptable("the format does not fit the form of the query")
    if code == "rows":
        return QueryTooLarge(
            f"the result has more than {limits.rows} rows", hint="Add LIMIT and OFFSET, or use a dump."
        )
    if code == "bytes":
        return QueryTooLarge(f"the result is larger than {limits.result_bytes} bytes", hint="Add LIMIT, or use a dump.")
    if code == "memory":
        return killed("memory", limits)
    if code == "spool":
        return QueryInterrupted("there is no room for the result", retry_after=60, hint="Try later, or ask for less.")
    return QueryInvalid(f"the query cannot be evaluated: {_short(message)}", hint="Correct the query.")


def killed(cause: str, limits: Limits) -> PublisherError:
    """The error for a worker that ended (`WorkerProcess.ended_by`)."""
    if cause == "time":
        return QueryTimedOut(f"the query took longer than {limits.wall_seconds:g} s", hint="Narrow it, or use a dump.")
    if cause == "cpu":
        return QueryTimedOut(
            f"the query took more than {limits.cpu_seconds:g} s of processor time",
            hint="Narrow it, or use a dump.",
        )
    if cause == "memory":
        return QueryOutOfMemory(
            f"the query needed more than {limits.memory_bytes // MEBI} MiB of memory",
            hint="Sort or group less at once, or use a dump.",
        )
    if cause == "depth":
        return QueryTooLarge("the query is nested too deeply", hint="Write it with fewer levels.")
    if cause == "evicted":
        return QueryQueueFull(
            f"{limits.slow_workers} long-running queries are being evaluated and others wait",
            retry_after=max(1, int(limits.wall_seconds)),
            hint="Try again later.",
        )
    if cause == "cancelled":
        return QueryCancelled("the client went away")
    return QueryInterrupted(
        "the process that evaluated the query was ended", retry_after=1, hint="Send the query again."
    )
