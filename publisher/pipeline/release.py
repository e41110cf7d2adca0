"""Step 6, release: write a release directory, then make it the served one by a single rename.

Whatever happens on the way, `current` points to a whole release: files are written and flushed in a hidden
directory, that is renamed, and only then is the link replaced.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import zstandard
from pyoxigraph import NamedNode, RdfFormat, Store, Triple, serialize

from publisher import __version__
from publisher.errors import BuildFailed, BuildInProgress, ReleaseDamaged, ReleaseMissing
from publisher.formats import N_QUADS
from publisher.iris import Iris
from publisher.pipeline.attribute import check_nothing_served
from publisher.pipeline.cache import digest
from publisher.pipeline.counts import distinct_objects
from publisher.pipeline.describe import CatalogInput, describe
from publisher.pipeline.load import to_quads
from publisher.pipeline.parts import DUMPS as DUMP_FORMATS
from publisher.pipeline.parts import Dumped
from publisher.pipeline.sources import Source
from publisher.pipeline.stores import Served, fill_store
from publisher.releases import (
    CATALOG,
    CHECKSUMS,
    CURRENT,
    DUMPS,
    MANIFEST,
    STORE,
    VALIDATION,
    Distribution,
    GraphInfo,
    Release,
    current_release,
    read_release,
)

_PARTIAL = ".building-"
_LOCK = ".lock"
_INPUTS = ".inputs"
_ZSTD = 1
"""The level: 3 takes longer and makes these files larger."""
_LARGEST = 1 << 30
"""Bytes of a dump above which it is published compressed only: it would be some thirty times as large."""


@dataclass(frozen=True)
class Content:
    """All that a release is made from. `created` is an xsd:dateTime in UTC; `validation` the report in Turtle.

    `titles` are those of the named graphs by their IRIs; `hidden` are the ones that the default graph does not contain.
    """

    created: str
    parts: Dumped
    titles: Mapping[str, str]
    hidden: frozenset[str]
    sources: Sequence[Source]
    counts: Mapping[str, int]
    validation: str


@contextmanager
def lock_releases(releases: Path) -> Iterator[None]:
    """Hold the releases directory for one build. Raises `BuildInProgress`, `BuildFailed`."""
    try:
        releases.mkdir(parents=True, exist_ok=True)
        handle = (releases / _LOCK).open("w")
    except OSError as error:
        raise _failed(error, releases) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildInProgress(
                f"another build is writing to {releases}", hint="Wait until it has finished."
            ) from None
        for partial in releases.glob(f"{_PARTIAL}*"):
            shutil.rmtree(partial, ignore_errors=True)
        yield


def write_release(
    content: Content,
    releases: Path,
    iris: Iris,
    check_catalog: Callable[[tuple[Triple, ...]], None],
    served: Served | None = None,
) -> Release:
    """Write the release, switch to it and return it. The lock must be held.

    A release with the same id holds the same bytes, so it is only switched to. Raises `BuildFailed` on a full
    disk or another system error, and what `check_catalog` raises, with the served release untouched.
    """
    partial = releases / f"{_PARTIAL}{os.getpid()}"
    try:
        partial.mkdir()
        id_ = _write_files(partial, content, iris, check_catalog, served)
        final = releases / id_
        if not (final.exists() and _is_whole(final)):
            shutil.rmtree(final, ignore_errors=True)
            partial.rename(final)
        _sync(releases)
        switch_release(releases, id_)
    except OSError as error:
        raise _failed(error, releases) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return read_release(final)


def _write_files(
    folder: Path,
    content: Content,
    iris: Iris,
    check_catalog: Callable[[tuple[Triple, ...]], None],
    served: Served | None,
) -> str:
    dumps = folder / DUMPS
    dumps.mkdir()
    parts = content.parts
    distributions: list[Distribution] = []
    filled = fill_store(folder / STORE, parts, served)
    with ThreadPoolExecutor(1) as pool:  # putting the store in order takes one processor, and the dumps another
        ordering = pool.submit(filled.store.optimize) if filled.is_new else None
        for suffix in DUMP_FORMATS:
            found = _dump(dumps, parts, suffix)
            distributions += found
            if suffix == N_QUADS.suffix:
                said_by_parts = found[0].sha256
        objects, together = distinct_objects(parts.objects, parts.counts.triples)
        if ordering is not None:
            ordering.result()
    del ordering  # it holds the store too, which has to be closed before its files are made sure of
    draft = Release(
        id="",
        created=content.created,
        base_iri=iris.base,
        version=__version__,
        default_triples=parts.counts.triples,
        graphs=tuple(
            GraphInfo(iri, parts.counts.graphs[iri], title, iri not in content.hidden)
            for iri, title in sorted(content.titles.items())
        ),
        distributions=tuple(sorted(distributions, key=lambda d: d.file)),
        counts=dict(content.counts),
        listed=dict(sorted(parts.counts.listed.items())),
    )

    def catalog_of(release: Release) -> tuple[Triple, ...]:
        given = CatalogInput(
            release_id=release.id,
            created=release.created,
            counts=parts.counts,
            objects=objects,
            distinct_objects=together,
            graphs=release.graphs,
            sources=content.sources,
            distributions=release.distributions,
        )
        return describe(given, iris)

    # All that the release says goes into its id, also what is said of it: the same id is the same bytes.
    said = (draft.to_json(), said_by_parts, content.validation, *(str(t) for t in catalog_of(draft)))
    release = replace(draft, id=f"{content.created[:10]}-{digest(said)[:12]}")
    catalog = catalog_of(release)
    check_catalog(catalog)
    counts = release.counts | {"catalog": len(catalog)}
    release = replace(release, counts=dict(sorted(counts.items())))
    catalog_quads = to_quads(iris.graph("catalog"), catalog)
    serialize(catalog_quads, str(folder / CATALOG), RdfFormat.N_QUADS)
    (folder / VALIDATION).write_text(content.validation, encoding="utf-8")
    (folder / MANIFEST).write_text(release.to_json(), encoding="utf-8")
    filled.store.extend(catalog_quads)
    check_nothing_served(
        filled.store, iris
    )  # each look takes as long as there are files, so it comes after the merging
    filled.store.flush()
    del filled
    sums = {f"{DUMPS}/{d.file}": d.sha256 for d in distributions}
    sums |= {name: _sha256(folder / name) for name in (CATALOG, VALIDATION, MANIFEST)}
    (folder / CHECKSUMS).write_text("".join(f"{sums[name]}  {name}\n" for name in sorted(sums)), encoding="utf-8")
    for path in sorted(folder.rglob("*"), reverse=True):
        _sync(path)
    _sync(folder)
    return release.id


def _dump(dumps: Path, parts: Dumped, suffix: str) -> list[Distribution]:
    """Write one dump: as it is unless that would be very large, and compressed."""
    media, _ = DUMP_FORMATS[suffix]
    plain = dumps / f"attested{suffix}"
    with _Written(plain, _LARGEST) as whole, _Written(plain.with_name(f"{plain.name}.zst")) as packed:
        compressor = zstandard.ZstdCompressor(level=_ZSTD).compressobj()
        for body in parts.bodies(suffix):
            whole.write(body)
            packed.write(compressor.compress(body))
        packed.write(compressor.flush())
    with _Written(plain.with_name(f"{plain.name}.gz")) as members:
        for body in parts.members(suffix):
            members.write(body)
    found = [(whole, None), (members, "gzip"), (packed, "zstd")]
    return [Distribution(w.path.name, media.name, kind, w.size, w.hash.hexdigest()) for w, kind in found if w.is_kept]


class _Written:
    """A file being written, with its size and its hash. One that gets larger than `limit` is removed again, and then
    has neither.
    """

    def __init__(self, path: Path, limit: int | None = None) -> None:
        self.path = path
        self.size = 0
        self.hash = hashlib.sha256()
        self.is_kept = True
        self._limit = limit
        self._file: BinaryIO | None = None

    def __enter__(self) -> _Written:
        self._file = self.path.open("wb")
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, body: bytes) -> None:
        """Append."""
        if not self.is_kept or self._file is None:
            return
        self.size += len(body)
        if self._limit is not None and self.size > self._limit:
            self.is_kept = False
            self.__exit__()
            self.path.unlink()
            return
        self.hash.update(body)
        self._file.write(body)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def switch_release(releases: Path, id_: str) -> None:
    """Point `current` to the release `id_` by one rename."""
    temporary = releases / f".{CURRENT}-{os.getpid()}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(id_, target_is_directory=True)
    temporary.rename(releases / CURRENT)
    _sync(releases)


def prune_releases(releases: Path, keep: int) -> list[str]:
    """Remove the oldest releases beyond `keep`, never the current one. Returns the ids removed."""
    current = (releases / CURRENT).resolve().name
    others = []
    for path in releases.iterdir():
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(".") and path.name != current:
            manifest = path / MANIFEST
            others.append((manifest.stat().st_mtime_ns if manifest.is_file() else 0, path))
    doomed = [path for _, path in sorted(others, reverse=True)[max(keep - 1, 0) :]]
    for path in doomed:
        shutil.rmtree(path, ignore_errors=True)
    return sorted(path.name for path in doomed)


def note_inputs(releases: Path, id_: str, inputs: str, keys: Sequence[str]) -> None:
    """Note what a release was made from: a hash of everything but the time, and the keys of its parts."""
    partial = releases / f"{_INPUTS}-{os.getpid()}"
    partial.write_text(json.dumps({"release": id_, "inputs": inputs, "parts": list(keys)}), encoding="utf-8")
    partial.replace(releases / _INPUTS)


def _noted(releases: Path) -> tuple[Release, str, tuple[str, ...]] | None:
    try:
        release = current_release(releases)
        noted = json.loads((releases / _INPUTS).read_text(encoding="utf-8"))
        if noted["release"] == release.id:
            return release, noted["inputs"], tuple(noted["parts"])
    except (ReleaseDamaged, ReleaseMissing, OSError, ValueError, KeyError, TypeError):
        pass
    return None


def made_from(releases: Path, inputs: str) -> Release | None:
    """The served release if it is noted to be made from this, and whole as far as sizes tell."""
    noted = _noted(releases)
    return noted[0] if noted and noted[1] == inputs else None


def find_served(releases: Path) -> Served | None:
    """The served release, if it is noted what parts it was made from."""
    noted = _noted(releases)
    return Served(noted[0].path / STORE, noted[2], noted[0].path / CATALOG) if noted else None


def check_release(release: Release) -> int:
    """Compare every file with `SHA256SUMS`, and the store with the dump. Returns the number of files checked.

    Raises `ReleaseDamaged` naming what differs.
    """
    wrong, number = [], 0
    for line in (release.path / CHECKSUMS).read_text(encoding="utf-8").splitlines():
        expected, _, name = line.partition("  ")
        number += 1
        file = release.path / name
        if not file.is_file() or _sha256(file) != expected:
            wrong.append(name)
    if not wrong:
        store = Store.read_only(str(release.path / STORE))
        for graph in release.graphs:
            stored = sum(1 for _ in store.quads_for_pattern(None, None, None, NamedNode(graph.iri)))
            if stored != graph.triples:
                wrong.append(f"store: {graph.iri} has {stored} triples, not {graph.triples}")
    if wrong:
        raise ReleaseDamaged(
            f"the release {release.id} does not match its checksums: {', '.join(wrong)}",
            hint="Run `publisher build` again, or switch `current` to another release.",
        )
    return number


def _is_whole(path: Path) -> bool:
    try:
        check_release(read_release(path))
    except (ReleaseDamaged, ReleaseMissing, OSError):
        return False
    return True


def _failed(error: OSError, releases: Path) -> BuildFailed:
    return BuildFailed(
        f"the release could not be written to {releases}: {error.strerror or error}",
        hint="The served release is as it was. Check space and permissions, then build again.",
    )
