"""Runs queries on a pool from an event loop: the loop waits for the processes itself, no thread does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from publisher.query.answer import Answer, QueryRequest
from publisher.query.process import POLL_SECONDS, WorkerProcess
from publisher.query.sandbox import SandboxPool, Ticket

LONGEST = 1 << 15
"""Bytes of a message that a socket surely takes at once; a longer query is for `SandboxPool.run`, in a thread."""


class _LoopTicket(Ticket):
    """A coroutine's place in the queue."""

    def __init__(self, client: str, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(client)
        self._loop = loop
        self.called = loop.create_future()

    def call(self, worker: WorkerProcess) -> None:
        super().call(worker)
        self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if not self.called.done():
            self.called.set_result(None)


async def run(pool: SandboxPool, request: QueryRequest, cancelled: Callable[[], bool]) -> Answer:
    """As `SandboxPool.run`, for a query of at most `LONGEST` bytes."""
    message = pool.message(request)
    for last_try in pool.tries():
        worker = await _place(pool, request.client, cancelled)
        try:
            reply = await _reply(worker, message, cancelled)
            answer = None if reply is None else pool.settle(worker, *reply)
        except BaseException:
            pool.discard(worker)
            raise
        if isinstance(answer, Answer):
            return answer
        if answer is not None:
            raise answer
        await asyncio.get_running_loop().run_in_executor(None, pool.ended, worker, last_try)
    raise AssertionError("unreachable")


async def _place(pool: SandboxPool, client: str, cancelled: Callable[[], bool]) -> WorkerProcess:
    loop = asyncio.get_running_loop()
    ticket = _LoopTicket(client, loop)
    if (worker := pool.enter(ticket)) is not None:
        return worker

    timer: asyncio.TimerHandle

    def look() -> None:
        nonlocal timer
        timer = loop.call_later(POLL_SECONDS, look)
        try:
            pool.look_after(ticket, cancelled())
        except Exception as error:
            if not ticket.called.done():
                ticket.called.set_exception(error)

    timer = loop.call_later(POLL_SECONDS, look)
    try:
        await ticket.called
    except asyncio.CancelledError:
        _give_up(pool, ticket)
        raise
    finally:
        timer.cancel()
    if ticket.worker is None:
        raise AssertionError("called without a worker")
    return ticket.worker


def _give_up(pool: SandboxPool, ticket: Ticket) -> None:
    with pool.lock:
        if ticket.worker is None:
            pool.waiting.remove(ticket)
    if ticket.worker is not None:
        pool.release(ticket.worker)


async def _reply(worker: WorkerProcess, message: bytes, cancelled: Callable[[], bool]) -> tuple[bytes, bytes] | None:
    """Kind and payload; None if the process ended."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[tuple[bytes, bytes] | None] = loop.create_future()
    descriptor = worker.socket.fileno()

    def readable() -> None:
        try:
            reply = worker.reader.read()
        except BlockingIOError:
            return
        except OSError:
            reply = None
        if not future.done():
            future.set_result(reply)

    timer: asyncio.TimerHandle

    def look() -> None:
        nonlocal timer
        timer = loop.call_later(POLL_SECONDS, look)
        if cancelled():
            worker.kill("cancelled")

    try:
        worker.send(message)
    except OSError:
        return None
    worker.socket.setblocking(False)
    loop.add_reader(descriptor, readable)
    timer = loop.call_later(POLL_SECONDS, look)
    try:
        return await future
    finally:
        timer.cancel()
        loop.remove_reader(descriptor)
        worker.socket.settimeout(POLL_SECONDS)
