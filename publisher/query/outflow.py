"""A whole graph as bytes, part by part, however large it is: the engine writes it into a pipe, and we read."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress

import pyoxigraph as ox

from publisher.errors import QueryQueueFull
from publisher.query.store import Store

_BLOCK = 1 << 17


class Parts:
    """The parts of a graph. Has to be closed, also if nothing is read; twice does no harm."""

    def __init__(self, parts: Generator[bytes], closed: Callable[[], None]) -> None:
        """`closed` is called once."""
        self._parts, self._closed = parts, [closed]

    def __iter__(self) -> Iterator[bytes]:
        """Each once; after the last one it is closed."""
        try:
            yield from self._parts
        finally:
            self.close()

    def close(self) -> None:
        """Read no more."""
        self._parts.close()
        while self._closed:
            self._closed.pop()()


class Outflow:
    """Counts the graphs that are being sent, so that there are not too many at once."""

    def __init__(self, limit: int) -> None:
        """`limit` is how many there may be."""
        self._limit = limit
        self._lock = threading.Lock()
        self.active = 0

    def open(self, store: Store, graph: ox.NamedNode, format_: ox.RdfFormat, prefixes: Mapping[str, str]) -> Parts:
        """See `graph_chunks`; counted until it is closed. Raises `QueryQueueFull`."""
        with self._lock:
            if self.active >= self._limit:
                raise QueryQueueFull(
                    f"{self._limit} large graphs are being sent", retry_after=30, hint="Try later, or take a dump."
                )
            self.active += 1
        return Parts(graph_chunks(store, graph, format_, prefixes), self._left)

    def _left(self) -> None:
        with self._lock:
            self.active -= 1


class _Pipe:
    """The end that is written to, as the file that the engine wants."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes) -> int:
        """Waits until there is room: a slow reader holds up the writer and costs no memory."""
        return os.write(self._descriptor, data)

    def flush(self) -> None:
        """Nothing is kept back."""


def graph_chunks(
    store: Store, graph: ox.NamedNode, format_: ox.RdfFormat, prefixes: Mapping[str, str]
) -> Generator[bytes]:
    """The triples in the order of the store, which is the same each time and has those of a subject together.

    Nothing happens before the first part is asked for. When the iterator is closed, the writing ends. Raises what the
    engine raised if it failed on the way: the parts so far are then not the graph.
    """
    reader, writer = os.pipe()
    failed: list[BaseException] = []

    def write() -> None:
        try:
            store.dump(_Pipe(writer), format_, graph, prefixes)
        except BaseException as error:  # told to whoever reads, whatever it is
            failed.append(error)
        finally:
            os.close(writer)

    thread = threading.Thread(target=write, name="graph", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        os.close(reader)
        os.close(writer)
        raise
    try:
        while block := os.read(reader, _BLOCK):
            yield block
        thread.join()
        if failed:
            raise failed[0]
    finally:
        with suppress(OSError):
            os.close(reader)  # the next write fails, and the thread ends
        thread.join()
