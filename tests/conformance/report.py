"""`docs/conformance.md`: what came of the tests, as tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.conformance.deviations import Deviation
from tests.conformance.manifest import ROOT, SUITES, Case
from tests.conformance.results import READERS
from tests.conformance.run import GRAPHS, Outcome

PAGE = ROOT / "docs" / "conformance.md"

_SUITES = {"sparql11": "SPARQL 1.1", "sparql12": "SPARQL 1.2 (a draft; as far as the engine has it)"}
_HEAD = """# Conformance

<!-- Written by `make conformance`; do not edit. -->

The test suites of the W3C for SPARQL ({source}) are sent to `/sparql` of a running server. Each test
has a store of its own. Results of SELECT and ASK are asked for in JSON, XML, CSV and TSV, those of CONSTRUCT in Turtle,
N-Triples, RDF/XML and JSON-LD; a test passes if the result is right in all of them. Blank nodes are compared up to
isomorphism, rows as a multiset and in order where the query orders them, numbers and booleans by datatype and value.

A query without BASE has the address of the endpoint as its base.
"""
_TAIL = """
## Running it

`make test` runs the suites if they are beside the checkout, in `../shared/w3c`. A test that deviates is listed with its
reason in `tests/conformance/deviations.toml`; it has to fail, and every other test has to pass. `make conformance`
(`python -m tests.conformance`) writes this page.
"""


def source() -> str:
    """Where the suites come from."""
    readme = SUITES.parent / "README.md"
    found = re.search(r"commit ([0-9a-f]{40})", readme.read_text(encoding="utf-8"))
    return f"w3c/rdf-tests, commit {found[1][:12]}" if found else "w3c/rdf-tests"


def write(cases: Sequence[Case], outcomes: Iterable[Outcome], deviations: Sequence[Deviation]) -> str:
    """The page."""
    done = {outcome.case.id: outcome for outcome in outcomes}
    parts = [_HEAD.format(source=source())]
    for suite, title in _SUITES.items():
        parts += [f"\n## {title}\n\n", *_areas([case for case in cases if case.suite == suite], done)]
    parts += ["\n## Results by format\n\n", *_formats(done.values())]
    parts += ["\n## Known deviations\n\n", *_deviations(cases, deviations)]
    parts += ["\n## Not applicable\n\n", *_skipped(cases)]
    return "".join([*parts, _TAIL])


def _areas(cases: Sequence[Case], done: dict[str, Outcome]) -> Iterable[str]:
    yield "| area | tests | passed | deviating | not applicable |\n|---|---:|---:|---:|---:|\n"
    total: Counter[str] = Counter()
    for area in sorted({case.area for case in cases}):
        here = [case for case in cases if case.area == area]
        count = Counter("skipped" if case.skip else str(done[case.id].passed) for case in here)
        total += count
        yield _row(area, count)
    yield _row("**all**", total)


def _row(name: str, count: Counter[str]) -> str:
    numbers = (count.total(), count["True"], count["False"], count["skipped"])
    return f"| {name} | {' | '.join(str(number or '') for number in numbers)} |\n"


def _formats(outcomes: Iterable[Outcome]) -> Iterable[str]:
    yield "| format | results | right |\n|---|---:|---:|\n"
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for outcome in outcomes:
        asked.update(outcome.formats)
        right.update(name for name in outcome.formats if name not in outcome.faults)
    for name in (*READERS, *GRAPHS):
        yield f"| `{name}` | {asked[name]} | {right[name]} |\n"
    yield "\nTriple terms are not asked for in CSV and JSON-LD, whose specifications do not have them.\n"


def _deviations(cases: Sequence[Case], deviations: Sequence[Deviation]) -> Iterable[str]:
    yield "| tests | where | reason |\n|---|---|---|\n"
    for deviation in deviations:
        names = "<br>".join(f"`{name}`" for name in deviation.tests)
        yield f"| {names} | {deviation.where} | {' '.join(deviation.reason.split())} |\n"


def _skipped(cases: Sequence[Case]) -> Iterable[str]:
    yield "| tests | areas | reason |\n|---:|---|---|\n"
    for reason in dict.fromkeys(case.skip for case in cases if case.skip):
        here = [case for case in cases if case.skip == reason]
        areas = ", ".join(sorted({case.area for case in here}))
        yield f"| {len(here)} | {areas} | {reason[0].upper()}{reason[1:]} |\n"
