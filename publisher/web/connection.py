"""How requests arrive: neither too large nor too slowly. The HTTP server has no limit on either."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from publisher.config import Settings

_TOO_LATE = (408, "Request Timeout", "The request did not arrive in time. Send it again.")
_TOO_LARGE = (
    431,
    "Request Header Fields Too Large",
    "The address and the headers are too long together. Send a query by POST.",
)


class Connection(HttpToolsProtocol):
    """A connection whose requests have to arrive whole within a time, each with a head of limited size.

    A request that comes in one piece, as nearly all do, costs no timer. Time for which earlier requests on the
    connection are answered is not counted: nothing is read then.
    """

    def __init__(self, seconds: float, head_bytes: int, **parts: Any) -> None:
        """`parts` is what the server gives."""
        super().__init__(**parts)
        self._seconds = seconds
        self._head_bytes = head_bytes
        self._timer: asyncio.TimerHandle | None = None
        self._arriving = True
        """Whether something of a request is still to come."""
        self._in_head = True
        self._size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The time begins before the first byte."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(self._seconds, self._too_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some of a request, one, or several."""
        self._arriving = True
        super().data_received(data)
        if not self._arriving or self.transport.is_closing():
            self._stop()
            return
        if self._timer is None:
            self._timer = self.loop.call_later(self._seconds, self._too_late)
        if self._in_head:
            self._size += len(data)
            if self._size > self._head_bytes:
                self._refuse(*_TOO_LARGE)

    def on_headers_complete(self) -> None:
        """The body comes next."""
        super().on_headers_complete()
        self._in_head = False

    def on_message_complete(self) -> None:
        """The request is whole."""
        super().on_message_complete()
        self._arriving, self._in_head, self._size = False, True, 0
        self._stop()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering and (self._in_head or self.pipeline):
            self._timer = self.loop.call_later(self._seconds, self._too_late)
        elif (answering and self.cycle.response_started) or (self._in_head and not self._size):
            self.transport.close()
        else:
            self._refuse(*_TOO_LATE)

    def _refuse(self, status: int, title: str, detail: str) -> None:
        self._stop()
        body = f"{detail}\n".encode()
        head = f"HTTP/1.1 {status} {title}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.transport.write(head.encode() + body)
        self.transport.close()


@dataclass(frozen=True)
class Connections:
    """Makes the connections of a server; what the server calls for each."""

    settings: Settings

    def __call__(self, **parts: Any) -> Connection:
        """One."""
        return Connection(self.settings.request_seconds, self.settings.request_head_kib * 1024, **parts)
