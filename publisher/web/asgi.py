"""The front of the server: queries are answered here, everything else by the Flask application."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from flask import Flask

from publisher.config import Settings
from publisher.errors import PublisherError, QueryCancelled, QueryInterrupted, RequestTooLarge
from publisher.formats import HTML
from publisher.query.direct import LONGEST
from publisher.query.lockdown import die_with_parent
from publisher.web import ALWAYS, MAX_BODY, create_app
from publisher.web.answers import Finished, Large, large_etag, matches
from publisher.web.clients import client_of
from publisher.web.encoding import choose_encoding, compress_parts, is_compressible
from publisher.web.endpoint import Endpoint
from publisher.web.errors import Problem
from publisher.web.protocol import Ask, Incoming, check_release
from publisher.web.snapshot import ReleaseWatcher, Snapshot
from publisher.web.wsgi import Message, Receive, Scope, Send, WsgiBridge

_LOG = logging.getLogger(__name__)
_PATH = "/sparql"
_PATIENCE = 0.05
"""Seconds after which somebody looks whether the client of a query is still there."""
_RAW_LENGTH = 4096
_SHORT = LONGEST // 8
_BY_THE_WAY = 1 << 15
"""Bytes that are compressed without leaving the event loop."""
_DRAIN = 16 * MAX_BODY
_START_SECONDS = 15.0
_ALWAYS = [(name.lower().encode(), value.encode()) for name, value in ALWAYS]

Headers = list[tuple[bytes, bytes]]


class Ready(Protocol):
    """What tells the parent process that a server process answers."""

    def set(self) -> None:
        """It does now."""


@dataclass
class _Request:
    """What of a request matters to a query."""

    scope: Scope
    receive: Receive
    send: Send
    accept: str | None = None
    accept_encoding: str | None = None
    content_type: str | None = None
    if_none_match: str | None = None
    forwarded_for: str | None = None
    root: str = ""

    @classmethod
    def of(cls, scope: Scope, receive: Receive, send: Send, proxies: int) -> _Request:
        request = cls(scope, receive, send)
        for name, value in scope["headers"]:
            if name == b"accept":
                text = value.decode("latin-1")
                request.accept = f"{request.accept}, {text}" if request.accept else text
            elif name == b"accept-encoding":
                request.accept_encoding = value.decode("latin-1")
            elif name == b"content-type":
                request.content_type = value.decode("latin-1")
            elif name == b"if-none-match":
                request.if_none_match = value.decode("latin-1")
            elif proxies and name == b"x-forwarded-for":
                text = value.decode("latin-1")
                request.forwarded_for = f"{request.forwarded_for}, {text}" if request.forwarded_for else text
            elif proxies and name == b"x-forwarded-prefix":
                parts = value.decode("latin-1").split(",")
                request.root = parts[-proxies].strip().rstrip("/") if len(parts) >= proxies else ""
        return request


class Front:
    """The ASGI application of one server process."""

    def __init__(self, settings: Settings, ready: Ready | None = None, metrics: Path | None = None) -> None:
        """Raises `ReleaseMissing` or `ReleaseDamaged`."""
        self._settings = settings
        self._watcher = ReleaseWatcher(settings.releases, settings)
        self._endpoint = Endpoint(settings, self._watcher, metrics)
        self._flask: Flask = create_app(settings, self._endpoint)
        limits = self._endpoint.limits
        self._pages = WsgiBridge(self._flask.wsgi_app, settings.threads, limits.stream_seconds)
        self._queries = ThreadPoolExecutor(
            limits.queue + limits.workers + limits.slow_workers + 8, thread_name_prefix="queries"
        )
        self._readers = ThreadPoolExecutor(limits.streams + 2, thread_name_prefix="streams")
        self._ready = ready
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] == "http":
            if scope["path"] == _PATH and scope["method"] in {"GET", "HEAD", "POST"}:
                await self._sparql(_Request.of(scope, receive, send, self._settings.trusted_proxies))
            else:
                await self._page(_Request.of(scope, receive, send, 0))
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    # Pages
    async def _page(self, request: _Request, body: bytes | None = None) -> None:
        if body is None:
            try:
                body = await _body(request)
            except PublisherError as error:
                await self._fail(request, error)
                return
        if body is not None:
            await self._pages(request.scope, body, request.send, request.receive)

    # Queries
    async def _sparql(self, request: _Request) -> None:
        scope = request.scope
        snapshot = self._watcher.snapshot()
        raw = None
        if scope["method"] != "POST" and len(scope["query_string"]) <= _RAW_LENGTH:
            raw = (scope["query_string"], request.accept)
            if (found := snapshot.answers.get_form(raw)) is not None:
                await self._send(request, found, snapshot, hit=True)
                return
        try:
            body = await _body(request) if scope["method"] == "POST" else b""
            if body is None:
                return
            incoming = Incoming(scope["method"], scope["query_string"], request.content_type, request.accept, body)
            if len(incoming.query_string) + len(body) <= _SHORT:
                ask = self._endpoint.understand(incoming)
            else:
                loop = asyncio.get_running_loop()
                ask = await loop.run_in_executor(self._queries, self._endpoint.understand, incoming)
            if ask is None or ask.media_type is HTML:
                await self._page(request, body)
                return
            check_release(ask, snapshot.release.id)
            await self._answer(request, ask, snapshot)
            if raw is not None:
                snapshot.answers.remember(raw, ask.key)
        except PublisherError as error:
            await self._fail(request, error)

    async def _answer(self, request: _Request, ask: Ask, snapshot: Snapshot) -> None:
        """Send the result. Raises `PublisherError` as long as nothing has been sent."""
        if (found := snapshot.answers.get(ask.key)) is not None:
            await self._send(request, found, snapshot, hit=True)
            return
        if request.if_none_match and not ask.varies:
            etag = large_etag(ask, snapshot.release.id)
            if etag in request.if_none_match:
                await self._start(request, 304, [(b"etag", etag.encode()), (b"vary", b"Accept, Accept-Encoding")])
                await request.send({"type": "http.response.body", "body": b""})
                return
        loop = asyncio.get_running_loop()
        gone = threading.Event()
        client = client_of(self._peer(request), request.forwarded_for, self._settings.trusted_proxies)
        timer = loop.call_later(_PATIENCE, self._watch, request, gone)
        try:
            result = await self._evaluate(ask, snapshot, client, gone)
        except QueryCancelled:
            return
        except asyncio.CancelledError:
            gone.set()
            raise
        finally:
            timer.cancel()
        if isinstance(result, Large):
            if not gone.is_set():
                self._watch(request, gone)
            await self._stream(request, result, gone)
        else:
            await self._send(request, result, snapshot, hit=False)

    async def _evaluate(self, ask: Ask, snapshot: Snapshot, client: str, gone: threading.Event) -> Finished | Large:
        """From here; in a thread if the query is very long, or its release has been retired meanwhile."""
        if len(ask.query) <= _SHORT:
            try:
                return await self._endpoint.evaluate_soon(ask, snapshot, client, gone.is_set)
            except QueryInterrupted:
                if self._watcher.snapshot() is snapshot:
                    raise
                snapshot = self._watcher.snapshot()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._queries, self._endpoint.evaluate, ask, snapshot, client, gone.is_set)

    def _peer(self, request: _Request) -> str:
        client = request.scope.get("client")
        return str(client[0]) if client else ""

    def _watch(self, request: _Request, gone: threading.Event) -> None:
        """Have `gone` set when the client goes."""

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            gone.set()

        task = asyncio.get_running_loop().create_task(watch())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, request: _Request, found: Finished, snapshot: Snapshot, *, hit: bool) -> None:
        codings = found.codings
        if request.accept_encoding and len(found.body) > _BY_THE_WAY:
            loop = asyncio.get_running_loop()
            encoded = await loop.run_in_executor(self._readers, found.encoded, request.accept_encoding)
        else:
            encoded = found.encoded(request.accept_encoding)
        if found.codings != codings:
            snapshot.answers.recount(found)
        if request.if_none_match and matches(request.if_none_match, [encoded.etag]) and not found.ask.varies:
            status, body = 304, b""
        else:
            status, body = 200, encoded.body
        key = (encoded.encoding, request.root, hit, status)
        head = found.heads.get(key)
        if head is None:
            listed = [*found.headers, ("ETag", encoded.etag), *self._endpoint.common(found, hit, request.root)]
            if status == 200:
                listed.append(("Content-Length", str(len(body))))
                if encoded.encoding:
                    listed.append(("Content-Encoding", encoded.encoding))
            head = [*_raw(listed), *_ALWAYS]
            if hit:
                found.keep_head(key, head)
        self._endpoint.count(status, "hit" if hit else "miss")
        await request.send({"type": "http.response.start", "status": status, "headers": head})
        await request.send({"type": "http.response.body", "body": body})

    async def _stream(self, request: _Request, large: Large, gone: threading.Event) -> None:
        """Part by part, as fast as the client reads. If the query fails on the way the response is left without its
        end, and the server closes the connection.
        """
        loop = asyncio.get_running_loop()
        parts = large.answer.chunks()
        listed = [*large.headers, *self._endpoint.common(large, False, request.root)]
        encoding = None
        if is_compressible(large.ask.media_type.name):
            encoding = choose_encoding(request.accept_encoding)
        if encoding:
            parts = compress_parts(parts, encoding)
            listed.append(("Content-Encoding", encoding))
        try:
            await self._start(request, 200, _raw(listed), "miss")
            async with asyncio.timeout(self._endpoint.limits.stream_seconds):
                while request.scope["method"] != "HEAD":
                    part = await loop.run_in_executor(self._readers, next, parts, None)
                    if gone.is_set():
                        return
                    if part is None:
                        break
                    await request.send({"type": "http.response.body", "body": part, "more_body": True})
            await request.send({"type": "http.response.body", "body": b""})
        except (PublisherError, TimeoutError) as error:
            _LOG.warning("a result was broken off: %s", error)
        finally:
            large.answer.close()

    async def _fail(self, request: _Request, error: PublisherError) -> None:
        told = Problem.of(error)
        if told.status >= 500:
            _LOG.log(logging.ERROR if told.status == 500 else logging.INFO, "%s: %s", request.scope["path"], error)
        media_type, body = told.written(request.accept, lambda shown: self._error_page(shown, request.root))
        listed = [
            ("Content-Type", media_type.content_type),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Vary", "Accept"),
            ("Attested-Limits", self._endpoint.limits_header),
            *told.headers,
        ]
        if isinstance(error, RequestTooLarge):
            listed.append(("Connection", "close"))
        await self._start(request, told.status, _raw(listed))
        await request.send({"type": "http.response.body", "body": body})

    def _error_page(self, told: Problem, root: str) -> str:
        template = self._flask.jinja_env.get_template("error.html")
        return template.render(
            status=told.status,
            title=told.title,
            detail=told.detail,
            hint=told.hint,
            path=lambda path: f"{root}{path}",
            release=None,
        )

    async def _start(self, request: _Request, status: int, headers: Headers, cache: str | None = None) -> None:
        self._endpoint.count(status, cache)
        message: Message = {"type": "http.response.start", "status": status, "headers": [*headers, *_ALWAYS]}
        await request.send(message)

    # Life
    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        loop = asyncio.get_running_loop()
        snapshot = self._watcher.snapshot()
        snapshot.prepare()
        engine = snapshot.engine
        deadline = loop.time() + _START_SECONDS
        while not engine.ready() and loop.time() < deadline:
            await asyncio.sleep(0.02)
        await send({"type": "lifespan.startup.complete"})
        if self._ready is not None:
            self._ready.set()
        publishing = loop.create_task(self._publish())
        await receive()
        publishing.cancel()
        await loop.run_in_executor(None, self._watcher.close, 1.0)
        with suppress(OSError):
            self._endpoint.publish()
        await send({"type": "lifespan.shutdown.complete"})

    async def _publish(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self._endpoint.publish()


async def _body(request: _Request) -> bytes | None:
    """The body; None if the client went away. Raises `RequestTooLarge`."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size <= MAX_BODY:
            parts.append(part)
        if size > _DRAIN or not message.get("more_body"):
            break
    if size > MAX_BODY:
        raise RequestTooLarge(f"the body is longer than {MAX_BODY} bytes", hint="Send less.")
    return b"".join(parts)


def _raw(headers: Sequence[tuple[str, str]]) -> Headers:
    return [_header(name, value) for name, value in headers]


@lru_cache(maxsize=1024)
def _header(name: str, value: str) -> tuple[bytes, bytes]:
    """Most are the same in all responses; results that are kept share them."""
    return name.lower().encode("latin-1"), value.encode("latin-1")


def create_front(settings: Settings, ready: Ready | None = None, metrics: Path | None = None) -> Front:
    """Called in each server process, which ends with the one that started it."""
    die_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        front = Front(settings, ready, metrics)
        gc.collect()
        gc.freeze()  # what is there now stays: not to be looked through again and again
        return front
    except PublisherError as error:
        _LOG.error("%s", error)
        sys.exit(3)  # what the supervisor takes for a reason not to try again
