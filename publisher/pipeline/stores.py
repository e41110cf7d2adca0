"""Step 6a, store: the store of a release, filled anew or as the difference from the one that is served.

A store's data files never change once written, so the new store begins with links to those of the served one, where
little is different. What is counted in it afterwards has to be what the parts say.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from pyoxigraph import Literal, Quad, QuerySolutions, RdfFormat, Store, parse

from publisher.errors import BuildFailed
from publisher.formats import N_QUADS
from publisher.pipeline.parts import Dumped

_LINKED = ".sst"
_LEFT_OUT = ("LOCK", "LOG")
_LITTLE = 4
"""A store is taken over if at most one part in so many bytes is different."""
_PIECE, _LARGEST_PIECE = 32 << 20, 128 << 20
"""Bytes of N-Quads that the store engine loads at once. It sorts them in memory, in some eight times as much."""
_PIECES = 1000
"""Pieces are larger when there would be more: each is a file of every index, and all are merged at the same time. What
is sorted is then no longer in the processor's cache: loading pieces of 128 MiB takes a third more."""
_FILES_FOR_PIECE = 3
"""Files that have to be open for each piece, generously: one index is merged after the other."""
_QUAD = 190
"""Bytes of a quad, roughly."""
_LOADERS = 4
"""Pieces loaded side by side at most: each takes a processor and its memory."""
_MERGER = "rocksdb:low"
"""The name of the threads that merge files."""
_OPEN_FILES = 8192
_TELL_SECONDS = 1.0
"""How often it is told how far the loading is."""


@dataclass(frozen=True)
class Served:
    """The release that is served: its store, the keys of its parts and its catalog."""

    store: Path
    keys: tuple[str, ...]
    catalog: Path


@dataclass(frozen=True)
class Filled:
    """A store with all that the parts say, and whether it was filled anew and has yet to be put in order."""

    store: Store
    is_new: bool


def fill_store(folder: Path, dumped: Dumped, served: Served | None) -> Filled:
    """Make the store of a release.

    If the store of the served release turns out not to be what it was built as, the new one is filled anew.
    """
    if served is not None and (change := _difference(dumped, served)) is not None:
        store = _taken_over(folder, served)
        old, new = change
        for quad in old - new:
            store.remove(quad)
        for quad in parse(path=str(served.catalog), format=RdfFormat.N_QUADS):
            store.remove(quad)
        store.extend(new - old)
        if _count(store) == dumped.counted():
            return Filled(store, is_new=False)
        del store
        shutil.rmtree(folder)
    files = _allow_open_files()
    store = Store(str(folder))
    with _merging_later():
        _load(store, dumped, files)
    return Filled(store, is_new=True)


def _load(store: Store, dumped: Dumped, files: int) -> None:
    """Load all parts, in pieces of even size whatever the parts have, some side by side.

    A file given to the store engine as a whole is loaded in batches that take several times the memory.
    """
    loaders = min(dumped.shop.jobs or os.cpu_count() or 1, _LOADERS)
    whole, done, told = sum(dumped.counted().values()), 0, time.monotonic()
    size = _piece_size(whole, files)
    with ThreadPoolExecutor(loaders) as pool:
        waiting: deque[tuple[Future[None], int]] = deque()

        def wait() -> None:
            nonlocal done, told
            loading, lines = waiting.popleft()
            loading.result()
            done += lines
            if time.monotonic() - told > _TELL_SECONDS:
                told = time.monotonic()
                dumped.shop.progress(f"release: {done:,} of {whole:,} quads in the store")

        for piece in pieces(dumped.bodies(N_QUADS.suffix), size):
            if len(waiting) == loaders:
                wait()
            loading = pool.submit(store.bulk_load, input=piece, format=RdfFormat.N_QUADS, lenient=True)
            waiting.append((loading, piece.count(b"\n")))
        while waiting:
            wait()


def _piece_size(quads: int, files: int) -> int:
    """Bytes of a piece, where so many files can be open."""
    return max(_PIECE, min(quads * _QUAD // min(_PIECES, files // _FILES_FOR_PIECE), _LARGEST_PIECE))


@contextlib.contextmanager
def _merging_later() -> Iterator[None]:
    """Let the store engine merge files with what time is left over.

    It begins with the second file, and does it again and again while more arrive. When all are there it is done once,
    by `optimize`. Where threads have no such policy it is only slower.
    """
    _schedule_merging("SCHED_IDLE")
    try:
        yield
    finally:
        _schedule_merging("SCHED_OTHER")


def _schedule_merging(policy: str) -> None:
    if not hasattr(os, policy):
        return
    with contextlib.suppress(OSError):  # not Linux, or not allowed to take it back: then it goes on with what is left
        for task in Path("/proc/self/task").iterdir():
            if (task / "comm").read_text(encoding="utf-8").strip() == _MERGER:
                os.sched_setscheduler(int(task.name), getattr(os, policy), os.sched_param(0))


def _allow_open_files() -> int:
    """As many as the system lets this process have: the store engine merges hundreds at the same time."""
    limit = _OPEN_FILES
    with contextlib.suppress(OSError, ValueError):
        limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limit != resource.RLIM_INFINITY:
            wanted = _OPEN_FILES if most == resource.RLIM_INFINITY else min(_OPEN_FILES, most)
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit, wanted), most))
            limit = max(limit, wanted)
    return _OPEN_FILES if limit == resource.RLIM_INFINITY else limit


def pieces(bodies: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same lines, in pieces of at least `size` bytes, but for the last, and of at most a line more."""
    held: list[bytes] = []
    missing = size
    for body in bodies:
        start = 0
        while len(body) - start >= missing:
            end = body.index(b"\n", max(start + missing, 1) - 1) + 1
            yield b"".join((*held, body[start:end]))
            held, missing, start = [], size, end
        if start < len(body):
            held.append(body[start:])
            missing -= len(body) - start
    if held:
        yield b"".join(held)


def _difference(dumped: Dumped, served: Served) -> tuple[set[Quad], set[Quad]] | None:
    """The quads of the parts that are gone and of those that are new; None if that is not worth it."""
    gone = [key for key in served.keys if key not in dumped.keys]
    new = [key for key in dumped.keys if key not in served.keys]
    if len(dumped.keys) == 1 or not (served.store / "CURRENT").is_file():
        return None
    try:
        if _LITTLE * sum(dumped.size(key) for key in (*gone, *new)) > sum(dumped.size(key) for key in dumped.keys):
            return None
        return _all(dumped, gone), _all(dumped, new)
    except (BuildFailed, OSError):  # the cache no longer has the parts of the served release
        return None


def _all(dumped: Dumped, keys: Iterable[str]) -> set[Quad]:
    return set(chain.from_iterable(parse(input=dumped.quads(key), format=RdfFormat.N_QUADS) for key in keys))


def _taken_over(folder: Path, served: Served) -> Store:
    folder.mkdir()
    for file in sorted(served.store.iterdir()):
        if file.suffix == _LINKED:
            os.link(file, folder / file.name)
        elif not file.name.startswith(_LEFT_OUT):
            shutil.copyfile(file, folder / file.name)
    return Store(str(folder))


def _count(store: Store) -> dict[str, int]:
    """The triples of each named graph by its IRI, and of the default graph."""
    found: dict[str, int] = {}
    for query in (
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    ):
        result = store.query(query)
        assert isinstance(result, QuerySolutions)  # noqa: S101
        graphs = any(variable.value == "g" for variable in result.variables)
        for row in result:
            number = row["n"]
            assert isinstance(number, Literal)  # noqa: S101
            found[str(row["g"])[1:-1] if graphs else ""] = int(number.value)
    return found
