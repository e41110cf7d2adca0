"""Runs the application under uvicorn, from settings."""

from __future__ import annotations

import functools
import os
import socket
import sys
import tempfile
import threading
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import uvicorn
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

from publisher.config import Settings
from publisher.errors import ConfigurationError, ReleaseDamaged
from publisher.query.store import EmbeddedStore
from publisher.releases import STORE, Release, current_release
from publisher.web.asgi import create_front
from publisher.web.connection import Connections

_BACKLOG = 512
_GRACE_SECONDS = 20


def serve(settings: Settings) -> None:
    """Serve until stopped by a signal; requests in progress are finished first.

    Raises `ReleaseMissing`, `ReleaseDamaged` or `ConfigurationError` before anything is started.
    """
    release = current_release(settings.releases)
    os.environ.setdefault(
        "MALLOC_ARENA_MAX", "2"
    )  # for the server processes: with many threads memory grows without it
    _check_store(release)
    with ExitStack() as stack:
        metrics = stack.enter_context(tempfile.TemporaryDirectory(prefix="attested-"))
        listeners = [stack.enter_context(listener) for listener in _listen(settings)]
        ready = get_context("spawn").Event()
        config = uvicorn.Config(
            functools.partial(create_front, settings, ready, Path(metrics)),
            factory=True,
            http=Connections(settings),  # type: ignore[arg-type]  # called for each connection; need not be a class
            workers=settings.workers,
            lifespan="on",
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            timeout_worker_healthcheck=30,
            ws="none",
        )
        threading.Thread(target=_announce, args=(ready, listeners[0], settings, release), daemon=True).start()
        _Supervisor(config, listeners).run()


class _Supervisor(Multiprocess):
    """Each server process has a socket of its own, and the kernel spreads connections over them: with one for all, the
    process that wakes up first takes every connection that is there. A replacement gets the socket of the one it
    replaces.
    """

    processes: list[Process]

    @property
    def sockets(self) -> list[socket.socket]:
        """For the process that is being started."""
        ended = [index for index, process in enumerate(self.processes) if process.exitcode is not None]
        return [self._listeners[ended[0] if ended else len(self.processes)]]

    @sockets.setter
    def sockets(self, listeners: list[socket.socket]) -> None:
        self._listeners = listeners

    def handle_hup(self) -> None:
        """Nothing to do: a new release is noticed without it. Nor does the number of processes change."""

    handle_ttin = handle_ttou = handle_hup


def _listen(settings: Settings) -> list[socket.socket]:
    """A socket for each server process, all at one address. Raises `ConfigurationError` if it is taken."""
    port, listeners = settings.port, list[socket.socket]()
    try:
        with _bound(settings.host, port, shared=False) as probe:  # a shared one would not notice another server
            port = probe.getsockname()[1]
        for _ in range(settings.workers):
            listeners.append(_bound(settings.host, port, shared=True))
            listeners[-1].listen(_BACKLOG)
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise ConfigurationError(
            f"cannot listen at {settings.host} port {settings.port}: {error.strerror}",
            hint="Choose another `port` or `host`; 0 takes a free port.",
        ) from None
    return listeners


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        found.bind((host, port))
    except OSError:
        found.close()
        raise
    return found


def _announce(ready: Event, listener: socket.socket, settings: Settings, release: Release) -> None:
    """Say where, as soon as the first server process answers."""
    ready.wait()
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"Serving release {release.id} at http://{shown}:{port}/ (Ctrl-C stops)", flush=True)
    if port != settings.port:
        print(f"Port {port} was chosen by the system.", file=sys.stderr, flush=True)


def _check_store(release: Release) -> None:
    """Open the store once, in a process of its own: it takes a lot of memory, and starts threads."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            EmbeddedStore(release.path / STORE)
            code = 0
        finally:
            os._exit(code)
    if os.waitpid(child, 0)[1] != 0:
        raise ReleaseDamaged(
            f"the store of the release {release.id} cannot be opened",
            hint="Run `publisher build` again, or switch `current` to another release.",
        )
