"""A whole graph as bytes, part by part, however large it is: the engine writes it into a pipe, and we read."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress

import pyoxigraph as ox

from publisher.errors import QueryQueueFull
from publisher.query.store import Store

_BLOCK = 1 << 17


class Outflow:
    """Counts the graphs that are being sent, so that there are not too many at once."""

    def __init__(self, limit: int) -> None:
        """`limit` may be passed by those who ask at the same moment."""
        self._limit = limit
        self._lock = threading.Lock()
        self.active = 0

    def check(self) -> None:
        """Raises `QueryQueueFull`."""
        if self.active >= self._limit:
            raise QueryQueueFull(
                f"{self._limit} large graphs are being sent", retry_after=30, hint="Try later, or take a dump."
            )

    def chunks(
        self, store: Store, graph: ox.NamedNode, format_: ox.RdfFormat, prefixes: Mapping[str, str]
    ) -> Iterator[bytes]:
        """See `graph_chunks`; counted from the first part to the end."""
        with self._lock:
            self.active += 1
        try:
            yield from graph_chunks(store, graph, format_, prefixes)
        finally:
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
) -> Iterator[bytes]:
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
