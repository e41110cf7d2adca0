"""Runs queries from the public in processes that can be killed; see `SandboxPool`."""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from publisher.errors import PublisherError, QueryInterrupted, QueryQueueFull
from publisher.query import wire
from publisher.query.answer import Answer, QueryRequest, Stream, failure, killed
from publisher.query.limits import Limits
from publisher.query.process import POLL_SECONDS, WorkerProcess
from publisher.query.supervisor import Supervisor


class Ticket:
    """A place in the queue. `worker` is the process, once there is one."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.worker: WorkerProcess | None = None
        self.since = time.monotonic()

    def call(self, worker: WorkerProcess) -> None:
        """There is a process now (the lock of the pool is held)."""
        self.worker = worker


class _Ticket(Ticket):
    """A thread's place in the queue."""

    def __init__(self, client: str) -> None:
        super().__init__(client)
        self._called = threading.Lock()
        self._called.acquire()

    def call(self, worker: WorkerProcess) -> None:
        super().call(worker)
        self._called.release()

    def wait(self, seconds: float) -> bool:
        return self._called.acquire(timeout=seconds)


class SandboxPool:
    """Processes for the queries of one server process on one store. Safe to use from any number of threads.

    Processes are started when first needed (after a fork, so never in the parent of server processes) by a
    supervisor thread, which also enforces the limits. `prefixes` are declared in small Turtle results.
    `spool` is where streamed results are kept, in files without a name; default: the system's place for
    temporary files. With `require_isolation` no query runs where the system calls cannot be filtered. `base_iri`
    is what relative IRIs of a query without BASE are resolved against. With `network` the processes are not kept
    from the network: for queries whose every SERVICE is allowed.

        with pool.run(QueryRequest(text, "text/csv"), cancelled=client_is_gone) as answer:
            if answer.complete is not None: ...     # send with Content-Length
            else: for chunk in answer.chunks(): ... # an exception here has to abort the connection
    """

    def __init__(
        self,
        store: Path,
        limits: Limits | None = None,
        *,
        prefixes: Mapping[str, str] | None = None,
        spool: Path | None = None,
        require_isolation: bool = True,
        base_iri: str | None = None,
        network: bool = False,
    ) -> None:
        self.store = store
        self.limits = limits or Limits()
        self.prefixes = dict(prefixes or {})
        self.require_isolation = require_isolation
        self.base_iri = base_iri
        self.network = network
        self._spool = spool
        self.lock = threading.Lock()
        self.idle: list[WorkerProcess] = []
        self.busy: set[WorkerProcess] = set()
        self.waiting: list[Ticket] = []
        self.streams: dict[WorkerProcess, Stream] = {}
        """Of the busy ones, those whose last message the supervisor is to take."""
        self.isolation: dict[str, int] = {}
        """What the processes report: seccomp (0 or 1), landlock (version of the interface, 0 for none)."""
        self.fault: PublisherError | None = None
        """Why no process can be started."""
        self.counts = {"started": 0, "killed": 0, "queries": 0, "retried": 0, "refused": 0, "demoted": 0}
        self.waited = -math.inf
        """When a query last had to wait for a process (`time.monotonic`)."""
        self._readers = 0
        self._supervisor: Supervisor | None = None
        self._pid = 0
        self._closing = False

    # Running a query
    def run(self, request: QueryRequest, cancelled: Callable[[], bool] | None = None) -> Answer:
        """Evaluate a query and return when it is complete or its buffer is full.

        `cancelled` is asked about ten times a second, while waiting too. Raises `QueryInvalid`,
        `NotAcceptable`, or one of the `QueryStopped` errors; see `Limits` for what stops a query.
        """
        message = self.message(request)
        cancelled = cancelled or _never
        for last_try in self.tries():
            worker = self._acquire(request.client, cancelled)
            try:
                answer = self._ask(worker, message, cancelled)
            except BaseException:
                self._discard(worker)
                raise
            if isinstance(answer, Answer):
                return answer
            if answer is not None:
                raise answer
            self.ended(worker, last_try)
        raise AssertionError("unreachable")

    def message(self, request: QueryRequest) -> bytes:
        """What is sent to a process. Raises `QueryTooLarge`."""
        self.limits.check_length(request.query)
        return wire.json_message(wire.QUERY, request.fields())

    def tries(self) -> list[bool]:
        """One try more than there are warm processes, all of which may just have been killed; True for the last."""
        return [False] * (self.limits.workers + self.limits.spares) + [True]

    def ended(self, worker: WorkerProcess, last_try: bool) -> None:
        """A process ended instead of answering. Raises why, unless the query should be sent again."""
        cause = worker.ended_by()
        self._discard(worker)
        if cause != "outside" or last_try:
            raise killed(cause, self.limits)
        self.counts["retried"] += 1

    def _ask(
        self, worker: WorkerProcess, message: bytes, cancelled: Callable[[], bool]
    ) -> Answer | PublisherError | None:
        """The answer or the error reported; the process is released. None if it ended instead.

        Whatever is raised is raised before that: the process must then be discarded.
        """
        try:
            worker.send(message)
            while True:
                try:
                    reply = worker.reader.read()
                    break
                except TimeoutError:
                    if cancelled():
                        worker.kill("cancelled")
        except OSError:
            return None
        return None if reply is None else self.settle(worker, *reply)

    def settle(self, worker: WorkerProcess, kind: bytes, payload: bytes) -> Answer | PublisherError:
        """The answer or the error in a reply; the process is released, or writes on for a stream."""
        if kind == wire.COMPLETE:
            answer = Answer(*wire.split_meta(payload))
            self.release(worker)
            return answer
        if kind == wire.OVERFLOW:
            return self._stream(worker, *wire.split_meta(payload))
        error = self.failure(payload)
        self.release(worker)
        return error

    def _stream(self, worker: WorkerProcess, meta: dict[str, object], body: bytes) -> Answer:
        with self.lock:
            if self._readers >= self.limits.streams:
                raise QueryQueueFull(
                    f"{self.limits.streams} large results are being sent", retry_after=10, hint="Try again later."
                )
            self._readers += 1
        try:
            stream = Stream(self._spool)
        except OSError as error:
            self._one_reader_less()
            raise failure("spool", str(error), self.limits) from None
        descriptor = stream.file.fileno()
        try:
            socket.send_fds(worker.socket, [wire.message(wire.SPOOL)], [descriptor])
        except OSError:
            stream.finish(error=killed(worker.ended_by(), self.limits))
            self._discard(worker)
        else:
            with self.lock:
                self.streams[worker] = stream
            self._wake()

        def end() -> None:
            with self.lock:
                running = self.streams.get(worker) is stream
            if running:
                worker.kill("cancelled")
            stream.file.close()
            self._one_reader_less()

        return Answer(meta, body, stream, self.limits.stream_seconds, end)

    def _one_reader_less(self) -> None:
        with self.lock:
            self._readers -= 1

    def failure(self, payload: bytes) -> PublisherError:
        """The error that a FAILED message reports."""
        fields = wire.fields(payload)
        return failure(str(fields.get("code")), str(fields.get("message")), self.limits)

    # Places
    def _acquire(self, client: str, cancelled: Callable[[], bool]) -> WorkerProcess:
        ticket = _Ticket(client)
        if (worker := self.enter(ticket)) is not None:
            return worker
        while not ticket.wait(POLL_SECONDS):
            self.look_after(ticket, cancelled())
        if ticket.worker is None:
            raise AssertionError("called without a worker")
        return ticket.worker

    def enter(self, ticket: Ticket) -> WorkerProcess | None:
        """A process, or None: the ticket waits and will be called. Raises `QueryQueueFull`."""
        self.start()
        with self.lock:
            self.counts["queries"] += 1
            if not self.waiting and (worker := self._take(ticket.client)) is not None:
                return worker
            if len(self.waiting) >= self.limits.queue:
                self.counts["refused"] += 1
                raise _full(f"{self.limits.queue} queries are waiting already")
            self.waiting.append(ticket)
            self.waited = time.monotonic()
        return None

    def look_after(self, ticket: Ticket, gone: bool) -> None:
        """Raises why a ticket need not wait any longer, if it has not been called meanwhile."""
        late = time.monotonic() > ticket.since + self.limits.queue_seconds
        if not (gone or late or self.fault):
            return
        with self.lock:
            if ticket.worker is not None:
                return
            self.waiting.remove(ticket)
            self.counts["refused"] += 1
        if gone:
            raise killed("cancelled", self.limits)
        raise self.fault or _full(f"no place became free within {self.limits.queue_seconds:g} s")

    def _running(self) -> int:
        """Queries that hold a place (lock held)."""
        return sum(not worker.slow for worker in self.busy)

    def _take(self, client: str) -> WorkerProcess | None:
        """A process that is ready, if a place is free (lock held)."""
        while self.idle and self._running() < self.limits.workers:
            worker = self.idle.pop()
            if worker.ended():
                worker.dispose()
                continue
            worker.started, worker.client = time.monotonic(), client
            self.busy.add(worker)
            return worker
        return None

    def dispatch(self) -> None:
        """Give free places to those who wait, the clients with the fewest queries first (lock held)."""
        while self.waiting:
            held = Counter(worker.client for worker in self.busy)
            ticket = min(self.waiting, key=lambda t: (held[t.client], t.since))
            if (worker := self._take(ticket.client)) is None:
                return
            self.waiting.remove(ticket)
            ticket.call(worker)

    def release(self, worker: WorkerProcess) -> None:
        """A process has answered and may be used again, unless it is old or cannot have its priority back."""
        with self.lock:
            if worker not in self.busy:
                return
            self.busy.discard(worker)
            keep = worker.cause is None and worker.queries < self.limits.recycle_queries
            if worker.slow:
                worker.slow = False
                keep = keep and worker.yield_processor(False)
            if keep:
                worker.idle_since = time.monotonic()
                self.idle.append(worker)
            self.dispatch()
        if not keep:
            self._end(worker)

    def missing(self) -> int:
        """How many processes to start (lock held).

        A long-running query gives its place to a spare process, and no other spare one is started meanwhile, unless
        queries had to wait of late: a start takes about as much processor time as a query that is just long enough to
        give way.
        """
        calm = time.monotonic() - self.waited > self.limits.surplus_seconds
        slow = len(self.busy) - self._running()
        wanted = self.limits.workers + (0 if slow and calm else self.limits.spares)
        return wanted - len(self.idle) - self._running()

    def ready(self) -> bool:
        """Whether as many queries as may run at once would find a process waiting for them."""
        with self.lock:
            return len(self.idle) + self._running() >= self.limits.workers

    def surplus(self, since: float) -> list[WorkerProcess]:
        """Idle processes beyond those kept ready, that nobody needed since then; no longer in the pool (lock held)."""
        number = len(self.idle) + self._running() - self.limits.workers - self.limits.spares
        found = [worker for worker in self.idle if worker.idle_since < since][: max(0, number)]
        self.idle = [worker for worker in self.idle if worker not in found]
        return found

    def _discard(self, worker: WorkerProcess) -> None:
        """A process that is not to be used again. Harmless for one that was released or discarded."""
        with self.lock:
            if worker not in self.busy:
                return
            self.busy.discard(worker)
            self.counts["killed"] += 1
            self.dispatch()
        self._end(worker)

    discard = _discard

    def _end(self, worker: WorkerProcess) -> None:
        worker.dispose()
        self._wake()

    # Life
    def start(self) -> None:
        """Start the processes, if that has not been done; returns at once. Raises `QueryInterrupted` if closed."""
        if self._pid == os.getpid() and not self._closing:
            return
        with self.lock:
            if self._closing:
                raise QueryInterrupted("this release is no longer served", retry_after=1, hint="Send the query again.")
            if self._pid not in (0, os.getpid()):
                raise AssertionError("a pool cannot be used on both sides of a fork")
            if self._supervisor is None:
                self._supervisor = Supervisor(self)
                self._supervisor.start()
                self._pid = os.getpid()

    def close(self, seconds: float = 0.0) -> None:
        """Take no more queries; those under way have `seconds` to end. Returns when all processes are gone."""
        with self.lock:
            self._closing = True
            supervisor = self._supervisor
        if supervisor is not None:
            supervisor.stop(seconds)
            supervisor.join()

    def retire(self) -> None:
        """Close in the background: when a new release has taken over and all that this pool does is finished."""
        threading.Thread(target=self.close, args=(self.limits.wall_seconds,), daemon=True).start()

    def _wake(self) -> None:
        if self._supervisor is not None:
            self._supervisor.wake()

    def statistics(self) -> dict[str, int]:
        """For monitoring: counts since the start, and how many processes, queries and streams there are."""
        with self.lock:
            return self.counts | {
                "idle": len(self.idle),
                "running": self._running(),
                "slow": len(self.busy) - self._running(),
                "waiting": len(self.waiting),
                "streams": self._readers,
            }


def _never() -> bool:
    return False


def _full(why: str) -> QueryQueueFull:
    return QueryQueueFull(f"too many queries: {why}", retry_after=5, hint="Try again later.")
