"""Step 6a, store: the store of a release, filled anew or as the difference from the one that is served.

A store's data files never change once written, so the new store begins with links to those of the served one, where
little is different. What is counted in it afterwards has to be what the parts say.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, cast

from pyoxigraph import Literal, Quad, QuerySolutions, RdfFormat, Store, parse

from publisher.errors import BuildFailed
from publisher.formats import N_QUADS
from publisher.pipeline.parts import Dumped

_LINKED = ".sst"
_LEFT_OUT = ("LOCK", "LOG")
_LITTLE = 4
"""A store is taken over if at most one part in so many bytes is different."""


@dataclass(frozen=True)
class Served:
    """The release that is served: its store, the keys of its parts and its catalog."""

    store: Path
    keys: tuple[str, ...]
    catalog: Path


def fill_store(folder: Path, dumped: Dumped, whole: Path | None, served: Served | None) -> Store:
    """Make the store of a release. `whole` is all of it as N-Quads, if there is such a file.

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
            return store
        del store
        shutil.rmtree(folder)
    store = Store(str(folder))
    if whole is not None:
        store.bulk_load(path=str(whole), format=RdfFormat.N_QUADS, lenient=True)
    else:
        store.bulk_load(
            input=cast(IO[bytes], _Stream(dumped.bodies(N_QUADS.suffix))), format=RdfFormat.N_QUADS, lenient=True
        )
    store.optimize()
    return store


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


class _Stream:
    """Pieces as a file to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        """Some bytes, at most `size`; none at the end."""
        if not self._left:
            self._left = next((piece for piece in self._pieces if piece), b"")
        found, self._left = (self._left, b"") if size < 0 else (self._left[:size], self._left[size:])
        return found
