"""Cost of attribution: the rules over n statements on n/8 incidents, in the shape of our data.

    python bench/attribution.py                  # 10,000 and 100,000 statements
    python bench/attribution.py 1000000          # needs about 10 GB
    python bench/attribution.py --rules 20000    # time of each rule as well

Speakers are skewed (few speak often), in four of ten incidents an unnamed source shares an utterance, one in eight
denies, one in fifty supersedes an earlier one. Near-linear means that the time for each statement stays the same.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from publisher.iris import Iris
from publisher.pipeline.attribute import attribute
from publisher.pipeline.rules import read_rules
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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("statements", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument("--rules", action="store_true", help="show the time of each rule")
    arguments = parser.parse_args()
    schema, rules = ontology(), read_rules(IRIS)
    print("| statements | triples given | derived | seconds | microseconds per statement |\n|---|---|---|---|---|")
    for number in arguments.statements:
        given = [*schema, *world(number)]
        times: dict[str, float] = {}
        begin = time.perf_counter()
        derived = attribute(given, rules, IRIS, times)
        seconds = time.perf_counter() - begin
        each = 1e6 * seconds / number
        print(f"| {number:,} | {len(given):,} | {len(derived):,} | {seconds:.1f} | {each:.0f} |", flush=True)
        if arguments.rules:
            for name, spent in sorted(times.items(), key=lambda item: -item[1]):
                print(f"    {spent:8.2f} s  {name}")


if __name__ == "__main__":
    main()
