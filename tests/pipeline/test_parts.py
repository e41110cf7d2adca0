"""Releases in several parts: the same content as in one, and stores that take over from the one before."""

from __future__ import annotations

import gzip
import io
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse

from publisher.config import Settings
from publisher.pipeline import stores
from publisher.pipeline.build import build
from publisher.pipeline.parts import Dumped
from publisher.pipeline.release import check_release
from publisher.releases import CATALOG, DUMPS, STORE, Release
from publisher.vocab import VOID
from tests.conftest import ROOT
from tests.own import copy_own

FORMATS = {
    "nq": RdfFormat.N_QUADS,
    "trig": RdfFormat.TRIG,
    "nt": RdfFormat.N_TRIPLES,
    "ttl": RdfFormat.TURTLE,
    "jsonld": RdfFormat.JSON_LD,
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the builds of these tests have in common is worked out once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def mine(settings: Settings, tmp_path: Path, kept: Path) -> Settings:
    """Our own data, a few files for each unit."""
    data = copy_own(ROOT / "data", tmp_path / "data")
    return replace(settings, data=data, releases=tmp_path / "releases", cache=kept, unit_kib=4)


def dumped(release: Release, name: str) -> set[Quad]:
    return set(parse(path=str(release.path / DUMPS / f"attested.{name}"), format=FORMATS[name]))


def statistics(release: Release) -> set[str]:
    found = parse(path=str(release.path / CATALOG), format=RdfFormat.N_QUADS)
    return {str(q) for q in found if q.predicate.value.startswith(VOID) and "distribution" not in str(q)}


def stored(release: Release) -> set[Quad]:
    graph = NamedNode(f"{release.base_iri}graph/catalog")
    return {quad for quad in Store.read_only(str(release.path / STORE)) if quad.graph_name != graph}


def test_a_large_common_part_is_several(mine: Settings, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    def number() -> int:
        return len(json.loads((mine.releases / ".inputs").read_text(encoding="utf-8"))["parts"])

    build(mine, lambda line: None)
    before = number()
    monkeypatch.setattr("publisher.pipeline.parts._LARGEST", 100_000)
    parts = build(replace(mine, created=datetime(2026, 11, 24, tzinfo=UTC)), lambda line: None)
    assert number() > before + 2
    check_release(parts)
    assert stored(parts) == dumped(release, "nq")
    for name in FORMATS:
        assert dumped(parts, name) == dumped(release, name)
    assert parts.counts == release.counts
    ignored = f"{VOID}dataDump"
    assert {s for s in statistics(parts) if ignored not in s} == {s for s in statistics(release) if ignored not in s}


def test_in_parts_as_in_one(mine: Settings, release: Release) -> None:
    parts = build(mine, lambda line: None)
    assert parts.id != release.id, "it was one part"
    for name in FORMATS:
        assert dumped(parts, name) == dumped(release, name)
    lines = (parts.path / DUMPS / "attested.nq").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(set(lines))
    assert parts.counts == release.counts
    ignored = f"{VOID}dataDump"
    assert {s for s in statistics(parts) if ignored not in s} == {s for s in statistics(release) if ignored not in s}


def test_compressed_dumps_in_parts_are_the_dumps(mine: Settings) -> None:
    parts = build(mine, lambda line: None)
    for name in FORMATS:
        file = parts.path / DUMPS / f"attested.{name}"
        plain = file.read_bytes()
        assert gzip.decompress(file.with_name(f"{file.name}.gz").read_bytes()) == plain
        packed = io.BytesIO(file.with_name(f"{file.name}.zst").read_bytes())
        assert zstandard.ZstdDecompressor().stream_reader(packed).read() == plain  # reads one frame, as many do


def change(settings: Settings) -> None:
    file = next(
        path for path in sorted(settings.data.rglob("*.ttl")) if "Salaheddin" in path.read_text(encoding="utf-8")
    )
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("Salaheddin", "Salah al-Din", 1), encoding="utf-8")


def test_a_store_that_takes_over_holds_what_a_new_one_would(mine: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = build(mine, lambda line: None)
    change(mine)
    taken: list[Path] = []
    genuine = stores._taken_over

    def noting(folder: Path, served: stores.Served) -> Store:
        taken.append(served.store)
        return genuine(folder, served)

    monkeypatch.setattr(stores, "_taken_over", noting)
    monkeypatch.setattr(stores, "_LITTLE", 0)  # in data as small as ours nearly all is in the common part
    after = build(mine, lambda line: None)
    assert taken == [before.path / STORE]
    check_release(before)
    check_release(after)
    assert stored(after) == dumped(after, "nq") != dumped(before, "nq")
    again = build(replace(mine, releases=mine.releases.with_name("other")), lambda line: None)
    assert again.id == after.id
    assert len(taken) == 1
    assert stored(again) == stored(after)


def test_a_store_that_is_not_what_it_was_built_as_is_not_taken_over(
    mine: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_LITTLE", 0)
    before = build(mine, lambda line: None)
    store = Store(str(before.path / STORE))
    node = NamedNode("http://example.org/slip")
    store.add(Quad(node, node, node, NamedNode("http://example.org/graph")))
    del store
    change(mine)
    after = build(mine, lambda line: None)
    assert stored(after) == dumped(after, "nq")


def test_what_is_said_of_a_release_goes_into_its_id(mine: Settings) -> None:
    """The same triples from a source whose licence is put right are another release: its catalog differs."""
    before = build(mine, lambda line: None)
    file = mine.data / "sources.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('curator = "', 'curator = "The ', 1), encoding="utf-8")
    after = build(mine, lambda line: None)
    assert dumped(after, "nq") == dumped(before, "nq")
    assert after.id != before.id
    assert statistics(after) == statistics(before)


def test_without_the_parts_of_before_the_store_is_filled_anew(mine: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_LITTLE", 0)
    build(mine, lambda line: None)
    kept = [path for path in (mine.cache / "part-.nq.zst").rglob("*") if path.is_file()]
    assert len(kept) > 1
    for path in kept:
        path.unlink()
    change(mine)
    after = build(mine, lambda line: None)
    assert stored(after) == dumped(after, "nq")


@pytest.mark.parametrize(
    ("quads", "files", "mib"),
    [(3_400_000, 8192, 32), (32_000_000, 8192, 32), (320_000_000, 8192, 57), (32_000_000, 256, 68)],
)
def test_pieces_are_larger_where_there_would_be_too_many_files(quads: int, files: int, mib: int) -> None:
    size = stores._piece_size(quads, files)
    assert size >> 20 == mib
    assert quads * stores._QUAD // size < files // 2
    assert stores._piece_size(10**10, files) == 128 << 20, "memory is bounded whatever the size"


@pytest.mark.parametrize("size", [1, 5, 6, 7, 11, 12, 13, 1000])
def test_pieces_are_the_same_lines_in_even_sizes(size: int) -> None:
    bodies = [b"", b"one 1\ntwo 2\n", b"three\n", b"", b"four and more\n" * 9, b"five\n"]
    found = list(stores.pieces(bodies, size))
    assert b"".join(found) == b"".join(bodies)
    assert all(piece.endswith(b"\n") for piece in found)
    assert all(len(piece) >= size for piece in found[:-1])
    assert all(len(piece) - len(b"four and more\n") < size for piece in found)


def test_a_store_filled_in_many_pieces_holds_what_the_dump_does(
    mine: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "_PIECE", 100_000)
    monkeypatch.setattr(stores, "_TELL_SECONDS", -1.0)
    told: list[str] = []
    release = build(mine, told.append)
    check_release(release)
    assert stored(release) == dumped(release, "nq")
    lines = [line for line in told if line.endswith("quads in the store")]
    assert len(lines) > 10
    whole = len(dumped(release, "nq"))
    assert lines[-1] == f"release: {whole:,} of {whole:,} quads in the store"


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="threads have no such policy here")
def test_merging_waits_while_a_store_is_loaded_and_no_longer(mine: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def policies() -> set[int]:
        tasks = [task for task in Path("/proc/self/task").iterdir() if (task / "comm").read_text() == "rocksdb:low\n"]
        return {os.sched_getscheduler(int(task.name)) for task in tasks}

    seen: list[set[int]] = []
    genuine = stores._load

    def noting(store: Store, parts: Dumped, files: int) -> None:
        seen.append(policies())
        genuine(store, parts, files)

    monkeypatch.setattr(stores, "_load", noting)
    build(mine, lambda line: None)
    assert seen == [{os.SCHED_IDLE}]
    if os.geteuid() == 0:  # others may not take it back
        assert policies() == {os.SCHED_OTHER}


def test_a_dump_that_would_be_very_large_is_only_compressed(
    mine: Settings, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.pipeline.release._LARGEST", 3_000_000)
    small = build(mine, lambda line: None)
    files = {d.file for d in small.distributions}
    assert "attested.nq" not in files
    assert {"attested.nq.gz", "attested.nq.zst", "attested.ttl"} <= files
    assert not (small.path / DUMPS / "attested.nq").exists()
    assert {path.name for path in (small.path / DUMPS).iterdir()} == files
    check_release(small)
    assert stored(small) == dumped(release, "nq")
    assert {Triple(q.subject, q.predicate, q.object) for q in dumped(small, "ttl")} == {
        q.triple for q in dumped(release, "ttl")
    }
