"""A new release while queries are answered by processes: it takes over when its own are there."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from publisher.config import Settings
from publisher.query.answer import QueryRequest
from publisher.releases import CURRENT, MANIFEST
from publisher.web.snapshot import ReleaseWatcher
from tests.serving import serve
from tests.web.conftest import BASE, make_release

ASK = QueryRequest("ASK {}", "text/csv")


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.01)


@contextmanager
def watching(releases: Path) -> Iterator[ReleaseWatcher]:
    watcher = ReleaseWatcher(releases, Settings(releases=releases))
    try:
        watcher.snapshot().engine.start()
        until(watcher.snapshot().engine.ready)
        yield watcher
    finally:
        watcher.close(0.0)


def test_the_old_release_answers_until_the_new_one_is_ready(tmp_path: Path) -> None:
    make_release(tmp_path, "r1")
    with watching(tmp_path) as watcher:
        old = watcher.snapshot()
        make_release(tmp_path, "r2")
        assert watcher.snapshot() is old
        old.engine.run(ASK).close()
        until(lambda: watcher.snapshot() is not old)
        new = watcher.snapshot()
        assert new.release.id == "r2"
        assert new.engine.ready()
        begin = time.monotonic()
        new.engine.run(ASK).close()
        assert time.monotonic() - begin < 0.3


def test_a_release_that_is_replaced_before_it_is_ready_is_skipped(tmp_path: Path) -> None:
    make_release(tmp_path, "r1")
    seen: list[str] = []
    with watching(tmp_path) as watcher:
        for name in ("r2", "r3", "r4"):
            make_release(tmp_path, name)
            watcher.snapshot()
        until(lambda: seen.append(watcher.snapshot().release.id) or seen[-1] == "r4")  # type: ignore[func-returns-value]
        assert watcher.snapshot().engine.ready()
    assert seen == sorted(seen)


@pytest.mark.parametrize("damage", ["nothing in it", "a base that is no text"])
def test_a_damaged_release_is_not_switched_to(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    make_release(tmp_path, "r1")
    with watching(tmp_path) as watcher, caplog.at_level(logging.ERROR):
        if damage == "nothing in it":
            (tmp_path / "r2").mkdir()
        else:
            (tmp_path / "elsewhere").mkdir()
            manifest = make_release(tmp_path / "elsewhere", "r2").path / MANIFEST
            manifest.write_text(manifest.read_text(encoding="utf-8").replace(f'"{BASE}"', "5", 1), encoding="utf-8")
            manifest.parent.rename(tmp_path / "r2")
        (tmp_path / ".new").symlink_to("r2")
        (tmp_path / ".new").rename(tmp_path / CURRENT)
        watcher.snapshot()
        until(lambda: "not served" in caplog.text)
        for _ in range(20):
            assert watcher.snapshot().release.id == "r1"
            time.sleep(0.02)
        watcher.snapshot().engine.run(ASK).close()
        make_release(tmp_path, "r3")
        until(lambda: watcher.snapshot().release.id == "r3")
    assert caplog.text.count("not served") == 1


def test_a_new_release_is_noticed_without_requests(tmp_path: Path) -> None:
    make_release(tmp_path, "r1")
    with serve(tmp_path) as address:
        make_release(tmp_path, "r2")
        time.sleep(6)
        answer = requests.post(f"{address}sparql", {"query": "ASK {}"}, timeout=10)
    assert (answer.status_code, answer.headers["Attested-Release"]) == (200, "r2")


def test_new_releases_under_load(tmp_path: Path) -> None:
    """More queries at once than there are processes, without a pause, over two server processes."""
    make_release(tmp_path, "r1")
    wrong: list[str] = []
    seen: Counter[str] = Counter()
    orders: list[list[str]] = []
    stop = threading.Event()
    settings = {"workers": "2", "query_per_client": "1000", "query_per_client_rate": "100000"}
    with serve(tmp_path, **settings) as address:

        def run(thread: int) -> None:
            number = 0
            order: list[str] = []
            orders.append(order)
            with requests.Session() as session:
                while not stop.is_set():
                    number += 1
                    query = f"ASK {{ ?s ?p '{thread}-{number}' }}"
                    answer = session.post(f"{address}sparql", {"query": query}, timeout=20)
                    release = answer.headers.get("Attested-Release", "none")
                    seen[release] += 1
                    order.append(release)
                    if answer.status_code != 200 or len(answer.headers.get("Attested-Query-SHA256", "")) != 64:
                        wrong.append(f"{answer.status_code} {answer.text}")

        threads = [threading.Thread(target=run, args=(n,)) for n in range(12)]
        for thread in threads:
            thread.start()
        for number in range(2, 5):
            time.sleep(1.0)
            make_release(tmp_path, f"r{number}")
        until(lambda: all(order[-1:] == ["r4"] for order in orders), 30)
        stop.set()
        for thread in threads:
            thread.join()
    assert not wrong
    assert set(seen) <= {"r1", "r2", "r3", "r4"}
    assert seen["r1"]
    assert all(order == sorted(order) for order in orders)  # each connection is with one server process
