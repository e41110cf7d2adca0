"""What a server process and a query process say to each other, over one stream socket.

A message is a five-byte head (kind, length of the payload), then the payload.

    to the worker    QUERY     JSON: query, default, named (lists of IRIs or null), media_type
                     SPOOL     no payload; carries the descriptor of a file that the rest is written to
    to the server    READY     JSON: the protections in force
                     COMPLETE  meta, then the whole result
                     OVERFLOW  meta, then the first part; the worker waits for SPOOL
                     END       JSON: rows, bytes; the spool holds the rest of the result
                     FAILED    JSON: code (one of the FAILURES), message

Meta is a four-byte length and JSON: kind (select, ask, graph), variables, and for COMPLETE rows.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

QUERY, SPOOL = b"Q", b"P"
READY, COMPLETE, OVERFLOW, END, FAILED = b"R", b"C", b"O", b"E", b"F"
FAILURES = ("invalid", "unfit", "rows", "bytes", "memory", "spool", "evaluation")
"""Does not parse; media type does not fit the form; limits; spool cannot be written; evaluation failed."""

_HEAD = struct.Struct(">cI")
_META = struct.Struct(">I")
_RECEIVE = 1 << 18
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_decode = json.JSONDecoder().decode


def message(kind: bytes, payload: bytes = b"") -> bytes:
    """A whole message."""
    return _HEAD.pack(kind, len(payload)) + payload


def json_message(kind: bytes, fields: dict[str, Any]) -> bytes:
    """A message with a JSON payload."""
    return message(kind, _encode(fields).encode("utf-8", "surrogatepass"))


def fields(payload: bytes) -> dict[str, Any]:
    """The payload of such a message."""
    value: dict[str, Any] = _decode(payload.decode("utf-8", "surrogatepass"))
    return value


def with_meta(meta: dict[str, Any], body: bytes) -> bytes:
    """Payload of COMPLETE and OVERFLOW."""
    head = _encode(meta).encode()
    return _META.pack(len(head)) + head + body


def split_meta(payload: bytes) -> tuple[dict[str, Any], bytes]:
    """The other way around."""
    end = _META.size + _META.unpack_from(payload)[0]
    return fields(payload[_META.size : end]), payload[end:]


class Reader:
    """Takes messages off a socket; what has arrived of the next one is kept between calls."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._parts: list[bytes] = []
        self._have = 0
        self._need = _HEAD.size

    def read(self) -> tuple[bytes, bytes] | None:
        """Kind and payload of the next message; None at the end of the stream.

        Raises `TimeoutError` if the socket has a time-out and it runs out; call again then.
        """
        while True:
            if self._have >= self._need:
                data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
                kind, length = _HEAD.unpack_from(data)
                self._need = _HEAD.size + length
                if len(data) >= self._need:
                    rest = data[self._need :]
                    payload = data[_HEAD.size : self._need]
                    self._parts, self._have, self._need = ([rest] if rest else []), len(rest), _HEAD.size
                    return kind, payload
                self._parts = [data]
            part = self._connection.recv(_RECEIVE)
            if not part:
                return None
            self._parts.append(part)
            self._have += len(part)
