"""The thread that keeps query processes ready, holds them to the limits and sees large results through."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from typing import TYPE_CHECKING

from publisher.errors import ConfigurationError, QueryInterrupted
from publisher.query import wire
from publisher.query.answer import killed
from publisher.query.process import WorkerProcess

if TYPE_CHECKING:
    from publisher.query.sandbox import SandboxPool

TICK_SECONDS = 0.05
_START_SECONDS = 20.0
_IMPATIENCE = 0.1
"""How long someone has to wait before a long-running query without a lane is stopped for it."""
_EARLY = 1 / 3
"""Part of the time after which a query counts as long-running, when another one needs its place."""
_FAILED_STARTS = 3


class Supervisor(threading.Thread):
    """One for each pool. All processes are started from here, so they end with this thread at the latest."""

    def __init__(self, pool: SandboxPool) -> None:
        super().__init__(name="query-supervisor", daemon=True)
        self._pool = pool
        self._selector = selectors.DefaultSelector()
        self._bell, self._rope = socket.socketpair()
        self._bell.setblocking(False)
        self._rope.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._starting: set[WorkerProcess] = set()
        self._watched: dict[WorkerProcess, socket.socket] = {}
        self._failures = 0
        self._next_start = 0.0
        self._deadline: float | None = None

    def wake(self) -> None:
        """Look around now."""
        with contextlib.suppress(OSError):
            self._rope.send(b"\0")

    def stop(self, seconds: float) -> None:
        """End when nothing is under way, or after `seconds`."""
        self._deadline = time.monotonic() + seconds
        self.wake()

    def run(self) -> None:
        """Until `stop`."""
        pool = self._pool
        try:
            while True:
                with pool.lock:
                    active = bool(pool.busy or pool.waiting or self._starting)
                if self._deadline is not None and (not pool.busy or time.monotonic() > self._deadline):
                    return
                self._look(TICK_SECONDS if active else TICK_SECONDS * 4)
                self._enforce()
                self._replace()
        finally:
            self._end_all()

    def _look(self, seconds: float) -> None:
        with self._pool.lock:
            new = [w for w in self._pool.streams if w not in self._watched]
        for worker in new:
            self._watch(worker)
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                with contextlib.suppress(OSError):
                    self._bell.recv(4096)
            elif key.data in self._starting:
                self._got_ready(key.data)
            else:
                self._got_end(key.data)

    def _watch(self, worker: WorkerProcess) -> None:
        self._watched[worker] = worker.socket
        self._selector.register(worker.socket, selectors.EVENT_READ, worker)

    def _unwatch(self, worker: WorkerProcess) -> None:
        if worker in self._watched:
            self._selector.unregister(self._watched.pop(worker))

    # Keeping processes ready
    def _replace(self) -> None:
        pool = self._pool
        now = time.monotonic()
        with pool.lock:
            for worker in [w for w in pool.idle if w.ended()]:
                pool.idle.remove(worker)
                worker.dispose()
            pool.dispatch()
            surplus = pool.surplus(now - pool.limits.surplus_seconds)
            missing = pool.missing() - len(self._starting)
        for worker in surplus:
            worker.dispose()
        if self._deadline is not None or now < self._next_start:
            return
        for _ in range(missing):
            try:
                worker = WorkerProcess(pool.store, pool.limits, pool.prefixes, pool.base_iri, pool.network)
            except OSError as error:
                self._not_started(str(error))
                return
            self._starting.add(worker)
            self._watch(worker)
        for worker in [w for w in self._starting if now - w.born > _START_SECONDS]:
            self._abandon(worker, "it did not get ready in time")

    def _got_ready(self, worker: WorkerProcess) -> None:
        pool = self._pool
        try:
            message = worker.reader.read()
        except TimeoutError:
            return
        except OSError:
            message = None
        if message is None or message[0] != wire.READY:
            self._abandon(worker, "it ended before it was ready")
            return
        pool.isolation = {name: int(value) for name, value in wire.fields(message[1]).items()}
        if pool.require_isolation and not pool.network and not pool.isolation.get("seccomp"):
            self._abandon(worker, "system calls cannot be filtered on this machine")
            pool.fault = ConfigurationError(
                "query processes cannot be kept from the network on this machine",
                hint="Run on Linux on x86-64 or ARM64 with seccomp, or turn require_isolation off.",
            )
            return
        self._unwatch(worker)
        self._starting.discard(worker)
        self._failures = 0
        with pool.lock:
            pool.fault = None
            pool.counts["started"] += 1
            worker.idle_since = time.monotonic()
            pool.idle.append(worker)
            pool.dispatch()

    def _abandon(self, worker: WorkerProcess, why: str) -> None:
        self._unwatch(worker)
        self._starting.discard(worker)
        worker.dispose()
        self._not_started(why)

    def _not_started(self, why: str) -> None:
        self._failures += 1
        self._next_start = time.monotonic() + min(5.0, 0.1 * 2**self._failures)
        if self._failures >= _FAILED_STARTS:
            self._pool.fault = QueryInterrupted(
                f"no process for queries can be started: {why}", retry_after=10, hint="Try again later."
            )

    # Large results
    def _got_end(self, worker: WorkerProcess) -> None:
        pool = self._pool
        try:
            message = worker.reader.read()
        except TimeoutError:
            return
        except OSError:
            message = None
        self._unwatch(worker)
        with pool.lock:
            stream = pool.streams.pop(worker)
        if message is None:
            stream.finish(error=killed(worker.ended_by(), pool.limits))
            pool.discard(worker)
        elif message[0] == wire.END:
            stream.finish(rows=wire.fields(message[1]).get("rows"))
            pool.release(worker)
        else:
            stream.finish(error=pool.failure(message[1]))
            pool.release(worker)

    # Limits
    def _enforce(self) -> None:
        """Kill what is over a limit; move long-running queries aside while others need place or processor."""
        pool, limits, now = self._pool, self._pool.limits, time.monotonic()
        with pool.lock:
            busy = sorted(pool.busy, key=lambda w: w.started)
            lanes = limits.slow_workers - sum(w.slow for w in busy)
            waiting = len(pool.waiting)
            impatient = sum(now - t.since > _IMPATIENCE for t in pool.waiting)
            for worker in busy:
                age = now - worker.started
                if worker.slow or not _is_long(worker, age, limits.slow_seconds * (_EARLY if waiting > 0 else 1)):
                    continue
                if lanes > 0:
                    lanes -= 1
                    waiting -= 1
                    worker.slow = True
                    pool.counts["demoted"] += 1
                elif impatient > 0 and age >= limits.slow_seconds and worker.cpu >= limits.slow_seconds / 3:
                    impatient -= 1
                    worker.kill("evicted")
            others = bool(pool.waiting) or not all(worker.slow for worker in busy)
            for worker in busy:
                if worker.slow:
                    worker.yield_processor(others)
                if (cause := worker.over_limit(limits)) is not None:
                    worker.kill(cause)
            pool.dispatch()

    def _end_all(self) -> None:
        pool = self._pool
        with pool.lock:
            idle, busy = list(pool.idle), list(pool.busy)
            pool.idle.clear()
            for worker in busy:
                worker.kill("closed")
            streams = list(pool.streams.items())
            pool.streams.clear()
        for worker in (*idle, *self._starting):
            worker.dispose()
        for worker, stream in streams:
            stream.finish(error=killed("closed", pool.limits))
            pool.discard(worker)
        self._selector.close()
        self._bell.close()
        self._rope.close()


def _is_long(worker: WorkerProcess, age: float, seconds: float) -> bool:
    """Whether it has worked for long: one that merely got no processor is not to blame, up to a point."""
    return age >= 3 * seconds or (age >= seconds and worker.cpu >= seconds / 3)
