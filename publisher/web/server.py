"""Runs the application under gunicorn, from settings."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from publisher.config import Settings
from publisher.errors import ReleaseDamaged
from publisher.query.store import EmbeddedStore
from publisher.releases import STORE, Release, current_release
from publisher.web import create_app


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn without its command line and configuration files."""

    def __init__(self, settings: Settings, release: Release) -> None:
        self._settings = settings
        self._release = release
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        options: dict[str, Any] = {
            "bind": [f"{host}:{settings.port}"],
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": "gthread",
            "graceful_timeout": 20,
            "keepalive": 5,
            "loglevel": "warning",
            "when_ready": self._ready,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        """Called in each worker: a store is opened after the fork, never before."""
        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
        return create_app(self._settings)

    def _ready(self, arbiter: Any) -> None:
        host, port = arbiter.LISTENERS[0].sock.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        print(f"Serving release {self._release.id} at http://{shown}:{port}/ (Ctrl-C stops)", flush=True)
        if port != self._settings.port:
            print(f"Port {port} was chosen by the system.", file=sys.stderr, flush=True)


def serve(settings: Settings) -> None:
    """Serve until stopped by a signal; requests in progress are finished first.

    Raises `ReleaseMissing` or `ReleaseDamaged` before anything is started.
    """
    release = current_release(settings.releases)
    _check_store(release)
    _Server(settings, release).run()


def _check_store(release: Release) -> None:
    """Open the store once, in a process of its own: the store engine starts threads, and a process that has them
    must not fork workers.
    """
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
