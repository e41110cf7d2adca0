"""The process that evaluates queries from the public: one at a time, with nothing to reach but the store.

Started by `publisher.query.process` with one argument, a JSON object: `fd` (the socket), `store`, `prefixes`,
`base_iri` (of queries without BASE), `network` (whether it may be used), and the limits `cpu_seconds memory_bytes
rows result_bytes buffer_bytes`. Ends when the socket is closed.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph as ox

from publisher.formats import DATASET_FORMATS, GRAPH_FORMATS, RESULTS_FORMATS, MediaType
from publisher.query import counting, lockdown, wire
from publisher.query.labels import labels_in, with_labels
from publisher.query.serialise import serialise

_FORMATS = {m.name: m for m in (*GRAPH_FORMATS, *DATASET_FORMATS, *RESULTS_FORMATS)}
_BLOCK = 1 << 16
_SMALL = 2_000
"""Graphs up to this many triples are written with the prefixes that they use."""


class _OverLimit(Exception):
    """`args[0]` is "rows" or "bytes"."""


class _SpoolFailed(Exception):
    """The spool cannot be written, or the server is gone."""


class _Output:
    """The file that the engine writes a result to: buffered, then handed over to the spool.

    With a format of `results`, rows are counted in what passes through.
    """

    def __init__(
        self,
        connection: socket.socket,
        meta: dict[str, Any],
        limits: Mapping[str, Any],
        results: ox.QueryResultsFormat | None = None,
    ) -> None:
        self._connection = connection
        self._meta = meta
        self._limits = limits
        self._results = results
        self._counter = counting.RowCounter(results) if results is not None else None
        self._parts: list[bytes] = []
        self._pending = 0
        self._spool: int | None = None
        self.bytes = 0

    def write(self, data: bytes) -> int:
        """Called by the engine with some kilobytes at a time."""
        self._parts.append(data)
        self._pending += len(data)
        if self._pending >= (_BLOCK if self._spool is not None else self._limits["buffer_bytes"]):
            self._pass_on()
        return len(data)

    def flush(self) -> None:
        """Nothing to do; part of what the engine expects of a file."""

    def _pass_on(self) -> None:
        block = b"".join(self._parts)
        self._parts.clear()
        self._pending = 0
        self.bytes += len(block)
        if self.bytes > self._limits["result_bytes"]:
            raise _OverLimit("bytes")
        if self._counter is not None and self._counter.feed(block) > self._limits["rows"]:
            raise _OverLimit("rows")
        if self._spool is None:
            self._spool = self._ask_for_spool(block)
            return
        view = memoryview(block)
        try:
            while view:
                view = view[os.write(self._spool, view) :]
        except OSError as error:
            raise _SpoolFailed(str(error)) from None

    def _ask_for_spool(self, block: bytes) -> int:
        self._connection.sendall(wire.message(wire.OVERFLOW, wire.with_meta(self._meta, block)))
        data, descriptors, _, _ = socket.recv_fds(self._connection, len(wire.message(wire.SPOOL)), 1)
        if not data or len(descriptors) != 1:
            raise _SpoolFailed("no spool was given")
        return descriptors[0]

    def finish(self, rows: int | None) -> bytes:
        """The last message on this result."""
        if self._spool is None:
            body = b"".join(self._parts)
            if len(body) > self._limits["result_bytes"]:
                raise _OverLimit("bytes")
            if rows is None and self._results is not None:
                rows = counting.exact(self._results, body)
            if (rows or 0) > self._limits["rows"]:
                raise _OverLimit("rows")
            return wire.message(wire.COMPLETE, wire.with_meta(self._meta | {"rows": rows}, body))
        if self._parts:
            self._pass_on()
        if rows is None and self._counter is not None:
            rows = self._counter.rows
        return wire.json_message(wire.END, {"rows": rows, "bytes": self.bytes})

    def close(self) -> None:
        """Give the spool back."""
        if self._spool is not None:
            os.close(self._spool)


class _Counted:
    """Triples passing by, up to a limit."""

    def __init__(self, triples: Iterable[ox.Triple], limit: int) -> None:
        self._triples = triples
        self._limit = limit
        self.rows = 0

    def __iter__(self) -> Iterator[ox.Triple]:
        for triple in self._triples:
            self.rows += 1
            if self.rows > self._limit:
                raise _OverLimit("rows")
            yield triple


class _Unfit(Exception):
    """The media type does not fit the form of the query."""


def _evaluate(store: ox.Store, connection: socket.socket, request: dict[str, Any], limits: Mapping[str, Any]) -> bytes:
    """The last message on a query."""
    media_type = _FORMATS[request["media_type"]]
    default: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] | None = None
    named: list[ox.NamedNode | ox.BlankNode] | None = None
    if request["default"] is not None:
        default = [ox.NamedNode(name) for name in request["default"]]
        named = [ox.NamedNode(name) for name in request["named"]]
    answer = store.query(request["query"], base_iri=limits["base_iri"], default_graph=default, named_graphs=named)
    if isinstance(answer, ox.QueryTriples):
        triples: Iterable[ox.Triple] = answer
        if request["labels"]:
            triples = with_labels(answer, lambda node, name: labels_in(store, default, node, name))
        return _graph(triples, media_type, connection, limits)
    if media_type.results is None:
        raise _Unfit
    if isinstance(answer, ox.QueryBoolean):
        body = answer.serialize(format=media_type.results) or b""
        return wire.message(wire.COMPLETE, wire.with_meta({"kind": "ask", "variables": [], "rows": 1}, body))
    meta = {"kind": "select", "variables": [v.value for v in answer.variables]}
    output = _Output(connection, meta, limits, media_type.results)
    try:
        answer.serialize(cast(IO[bytes], output), media_type.results)
        return output.finish(None)
    finally:
        output.close()


def _graph(
    answer: Iterable[ox.Triple], media_type: MediaType, connection: socket.socket, limits: Mapping[str, Any]
) -> bytes:
    if media_type.rdf is None:
        raise _Unfit
    triples = _Counted(answer, limits["rows"])
    output = _Output(connection, {"kind": "graph", "variables": []}, limits)
    try:
        stream = iter(triples)
        first = list(itertools.islice(stream, _SMALL))
        if len(first) < _SMALL:
            output.write(serialise(first, media_type, limits["prefixes"]))
        else:
            ox.serialize(itertools.chain(first, stream), cast(IO[bytes], output), media_type.rdf)
        return output.finish(triples.rows)
    finally:
        output.close()


def _answer(store: ox.Store, connection: socket.socket, request: dict[str, Any], limits: Mapping[str, Any]) -> bytes:
    """The last message on a query, whatever happens."""
    try:
        return _evaluate(store, connection, request, limits)
    except _OverLimit as over:
        code, text = str(over), ""
    except _SpoolFailed as error:
        code, text = "spool", str(error)
    except _Unfit:
        code, text = "unfit", ""
    except MemoryError:
        code, text = "memory", ""
    except (SyntaxError, ValueError) as error:
        code, text = "invalid", str(error)
    except (RuntimeError, OSError) as error:
        code, text = "evaluation", str(error)
    return wire.json_message(wire.FAILED, {"code": code, "message": text})


def main() -> None:
    """Serve until the other end closes the socket."""
    lockdown.die_with_parent()
    lockdown.prefer_as_victim()
    limits = json.loads(sys.argv[1])
    connection = socket.socket(fileno=limits["fd"])
    path = Path(limits["store"])
    store = ox.Store.read_only(str(path))
    # Warm what is loaded on first use, before files are out of reach.
    ask = store.query("ASK { ?s ?p ?o }")
    if isinstance(ask, ox.QueryBoolean):
        ask.serialize(format=ox.QueryResultsFormat.JSON)
    reader = wire.Reader(connection)
    lockdown.limit_resources(limits["result_bytes"])
    lockdown.limit_memory(limits["memory_bytes"])
    calling = limits["network"]
    ready = {
        "landlock": lockdown.confine_files(path, calling=calling),
        "seccomp": lockdown.deny_system_calls(calling=calling),
    }
    connection.sendall(wire.json_message(wire.READY, ready))
    while (message := reader.read()) is not None:
        lockdown.limit_cpu(limits["cpu_seconds"])
        connection.sendall(_answer(store, connection, wire.fields(message[1]), limits))


if __name__ == "__main__":
    main()
