"""Switching releases under load, damaged ones, mistakes of the server, and a real server process."""

from __future__ import annotations

import logging
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pyoxigraph as ox
import pytest
import requests

from publisher.config import Settings
from publisher.errors import ReleaseDamaged, ReleaseMissing
from publisher.query.store import Store
from publisher.releases import CURRENT, MANIFEST
from publisher.web import create_app
from publisher.web.snapshot import ReleaseWatcher, Snapshot
from tests.web.conftest import make_release

NEW = """@prefix place: <https://w3id.org/attested/id/place/> .
@prefix att: <https://w3id.org/attested/ontology#> .
place:new a att:Place ."""


def test_switch_while_requests_run(tmp_path: Path) -> None:
    make_release(tmp_path, "r1")
    app = create_app(Settings(releases=tmp_path))
    stop = threading.Event()
    wrong: list[int] = []
    seen: set[str] = set()

    def read() -> None:
        client = app.test_client()
        while not stop.is_set():
            health = client.get("/healthz")
            page = client.get("/doc/incident/crossing.html")
            wrong.extend(r.status_code for r in (health, page) if r.status_code != 200)
            if health.json:
                seen.add(health.json["release"])

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(2, 6):
        make_release(tmp_path, f"r{number}", NEW)
    shutil.rmtree(tmp_path / "r1")
    assert app.test_client().get("/healthz").json["release"] == "r5"  # type: ignore[index]
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert "r1" in seen or "r5" in seen


class Noting:
    """A store that notes what is looked up."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.subjects: set[object] = set()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def quads(self, subject: ox.NamedNode | None = None, *args: Any, **options: Any) -> Iterator[ox.Quad]:
        self.subjects.add(subject)
        return self._store.quads(subject, *args, **options)


def test_before_a_release_answers_the_names_of_terms_have_been_read(tmp_path: Path) -> None:
    snapshot = Snapshot.open(make_release(tmp_path, "r1"))
    noting = Noting(snapshot.store)
    replace(snapshot, store=cast("Store", noting)).prepare()
    names = {snapshot.iris.att(name) for name in ("Incident", "about")}
    assert {ox.NamedNode(name) for name in names} <= noting.subjects


class Unreadable:
    """A store whose files have been damaged since it was opened."""

    def quads(self, *args: object, **options: object) -> Iterator[ox.Quad]:
        raise OSError("Corruption: block checksum mismatch")


def test_a_damaged_store_is_not_what_ends_a_server(tmp_path: Path) -> None:
    snapshot = Snapshot.open(make_release(tmp_path, "r1"))
    replace(snapshot, store=cast("Store", Unreadable())).prepare()


def test_new_release_changes_content_and_etags(tmp_path: Path) -> None:
    make_release(tmp_path, "r1")
    client = create_app(Settings(releases=tmp_path)).test_client()
    assert client.get("/doc/place/new").status_code == 404
    before = client.get("/graph/report").headers["ETag"]
    make_release(tmp_path, "r2", NEW)
    assert client.get("/doc/place/new").status_code == 200
    assert client.get("/graph/report").headers["ETag"] == before
    assert client.get("/releases/r1/dumps/SHA256SUMS").status_code == 200


def test_old_snapshot_outlives_the_switch(tmp_path: Path) -> None:
    make_release(tmp_path, "r1")
    watcher = ReleaseWatcher(tmp_path)
    old = watcher.snapshot()
    make_release(tmp_path, "r2", NEW)
    assert watcher.snapshot().release.id == "r2"
    shutil.rmtree(tmp_path / "r1")
    assert len(list(old.store.quads())) > 50


def test_damaged_release_is_not_switched_to(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_release(tmp_path, "r1")
    client = create_app(Settings(releases=tmp_path)).test_client()
    (tmp_path / "r2").mkdir()
    (tmp_path / ".new").symlink_to("r2")
    (tmp_path / ".new").rename(tmp_path / CURRENT)
    with caplog.at_level(logging.ERROR):
        assert client.get("/healthz").json["release"] == "r1"  # type: ignore[index]
    assert "not served" in caplog.text
    make_release(tmp_path, "r3")
    assert client.get("/healthz").json["release"] == "r3"  # type: ignore[index]


def test_no_release(tmp_path: Path) -> None:
    with pytest.raises(ReleaseMissing):
        create_app(Settings(releases=tmp_path))


def test_damaged_release(tmp_path: Path) -> None:
    make_release(tmp_path, "r1")
    (tmp_path / "r1" / MANIFEST).write_text("{", encoding="utf-8")
    with pytest.raises(ReleaseDamaged):
        create_app(Settings(releases=tmp_path))


@pytest.mark.parametrize("accept", ["text/html", "*/*", "text/plain"])
def test_mistakes_show_nothing(mini: Settings, accept: str, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(mini)

    def fail() -> str:
        raise ValueError("secret detail")

    app.add_url_rule("/fail", view_func=fail)
    response = app.test_client().get("/fail", headers={"Accept": accept})
    assert response.status_code == 500
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "secret detail" in caplog.text


SERVE = """
import sys
from pathlib import Path
from publisher.config import Settings
from publisher.web.server import serve
serve(Settings(releases=Path(sys.argv[1]), port=0, workers=2, threads=2))
"""


def test_a_real_server(tmp_path: Path) -> None:
    make_release(tmp_path, "r1")
    command = [sys.executable, "-c", SERVE, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.search(r"release r1 at (http://127\.0\.0\.1:\d+)/", line)
            assert match, line
            base = match[1]
            with requests.Session() as session:
                answer = session.get(f"{base}/id/place/iraq", timeout=10)
                assert answer.url == f"{base}/doc/place/iraq"
                assert answer.headers["Content-Type"] == "text/turtle; charset=utf-8"
                assert answer.headers["Content-Location"] == "/doc/place/iraq.ttl"
                head = session.head(f"{base}/doc/place/iraq", timeout=10)
                assert head.headers["Content-Length"] == answer.headers["Content-Length"]
                assert session.options(f"{base}/sparql", timeout=10).status_code == 204
                etags = {session.get(f"{base}/ontology", timeout=10).headers["ETag"] for _ in range(8)}
                assert len(etags) == 1
                part = session.get(f"{base}/dumps/attested.nq", headers={"Range": "bytes=0-3"}, timeout=10)
                assert part.status_code == 206
                assert part.content == b"<htt"
                make_release(tmp_path, "r2")
                end = time.monotonic() + 15  # r1 answers until the processes of r2 are there
                while session.get(f"{base}/healthz", timeout=10).json()["release"] != "r2":
                    assert time.monotonic() < end
                    time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
    assert process.returncode == 0


def test_server_refuses_to_start_without_a_release(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert "ReleaseMissing" in done.stderr
