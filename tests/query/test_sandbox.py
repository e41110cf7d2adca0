"""Untrusted queries: real processes, small limits."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Quad, QueryResultsFormat, QuerySolutions, Store

from publisher.errors import (
    NotAcceptable,
    PublisherError,
    QueryCancelled,
    QueryInterrupted,
    QueryInvalid,
    QueryOutOfMemory,
    QueryQueueFull,
    QueryTimedOut,
    QueryTooLarge,
)
from publisher.query.answer import Answer, QueryRequest
from publisher.query.limits import MEBI, Limits
from publisher.query.sandbox import SandboxPool

JSON = "application/sparql-results+json"
SIZE = 3000
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?d && ?e != ?g) }"
SPIN = (
    "SELECT (SUM(?x * ?y * ?z) AS ?n) { "
    + " ".join(f"{{ SELECT (STRLEN(?t{v}) AS ?{v}) {{ ?s{v} <http://e/p> ?t{v} }} }}" for v in "xyz")
    + " }"
)
EXPORT = "SELECT * { ?s ?p ?o . VALUES ?x { " + " ".join(str(n) for n in range(4)) + " } }"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sandbox") / "store"
    writable = Store(str(path))
    p, q, graph = NamedNode("http://e/p"), NamedNode("http://e/next"), NamedNode("http://e/graph")
    nodes = [NamedNode(f"http://e/{n}") for n in range(SIZE)]
    quads = [Quad(nodes[n], p, Literal(f'value "{n}"\n' + "a" * 30)) for n in range(SIZE)]
    quads += [Quad(nodes[n], q, nodes[(n * 7 + k) % SIZE]) for n in range(SIZE) for k in range(3)]
    writable.bulk_extend(quads)
    writable.add(Quad(nodes[0], p, Literal("only here"), graph))
    writable.flush()
    del writable
    gc.collect()
    return path


DEFAULTS = {"wall_seconds": 10.0, "memory_bytes": 400 * MEBI, "queue_seconds": 15.0}


@contextmanager
def opened(store: Path, **limits: float) -> Iterator[SandboxPool]:
    pool = SandboxPool(store, Limits(**(DEFAULTS | limits)))  # type: ignore[arg-type]
    try:
        yield pool
    finally:
        pool.close()


@pytest.fixture(scope="module")
def shared(store: Path) -> Iterator[SandboxPool]:
    with opened(store) as pool:
        yield pool


def rows(pool: SandboxPool, query: str, **dataset: Any) -> list[dict[str, dict[str, str]]]:
    with pool.run(QueryRequest(query, JSON, **dataset)) as answer:
        found: list[dict[str, dict[str, str]]] = json.loads(b"".join(answer.chunks()))["results"]["bindings"]
        return found


def light(pool: SandboxPool) -> float:
    """Seconds that a light query takes."""
    begin = time.monotonic()
    assert len(rows(pool, "SELECT ?o { <http://e/1> <http://e/p> ?o }")) == 1
    return time.monotonic() - begin


def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.01)


def in_thread(pool: SandboxPool, query: str, errors: list[PublisherError]) -> threading.Thread:
    def run() -> None:
        try:
            rows(pool, query)
        except PublisherError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


# Answers


def test_small_result_is_complete(shared: SandboxPool) -> None:
    with shared.run(QueryRequest("SELECT ?o ?none { <http://e/1> <http://e/next> ?o }", JSON)) as answer:
        assert (answer.kind, answer.variables, answer.rows) == ("select", ("o", "none"), 3)
        assert answer.complete is not None
        assert b"".join(answer.chunks()) == answer.complete
        assert len(json.loads(answer.complete)["results"]["bindings"]) == 3


@pytest.mark.parametrize(
    ("media_type", "format_"),
    [
        (JSON, QueryResultsFormat.JSON),
        ("application/sparql-results+xml", QueryResultsFormat.XML),
        ("text/csv", QueryResultsFormat.CSV),
        ("text/tab-separated-values", QueryResultsFormat.TSV),
    ],
)
def test_large_result_is_streamed_whole(
    shared: SandboxPool, store: Path, media_type: str, format_: QueryResultsFormat
) -> None:
    with shared.run(QueryRequest(EXPORT, media_type)) as answer:
        assert answer.complete is None
        assert answer.rows is None
        streamed = b"".join(answer.chunks())
    expected = Store.read_only(str(store)).query(EXPORT)
    assert isinstance(expected, QuerySolutions)
    assert streamed == expected.serialize(format=format_)
    assert answer.rows == 4 * SIZE * 4


def test_ask_and_graph(shared: SandboxPool) -> None:
    assert shared.run(QueryRequest("ASK {}", JSON)).complete == b'{"head":{},"boolean":true}'
    graph = shared.run(QueryRequest("CONSTRUCT WHERE { ?s <http://e/p> ?o } LIMIT 5", "text/turtle"))
    assert (graph.kind, graph.rows) == ("graph", 5)
    large = "CONSTRUCT { ?s ?p ?o . ?s ?x ?o } { ?s ?p ?o BIND(<http://e/x> AS ?x) }"
    with shared.run(QueryRequest(large, "application/n-triples")) as answer:
        lines = b"".join(answer.chunks()).count(b"\n")
    assert lines == answer.rows == 4 * SIZE * 2


def test_dataset(shared: SandboxPool) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"

    def of(**dataset: tuple[str, ...]) -> int:
        return int(rows(shared, count, **dataset)[0]["n"]["value"])

    assert of() == 4 * SIZE
    assert of(default=("http://e/graph",)) == 1
    assert of(default=()) == of(named=("http://e/graph",)) == of(default=("http://e/unknown",)) == 0


def test_invalid(shared: SandboxPool) -> None:
    with pytest.raises(QueryInvalid, match="does not parse") as caught:
        rows(shared, "SELECT *\n{ ?s ?p }")
    assert str(caught.value).startswith("query:2:")
    with pytest.raises(QueryInvalid):
        rows(shared, "SELECT * { ?s ?p '\ud800' }")
    with pytest.raises(NotAcceptable):
        shared.run(QueryRequest("ASK {}", "text/turtle"))
    with pytest.raises(QueryTooLarge, match="100000 characters"):
        rows(shared, "#" * MEBI)


# Faults


def test_time_out_then_the_next_works(store: Path) -> None:
    with opened(store, wall_seconds=0.4) as pool:
        light(pool)
        for _ in range(3):
            begin = time.monotonic()
            with pytest.raises(QueryTimedOut, match=r"0\.4 s"):
                rows(pool, SPIN)
            assert time.monotonic() - begin < 1.0
            assert light(pool) < 0.3


def test_processor_time(store: Path) -> None:
    with opened(store, cpu_seconds=0.2) as pool, pytest.raises(QueryTimedOut, match="processor"):
        rows(pool, SPIN)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f",
        "SELECT (GROUP_CONCAT(?c) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
        "SELECT * { ?a (<http://e/none>|!<http://e/nothing>)* ?c . ?c !<http://e/p>* ?d }",
        "SELECT * { ?a ?b ?c FILTER NOT EXISTS { ?d ?e ?f . ?g ?h ?i FILTER(?d = ?i && ?c = ?h) } }",
        SPIN,
        CROSS,
    ],
)
def test_greedy_queries_end(store: Path, query: str) -> None:
    with opened(store, wall_seconds=0.7, memory_bytes=150 * MEBI, rows=500_000) as pool:
        begin = time.monotonic()
        with pytest.raises((QueryTimedOut, QueryOutOfMemory, QueryTooLarge)):
            rows(pool, query)
        assert time.monotonic() - begin < 2.5
        assert light(pool) < 0.5


@pytest.mark.parametrize(
    "query",
    [
        "SELECT " + "(" * 40_000 + "1" + ")" * 40_000 + " {}",
        "ASK " + "{" * 40_000 + "}" * 40_000,
        "ASK { " + "OPTIONAL { " * 5000 + "}" * 5000 + " }",
        "ASK { ?s " + "(" * 20_000 + "!<http://e/p>" + ")" * 20_000 + " ?o }",
    ],
)
def test_deep_nesting(shared: SandboxPool, query: str) -> None:
    with pytest.raises((QueryTooLarge, QueryInvalid)):
        rows(shared, query)
    assert light(shared) < 0.5


def test_backtracking_expression(store: Path) -> None:
    """The engine's expressions do not backtrack, so this one even has an answer."""
    query = 'SELECT * { ?a <http://e/p> ?c FILTER(REGEX(CONCAT(?c, "!"), "^.*(a+)+$")) }'
    with opened(store, wall_seconds=2.0) as pool:
        assert rows(pool, query) == []
        assert light(pool) < 0.5


def test_one_megabyte_query(store: Path) -> None:
    with opened(store, query_chars=2 * MEBI) as pool:
        assert len(rows(pool, "SELECT * { VALUES ?x { " + "1 " * (MEBI // 2) + "} } LIMIT 3")) == 3


def test_memory(store: Path) -> None:
    with opened(store, memory_bytes=100 * MEBI) as pool:
        with pytest.raises(QueryOutOfMemory, match="100 MiB"):
            rows(pool, "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f")
        assert light(pool) < 0.5


def test_rows_and_bytes(store: Path) -> None:
    everything = "SELECT * { ?s ?p ?o }"
    for media_type in (JSON, "text/csv", "text/tab-separated-values", "application/sparql-results+xml"):
        with opened(store, rows=100) as pool, pytest.raises(QueryTooLarge, match="100 rows"):
            pool.run(QueryRequest(everything, media_type))
    with opened(store, rows=100) as pool, pytest.raises(QueryTooLarge):
        pool.run(QueryRequest("CONSTRUCT WHERE { ?s ?p ?o }", "text/turtle"))
    with opened(store, result_bytes=10_000) as pool, pytest.raises(QueryTooLarge, match="10000 bytes"):
        rows(pool, everything)


def test_limit_past_the_buffer_fails_the_stream(store: Path) -> None:
    with opened(store, result_bytes=1_000_000, buffer_bytes=10_000) as pool:
        with pool.run(QueryRequest(EXPORT, JSON)) as answer, pytest.raises(QueryTooLarge):
            for _ in answer.chunks():
                pass
        assert light(pool) < 0.3


def test_cross_products_in_a_row(store: Path) -> None:
    with opened(store, wall_seconds=0.05, queue_seconds=30) as pool:
        for number in range(60):
            with pytest.raises((QueryTimedOut, QueryOutOfMemory)):
                rows(pool, CROSS)
            if number % 20 == 0:
                assert light(pool) < 1.0


def test_queue_full(store: Path) -> None:
    with opened(store, workers=1, queue=1, wall_seconds=1.0, slow_seconds=60) as pool:
        light(pool)
        errors: list[PublisherError] = []
        threads = [in_thread(pool, SPIN, errors)]
        until(lambda: pool.statistics()["running"] == 1)
        threads.append(in_thread(pool, "SELECT * {}", errors))
        until(lambda: pool.statistics()["waiting"] == 1)
        with pytest.raises(QueryQueueFull) as caught:
            rows(pool, "SELECT * {} ")
        assert caught.value.retry_after
        for thread in threads:
            thread.join()


def test_waiting_is_bounded(store: Path) -> None:
    with opened(store, workers=1, queue_seconds=0.2, wall_seconds=1.0, slow_seconds=60) as pool:
        pool.start()
        until(lambda: len(pool.idle) > 1)
        errors: list[PublisherError] = []
        first = in_thread(pool, SPIN, errors)
        until(lambda: pool.statistics()["running"] == 1)
        with pytest.raises(QueryQueueFull, match=r"within 0\.2 s"):
            light(pool)
        first.join()


def test_long_queries_leave_room_for_short_ones(store: Path) -> None:
    with opened(store, workers=2, wall_seconds=2.5, slow_seconds=0.2, slow_workers=2) as pool:
        light(pool)
        errors: list[PublisherError] = []
        threads = [in_thread(pool, SPIN, errors) for _ in range(6)]
        time.sleep(0.3)
        times = sorted(light(pool) for _ in range(30))
        assert times[28] < 1.0
        for thread in threads:
            thread.join()
        assert {type(e) for e in errors} == {QueryTimedOut, QueryQueueFull}


def test_a_long_query_gives_way_sooner_to_who_waits(store: Path) -> None:
    with opened(store, workers=1, wall_seconds=6.0, slow_seconds=3.0, slow_workers=1) as pool:
        light(pool)
        errors: list[PublisherError] = []
        thread = in_thread(pool, SPIN, errors)
        time.sleep(1.5)
        assert pool.statistics()["demoted"] == 0  # nobody needs its place
        assert light(pool) < 0.5
        assert pool.statistics()["demoted"] == 1
        thread.join()
        assert isinstance(errors[0], QueryTimedOut)


def test_a_spare_process_is_kept_while_queries_have_to_wait(store: Path) -> None:
    with opened(store, workers=1, spares=1, wall_seconds=8.0, slow_seconds=0.5, slow_workers=2) as pool:
        pool.start()
        until(lambda: len(pool.idle) == 2)
        errors: list[PublisherError] = []
        threads = [in_thread(pool, SPIN, errors)]
        until(lambda: pool.statistics()["slow"] == 1)
        time.sleep(0.6)
        assert len(pool.idle) == 1  # nobody waited: no start
        threads += [in_thread(pool, SPIN, errors) for _ in range(2)]
        until(lambda: pool.statistics()["slow"] == 2)
        until(lambda: len(pool.idle) + pool.statistics()["running"] == 2)
        for thread in threads:
            thread.join()


def test_a_free_place_goes_to_who_has_least(store: Path) -> None:
    with opened(store, workers=1, wall_seconds=0.5, slow_seconds=0.1, slow_workers=1) as pool:
        light(pool)
        errors: list[PublisherError] = []
        threads = [in_thread(pool, SPIN, errors) for _ in range(8)]
        until(lambda: pool.statistics()["waiting"] > 3)
        begin = time.monotonic()
        pool.run(QueryRequest("ASK {}", JSON, client="another"))
        assert time.monotonic() - begin < 0.8
        assert len(errors) < 4
        for thread in threads:
            thread.join()


def pids(pool: SandboxPool) -> set[int]:
    with pool.lock:
        return {worker.pid for worker in (*pool.idle, *pool.busy)}


def long_query(left: int) -> str:
    """With an answer, after about a second for `left` = 60."""
    return (
        f"SELECT (SUM(STRLEN(?f)) AS ?n) {{ {{ SELECT * {{ ?a <http://e/p> ?c }} LIMIT {left} }} "
        "?d <http://e/p> ?f FILTER(STRLEN(?c) + STRLEN(?f) > 3) }"
    )


def test_a_long_query_starts_no_process(store: Path) -> None:
    """It gives its place to the spare process, comes back as the spare one, and nothing is trimmed."""
    with opened(store, workers=2, spares=1, slow_seconds=0.1, surplus_seconds=0.3) as pool:
        pool.start()
        until(lambda: len(pool.idle) == 3)
        before = pids(pool)
        for number in (60, 61):
            errors: list[PublisherError] = []
            thread = in_thread(pool, long_query(number), errors)
            until(lambda: pool.statistics()["slow"] == 1)
            assert len(pool.idle) == 2  # for the others
            thread.join()
            assert not errors
        time.sleep(0.6)
        assert pids(pool) == before
        assert pool.statistics()["demoted"] == 2
        assert pool.statistics()["started"] == 3


def test_processes_that_long_queries_needed_end_when_nobody_needs_them(store: Path) -> None:
    with opened(store, workers=1, spares=1, slow_seconds=0.1, slow_workers=3, surplus_seconds=1.0) as pool:
        light(pool)
        errors: list[PublisherError] = []
        threads = [in_thread(pool, long_query(90 + n), errors) for n in range(3)]
        until(lambda: pool.statistics()["slow"] == 3)
        until(lambda: len(pool.idle) == 1)  # nobody has to wait for a start
        for thread in threads:
            thread.join()
        assert not errors
        until(lambda: len(pool.idle) > 2)
        found = list(pool.idle)
        end = time.monotonic() + 5
        while len(pool.idle) > 2:
            light(pool)
            recent = pool.idle[-1]
            assert time.monotonic() < end
            time.sleep(0.02)
        gone = [worker for worker in found if worker not in pool.idle]
        assert gone
        assert all(time.monotonic() - worker.idle_since > 1.0 for worker in gone)
        assert recent in pool.idle
        until(lambda: all(worker.ended() for worker in gone))
        time.sleep(1.2)  # however long they are idle, so many stay
        assert len(pool.idle) == 2
        assert light(pool) < 0.3


# Ends from outside


def test_killed_before_the_first_byte_is_retried(store: Path) -> None:
    with opened(store, workers=1) as pool:
        light(pool)
        query = "SELECT (COUNT(*) AS ?n) { ?a <http://e/next> ?c . ?d <http://e/p> ?f FILTER(STRLEN(?f) > 3) }"
        found: list[list[dict[str, dict[str, str]]]] = []
        thread = threading.Thread(target=lambda: found.append(rows(pool, query)))
        thread.start()
        until(lambda: pool.statistics()["running"] == 1)
        time.sleep(0.05)
        os.kill(next(iter(pool.busy)).pid, signal.SIGKILL)
        thread.join()
        assert found[0][0]["n"]["value"] == str(3 * SIZE * SIZE)
        assert pool.statistics()["retried"] == 1


def test_killed_again_is_reported(store: Path) -> None:
    with opened(store, workers=1) as pool:
        light(pool)
        errors: list[PublisherError] = []
        thread = in_thread(pool, SPIN, errors)
        killed: set[int] = set()
        while len(killed) < len(pool.tries()):
            until(lambda: any(w.pid not in killed and w.queries for w in list(pool.busy)))
            for worker in list(pool.busy):
                os.kill(worker.pid, signal.SIGKILL)
                killed.add(worker.pid)
        thread.join()
        assert isinstance(errors[0], QueryInterrupted)


def test_idle_process_killed_is_not_noticed(shared: SandboxPool) -> None:
    light(shared)
    for worker in list(shared.idle):
        os.kill(worker.pid, signal.SIGKILL)
    assert light(shared) < 2.0


def slow_stream(pool: SandboxPool) -> Answer:
    """An answer whose first part has come and whose end is seconds away."""
    answer = pool.run(QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f }", JSON))
    assert answer.complete is None
    return answer


def test_killed_in_the_middle(store: Path) -> None:
    with opened(store) as pool, slow_stream(pool) as answer:
        chunks = answer.chunks()
        next(chunks)
        os.kill(next(iter(pool.busy)).pid, signal.SIGKILL)
        with pytest.raises(QueryInterrupted):
            for _ in chunks:
                pass
        assert light(pool) < 0.5


def test_client_gone_before_the_first_byte(store: Path) -> None:
    with opened(store) as pool:
        light(pool)
        begin = time.monotonic()
        with pytest.raises(QueryCancelled):
            pool.run(QueryRequest(SPIN, JSON), cancelled=lambda: time.monotonic() - begin > 0.3)
        assert time.monotonic() - begin < 0.8
        until(lambda: not pool.busy)


def test_client_gone_in_the_middle(store: Path) -> None:
    with opened(store) as pool:
        with slow_stream(pool) as answer:
            next(answer.chunks())
        until(lambda: not pool.busy, 1.0)
        assert pool.statistics()["streams"] == 0


def test_slow_reader_holds_no_process(store: Path) -> None:
    with opened(store, workers=1) as pool:
        answers = [pool.run(QueryRequest(EXPORT, JSON)) for _ in range(4)]
        for answer in answers:
            assert next(answer.chunks())
        until(lambda: not pool.busy, 15)
        assert light(pool) < 0.3
        for answer in answers:
            assert len(json.loads(b"".join(answer.chunks()))["results"]["bindings"]) == 4 * SIZE * 4
            answer.close()


def test_too_many_streams(store: Path) -> None:
    with opened(store, streams=1) as pool, pool.run(QueryRequest(EXPORT, JSON)):
        with pytest.raises(QueryQueueFull, match="large results"):
            pool.run(QueryRequest(EXPORT, JSON))
        assert light(pool) < 0.5


# No way out


def test_nothing_reaches_the_network(shared: SandboxPool) -> None:
    """Without the guard that refuses such queries: this is the second level."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        there = f"<http://127.0.0.1:{listener.getsockname()[1]}/>"
        for query in (
            f"SELECT * {{ SERVICE {there} {{ ?s ?p ?o }} }}",
            f"SELECT * {{ SERVICE SILENT {there} {{ ?s ?p ?o }} }}",
            f"SELECT * {{ BIND({there} AS ?x) SERVICE ?x {{ ?s ?p ?o }} }}",
            f"ASK {{ FILTER EXISTS {{ SERVICE {there} {{ ?s ?p ?o }} }} }}",
            f"SELECT * FROM {there} {{ ?s ?p ?o }}",
            f"LOAD {there}",
        ):
            with suppress(QueryInvalid):
                shared.run(QueryRequest(query, JSON)).close()
        with pytest.raises(TimeoutError):
            listener.accept()
    assert shared.isolation["seccomp"] == 1


def test_protections_in_force(shared: SandboxPool) -> None:
    light(shared)
    status = Path(f"/proc/{shared.idle[0].pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    limits = Path(f"/proc/{shared.idle[0].pid}/limits").read_text()
    assert "Max address space" in limits


LOCKED_DOWN = """
import encodings.idna, os, socket, subprocess, sys
from pathlib import Path
from publisher.query import lockdown
locked, calling = sys.argv[3] != "None", sys.argv[3] == "True"
before = socket.create_server(("127.0.0.1", 0))
waiting = socket.create_connection(before.getsockname())
done = (True, True)
if locked:
    where = Path(sys.argv[1])
    done = lockdown.confine_files(where, calling=calling), lockdown.deny_system_calls(calling=calling)
def tried(what):
    try:
        what()
        return "yes"
    except OSError:
        return "no"
print(*(bool(d) for d in done))
print("connect", tried(lambda: socket.create_connection(("localhost", int(sys.argv[2])), 5)))
print("listen", tried(lambda: socket.create_server(("127.0.0.1", 0))))
print("accept", tried(before.accept))
print("run", tried(lambda: subprocess.run(["/bin/true"])))
print("read store", tried(lambda: (Path(sys.argv[1]) / "CURRENT").read_bytes()))
print("read others", tried(lambda: Path(sys.argv[4]).read_bytes()))
print("write", tried(lambda: (Path(sys.argv[1]) / "new").write_bytes(b"x")))
"""


@pytest.mark.parametrize("calling", [None, False, True])
def test_what_a_query_process_can_still_do(store: Path, tmp_path: Path, calling: bool | None) -> None:
    """Also one that may call other endpoints: it can connect, and that is all. None: what any process can do."""
    mine = tmp_path / "store"
    shutil.copytree(store, mine)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        command = [sys.executable, "-c", LOCKED_DOWN, str(mine), port, str(calling), __file__]
        printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    isolated, *found = printed.splitlines()
    free = calling is None
    expected = {"connect": free or calling, "listen": free, "accept": free, "run": free, "read store": True}
    if isolated.startswith("True"):  # the kernel confines files
        expected |= {"read others": free, "write": free}
    told = dict(line.rsplit(" ", 1) for line in found)
    assert {name: told[name] == "yes" for name in expected} == expected
    assert isolated.endswith("True")


def test_protections_of_processes_that_call_others(store: Path, shared: SandboxPool) -> None:
    light(shared)
    pool = SandboxPool(store, Limits(), network=True)
    try:
        light(pool)
        assert pool.isolation == shared.isolation
        assert "Seccomp:\t2" in Path(f"/proc/{pool.idle[0].pid}/status").read_text()
    finally:
        pool.close()


# Life


def test_release_switch(store: Path) -> None:
    old = SandboxPool(store, Limits(wall_seconds=5))
    answer = old.run(QueryRequest(EXPORT, JSON))
    pids = [w.pid for w in [*old.idle, *old.busy]]
    old.retire()
    with opened(store) as new:
        light(new)
        assert len(json.loads(b"".join(answer.chunks()))["results"]["bindings"]) == 4 * SIZE * 4
        answer.close()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    with pytest.raises(QueryInterrupted):
        light(old)


def test_missing_store(tmp_path: Path) -> None:
    with opened(tmp_path / "none") as pool, pytest.raises(QueryInterrupted, match="can be started"):
        light(pool)


def test_memory_and_descriptors_of_the_server_stay_flat(store: Path) -> None:
    def descriptors() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    def round_() -> None:
        for _ in range(50):
            light(pool)
        with pool.run(QueryRequest(EXPORT, JSON)) as answer:
            for _ in answer.chunks():
                pass
        with slow_stream(pool) as answer:
            next(answer.chunks())

    with opened(store) as pool:
        for _ in range(3):
            round_()
        until(lambda: len(pool.idle) == 4)
        before, open_before = resident(), descriptors()
        for _ in range(6):
            round_()
        until(lambda: len(pool.idle) == 4)
        assert resident() - before < 20 * MEBI
        assert descriptors() <= open_before + 2
