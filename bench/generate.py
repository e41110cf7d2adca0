"""Synthetic data in the shape of ours, of any size: deterministic, streaming, valid N-Quads.

An incident has about 8 statements on a few propositions; speakers are skewed (few speak often), about half
of the statements are relayed, each has evidence in a document. Every triple is in the default graph and in
the named graph of its source, as in a release. Sizes are counted in triples of the default graph.

    python bench/generate.py --triples 2000000 --store /tmp/store     # embedded Oxigraph, bulk loaded
    python bench/generate.py --triples 10000 > sample.nq
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

BASE = "https://w3id.org/attested/"
ATT = BASE + "ontology#"
ID = BASE + "id/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
XSD = "http://www.w3.org/2001/XMLSchema#"
DCTERMS = "http://purl.org/dc/terms/"
OA = "http://www.w3.org/ns/oa#"

SOURCES = 50
SPEAKERS = 2000
PLACES = 500
STATEMENTS = 8
"""Per incident, on average."""
AGENT_TYPES = ("ArmedGroup", "StateForce", "GovernmentBody", "NewsOrganization", "MonitoringOrganization")
STANCES = (
    ("asserts", 25),
    ("reports", 30),
    ("alleges", 8),
    ("claimsResponsibility", 6),
    ("characterises", 4),
    ("deniesOccurrence", 6),
    ("deniesClaim", 5),
    ("notConfirmed", 6),
    ("notVerified", 6),
    ("investigating", 2),
    ("threatens", 2),
)
ASPECTS = ("occurrence", "perpetrator", "target", "place", "time", "casualties", "damage", "means")
PREDICATES = {
    "occurrence": "occurred",
    "perpetrator": "perpetrator",
    "target": "target",
    "place": "location",
    "time": "startedAt",
    "casualties": "killed",
    "damage": "damaged",
    "means": "means",
}
WORDS = tuple(
    word
    for line in (
        "convoy crossing explosion device armed group border patrol base outpost reported claimed denied",
        "ministry spokesman channel footage vehicle damage casualties road supply contractor statement night",
    )
    for word in line.split()
)


def _iri(kind: str, name: str) -> str:
    return f"<{ID}{kind}/{name}>"


def _att(name: str) -> str:
    return f"<{ATT}{name}>"


_TYPE, _LABEL = f"<{RDF}type>", f"<{RDFS}label>"
_BOOLEAN, _INTEGER, _DATE = f"<{XSD}boolean>", f"<{XSD}integer>", f"<{XSD}date>"


def statement_name(incident: int, number: int) -> str:
    """The slug of a statement: every incident has at least numbers 0 to 3."""
    return f"s-{incident}-{number}"


def agents() -> Iterator[tuple[str, str, str]]:
    """Triples on speakers and places, terms in N-Triples syntax."""
    for n in range(SPEAKERS):
        agent = _iri("agent", f"a-{n}")
        yield agent, _TYPE, _att(AGENT_TYPES[n % len(AGENT_TYPES)])
        yield agent, _LABEL, f'"Speaker {n}"@en'
    for n in range(PLACES):
        place = _iri("place", f"p-{n}")
        yield place, _TYPE, _att("Settlement" if n % 5 else "Crossing")
        yield place, _LABEL, f'"Place {n}"@en'


def incident(number: int, seed: int = 0) -> Iterator[tuple[str, str, str]]:
    """All triples on one incident, the same ones for the same number and seed."""
    rng = random.Random(f"{seed}/{number}")
    me = _iri("incident", f"i-{number}")
    day = date(2015, 1, 1) + timedelta(days=rng.randrange(3650))
    yield me, _TYPE, _att("Incident")
    yield me, _TYPE, _att(rng.choice(("ConvoyAttack", "Explosion", "AirStrike", "MissileStrike", "Attack")))
    yield me, _LABEL, f'"Incident {number} near place {rng.randrange(PLACES)}, {day}"@en'
    count = rng.randint(STATEMENTS - 4, STATEMENTS + 4)
    propositions = []
    for n in range(max(2, count // 2)):
        proposition, aspect = _iri("proposition", f"q-{number}-{n}"), ASPECTS[n % len(ASPECTS)]
        propositions.append(proposition)
        yield proposition, _TYPE, _att("Proposition")
        yield proposition, _att("about"), me
        yield proposition, _att("aspect"), _att(aspect)
        yield proposition, f"<{RDF}subject>", me
        yield proposition, f"<{RDF}predicate>", _att(PREDICATES[aspect])
        yield proposition, f"<{RDF}object>", _value(aspect, day, rng)
        yield proposition, _LABEL, f'"{aspect.capitalize()} of incident {number}"@en'
        yield proposition, _att("status"), _att(rng.choice(("uncontested", "contested", "unverified")))
    document = _iri("document", f"d-{number % SOURCES}-{number}")
    yield document, _TYPE, _att("Article")
    yield document, f"<{DCTERMS}issued>", f'"{day}"^^{_DATE}'
    names, weights = zip(*STANCES, strict=True)
    for n in range(count):
        statement = _iri("statement", statement_name(number, n))
        proposition = propositions[0] if n < 2 else rng.choice(propositions)
        speaker = _speaker(rng)
        yield statement, _TYPE, _att("Statement")
        yield statement, _att("speaker"), _iri("agent", f"a-{speaker}")
        yield statement, _att("stance"), _att(rng.choices(names, weights)[0])
        yield statement, _att("proposition"), proposition
        yield statement, _att("statedIn"), document
        yield statement, f"<{DCTERMS}identifier>", f'"S{number}-{n}"'
        yield statement, _LABEL, f'"Speaker {speaker}: {" ".join(rng.choices(WORDS, k=9))}"@en'
        if rng.random() < 0.8:
            yield statement, _att("statedOn"), f'"{day + timedelta(days=n // 3)}"^^{_DATE}'
        if rng.random() < 0.2:
            yield statement, _att("hedged"), f'"true"^^{_BOOLEAN}'
        if n and rng.random() < 0.3:
            yield statement, _att("rebuts"), _iri("statement", statement_name(number, rng.randrange(n)))
        for step in range(1, rng.choice((1, 1, 2, 3))):
            relay = _iri("relay", f"r-{number}-{n}-{step}")
            yield statement, _att("relay"), relay
            yield relay, _TYPE, _att("Relay")
            yield relay, _att("relayer"), _iri("agent", f"a-{_speaker(rng)}")
            yield relay, _att("step"), f'"{step}"^^{_INTEGER}'
        evidence, start = _iri("evidence", f"e-{number}-{n}"), rng.randrange(4000)
        yield statement, _att("evidence"), evidence
        yield evidence, f"<{OA}hasSource>", document
        yield evidence, _att("paragraph"), f'"{n + 1}"^^{_INTEGER}'
        yield evidence, f"<{OA}start>", f'"{start}"^^{_INTEGER}'
        yield evidence, f"<{OA}end>", f'"{start + rng.randrange(20, 300)}"^^{_INTEGER}'


def _speaker(rng: random.Random) -> int:
    return min(int(rng.paretovariate(0.6)) - 1, SPEAKERS * 50) % SPEAKERS


def _value(aspect: str, day: date, rng: random.Random) -> str:
    if aspect in {"occurrence", "damage"}:
        return f'"true"^^{_BOOLEAN}'
    if aspect in {"perpetrator", "target"}:
        return _iri("agent", f"a-{_speaker(rng)}")
    if aspect == "place":
        return _iri("place", f"p-{rng.randrange(PLACES)}")
    if aspect == "time":
        return f'"{day}"^^{_DATE}'
    return f'"{rng.randrange(40)}"^^{_INTEGER}' if aspect == "casualties" else '"roadside device"@en'


def quads(triples: int, seed: int = 0) -> Iterator[str]:
    """N-Quads lines until the default graph has at least `triples` triples; whole incidents only."""
    written = 0
    for number in range(-1, triples):
        graph = f"<{BASE}graph/source-{number % SOURCES}>" if number >= 0 else f"<{BASE}graph/agents>"
        for s, p, o in incident(number, seed) if number >= 0 else agents():
            yield f"{s} {p} {o} .\n{s} {p} {o} {graph} .\n"
            written += 1
        if written >= triples:
            return


class LineStream(io.RawIOBase):
    """A readable binary stream over lines, so that nothing is kept in memory or on disk."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while len(self._rest) < len(buffer):
            block = "".join(line for line, _ in zip(self._lines, range(2000), strict=False)).encode()
            if not block:
                break
            self._rest += block
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def build_store(path: Path, triples: int, seed: int = 0) -> None:
    """Bulk load into a new embedded store at `path`."""
    from pyoxigraph import RdfFormat, Store

    store = Store(str(path))
    stream = io.BufferedReader(LineStream(quads(triples, seed)), 1 << 20)
    store.bulk_load(stream, RdfFormat.N_QUADS, lenient=True)
    store.optimize()
    store.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--triples", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", type=Path, help="new directory; without it N-Quads go to standard output")
    arguments = parser.parse_args()
    if arguments.store is None:
        sys.stdout.writelines(quads(arguments.triples, arguments.seed))
        return
    begin = time.perf_counter()
    build_store(arguments.store, arguments.triples, arguments.seed)
    print(f"{arguments.triples} triples in {time.perf_counter() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
