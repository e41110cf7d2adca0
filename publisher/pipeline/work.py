"""Work on units: from the cache where nothing changed, else in processes side by side.

A step is a function from bytes to named parts, also bytes, so that any executor of the standard interface can run it.
What a step makes of a job is kept by the job's key, the hash of all that it depends on, and read when it is needed:
memory holds the units that are being worked on, not all of them.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from publisher.config import Engine
from publisher.errors import BuildFailed, DataInconsistent, PublisherError
from publisher.pipeline.cache import Cache

Progress = Callable[[str], None]
"""Called with a line for people when a step begins or ends, and on the way."""
Parts = dict[str, bytes]

_WORTH_PROCESSES = 4 << 20
"""Bytes of work below which it is done before processes would have started."""


_SELDOM = (100_000, 20, 20)
"""How often cycles are looked for: tasks make millions of objects and few cycles."""


def processes(jobs: int) -> Executor:
    """The executor of a build on one machine. Its processes end with this one, however it ends."""
    return ProcessPoolExecutor(
        jobs or os.cpu_count(),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_end_with_parent,
        initargs=(os.getpid(),),
    )


def _end_with_parent(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    gc.set_threshold(*_SELDOM)


@dataclass(frozen=True)
class Step:
    """What is done with each job: a function at the top of a module, and the names of the parts that it returns."""

    name: str
    task: Callable[..., Parts]
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """What a task is called with, made only when it is its turn, and how much that is in bytes, roughly."""

    arguments: Callable[[], tuple[Any, ...]]
    size: int


@dataclass(frozen=True)
class Workshop:
    """Where units are worked on: which engines, what is kept, how many characters a unit has, and who works."""

    engine: Engine = Engine.FAST
    cache: Cache = field(default_factory=Cache)
    unit: int = 1 << 20
    jobs: int = 0
    executor: Callable[[int], Executor] = processes
    progress: Progress = lambda line: None

    def run(self, step: Step, jobs: Mapping[str, Job]) -> None:
        """See to it that the parts of every job are there, by its key.

        A task that raises a `PublisherError` is repeated here, so that it arrives whole. Raises `BuildFailed` if a
        process was ended from outside.
        """
        todo = [key for key in jobs if not self._is_done(step, key)]
        failed: set[str] = set()
        told = time.monotonic()
        for number, (key, parts) in enumerate(self._outcomes(step.task, jobs, todo), 1):
            if parts is None:
                failed.add(key)
            else:
                self._keep(step, key, parts)
            if time.monotonic() - told > 1:
                told = time.monotonic()
                self.progress(f"{step.name}: {number} of {len(todo)} units, {len(jobs) - len(todo)} as before")
        if failed:
            _fail(step.task, (job.arguments() for key, job in jobs.items() if key in failed))

    def read(self, step: Step, part: str, key: str) -> bytes:
        """A part of what a step has made. Raises `BuildFailed` if it was removed or damaged meanwhile."""
        found = self.cache.get(f"{step.name}-{part}", key)
        if found is None:
            raise BuildFailed(
                f"the cache has lost what the step {step.name} had made", hint="Build again; it will be made anew."
            )
        return found

    def size(self, step: Step, part: str, key: str) -> int:
        """Bytes that a part takes where it is kept."""
        return self.cache.size(f"{step.name}-{part}", key)

    def _is_done(self, step: Step, key: str) -> bool:
        return all(self.cache.has(f"{step.name}-{part}", key) for part in step.parts)

    def _keep(self, step: Step, key: str, parts: Parts) -> None:
        for part in step.parts:
            self.cache.put(f"{step.name}-{part}", key, parts[part])

    def _outcomes(
        self, task: Callable[..., Parts], jobs: Mapping[str, Job], todo: Sequence[str]
    ) -> Iterator[tuple[str, Parts | None]]:
        if len(todo) < 2 or self.jobs == 1 or sum(jobs[key].size for key in todo) < _WORTH_PROCESSES:
            for key in todo:
                yield key, _guarded(task, jobs[key].arguments())
            return
        left = iter(todo)
        workers = self.jobs or os.cpu_count() or 1
        with self.executor(self.jobs) as pool:
            try:
                waiting: dict[Future[Parts | None], str] = {}
                while True:
                    for key in islice(left, workers + 1 - len(waiting)):
                        waiting[pool.submit(_guarded, task, jobs[key].arguments())] = key
                    if not waiting:
                        return
                    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                        yield waiting.pop(future), future.result()
            except BrokenExecutor:
                raise BuildFailed(
                    "a process of the build was ended from outside",
                    hint="Often memory ran out: lower unit_kib or jobs. What was done is kept; build again.",
                ) from None


def _fail(task: Callable[..., Parts], failed: Iterable[tuple[Any, ...]]) -> None:
    """Repeat what failed, and raise: all contradictions together, or the first other error."""
    errors: list[DataInconsistent] = []
    for arguments in failed:
        try:
            task(*arguments)
        except DataInconsistent as error:
            errors.append(error)
    parts = [error.message.split("\n") for error in errors]
    lines = sorted({line for part in parts for line in part[1:]})
    raise DataInconsistent("\n".join([parts[0][0], *lines]), hint=errors[0].hint)


def _guarded(task: Callable[..., Parts], arguments: tuple[Any, ...]) -> Parts | None:
    try:
        return task(*arguments)
    except PublisherError:
        return None
