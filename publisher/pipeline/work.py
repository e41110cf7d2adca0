"""Validation and inference by unit: from the cache where nothing changed, else in processes side by side."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import islice
from typing import Any

from pyoxigraph import RdfFormat, Triple, parse
from rdflib import BNode, Literal, URIRef
from rdflib.term import Node

from publisher.config import Engine
from publisher.errors import BuildFailed, DataInconsistent, PublisherError
from publisher.iris import Iris
from publisher.pipeline.cache import Cache, digest, software
from publisher.pipeline.infer import infer
from publisher.pipeline.load import Loaded, sort_triples
from publisher.pipeline.shacl import Validator
from publisher.pipeline.units import Context, Term, Unit, as_bytes, cut
from publisher.pipeline.validate import Report, Result, Severity

Progress = Callable[[str], None]
"""Called with a line for people when a step begins or ends, and on the way."""

_BYTES = 150
"""Of a triple, on average."""
_WORTH_PROCESSES = 4 << 20
"""Bytes of work below which it is done before processes would have started."""


def processes(jobs: int) -> Executor:
    """The executor of a build on one machine. Its processes end with this one, however it ends."""
    return ProcessPoolExecutor(
        jobs or os.cpu_count(),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_end_with_parent,
        initargs=(os.getpid(),),
    )


def _end_with_parent(parent: int) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@dataclass(frozen=True)
class Job:
    """What a task is called with, made only when it is its turn, and how much that is in bytes, roughly."""

    arguments: Callable[[], tuple[Any, ...]]
    size: int


@dataclass(frozen=True)
class Workshop:
    """Where units are worked on: which engines, what is kept, how many characters a unit has, and who works."""

    engine: Engine = Engine.FAST
    cache: Cache = field(default_factory=Cache)
    unit: int = 1 << 20
    jobs: int = 0
    executor: Callable[[int], Executor] = processes
    progress: Progress = lambda line: None

    def run(self, kind: str, task: Callable[..., bytes], jobs: Mapping[str, Job]) -> dict[str, bytes]:
        """The outcome of `task` for each job by its key, from the cache or worked out and kept.

        A task that raises a `PublisherError` is repeated here, so that it arrives whole. Raises `BuildFailed` if a
        process was ended from outside.
        """
        done = {key: body for key in jobs if (body := self.cache.get(kind, key)) is not None}
        todo = [key for key in jobs if key not in done]
        failed: list[str] = []
        told = time.monotonic()
        for number, (key, body) in enumerate(self._outcomes(task, jobs, todo), 1):
            if body is None:
                failed.append(key)
            else:
                done[key] = body
                self.cache.put(kind, key, body)
            if time.monotonic() - told > 1:
                told = time.monotonic()
                self.progress(f"{kind}: {number} of {len(todo)} units, {len(jobs) - len(todo)} as before")
        if failed:
            _fail(task, (jobs[key].arguments() for key in sorted(failed)))
        return done

    def _outcomes(
        self, task: Callable[..., bytes], jobs: Mapping[str, Job], todo: Sequence[str]
    ) -> Iterator[tuple[str, bytes | None]]:
        if len(todo) < 2 or self.jobs == 1 or sum(jobs[key].size for key in todo) < _WORTH_PROCESSES:
            for key in todo:
                yield key, _guarded(task, jobs[key].arguments())
            return
        left = iter(todo)
        with self.executor(self.jobs) as pool:
            try:
                waiting: dict[Future[bytes | None], str] = {}
                while True:
                    for key in islice(left, 2 * (self.jobs or os.cpu_count() or 1) - len(waiting)):
                        waiting[pool.submit(_guarded, task, jobs[key].arguments())] = key
                    if not waiting:
                        return
                    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                        yield waiting.pop(future), future.result()
            except BrokenExecutor:
                raise BuildFailed(
                    "a process of the build was ended from outside",
                    hint="Often memory ran out: lower unit_kib or jobs. What was done is kept; build again.",
                ) from None


def _fail(task: Callable[..., bytes], failed: Iterable[tuple[Any, ...]]) -> None:
    """Repeat what failed, and raise: all contradictions together, or the first other error."""
    errors: list[DataInconsistent] = []
    for arguments in failed:
        try:
            task(*arguments)
        except DataInconsistent as error:
            errors.append(error)
    parts = [error.message.split("\n") for error in errors]
    lines = sorted({line for part in parts for line in part[1:]})
    raise DataInconsistent("\n".join([parts[0][0], *lines]), hint=errors[0].hint)


def _guarded(task: Callable[..., bytes], arguments: tuple[Any, ...]) -> bytes | None:
    try:
        return task(*arguments)
    except PublisherError:
        return None


def validate_units(loaded: Loaded, mappings: Sequence[Triple], shop: Workshop) -> Report:
    """The same report as on everything at once."""
    shapes, ontology = as_bytes(loaded.shapes.as_parsed()), as_bytes(loaded.ontology.as_parsed())
    units = [Unit("ontology", "", ()), *cut(loaded, mappings, shop.unit)]
    context = Context(units, loaded.shapes.as_parsed())
    common = digest([software(), shop.engine, *(f.text for s in (loaded.shapes, loaded.ontology) for f in s.files)])
    jobs: dict[str, Job] = {}
    keys: list[str] = []

    def arguments(unit: Unit) -> tuple[Any, ...]:
        return shapes, as_bytes(unit.triples), as_bytes(context.of(unit)) + ontology, shop.engine.value

    for unit in units:
        around = as_bytes(context.of(unit))
        keys.append(digest([common, unit.hash, around]))
        jobs[keys[-1]] = Job(partial(arguments, unit), _BYTES * len(unit.triples) + len(around))
    done = shop.run("validate", _validate, jobs)
    kept = (context.keep(_from_json(done[key]), unit) for key, unit in zip(keys, units, strict=True))
    return Report(tuple(sorted({r for report in kept for r in report.results}, key=lambda r: r.key)))


def _validate(shapes: bytes, data: bytes, around: bytes, engine: str) -> bytes:
    return _to_json(_validator(shapes, Engine(engine))(data + around))


@lru_cache(maxsize=2)
def _validator(shapes: bytes, engine: Engine) -> Validator:
    return Validator(shapes, engine)


def infer_units(loaded: Loaded, shop: Workshop) -> tuple[Triple, ...]:
    """What follows from everything at once, sorted.

    What follows in one unit of something that another one mentions is given to that one, until nothing is new.
    """
    ontology = as_bytes(loaded.ontology.triples)
    units = cut(loaded, (), shop.unit)
    context = Context(units)
    common = digest([software(), shop.engine, loaded.iris.base, *(f.text for f in loaded.ontology.files)])
    views = [context.of(unit) for unit in units]
    nodes = [unit.subjects | unit.terms | {t.subject for t in view} for unit, view in zip(units, views, strict=True)]
    given: list[set[Triple]] = [set() for _ in units]
    found: list[set[Triple]] = [set() for _ in units]
    shared = _shared(nodes)
    due = list(range(len(units)))
    while due:
        jobs: dict[str, Job] = {}
        keys: dict[int, str] = {}

        def arguments(i: int) -> tuple[Any, ...]:
            around = as_bytes([*views[i], *sorted(given[i], key=str)])
            return ontology, as_bytes(units[i].triples), around, loaded.iris.base, shop.engine.value

        for i in due:
            around = as_bytes([*views[i], *sorted(given[i], key=str)])
            keys[i] = digest([common, units[i].hash, around])
            jobs[keys[i]] = Job(partial(arguments, i), _BYTES * len(units[i].triples) + len(around))
        done = shop.run("infer", _infer, jobs)
        for i in due:
            found[i] = {q.triple for q in parse(input=done[keys[i]], format=RdfFormat.N_TRIPLES)}
        about: dict[Term, set[Triple]] = defaultdict(set)
        for triples in found:
            for t in triples:
                if t.subject in shared:
                    about[t.subject].add(t)
        due = []
        for i, mine in enumerate(nodes):
            new = {t for node in mine & about.keys() for t in about[node]} - found[i] - given[i]
            if new:
                given[i] |= new
                due.append(i)
    asserted = {*loaded.ontology.triples, *(t for unit in units for t in unit.triples)}
    return sort_triples({t for triples in found for t in triples} - asserted)


def _shared(nodes: Iterable[frozenset[Term] | set[Term]]) -> set[Term]:
    seen: set[Term] = set()
    shared: set[Term] = set()
    for mine in nodes:
        shared |= seen & mine
        seen |= mine
    return shared


def _infer(ontology: bytes, data: bytes, around: bytes, base: str, engine: str) -> bytes:
    triples = [q.triple for part in (data, around) for q in parse(input=part, format=RdfFormat.N_TRIPLES)]
    schema = (q.triple for q in parse(input=ontology, format=RdfFormat.N_TRIPLES))
    return as_bytes(infer(schema, triples, Iris(base), Engine(engine)))


def _to_json(report: Report) -> bytes:
    rows = [
        [_term(r.focus_node), r.path, _term(r.value), r.message, r.severity, r.source_shape, r.component]
        for r in report.results
    ]
    return json.dumps(rows).encode()


def _from_json(body: bytes) -> Report:
    rows = json.loads(body)
    return Report(
        tuple(
            Result(_node(focus), path, _node(value) if value else None, message, Severity(severity), shape, component)
            for focus, path, value, message, severity, shape, component in rows
        )
    )


def _term(node: Node | None) -> list[str | None] | None:
    if node is None:
        return None
    if isinstance(node, Literal):
        return ["literal", str(node), node.language, node.datatype and str(node.datatype)]
    return ["iri" if isinstance(node, URIRef) else "blank", str(node), None, None]


def _node(row: list[str]) -> Node:
    kind, value, language, datatype = row
    if kind == "literal":
        return Literal(value, lang=language, datatype=datatype and URIRef(datatype), normalize=False)
    return URIRef(value) if kind == "iri" else BNode(value)
