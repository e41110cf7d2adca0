"""Runs the application under uvicorn, from settings."""

from __future__ import annotations

import functools
import os
import socket
import sys
import tempfile
import threading
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import uvicorn
from uvicorn.supervisors import Multiprocess

from publisher.config import Settings
from publisher.errors import ConfigurationError, ReleaseDamaged
from publisher.query.store import EmbeddedStore
from publisher.releases import STORE, Release, current_release
from publisher.web.asgi import create_front

_BACKLOG = 512
_GRACE_SECONDS = 20


def serve(settings: Settings) -> None:
    """Serve until stopped by a signal; requests in progress are finished first.

    Raises `ReleaseMissing`, `ReleaseDamaged` or `ConfigurationError` before anything is started.
    """
    release = current_release(settings.releases)
    _check_store(release)
    with _listen(settings) as listener, tempfile.TemporaryDirectory(prefix="attested-") as metrics:
        ready = get_context("spawn").Event()
        config = uvicorn.Config(
            functools.partial(create_front, settings, ready, Path(metrics)),
            factory=True,
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
        threading.Thread(target=_announce, args=(ready, listener, settings, release), daemon=True).start()
        Multiprocess(config, [listener]).run()


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"cannot listen at {settings.host} port {settings.port}: {error.strerror}",
            hint="Choose another `port` or `host`; 0 takes a free port.",
        ) from None
    return listener


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
