"""Runs a WSGI application under ASGI. A thread is held only while the application works, never while a client reads."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote_to_bytes

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_WHOLE = 1 << 20
"""Bodies known to be this short are taken from the application in one go."""
_END: bytes | None = None


class WsgiBridge:
    """The application, and the threads it runs in."""

    def __init__(self, application: Application, threads: int, seconds: float = 900.0) -> None:
        """`seconds` is how long a client may take to read a body of which nobody knows how long it will be."""
        self._application = application
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pages")

    async def __call__(self, scope: Scope, body: bytes, send: Send, receive: Receive | None = None) -> int:
        """Answer one request, whose body has been read already. Returns the status.

        If the application fails on the way, or `seconds` are over, the response is left without its end, and the
        server closes the connection. With `receive`, no more is asked of the application once the client is gone.
        """
        loop = asyncio.get_running_loop()
        status, headers, first, rest = await loop.run_in_executor(self._threads, self._begin, scope, body)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if rest is None:
            await send({"type": "http.response.body", "body": first})
            return status
        known = any(name == b"content-length" for name, _ in headers)
        gone = asyncio.create_task(_disconnected(receive)) if receive else None
        parts = iter(rest)
        try:
            async with asyncio.timeout(None if known else self._seconds):
                while (part := await loop.run_in_executor(self._threads, next, parts, _END)) is not None:
                    if gone is not None and gone.done():
                        return status
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        finally:
            if gone is not None:
                gone.cancel()
            await loop.run_in_executor(self._threads, _close, rest)
        await send({"type": "http.response.body", "body": b""})
        return status

    def _begin(self, scope: Scope, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes, Iterable[bytes] | None]:
        """Status, headers and the whole body; or, if it is long or comes in parts, nothing of it and where to get it
        from.
        """
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], error: object = None) -> None:
            started.append((status, headers))

        found = self._application(environ_of(scope, body), start_response)
        status, headers = started[-1]
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        raw = [(name, value) for name, value in raw if name != b"date"]  # the HTTP server sends its own
        length = next((int(value) for name, value in raw if name == b"content-length"), None)
        empty = scope["method"] == "HEAD" or status.startswith(("204", "304"))
        if empty or (length is not None and length <= _WHOLE):
            try:
                whole = b"".join(found)
            finally:
                _close(found)
            return int(status.split(" ", 1)[0]), raw, whole, None
        return int(status.split(" ", 1)[0]), raw, b"", found


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _close(found: Iterable[bytes]) -> None:
    if (close := getattr(found, "close", None)) is not None:
        close()


def _server(scope: Scope) -> tuple[str, str]:
    host, port = scope.get("server") or ("localhost", 80)
    return str(host), str(port or 0)


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """PEP 3333 from the scope. A header whose name has an underscore could pass for another, so it is left out."""
    name, port = _server(scope)
    client = scope.get("client")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "REMOTE_ADDR": client[0] if client else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for key, value in _fields(scope):
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _fields(scope: Scope) -> Iterator[tuple[str, str]]:
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name or raw_name in {b"content-length", b"transfer-encoding"}:
            continue
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        yield name if name == "CONTENT_TYPE" else f"HTTP_{name}", raw_value.decode("latin-1")
