"""Cost of attribution: rules, perspectives and policies over n statements on n/8 incidents, in the shape of our data.

    python bench/attribution.py                          # 10,000, 100,000 and 1,000,000 statements
    python bench/attribution.py 100000 --json FILE
    python bench/attribution.py --rules 20000            # all at once, with the time of each rule

Speakers are skewed (few speak often), in four of ten incidents an unnamed source shares an utterance, one in eight
denies, one in fifty supersedes an earlier one. Near-linear means that the time for each statement stays the same. The
statements are written to files and worked on as in a build: by cell, in processes.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from publisher.config import load_settings
from publisher.iris import Iris
from publisher.pipeline.attribute import attribute
from publisher.pipeline.cache import Cache
from publisher.pipeline.cells import attribute_cells
from publisher.pipeline.lines import as_bytes
from publisher.pipeline.load import Loaded, load
from publisher.pipeline.rules import read_rules
from publisher.pipeline.units import Unit
from publisher.pipeline.unitwise import INFER, Inferred, Survey
from publisher.pipeline.work import Workshop
from publisher.vocab import CANONICAL_BASE, DCTERMS, OA, RDF, RDFS, XSD

IRIS = Iris(CANONICAL_BASE)
ROOT = Path(__file__).parent.parent
STANCES = (
    "asserts",
    "reports",
    "reports",
    "alleges",
    "claimsResponsibility",
    "deniesClaim",
    "notConfirmed",
    "notVerified",
)
CLAIMS = ("occurred", "target", "target", "perpetrator", "damaged", "location")
STATEMENTS = 8
TRIPLES = 10_000
"""Of a unit."""


def _node(kind: str, name: str) -> NamedNode:
    return NamedNode(f"{IRIS.base}id/{kind}/{name}")


def _att(name: str) -> NamedNode:
    return NamedNode(IRIS.att(name))


TYPE, LABEL = NamedNode(RDF + "type"), NamedNode(RDFS + "label")
SUBJECT, PREDICATE, OBJECT = (NamedNode(RDF + name) for name in ("subject", "predicate", "object"))
YES = Literal("true", datatype=NamedNode(XSD + "boolean"))


def world(statements: int) -> Iterator[Triple]:
    """Triples of `statements` statements; the same for the same number."""
    speakers = max(20, statements // 50)
    for n in range(speakers):
        yield Triple(_node("agent", f"a-{n}"), TYPE, _att("Person" if n % 3 else "UnnamedSource"))
        if n % 20 == 1:
            yield Triple(_node("agent", f"a-{n}"), _att("speaksFor"), _node("agent", f"a-{n - 1}"))
    for i in range(statements // STATEMENTS):
        yield from _incident(i, random.Random(i), speakers)


def _incident(i: int, rng: random.Random, speakers: int) -> Iterator[Triple]:
    me = _node("incident", f"i-{i}")
    yield Triple(me, TYPE, _att("Incident"))
    yield Triple(_node("agent", f"u-{i}"), TYPE, _att("UnnamedSource"))
    base, convoy = _node("place", f"p-{i}"), _node("convoy", f"c-{i}")
    yield Triple(base, TYPE, _att("Place"))
    yield Triple(convoy, TYPE, _att("Convoy"))
    propositions = []
    for n, predicate in enumerate(CLAIMS):
        claim = _node("proposition", f"q-{i}-{n}")
        value = YES if n == 0 else convoy if n == 1 else base if n != 3 else _node("agent", f"a-{n}")
        propositions.append(claim)
        yield Triple(claim, TYPE, _att("Proposition"))
        yield Triple(claim, LABEL, Literal(f"{predicate} {n} of incident {i}", language="en"))
        yield Triple(claim, SUBJECT, me)
        yield Triple(claim, PREDICATE, _att(predicate))
        yield Triple(claim, OBJECT, value)
    for n in range(STATEMENTS):
        statement, evidence = _node("statement", f"s-{i}-{n}"), _node("evidence", f"s-{i}-{n}")
        speaker = min(int(rng.paretovariate(0.8)) - 1, speakers * 9) % speakers
        yield Triple(statement, TYPE, _att("Statement"))
        yield Triple(statement, LABEL, Literal(f"Statement {n} on incident {i}", language="en"))
        # The last one is by an unnamed source, a node of its own, as in a report that copies another.
        name = f"u-{i}" if n == STATEMENTS - 1 else f"a-{speaker}"
        yield Triple(statement, _att("speaker"), _node("agent", name))
        yield Triple(statement, _att("stance"), _att(STANCES[rng.randrange(len(STANCES))]))
        yield Triple(statement, _att("proposition"), rng.choice(propositions))
        yield Triple(statement, _att("evidence"), evidence)
        yield Triple(evidence, NamedNode(OA + "hasSource"), _node("document", f"d-{i}-{n % 3}"))
        if n and rng.random() < 0.02:
            yield Triple(statement, _att("supersedes"), _node("statement", f"s-{i}-{n - 1}"))
    for n in range(3):
        yield Triple(_node("document", f"d-{i}-{n}"), NamedNode(DCTERMS + "publisher"), _node("agent", f"a-{n}"))
    if rng.random() < 0.4:
        one, other = (_node("statement", f"s-{i}-{n}") for n in (STATEMENTS - 1, 1))
        yield Triple(one, _att("sameUtterance"), other)


def ontology() -> list[Triple]:
    files = sorted((ROOT / "ontology").glob("*.ttl"))
    return [quad.triple for file in files for quad in parse(path=str(file), format=RdfFormat.TURTLE)]


def write(statements: int, folder: Path) -> list[Unit]:
    """The world in files, each a unit. Incidents come after the speakers that they share."""
    units: list[Unit] = []
    held: list[Triple] = []

    def close() -> None:
        path = folder / f"{len(units):05}.ttl"
        path.write_bytes(as_bytes(held))
        units.append(Unit(str(path), IRIS.graph("bench"), path.stem + str(statements), path.stat().st_size, (path,)))
        held.clear()

    incident = None
    for t in world(statements):
        starts = t.predicate == TYPE and t.object == _att("Incident")
        if starts and (incident is None or len(held) > TRIPLES):
            close()
        incident = t.subject if starts else incident
        held.append(t)
    close()
    return units


def measure(statements: int, loaded: Loaded) -> dict[str, float]:
    """Seconds of each step. What OWL adds is left out: here all kinds are given."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "files").mkdir()
        units = write(statements, Path(name) / "files")
        shop = Workshop(cache=Cache(Path(name) / "cache"))
        began = time.perf_counter()
        survey = Survey(loaded, (), shop, units)
        parsed = time.perf_counter()
        for i in range(len(units)):
            shop.cache.put(f"{INFER.name}-triples", str(i), b"")
        attributed = attribute_cells(survey, Inferred([str(i) for i in range(len(units))], shop, {}))
        done = time.perf_counter()
        derived = sum(attributed.derived(i).count(b"\n") for i in range(len(attributed.cells)))
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "statements": statements,
        "cells": len(attributed.cells),
        "derived": derived,
        "parse": round(parsed - began, 1),
        "attribute": round(done - parsed, 1),
        "ms per statement": round(1000 * (done - parsed) / statements, 3),
        "MiB": peak >> 10,
    }


def by_rule(statements: int) -> None:
    """The time of each rule over everything at once."""
    times: dict[str, float] = {}
    attribute([*ontology(), *world(statements)], read_rules(IRIS), IRIS, times)
    for name, spent in sorted(times.items(), key=lambda item: -item[1]):
        print(f"{spent:8.2f} s  {name}")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("statements", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rules", type=int, help="show the time of each rule over so many statements, and end")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.rules:
        by_rule(arguments.rules)
        return
    settings = load_settings(None, {}, ontology=ROOT / "ontology", shapes=ROOT / "shapes", data=ROOT / "data")
    loaded = load(settings)
    rows = []
    for number in arguments.statements:
        rows.append(measure(number, loaded))
        print(" | ".join(f"{name} {value:,}" for name, value in rows[-1].items()), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
