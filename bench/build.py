"""Cost of a build: each step, nothing changed, one file changed, and the fast engines against the reference ones.

    python bench/build.py --data data                       # a table; JSON goes to build/bench.json
    python bench/build.py --data FOLDER --json FILE --sample 3

The data are copied. Engines are compared on a sample of units, since the reference takes an hour on all of them; the
results must be equal, or the run fails. `oxigraph` is compared with if it is on the path.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, Store, Variable

from publisher.config import Engine, Settings, load_settings
from publisher.iris import Iris
from publisher.pipeline.build import load_mappings, workshop
from publisher.pipeline.infer import close_ontology, infer
from publisher.pipeline.lines import as_bytes, join_triples, read_triples
from publisher.pipeline.load import load
from publisher.pipeline.shacl import Validator
from publisher.pipeline.unitwise import Survey
from publisher.query.description import describe
from publisher.query.store import EmbeddedStore
from publisher.releases import DUMPS, STORE, current_release
from publisher.vocab import RDF

ROOT = Path(__file__).parent.parent
Row = dict[str, Any]


def build(environ: dict[str, str]) -> Row:
    """Seconds, and for each step its seconds and the most memory of all processes together, in MiB."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "publisher.cli", "build"]
    process = subprocess.Popen(
        command, env=environ, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    peaks: dict[str, int] = {}
    step, lines = ["start"], []

    def watch() -> None:
        while process.poll() is None:
            peaks[step[0]] = max(peaks.get(step[0], 0), memory(process.pid))
            time.sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line)
        if begun := re.match(r"(\w+) …", line):
            step[0] = begun[1]
    process.wait()
    watcher.join()
    row: Row = {"seconds": round(time.perf_counter() - began, 1)}
    if process.returncode:
        sys.exit("".join(lines[-20:]))
    for line in lines:
        if done := re.match(r"(\w+) done in ([\d.]+) s", line):
            row[done[1]] = float(done[2])
            row[f"{done[1]} MiB"] = peaks.get(done[1], 0)
    return row | {"MiB": max(peaks.values(), default=0)}


def memory(pid: int) -> int:
    """MiB of a process and its children that are theirs alone."""
    total, waiting = 0, [pid]
    while waiting:
        one = Path(f"/proc/{waiting.pop()}")
        with contextlib.suppress(OSError):
            found = re.search(r"^Pss_Anon:\s+(\d+)", (one / "smaps_rollup").read_text(encoding="ascii"), re.M)
            total += int(found[1]) if found else 0
            for task in (one / "task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text(encoding="ascii").split()]
    return total >> 10


def timed(task: Callable[[], Any]) -> tuple[Any, float]:
    """A result and the seconds of processor time that it took."""
    began = time.process_time()
    result = task()
    return result, time.process_time() - began


def engines(settings: Settings, sample: int) -> list[Row]:
    """The engines side by side on the largest units."""
    loaded = load(settings)
    shop = workshop(settings)
    survey = Survey(loaded, load_mappings(loaded, shop), shop)
    parsed, context = survey.parsed, survey.context
    shapes, ontology = as_bytes(loaded.shapes.as_parsed()), as_bytes(loaded.ontology.as_parsed())
    close_ontology(as_bytes(loaded.ontology.triples))  # a build does it once, when the ontology has changed
    rows: list[Row] = []
    validators = {engine: Validator(shapes, engine) for engine in Engine}
    for i in sorted(range(len(parsed)), key=lambda i: (-parsed.units[i].size, parsed.units[i].name))[:sample]:
        own = parsed.triples(i)
        data = as_bytes(own) + join_triples(context.view(i)) + ontology
        given = [*own, *read_triples(join_triples(context.descriptions(i)))]
        for name, task in (
            ("SHACL", lambda engine, data=data: validators[engine](data)),
            ("OWL RL", lambda engine, given=given: infer(loaded.ontology.triples, given, loaded.iris, engine)),
        ):
            fast, quick = timed(partial(task, Engine.FAST))
            reference, slow = timed(partial(task, Engine.REFERENCE))
            if fast != reference:
                sys.exit(f"{name} differs on {parsed.units[i].name}")
            rows.append(
                {
                    "what": f"{name}, {Path(parsed.units[i].name).name}",
                    "triples": len(given),
                    "fast": round(quick, 2),
                    "reference": round(slow, 2),
                    "times": round(slow / quick, 1),
                }
            )
    return rows


def _loading(packed: Path) -> Row:
    """Loading the dump at once. It may be published compressed only."""
    row: Row = {}
    loaders = {"load seconds": _load, "oxigraph load seconds": _load_with_oxigraph}
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "attested.nq"
        with gzip.open(packed) as source, dump.open("wb") as file:
            shutil.copyfileobj(source, file)
        for name, load_ in loaders.items():
            with tempfile.TemporaryDirectory() as store:
                began = time.perf_counter()
                if load_(store, dump):
                    row[name] = round(time.perf_counter() - began, 1)
    return row


def _load(store: str, dump: Path) -> bool:
    Store(store).bulk_load(path=str(dump))
    return True


def _load_with_oxigraph(store: str, dump: Path) -> bool:
    found = shutil.which("oxigraph", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found:
        subprocess.run([found, "load", "--location", store, "--file", str(dump)], check=True)
    return found is not None


def serving(settings: Settings) -> Row:
    """Loading and reading the store of the release."""
    release = current_release(settings.releases)
    row: Row = {"triples": sum(g.triples for g in release.graphs) + release.default_triples}
    row |= _loading(release.path / DUMPS / "attested.nq.gz")
    began = time.perf_counter()
    store = EmbeddedStore(release.path / STORE)
    iris = Iris(settings.base_iri)
    row["open seconds"] = round(time.perf_counter() - began, 2)
    quads = store.quads(None, NamedNode(RDF + "type"), NamedNode(iris.att("Statement")))
    nodes = [q.subject for q in islice(quads, 2000) if isinstance(q.subject, NamedNode)]
    began = time.perf_counter()
    for node in nodes:
        describe(store, iris, node)
    row["descriptions per second"] = round(len(nodes) / max(time.perf_counter() - began, 1e-9))
    query = f"SELECT ?s ?who ?what {{ ?s <{iris.att('speaker')}> ?who ; <{iris.att('proposition')}> ?what }}"
    plain = Store.read_only(str(release.path / STORE))
    began = time.perf_counter()
    for node in nodes:
        list(plain.query(query, substitutions={Variable("s"): node}))  # type: ignore[arg-type]
    row["queries per second"] = round(len(nodes) / max(time.perf_counter() - began, 1e-9))
    return row


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--json", type=Path, default=ROOT / "build" / "bench.json")
    parser.add_argument("--sample", type=int, default=1, help="units to compare engines on, the largest first")
    parser.add_argument("--sample-kib", type=int, default=1024, help="size of those units")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(arguments.data, folder / "data")
        mine = {
            "ATTESTED_DATA": str(folder / "data"),
            "ATTESTED_RELEASES": str(folder / "releases"),
            "ATTESTED_CACHE": str(folder / "cache"),
            "ATTESTED_ONTOLOGY": str(ROOT / "ontology"),
            "ATTESTED_SHAPES": str(ROOT / "shapes"),
        }
        environ = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"} | mine
        found: dict[str, Any] = {"processors": os.cpu_count(), "builds": []}
        files = sorted((folder / "data").rglob("events/*.ttl")) or sorted((folder / "data").rglob("evidence.ttl"))
        for what in ("everything", "nothing changed", "one file changed"):
            if what == "one file changed":
                text = files[0].read_text(encoding="utf-8")
                files[0].write_text(text.replace('"@en', ' (revised)"@en', 1), encoding="utf-8")
            row = build(environ)
            triples = current_release(Path(mine["ATTESTED_RELEASES"])).default_triples
            found["builds"].append({"what": what, **row, "triples per second": round(triples / row["seconds"])})
            print(" | ".join(f"{k} {v}" for k, v in found["builds"][-1].items()), flush=True)
        settings = load_settings(None, mine)
        found["store"] = serving(settings)
        found["release"] = current_release(settings.releases).counts
        print(" | ".join(f"{k} {v}" for k, v in found["store"].items()), flush=True)
        found["engines"] = engines(replace(settings, unit_kib=arguments.sample_kib), arguments.sample)
        for row in found["engines"]:
            print(" | ".join(f"{k} {v}" for k, v in row.items()), flush=True)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
