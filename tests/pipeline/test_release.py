"""Releases: whole or not at all, and the same bytes from the same sources."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from publisher.iris import Iris
from publisher.pipeline.release import check_release
from publisher.query.entities import count_entities
from publisher.query.store import EmbeddedStore
from publisher.releases import STORE, Release, current_release, read_release
from publisher.vocab import CANONICAL_BASE
from tests.pipeline.conftest import Project


def files_of(release: Release) -> dict[str, bytes]:
    """Every file but the store's own: the store engine writes random ids into its files."""
    return {
        path.relative_to(release.path).as_posix(): path.read_bytes()
        for path in sorted(release.path.rglob("*"))
        if path.is_file() and STORE not in path.relative_to(release.path).parts
    }


def quads_of(release: Release) -> set[Quad]:
    return set(Store.read_only(str(release.path / STORE)))


def test_two_builds_are_equal_byte_for_byte(project: Project, tmp_path: Path) -> None:
    assert project.run("build", "--quiet").exit_code == 0
    other = tmp_path / "other"
    assert project.run("build", "--quiet", ATTESTED_RELEASES=str(other)).exit_code == 0
    first, second = current_release(project.releases), current_release(other)
    assert first.id == second.id
    assert files_of(first) == files_of(second)
    assert quads_of(first) == quads_of(second)


def test_building_again_keeps_the_release(project: Project) -> None:
    assert project.run("build", "--quiet").exit_code == 0
    before = current_release(project.releases).path.stat().st_ino
    assert project.run("build", "--quiet").exit_code == 0
    assert current_release(project.releases).path.stat().st_ino == before


def test_file_layout_and_order_change_nothing(project: Project, tmp_path: Path) -> None:
    assert project.run("build", "--quiet").exit_code == 0
    first = files_of(current_release(project.releases))["dumps/attested.nq"]
    text = project.file.read_text(encoding="utf-8")
    world = project.file.with_name("world.ttl")
    project.file.with_name("zz.ttl").write_text(world.read_text(encoding="utf-8") + text, encoding="utf-8")
    project.file.unlink()
    world.unlink()
    other = tmp_path / "other"
    assert project.run("build", "--quiet", ATTESTED_RELEASES=str(other)).exit_code == 0
    assert files_of(current_release(other))["dumps/attested.nq"] == first


def test_changing_the_base_moves_every_iri(project: Project) -> None:
    base = "http://localhost:8000/"
    assert project.run("build", "--quiet", ATTESTED_BASE_IRI=base).exit_code == 0
    release = current_release(project.releases)
    for name, content in files_of(release).items():
        if not name.endswith((".gz", ".zst")):
            assert CANONICAL_BASE.encode() not in content, name
    assert f"{base}id/statement/claim".encode() in files_of(release)["dumps/attested.nt"]


def test_the_dumps_say_what_the_store_says(release: Release) -> None:
    check_release(release)
    stored = {quad for quad in quads_of(release) if quad.graph_name != NamedNode(f"{release.base_iri}graph/catalog")}
    for suffix, format_ in ((".nq", RdfFormat.N_QUADS), (".trig", RdfFormat.TRIG)):
        assert set(parse(path=str(release.path / f"dumps/attested{suffix}"), format=format_)) == stored
    default = {quad.triple for quad in stored if str(quad.graph_name) == "DEFAULT"}
    assert len(default) == release.default_triples
    for suffix, format_ in (
        (".ttl", RdfFormat.TURTLE),
        (".nt", RdfFormat.N_TRIPLES),
        (".jsonld", RdfFormat.JSON_LD),
    ):
        dumped = {q.triple for q in parse(path=str(release.path / f"dumps/attested{suffix}"), format=format_)}
        assert dumped == default


def test_a_release_says_how_many_entities_it_lists(project: Project) -> None:
    """Without those that were withdrawn: what the server would count in the store."""
    assert project.run("build", "--quiet").exit_code == 0
    before = current_release(project.releases)
    project.spoil(lambda text: f"{text}\nstatement:claim att:withdrawnBecause 'Entered twice.'@en .\n")
    assert project.run("build", "--quiet").exit_code == 0
    after = current_release(project.releases)
    for release in (before, after):
        store = EmbeddedStore(release.path / STORE)
        assert release.listed == dict(sorted(count_entities(store, Iris(release.base_iri)).items()))
    assert before.listed == {**(after.listed or {}), "statement": 1}


def test_nothing_published_is_a_blank_node(release: Release) -> None:
    assert b"_:" not in (release.path / "dumps" / "attested.nt").read_bytes()
    for quad in quads_of(release):
        assert isinstance(quad.subject, NamedNode)


def test_a_kill_at_any_moment_leaves_the_served_release_whole(project: Project) -> None:
    """The build is killed later and later until it gets through; after each kill the old release is whole."""
    assert project.run("build", "--quiet").exit_code == 0
    served = current_release(project.releases)
    project.spoil(lambda text: text.replace("The group says that it did it", "The group says so"))
    command = [sys.executable, "-m", "publisher.cli", "build"]
    environ = os.environ | project.environ()
    began = time.monotonic()
    kills, delay = 0, 0.3
    while True:
        process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(delay)
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            now = current_release(project.releases)
            check_release(now)
            if now.id != served.id:
                break
        delay *= 1.15
        assert time.monotonic() - began < 300
    assert kills >= 3
    assert project.run("build", "--quiet").exit_code == 0
    final = current_release(project.releases)
    assert final.id != served.id
    check_release(final)
    assert not [path for path in project.releases.iterdir() if path.name.startswith(".building")]


@pytest.mark.parametrize("moment", ["before-rename", "before-switch"])
def test_a_full_disk_leaves_the_served_release(project: Project, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    assert project.run("build", "--quiet").exit_code == 0
    served = current_release(project.releases)
    project.spoil(lambda text: text.replace("The group says that it did it", "The group says so"))

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    target = "publisher.pipeline.release._dump" if moment == "before-rename" else "publisher.pipeline.release._sync"
    monkeypatch.setattr(target, full)
    result = project.run("build", "--quiet")
    assert result.exit_code == 2
    assert "No space left on device" in result.output
    assert current_release(project.releases).id == served.id
    check_release(read_release(served.path))


def test_two_builds_at_once_are_refused(project: Project) -> None:
    from publisher.pipeline.release import lock_releases

    with lock_releases(project.releases):
        result = project.run("build", "--quiet")
    assert result.exit_code == 2
    assert "another build" in result.output


def test_old_releases_are_pruned_but_never_the_current_one(project: Project) -> None:
    for number in range(4):
        project.file.write_text(
            project.file.read_text(encoding="utf-8").replace("T01", f"T01-{number}"), encoding="utf-8"
        )
        assert project.run("build", "--quiet", ATTESTED_KEEP_RELEASES="2").exit_code == 0
    kept = [path for path in project.releases.iterdir() if path.is_dir() and not path.is_symlink()]
    assert len(kept) == 2
    assert current_release(project.releases).path in kept


def test_what_has_not_changed_is_not_built_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    timeless = {k: v for k, v in project.environ().items() if k != "SOURCE_DATE_EPOCH"}
    monkeypatch.setattr(Project, "environ", lambda self: timeless)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert project.run("build", "--quiet").exit_code == 0
    first = current_release(project.releases)
    result = project.run("build")
    assert "nothing has changed" in result.output
    assert current_release(project.releases) == first
    project.spoil(lambda text: text.replace("T01", "T02"))
    assert project.run("build", "--quiet").exit_code == 0
    assert current_release(project.releases).id != first.id
