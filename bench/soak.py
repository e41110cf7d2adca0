"""Light queries over HTTP while everything goes wrong at the same server: two hundred cross products in a row, queries
that sort, join, nest, match and concatenate without measure, clients that read one byte a second or go away, and
query processes killed in the middle of an answer.

    python bench/generate.py --store /tmp/store
    python bench/soak.py --store /tmp/store --json result.json

The server is the one of `publisher serve`, with a short time limit so that two hundred queries that break it pass in
minutes, and a small cache, so that its memory is not that of results. Every client has an address of its own, as a
trusted proxy would report it. Prints JSON: what each fault ended with, percentiles of a light query in seconds, and the
memory of the server processes and of the query processes at a fifth of the way, at most and at the end. Exit status 1
if the 95th percentile is not below 1 s, a light query was not answered, or the memory of the server grew by more than
a tenth.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from endpoint import ATT, JSON, Server, ours

IN_A_ROW = 200
FAULTS = {
    "cross product": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?d) }",
    "order by everything": "SELECT * { ?a ?b ?c } ORDER BY ?c ?b ?a",
    "exploding path": "SELECT * { ?a (<http://e/none>|!<http://e/other>)* ?c . ?c !<http://e/none>* ?d }",
    "one megabyte": "SELECT * { VALUES ?x { " + "1 " * 499_950 + "} ?a ?b ?x }",
    "deep nesting": "ASK " + "{" * 40_000 + "}" * 40_000,
    "backtracking": 'SELECT * { ?a ?b ?c FILTER(REGEX(CONCAT(STR(?c), "!"), "^.*(a+)+(a|aa)+$")) }',
    "group_concat": "SELECT (GROUP_CONCAT(?c) AS ?n) { ?a ?b ?c . ?d ?b ?f }",
}
EXPORT = "SELECT * { ?s ?p ?o } LIMIT 300000"
SETTINGS = {
    "trusted_proxies": "1",
    "query_memory_mib": "600",
    "query_cache_mib": "1",
    "query_per_client": "8",
}
REASONS = (
    "took longer",
    "processor time",
    "memory",
    "too deeply",
    "rows",
    "bytes",
    "others wait",
    "no place",
    "waiting",
)


class Soak:
    def __init__(self, server: Server, seconds: float) -> None:
        self.server = server
        self.seconds = seconds
        self.done = threading.Event()
        self.outcomes: dict[str, Counter[str]] = defaultdict(Counter)
        self.times: list[float] = []
        self.memory: list[tuple[float, int, int]] = []
        """Time, bytes of the server processes, bytes of the query processes."""

    def count(self, name: str, outcome: str) -> None:
        self.outcomes[name][outcome] += 1

    def post(self, query: str, client: str, timeout: float = 60) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=timeout)
        headers = {"Accept": JSON, "Content-Type": "application/sparql-query", "X-Forwarded-For": client}
        connection.request("POST", self.server.path, query.encode(), headers)
        return connection.getresponse()

    def attempt(self, query: str, client: str) -> str:
        """How a query ended, whatever came of it."""
        try:
            answer = self.post(query, client)
            body = b""
            while part := answer.read(1 << 16):
                body = part if answer.status != 200 else b""
        except http.client.IncompleteRead:
            return "broken off"
        except OSError as error:
            return type(error).__name__
        if answer.status == 200:
            return "200"
        detail = str(json.loads(body)["detail"])
        return f"{answer.status} {next((reason for reason in REASONS if reason in detail), detail[:60])}"

    # Faults
    def cross_products(self) -> None:
        for number in range(IN_A_ROW):
            query = f"{FAULTS['cross product']} # {number}"
            self.count("cross products in a row", self.attempt(query, "10.0.0.1"))
        self.done.set()

    def faults(self, seed: int) -> None:
        rng = random.Random(seed)
        while not self.done.is_set():
            for name in rng.sample(sorted(FAULTS), len(FAULTS)):
                if not self.done.is_set():
                    query = f"{FAULTS[name]} LIMIT {rng.randrange(10**6, 10**9)}" if "ASK" not in name else FAULTS[name]
                    self.count(name, self.attempt(query, f"10.0.1.{seed}"))

    def slow_reader(self, number: int) -> None:
        request = f"GET {self.server.path}?query={quote(EXPORT)} HTTP/1.1\r\nHost: x\r\nAccept: {JSON}\r\n"
        while not self.done.is_set():
            with socket.socket() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.settimeout(30)
                connection.connect(("127.0.0.1", self.server.port))
                connection.sendall(f"{request}X-Forwarded-For: 10.0.2.{number}\r\n\r\n".encode())
                read = 0
                with contextlib.suppress(OSError):
                    while not self.done.wait(1) and connection.recv(1):
                        read += 1
            self.count("one byte a second", "still reading" if self.done.is_set() and read else "refused or closed")

    def leaver(self) -> None:
        """Goes before the first byte, and in the middle."""
        for number in range(10**6):
            if self.done.wait(0.4):
                return
            try:
                answer = self.post(EXPORT if number % 2 else FAULTS["cross product"], "10.0.3.1", 0.2 + number % 2)
                answer.read(20_000)
                outcome = "left in the middle" if answer.status == 200 else f"{answer.status}"
                answer.close()
            except TimeoutError:
                outcome = "left before the first byte"
            except OSError as error:
                outcome = type(error).__name__
            self.count("client goes away", outcome)

    def victim(self) -> None:
        """Reads large results, some of whose processes are killed."""
        while not self.done.is_set():
            self.count(
                "large result", self.attempt(f"SELECT * {{ ?s ?p ?o }} LIMIT {10**6 + len(self.times)}", "10.0.4.1")
            )

    def killer(self) -> None:
        """Kills what writes to a spool, which only the process of a streamed result has open."""
        while not self.done.wait(1.5):
            for pid in self.server.workers():
                with contextlib.suppress(OSError):
                    if any("(deleted)" in str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()):
                        os.kill(pid, signal.SIGKILL)
                        self.count("process killed in the middle of an answer", "done")
                        break

    # Who has to go on
    def light(self, seed: int) -> None:
        number = seed * 10**6
        while not self.done.is_set():
            number += 1
            query = f"{ATT}SELECT * {{ <https://w3id.org/attested/id/statement/s-{number % 9000}-1> ?p ?o }} # {number}"
            query = query.replace(" # ", " LIMIT ")
            begin = time.monotonic()
            self.count("light", self.attempt(query, f"10.9.0.{seed}"))
            self.times.append(time.monotonic() - begin)
            time.sleep(0.02)

    def watch(self) -> None:
        begin = time.monotonic()
        while not self.done.wait(1):
            workers = set(self.server.workers())
            memories = self.server.memories()
            inside = sum(value for pid, value in memories.items() if pid in workers)
            self.memory.append((time.monotonic() - begin, sum(memories.values()) - inside, inside))


def at(times: list[float], part: float) -> float:
    return round(times[min(len(times) - 1, int(len(times) * part))], 4)


def main() -> int:
    parser = argparse.ArgumentParser(description="Light queries while everything goes wrong.")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--query-seconds", type=float, default=1.0, help="time limit of a query")
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()
    limit = str(arguments.query_seconds)
    settings = SETTINGS | {"query_seconds": limit, "query_cpu_seconds": limit}
    with tempfile.TemporaryDirectory(prefix="soak-") as name, ours(arguments.store, Path(name), **settings) as server:
        soak = Soak(server, arguments.query_seconds)
        for _ in range(200):
            soak.attempt("ASK {}", "10.9.9.9")
        actions: list[Callable[[], None]] = [soak.cross_products, soak.leaver, soak.victim, soak.killer, soak.watch]
        actions += [lambda n=n: soak.faults(n) for n in range(3)]  # type: ignore[misc]
        actions += [lambda n=n: soak.slow_reader(n) for n in range(4)]  # type: ignore[misc]
        actions += [lambda n=n: soak.light(n) for n in range(2)]  # type: ignore[misc]
        begin = time.monotonic()
        threads = [threading.Thread(target=action) for action in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - begin
    times = sorted(soak.times)
    fifth = next((m for m in soak.memory if m[0] > seconds / 5), soak.memory[-1])
    last = soak.memory[-1]
    report = {
        "seconds": round(seconds, 1),
        "light": {"count": len(times), "median": at(times, 0.5), "p95": at(times, 0.95), "max": times[-1]},
        "server_mib": {
            "in tenths": [m[1] >> 20 for m in soak.memory[:: max(1, len(soak.memory) // 10)]],
            "at a fifth": fifth[1] >> 20,
            "most": max(m[1] for m in soak.memory) >> 20,
            "end": last[1] >> 20,
        },
        "query_mib": {"at a fifth": fifth[2] >> 20, "most": max(m[2] for m in soak.memory) >> 20, "end": last[2] >> 20},
        "outcomes": {name: dict(counts) for name, counts in sorted(soak.outcomes.items())},
    }
    text = json.dumps(report, indent=2)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")
    answered = set(soak.outcomes["light"]) == {"200"}
    return 0 if answered and at(times, 0.95) < 1 and last[1] < fifth[1] * 1.1 else 1


if __name__ == "__main__":
    sys.exit(main())
