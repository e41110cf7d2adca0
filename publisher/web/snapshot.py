"""The release being served, as one immutable object, and the watcher that notices a new one."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import cast

import pyoxigraph as ox

from publisher.config import Settings
from publisher.errors import PublisherError
from publisher.formats import N_QUADS
from publisher.iris import Iris
from publisher.query.description import TYPE, describe
from publisher.query.engine import InProcessEngine, QueryEngine
from publisher.query.entities import count_entities
from publisher.query.isolated import IsolatedEngine
from publisher.query.limits import MEBI
from publisher.query.origins import Origin, read_origins
from publisher.query.store import EmbeddedStore, Store
from publisher.releases import CATALOG, CURRENT, STORE, Release, current_release
from publisher.web.answers import AnswerCache

_LOG = logging.getLogger(__name__)
_READY_SECONDS = 15.0
"""How long a new release may take to get ready before it answers anyway: its pages need no processes."""

Key = tuple[str, ...]


class Bodies:
    """Finished bodies of one release, the least recently used ones dropped. A release is immutable, so a body
    never gets old; a switch begins an empty cache. Safe to use from several threads.
    """

    def __init__(self, limit: int = 32 * 1024 * 1024) -> None:
        """`limit` in bytes of bodies."""
        self._limit = limit
        self._size = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, tuple[bytes, int]] = OrderedDict()

    def get(self, key: Key, make: Callable[[], tuple[bytes, int]]) -> tuple[bytes, int]:
        """The body and the number of its pages. What `make` raises is raised, and nothing is kept."""
        with self._lock:
            if (found := self._entries.get(key)) is not None:
                self._entries.move_to_end(key)
                return found
        made = make()
        with self._lock:
            if key not in self._entries and len(made[0]) <= self._limit // 8:
                self._entries[key] = made
                self._size += len(made[0])
            while self._size > self._limit:
                self._size -= len(self._entries.popitem(last=False)[1][0])
        return made


@dataclass(frozen=True)
class Snapshot:
    """One release, opened. A request keeps the one it began with, so a switch never disturbs it."""

    release: Release
    store: Store
    iris: Iris
    engine: QueryEngine
    bodies: Bodies = field(default_factory=Bodies)
    answers: AnswerCache = field(default_factory=AnswerCache)

    @cached_property
    def catalog(self) -> tuple[ox.Triple, ...]:
        """The DCAT, VoID and PROV description of the release, from its `catalog.nq`."""
        quads = ox.parse((self.release.path / CATALOG).read_bytes(), format=N_QUADS.rdf)
        return tuple(quad.triple for quad in quads)

    @cached_property
    def origins(self) -> Mapping[ox.NamedNode, Origin]:
        """The sources of the release, by their graph."""
        return read_origins(self.catalog, self.store, self.iris)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many entities of each type are not withdrawn; counted when first asked for if not known."""
        listed = self.release.listed
        return count_entities(self.store, self.iris) if listed is None else listed

    def prepare(self) -> None:
        """Start the processes of queries, and describe one thing: what a store reads only once, no client waits for.

        If the store cannot be read, that is told by the request that needs it.
        """
        self.engine.start()
        incident = ox.NamedNode(self.iris.att("Incident"))
        with suppress(OSError, RuntimeError):
            if first := next(self.store.quads(None, TYPE, incident), None):
                describe(self.store, self.iris, cast("ox.NamedNode", first.subject))

    @classmethod
    def open(cls, release: Release, isolated: Settings | None = None) -> Snapshot:
        """Queries run in this process, or, with `isolated`, in processes held to the limits of those settings.

        Raises `ReleaseDamaged` if the store cannot be opened.
        """
        store = EmbeddedStore(release.path / STORE)
        iris = Iris(release.base_iri)
        if isolated is None:
            return cls(release, store, iris, InProcessEngine(store, iris.prefixes(), iris.sparql))
        engine = IsolatedEngine(release.path / STORE, isolated, iris.prefixes(), iris.sparql)
        return cls(release, store, iris, engine, answers=AnswerCache(isolated.query_cache_mib * MEBI))


class ReleaseWatcher:
    """Gives the current snapshot; looks at the link on every call, which costs one system call.

    With queries in processes of their own, a new release is opened by a thread and takes over when its processes are
    there; requests are answered from the old one meanwhile. Without, it takes over at the next call.
    """

    def __init__(self, releases: Path, isolated: Settings | None = None) -> None:
        """Opens the current release; see `Snapshot.open`. Raises `ReleaseMissing` or `ReleaseDamaged`."""
        self._releases = releases
        self._isolated = isolated
        self.isolated = isolated is not None
        self._lock = threading.Lock()
        self._target = self._read_target()
        self._snapshot = Snapshot.open(current_release(releases), isolated)
        self._opening = False
        self._closed = threading.Event()

    def snapshot(self) -> Snapshot:
        """The release that answers now. If a new one cannot be opened, the old one stays, and the log says why."""
        target = self._read_target()
        if target is None or target == self._target or self._opening:
            return self._snapshot
        with self._lock:
            if target != self._target and not self._opening:
                if self.isolated:
                    self._opening = True
                    threading.Thread(target=self._follow, name="new-release", daemon=True).start()
                else:
                    self._switch(target, self._open())
            return self._snapshot

    def close(self, seconds: float) -> None:
        """Follow no more releases; end the processes of the one that answers within `seconds`."""
        self._closed.set()
        self._snapshot.engine.close(seconds)

    def _follow(self) -> None:
        """Until what answers is what the link points to."""
        try:
            while (target := self._read_target()) not in (None, self._target) and not self._closed.is_set():
                new = self._open()
                if new is None or self._got_ready(new, target):
                    self._switch(target, new)
                else:
                    new.engine.retire()
        except Exception:
            _LOG.exception("a mistake of the server; the new release is not served, the old one is")
            self._target = target
        finally:
            self._opening = False

    def _open(self) -> Snapshot | None:
        try:
            snapshot = Snapshot.open(current_release(self._releases), self._isolated)
            snapshot.prepare()
            return snapshot
        except PublisherError as error:
            _LOG.error("the new release is not served, the old one is: %s", error)
            return None

    def _got_ready(self, new: Snapshot, target: tuple[str, int] | None) -> bool:
        """Wait until it is ready. False if there is another one by then, or the server ends."""
        deadline = time.monotonic() + _READY_SECONDS
        while not new.engine.ready() and time.monotonic() < deadline:
            if self._closed.wait(0.02) or self._read_target() != target:
                return False
        return True

    def _switch(self, target: tuple[str, int] | None, new: Snapshot | None) -> None:
        if new is not None:
            old, self._snapshot = self._snapshot, new
            old.engine.retire()
            _LOG.info("now serving release %s", new.release.id)
        self._target = target

    def _read_target(self) -> tuple[str, int] | None:
        """What `current` points to, with the inode behind it: a rebuilt release may have the same name."""
        link = self._releases / CURRENT
        try:
            return str(link.readlink()), link.stat().st_ino
        except OSError:
            return None
