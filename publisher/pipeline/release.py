"""Step 6, release: write a release directory, then make it the served one by a single rename.

Whatever happens on the way, `current` points to a whole release: files are written and flushed in a hidden
directory, that is renamed, and only then is the link replaced.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import zstandard
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from publisher import __version__
from publisher.errors import BuildFailed, BuildInProgress, ReleaseDamaged, ReleaseMissing
from publisher.formats import JSON_LD, N_QUADS, N_TRIPLES, TRIG, TURTLE
from publisher.iris import Iris
from publisher.pipeline.attribute import check_nothing_served
from publisher.pipeline.describe import CatalogInput, describe
from publisher.pipeline.load import to_quads
from publisher.pipeline.sources import Source
from publisher.pipeline.work import processes
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
_BLOCK = 1 << 20
_LARGE = 64 << 20
"""Bytes of a dump from which several are made at once."""
_DUMPS = {
    TRIG.suffix: (TRIG, RdfFormat.TRIG, N_QUADS),
    JSON_LD.suffix: (JSON_LD, RdfFormat.JSON_LD, N_TRIPLES),
    TURTLE.suffix: (TURTLE, RdfFormat.TURTLE, N_TRIPLES),
    N_QUADS.suffix: (N_QUADS, RdfFormat.N_QUADS, N_QUADS),
    N_TRIPLES.suffix: (N_TRIPLES, RdfFormat.N_TRIPLES, N_TRIPLES),
}
"""What is dumped, the longest work first, and the plain format that it is made from."""


@dataclass(frozen=True)
class NamedGraph:
    """A graph to be published: its triples sorted, and whether the default graph contains them."""

    iri: str
    title: str
    triples: Sequence[Triple]
    in_default: bool = True


@dataclass(frozen=True)
class Content:
    """All that a release is made from. `created` is an xsd:dateTime in UTC; `validation` the report in Turtle."""

    created: str
    graphs: Sequence[NamedGraph]
    default_graph: Sequence[Triple]
    sources: Sequence[Source]
    counts: dict[str, int]
    validation: str

    def quads(self) -> Iterator[Quad]:
        """The whole dataset: the default graph, then each named graph."""
        for t in self.default_graph:
            yield Quad(t.subject, t.predicate, t.object)
        for graph in self.graphs:
            name = NamedNode(graph.iri)
            for t in graph.triples:
                yield Quad(t.subject, t.predicate, t.object, name)


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
    content: Content, releases: Path, iris: Iris, check_catalog: Callable[[tuple[Triple, ...]], None]
) -> Release:
    """Write the release, switch to it and return it. The lock must be held.

    A release with the same id holds the same bytes, so it is only switched to. Raises `BuildFailed` on a full
    disk or another system error, and what `check_catalog` raises, with the served release untouched.
    """
    partial = releases / f"{_PARTIAL}{os.getpid()}"
    try:
        partial.mkdir()
        id_ = _write_files(partial, content, iris, check_catalog)
        final = releases / id_
        if not (final.exists() and _is_whole(final)):
            shutil.rmtree(final, ignore_errors=True)
            partial.rename(final)
        _sync(releases)
        switch_release(releases, id_)
    except OSError as error:
        raise _failed(error, releases) from None
    except BrokenExecutor:
        raise _failed(OSError("a process of the build was ended from outside"), releases) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return read_release(final)


def _write_files(
    folder: Path,
    content: Content,
    iris: Iris,
    check_catalog: Callable[[tuple[Triple, ...]], None],
) -> str:
    dumps = folder / DUMPS
    dumps.mkdir()
    prefixes = iris.prefixes()
    default = content.default_graph
    _dump(dumps / f"attested{N_TRIPLES.suffix}", default, RdfFormat.N_TRIPLES, None)
    whole = _dump(dumps / f"attested{N_QUADS.suffix}", content.quads(), RdfFormat.N_QUADS, None)
    store = Store(str(folder / STORE))
    with ThreadPoolExecutor(1) if whole.stat().st_size < _LARGE else processes(0) as pool:
        tasks = [pool.submit(_distributions, dumps, suffix, prefixes) for suffix in _DUMPS]
        store.bulk_load(path=str(whole), format=RdfFormat.N_QUADS)
        distributions = [d for task in tasks for d in task.result()]
    n_quads = next(d.sha256 for d in distributions if d.file == f"attested{N_QUADS.suffix}")
    digest = hashlib.sha256("\n".join([__version__, content.created, iris.base, n_quads]).encode()).hexdigest()
    id_ = f"{content.created[:10]}-{digest[:12]}"
    release = Release(
        id=id_,
        created=content.created,
        base_iri=iris.base,
        version=__version__,
        default_triples=len(default),
        graphs=tuple(GraphInfo(g.iri, len(g.triples), g.title, g.in_default) for g in content.graphs),
        distributions=tuple(sorted(distributions, key=lambda d: d.file)),
    )
    catalog = describe(
        CatalogInput(id_, content.created, default, release.graphs, content.sources, release.distributions), iris
    )
    check_catalog(catalog)
    counts = content.counts | {"catalog": len(catalog)}
    release = replace(release, counts=dict(sorted(counts.items())))
    catalog_quads = to_quads(iris.graph("catalog"), catalog)
    serialize(catalog_quads, str(folder / CATALOG), RdfFormat.N_QUADS)
    (folder / VALIDATION).write_text(content.validation, encoding="utf-8")
    (folder / MANIFEST).write_text(release.to_json(), encoding="utf-8")
    store.bulk_load(path=str(folder / CATALOG), format=RdfFormat.N_QUADS)
    check_nothing_served(store, iris)
    store.optimize()
    store.flush()
    del store
    files = sorted(p for p in folder.rglob("*") if p.is_file() and STORE not in p.relative_to(folder).parts)
    sums = "".join(f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    (folder / CHECKSUMS).write_text(sums, encoding="utf-8")
    for path in sorted(folder.rglob("*"), reverse=True):
        _sync(path)
    _sync(folder)
    return id_


def _dump(
    path: Path, items: Iterable[Triple] | Iterable[Quad], format_: RdfFormat, prefixes: dict[str, str] | None
) -> Path:
    with path.open("wb") as output:
        serialize(items, output, format_, prefixes=prefixes)
    return path


def _distributions(dumps: Path, suffix: str, prefixes: dict[str, str]) -> list[Distribution]:
    """One dump with its compressed forms, described. A format other than the plain ones is made from those."""
    media, format_, plain = _DUMPS[suffix]
    file = dumps / f"attested{suffix}"
    if suffix != plain.suffix:
        source = RdfFormat.N_QUADS if plain is N_QUADS else RdfFormat.N_TRIPLES
        quads = parse(path=str(dumps / f"attested{plain.suffix}"), format=source)
        _dump(file, quads if plain is N_QUADS else (quad.triple for quad in quads), format_, prefixes)
    return [
        Distribution(path.name, media.name, compression, path.stat().st_size, _sha256(path))
        for path, compression in ((file, None), (_gzip(file), "gzip"), (_zstd(file), "zstd"))
    ]


def _gzip(path: Path) -> Path:
    target = path.with_name(path.name + ".gz")
    with (
        path.open("rb") as source,
        target.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as output,
    ):
        shutil.copyfileobj(source, output, _BLOCK)
    return target


def _zstd(path: Path) -> Path:
    target = path.with_name(path.name + ".zst")
    with path.open("rb") as source, target.open("wb") as output:
        zstandard.ZstdCompressor(level=9).copy_stream(source, output, size=path.stat().st_size)
    return target


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


def note_inputs(releases: Path, id_: str, inputs: str) -> None:
    """Note what a release was made from: a hash of everything but the time."""
    partial = releases / f"{_INPUTS}-{os.getpid()}"
    partial.write_text(f"{id_} {inputs}\n", encoding="utf-8")
    partial.replace(releases / _INPUTS)


def made_from(releases: Path, inputs: str) -> Release | None:
    """The served release if it is noted to be made from this, and whole as far as sizes tell."""
    try:
        release = current_release(releases)
        noted = (releases / _INPUTS).read_text(encoding="utf-8").split()
    except (ReleaseDamaged, ReleaseMissing, OSError):
        return None
    return release if noted == [release.id, inputs] else None


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
