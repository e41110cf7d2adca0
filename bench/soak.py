"""Light queries while everything goes wrong: faults on some threads, the times of light queries on another.

    python bench/generate.py --store /tmp/store
    python bench/soak.py --store /tmp/store --seconds 60

Prints JSON: what each fault ended with, percentiles of a light query in seconds, memory of this process (the
server's part; the query processes are not in it) at a fifth of the way and at the end. Exit status 1 if the
95th percentile is not below 1 s or the memory grew by more than a tenth.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from publisher.errors import PublisherError
from publisher.query.answer import QueryRequest
from publisher.query.limits import MEBI, Limits
from publisher.query.sandbox import SandboxPool

JSON = "application/sparql-results+json"
ATT = "PREFIX att: <https://w3id.org/attested/ontology#> "
FAULTS = {
    "cross product": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?d) }",
    "order by everything": "SELECT * { ?a ?b ?c } ORDER BY ?c ?b ?a",
    "exploding path": "SELECT * { ?a (<http://e/none>|!<http://e/other>)* ?c . ?c !<http://e/none>* ?d }",
    "one megabyte": "SELECT * { VALUES ?x { " + "1 " * (MEBI // 2) + "} ?a ?b ?x }",
    "deep nesting": "ASK " + "{" * 40_000 + "}" * 40_000,
    "backtracking": 'SELECT * { ?a ?b ?c FILTER(REGEX(CONCAT(STR(?c), "!"), "^.*(a+)+(a|aa)+$")) }',
    "group_concat": "SELECT (GROUP_CONCAT(?c) AS ?n) { ?a ?b ?c . ?d ?b ?f }",
}
EXPORT = "SELECT * { ?s ?p ?o } LIMIT 300000"


class Soak:
    def __init__(self, pool: SandboxPool, seconds: float) -> None:
        self.pool = pool
        self.end = time.monotonic() + seconds
        self.outcomes: dict[str, Counter[str]] = defaultdict(Counter)
        self.times: list[float] = []

    def going(self) -> bool:
        return time.monotonic() < self.end

    def attempt(self, name: str, action: Callable[[], str]) -> None:
        try:
            outcome = action()
        except PublisherError as error:
            outcome = type(error).__name__
        self.outcomes[name][outcome] += 1

    def query(self, text: str, client: str = "attacker") -> str:
        with self.pool.run(QueryRequest(text, JSON, client=client), cancelled=lambda: not self.going()) as answer:
            for _ in answer.chunks():
                pass
        return "answered"

    def faults(self, seed: int) -> None:
        rng = random.Random(seed)
        while self.going():
            name = rng.choice(sorted(FAULTS))
            self.attempt(name, lambda n=name: self.query(FAULTS[n], f"attacker {seed % 2}"))  # type: ignore[misc]

    def cross_products(self) -> None:
        for _ in range(200):
            if self.going():
                self.attempt("cross products in a row", lambda: self.query(FAULTS["cross product"]))

    def slow_reader(self) -> None:
        def read() -> str:
            with self.pool.run(QueryRequest(EXPORT, JSON)) as answer:
                for chunk in answer.chunks():
                    for _ in chunk:
                        time.sleep(1)
                        if not self.going():
                            return "still reading"
            return "answered"

        self.attempt("one byte a second", read)

    def leaver(self) -> None:
        def leave() -> str:
            with self.pool.run(QueryRequest(EXPORT, JSON)) as answer:
                next(answer.chunks())
            return "left in the middle"

        while self.going():
            self.attempt("client goes away", leave)
            time.sleep(0.5)

    def killer(self) -> None:
        while self.going():
            time.sleep(1.5)
            for worker in list(self.pool.busy)[:1]:
                os.kill(worker.pid, signal.SIGKILL)
                self.outcomes["killed from outside"]["done"] += 1

    def light(self) -> None:
        number = 0
        while self.going():
            number += 1
            statement = f"<https://w3id.org/attested/id/statement/s-{number % 5000}-1>"
            begin = time.monotonic()
            query = f"{ATT}SELECT * {{ {statement} att:speaker ?speaker ; att:stance ?stance }} # {number}"
            self.attempt("light", lambda q=query: self.query(q, "light"))  # type: ignore[misc]
            self.times.append(time.monotonic() - begin)
            time.sleep(0.01)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    parser = argparse.ArgumentParser(description="Light queries while everything goes wrong.")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--wall", type=float, default=5, help="limit for one query in seconds")
    arguments = parser.parse_args()
    limits = Limits(
        wall_seconds=arguments.wall, query_chars=2 * MEBI, memory_bytes=600 * MEBI, workers=2, slow_workers=2
    )
    pool = SandboxPool(arguments.store, limits)
    soak = Soak(pool, arguments.seconds)
    actions: list[Callable[[], None]] = [soak.light, soak.cross_products, soak.leaver, soak.killer]
    actions += [soak.slow_reader, soak.slow_reader, *(lambda n=n: soak.faults(n) for n in range(4))]
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    time.sleep(arguments.seconds / 5)
    before = resident()
    for thread in threads:
        thread.join()
    after = resident()
    statistics = pool.statistics()
    pool.close()
    times = sorted(soak.times)
    p95 = times[int(len(times) * 0.95)]
    report = {
        "light": {"count": len(times), "median": times[len(times) // 2], "p95": p95, "max": times[-1]},
        "memory": {"before": before, "after": after},
        "outcomes": {name: dict(counts) for name, counts in sorted(soak.outcomes.items())},
        "pool": statistics,
    }
    print(json.dumps(report, indent=2))
    return 0 if p95 < 1 and after < before * 1.1 else 1


if __name__ == "__main__":
    sys.exit(main())
