"""The SPARQL endpoint beside `oxigraph serve-read-only`, and beside rdflib-endpoint: ratios, measured in pairs.

    python bench/endpoint.py                                  # builds a store of 2.1 million triples, then measures
    python bench/endpoint.py --store DIR --rounds 5 --json result.json
    python bench/endpoint.py --store DIR --rdflib /path/to/venv/bin/rdflib-endpoint

Both servers run on the same store; each round measures one, then the other, and the ratio is taken within the round.
What is printed is the median of the ratios, so that a machine that is slower for a while is so for both. Light
queries are sent by `wrk` (the Debian package) where there is one, else by threads, which take much of the machine
themselves. No result of a light or heavy query is in our cache: each has another LIMIT. The export is measured on
servers freshly started, and once more on those that all the other queries ran on. rdflib-endpoint keeps its data in
memory and takes long to load them, so it gets a smaller store, and so do we beside it. It has two stores: that of
RDFLib in Python, which `rdflib-endpoint serve` takes if nothing is said, and Oxigraph, if oxrdflib is installed too.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from generate import build_store, quads

from publisher.releases import CATALOG, CHECKSUMS, CURRENT, DUMPS, MANIFEST, STORE, Release

ROOT = Path(__file__).parent.parent
JSON = "application/sparql-results+json"
ATT = "PREFIX att: <https://w3id.org/attested/ontology#> "
HEAVY = {
    "speakers of propositions": "SELECT ?who (COUNT(DISTINCT ?p) AS ?n) { ?s att:speaker ?who ; att:proposition ?p } "
    "GROUP BY ?who ORDER BY DESC(?n)",
    "stances on incidents": "SELECT ?x (COUNT(DISTINCT ?i) AS ?n) { ?s att:proposition/att:about ?i ; att:stance ?x } "
    "GROUP BY ?x",
    "statements about incidents": "SELECT ?x (COUNT(*) AS ?n) { ?p att:about ?i . ?s att:proposition ?p ; "
    "att:stance ?x } GROUP BY ?x",
}
EXPORT = "SELECT * { ?s ?p ?o } LIMIT 1000000"
RDFLIB_STORES = {"default": "store Memory of RDFLib, its default", "oxigraph": "store Oxigraph"}
TARGETS = {"light": 0.20, "repeated": 1.0, "heavy": 1.10, "rdflib": 20.0}


class Server:
    """A process that listens; `path` is where it takes queries."""

    def __init__(self, command: list[str], port: int, path: str, environ: dict[str, str] | None = None) -> None:
        self.port, self.path = port, path
        self.process = subprocess.Popen(
            command, env=os.environ | (environ or {}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(6000):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("ASK { ?s ?p ?o }")[2]:
                    return
            time.sleep(0.1)
        raise SystemExit(f"{command[0]} did not start")

    def get(self, query: str, accept: str = JSON) -> tuple[float, float, int]:
        """Seconds to the first byte and to the last, and the number of bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        begin = time.perf_counter()
        connection.request("GET", f"{self.path}?query={quote(query)}", headers={"Accept": accept})
        answer = connection.getresponse()
        if answer.status != 200:
            raise OSError(f"{answer.status} {answer.read(400)!r}")
        size = len(answer.read(1))
        first = time.perf_counter() - begin
        while part := answer.read(1 << 18):
            size += len(part)
        connection.close()
        return first, time.perf_counter() - begin, size

    def memory(self) -> int:
        """Bytes of all its processes, without what the system keeps of the store's files."""
        return sum(self.memories().values())

    def memories(self) -> dict[int, int]:
        """The same for each of its processes, by process id."""
        found: dict[int, int] = {}
        for pid in _tree(self.process.pid):
            with contextlib.suppress(OSError):
                text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
                found[pid] = 1024 * sum(int(kib) for kib in re.findall(r"^Pss_Anon:\s+(\d+)", text, re.M))
        return found

    def workers(self) -> list[int]:
        """The processes that evaluate queries (ours)."""
        found = []
        for pid in _tree(self.process.pid):
            with contextlib.suppress(OSError):
                if b"publisher.query.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
        return found

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def _tree(pid: int) -> list[int]:
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _tree(int(child))
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextlib.contextmanager
def ours(store: Path, folder: Path, **settings: str) -> Iterator[Server]:
    """Our server, with the limits for one client and for long queries out of the way, the rest as it comes."""
    path = folder / "releases" / "bench"
    (path / DUMPS).mkdir(parents=True)
    (path / STORE).symlink_to(store.resolve())
    release = Release(
        id="bench",
        created="2026-01-01T00:00:00Z",
        base_iri="https://w3id.org/attested/",
        version="0",
        default_triples=0,
        graphs=(),
        distributions=(),
        path=path,
    )
    for name, text in ((CATALOG, ""), (CHECKSUMS, ""), (MANIFEST, release.to_json())):
        (path / name).write_text(text, encoding="utf-8")
    (folder / "releases" / CURRENT).symlink_to("bench")
    port = free_port()
    environ = {
        "ATTESTED_RELEASES": str(folder / "releases"),
        "ATTESTED_PORT": str(port),
        "ATTESTED_WORKERS": "2",
        "ATTESTED_QUERY_SECONDS": "120",
        "ATTESTED_QUERY_CPU_SECONDS": "120",
        "ATTESTED_QUERY_PER_CLIENT": "1000",
        "ATTESTED_QUERY_PER_CLIENT_RATE": "1000000",
    }
    environ |= {f"ATTESTED_{name.upper()}": value for name, value in settings.items()}
    server = Server([sys.executable, "-m", "publisher.cli", "serve"], port, "/sparql", environ)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def oxigraph(store: Path) -> Iterator[Server]:
    port = free_port()
    binary = shutil.which("oxigraph") or str(Path(sys.executable).parent / "oxigraph")
    server = Server([binary, "serve-read-only", "-l", str(store), "-b", f"127.0.0.1:{port}"], port, "/query")
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def rdflib_endpoint(binary: str, triples: Path, store: str) -> Iterator[Server]:
    """`store`: default or oxigraph."""
    port = free_port()
    command = [binary, "serve", str(triples), "--host", "127.0.0.1", "--port", str(port), "--store", store]
    server = Server(command, port, "/")
    try:
        yield server
    finally:
        server.stop()


# Measuring
def light(server: Server, seconds: float, *, repeated: bool = False) -> float:
    """Requests a second."""
    if shutil.which("wrk") is None:
        return _threads(server, seconds, repeated)
    command = ["wrk", "-t1", "-c8", f"-d{seconds:g}s", "-s", str(ROOT / "bench" / "light.lua")]
    command += [f"http://127.0.0.1:{server.port}", "--", server.path, *(["fixed"] if repeated else [])]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if wrong := re.search(r"Non-2xx.*", text):
        raise SystemExit(wrong[0])
    found = re.search(r"Requests/sec:\s+([\d.]+)", text)
    return float(found[1]) if found else 0.0


def _threads(server: Server, seconds: float, repeated: bool) -> float:
    """The same without wrk."""
    end, counts = time.monotonic() + seconds, [0] * 8

    def run(number: int) -> None:
        rng = random.Random(number)
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        while time.monotonic() < end:
            n = 7 if repeated else rng.randrange(10**9)
            query = (
                f"{ATT}SELECT * {{ <https://w3id.org/attested/id/statement/s-{n % 9000}-1> att:speaker ?o }} LIMIT {n}"
            )
            connection.request("GET", f"{server.path}?query={quote(query)}", headers={"Accept": JSON})
            connection.getresponse().read()
            counts[number] += 1

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def heavy(server: Server, query: str) -> float:
    """Seconds for two at once, as many as there are cores."""
    times: list[float] = []

    def run() -> None:
        times.append(server.get(f"{ATT}{query} LIMIT {random.randrange(10**6, 10**9)}")[1])

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statistics.median(times)


def export(server: Server) -> dict[str, float]:
    """First byte and all of a million rows, with the most memory that was seen meanwhile."""
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.is_set():
            peak[0] = max(peak[0], server.memory())
            time.sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    first, whole, size = server.get(EXPORT, "text/csv")
    done.set()
    watcher.join()
    return {"first_byte": first, "seconds": whole, "bytes": size, "memory": peak[0]}


def pairs(a: Server, b: Server, rounds: int, measure: Callable[[Server], float]) -> dict[str, float]:
    """Medians of both and of the ratio a/b within each round; who goes first takes turns."""
    return compared([pair(a, b, number, measure) for number in range(rounds)])


def pair(a: Server, b: Server, number: int, measure: Callable[[Server], float]) -> tuple[float, float]:
    """What is measured of both in one round."""
    if number % 2:
        second = measure(b)
        return measure(a), second
    return measure(a), measure(b)


def compared(found: list[tuple[float, float]]) -> dict[str, float]:
    """From the pairs of all rounds."""
    return {
        "ours": statistics.median(x for x, _ in found),
        "theirs": statistics.median(y for _, y in found),
        "ratio": statistics.median(x / y for x, y in found),
        "best": max(x / y for x, y in found),
        "worst": min(x / y for x, y in found),
    }


def heavies(a: Server, b: Server, rounds: int) -> dict[str, dict[str, float]]:
    """Seconds of all heavy queries, by title. They take turns, so that a slow minute of the machine is one for all."""
    found: dict[str, list[tuple[float, float]]] = {title: [] for title in HEAVY}
    for number in range(rounds):
        for title, query in HEAVY.items():
            found[title].append(pair(a, b, number, lambda s, q=query: heavy(s, q)))  # type: ignore[misc]
    return {title: compared(times) for title, times in found.items()}


def light_beside_heavy(server: Server, seconds: float) -> float:
    """Light requests a second while two heavy queries run, each followed by the next; no answer counts as one."""
    done = threading.Event()
    kinds = list(HEAVY.values())

    def keep_busy(number: int) -> None:
        while not done.is_set():
            number += 1
            with contextlib.suppress(OSError):  # stopped for others, or at a limit: the next one
                server.get(f"{ATT}{kinds[number % len(kinds)]} LIMIT {random.randrange(10**6, 10**9)}")

    threads = [threading.Thread(target=keep_busy, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    rate = light(server, seconds)
    done.set()
    for thread in threads:
        thread.join()
    return max(rate, 1 / seconds)


def beside_rdflib(us: Server, slow: Server, name: str, rounds: int, seconds: float) -> dict[str, dict[str, float]]:
    """All but the export, which it does not stream."""
    for server in (us, slow):
        light(server, 1)
    found = {
        "light": pairs(us, slow, rounds, lambda s: light(s, seconds)),
        "repeated": pairs(us, slow, rounds, lambda s: light(s, seconds, repeated=True)),
        "light while heavy ones run": pairs(us, slow, rounds, lambda s: light_beside_heavy(s, seconds)),
    }
    for title, times in heavies(slow, us, rounds).items():
        found[title] = times | {"ours": times["theirs"], "theirs": times["ours"]}  # how many times as long theirs takes
    return {f"rdflib-endpoint ({name}): {title}": figures for title, figures in found.items()}


class Report(dict[str, dict[str, float]]):
    """Figures by title, printed as they come."""

    def __setitem__(self, title: str, figures: dict[str, float]) -> None:
        super().__setitem__(title, figures)
        print(f"{title:100}", "  ".join(f"{name} {value:.4g}" for name, value in figures.items()), flush=True)

    def add(self, found: dict[str, dict[str, float]]) -> None:
        """One after the other."""
        for title, figures in found.items():
            self[title] = figures


def main() -> None:
    parser = argparse.ArgumentParser(description="Our SPARQL endpoint beside others.")
    parser.add_argument("--store", type=Path, help="a store that bench/generate.py made; default: a new one")
    parser.add_argument("--triples", type=int, default=2_100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="for each measurement of light queries")
    parser.add_argument("--rdflib", help="the program rdflib-endpoint, in an environment of its own")
    parser.add_argument("--rdflib-triples", type=int, default=50_000)
    parser.add_argument("--rdflib-stores", nargs="+", choices=RDFLIB_STORES, default=["default"])
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        store = arguments.store
        if store is None:
            store = folder / "store"
            build_store(store, arguments.triples)
        with ours(store, folder / "large") as us, oxigraph(store) as them:
            for server in (us, them):
                light(server, 2)
                for query in HEAVY.values():
                    heavy(server, query)
            n, seconds = arguments.rounds, arguments.seconds
            report["light"] = pairs(us, them, n, lambda s: light(s, seconds))
            report["repeated"] = pairs(us, them, n, lambda s: light(s, seconds, repeated=True))
            report.add({f"heavy: {title}": figures for title, figures in heavies(us, them, 3 * n).items()})
            report["light while heavy ones run"] = pairs(us, them, n, lambda s: light_beside_heavy(s, seconds))
            report["export, after all the rest"] = export(us)
            report["export of oxigraph, after all the rest"] = export(them)
        with ours(store, folder / "fresh") as us:
            report["export, server just started"] = export(us)
        with oxigraph(store) as them:
            report["export of oxigraph, server just started"] = export(them)
        if arguments.rdflib:
            small = folder / "small.nt"
            both = quads(arguments.rdflib_triples, 0)  # each triple, then the same in a graph
            small.write_text("".join(line.partition("\n")[0] + "\n" for line in both), encoding="utf-8")
            build_store(folder / "small", arguments.rdflib_triples)
            for name in arguments.rdflib_stores:
                with (
                    ours(folder / "small", folder / f"beside-{name}") as us,
                    rdflib_endpoint(arguments.rdflib, small, name) as slow,
                ):
                    about = f"{RDFLIB_STORES[name]}, {arguments.rdflib_triples:,} triples"
                    report.add(beside_rdflib(us, slow, about, max(1, n // 2), seconds))
    report["machine"] = {"cores": os.cpu_count() or 0, "load": os.getloadavg()[0]}
    text = json.dumps({"figures": report, "targets": TARGETS}, indent=2)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
