"""Candidates for identity between two sources: things that may be the same, for a curator to judge.

Nothing is merged. A candidate is a row of SSSOM with the reason that it was found and a confidence; it counts only once
a curator has moved it into `data/mappings`. Names are compared over all labels and alternative labels; places must also
lie near each other where both have coordinates. Unnamed sources are never candidates: nobody knows who they are.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from publisher.errors import SourceError, Where
from publisher.vocab import RDF, RDFS, SKOS, WGS84

KINDS = ("agent", "place", "event")
NEAR_KM = 25.0
"""Two places of one name that lie further apart are not the same."""
ALIKE = 0.86
"""Ratio of equal letters from which two spellings are taken to be alike."""
_GENERIC = frozenset(
    {"the", "of", "town", "city", "village", "province", "governorate", "district", "oblast", "raion", "nahiya"}
    | {"qada", "army", "forces", "news", "agency", "newswires", "wire", "state"}
)
_AREA = frozenset({"province", "governorate", "district", "oblast", "raion", "nahiya", "qada"})
_STATE = re.compile(r"^(?:government of (?P<a>.+)|(?P<b>.+) \(state\))$", re.I)


@dataclass
class Thing:
    """Something that has names: an agent, place or event of one source."""

    iri: str
    kind: str
    label: str = ""
    names: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Candidate:
    """A pair, and why it may be one thing. `confidence` is a rule of thumb, from 0 to 1."""

    subject: Thing
    object: Thing
    confidence: float
    reason: str


def read_things(folder: Path, base: str) -> list[Thing]:
    """The agents, places and events of the Turtle files below `folder`, by IRI.

    Raises `SourceError` if there are none, or a file is not Turtle.
    """
    things: dict[str, Thing] = {}
    prefix = f"{base}id/"
    for path in sorted(folder.rglob("*.ttl")):
        try:
            for triple in parse(path=str(path), format=RdfFormat.TURTLE):
                if not isinstance(triple.subject, NamedNode) or not triple.subject.value.startswith(prefix):
                    continue
                kind = triple.subject.value[len(prefix) :].split("/")[0]
                if kind in KINDS:
                    thing = things.setdefault(triple.subject.value, Thing(triple.subject.value, kind))
                    _take(thing, triple.predicate.value, triple.object)
        except SyntaxError as error:
            raise SourceError(
                f"Turtle syntax error: {error.msg}", where=Where(str(path), error.lineno), hint="Correct the file."
            ) from None
    named = [thing for _, thing in sorted(things.items()) if thing.label and "UnnamedSource" not in thing.types]
    if not named:
        raise SourceError("nothing with a name is described here", where=Where(str(folder)), hint="Check the path.")
    return named


def _take(thing: Thing, predicate: str, value: object) -> None:
    if predicate == RDF + "type" and isinstance(value, NamedNode):
        thing.types.add(re.split("[#/]", value.value)[-1])
    if not isinstance(value, Literal):
        return
    if predicate in (RDFS + "label", SKOS + "altLabel"):
        thing.names.add(value.value)
        if predicate == RDFS + "label" and (value.language == "en" or not thing.label):
            thing.label = value.value
    elif predicate == WGS84 + "lat":
        thing.latitude = float(value.value)
    elif predicate == WGS84 + "long":
        thing.longitude = float(value.value)


def normalise(name: str) -> str:
    """A name without case, accents, signs and words that many names share; other scripts are kept."""
    if match := _STATE.match(name.strip()):
        return f"state {normalise(match['a'] or match['b'])}"
    plain = "".join(
        c
        for c in unicodedata.normalize("NFKD", re.sub(r"\(.*?\)", " ", name.casefold()))
        if not unicodedata.combining(c)
    )
    words = re.findall(r"\w+", re.sub(r"['’‘`ʿʾ]", "", plain))
    kept = [word for word in words if word not in _GENERIC] or words
    return " ".join(kept)


def initials(name: str) -> str:
    """The first letters of the words of a name, for names of two words and more."""
    words = re.findall(r"\w+", re.sub(r"\(.*?\)", " ", name))
    return "".join(word[0] for word in words).upper() if len(words) > 1 else ""


def find(ours: Iterable[Thing], theirs: Iterable[Thing]) -> Iterator[Candidate]:
    """The candidates between two sources, best first for each thing of `ours`."""
    index: dict[tuple[str, str], dict[str, list[Thing]]] = {}
    for thing in theirs:
        for name in thing.names:
            key = normalise(name)
            if key:
                index.setdefault((thing.kind, key[0]), {}).setdefault(key, []).append(thing)
            for short in (initials(name), name if re.fullmatch(r"[A-Z]{2,6}", name) else ""):
                if short:
                    index.setdefault((thing.kind, "initials"), {}).setdefault(short, []).append(thing)
    for thing in ours:
        found: dict[str, Candidate] = {}
        for candidate in _candidates(thing, index):
            best = found.get(candidate.object.iri)
            if best is None or candidate.confidence > best.confidence:
                found[candidate.object.iri] = candidate
        yield from sorted(found.values(), key=lambda c: (-c.confidence, c.object.iri))


def _candidates(thing: Thing, index: dict[tuple[str, str], dict[str, list[Thing]]]) -> Iterator[Candidate]:
    for name in sorted(thing.names):
        key = normalise(name)
        if not key:
            continue
        for other_key, others in index.get((thing.kind, key[0]), {}).items():
            alike = 1.0 if key == other_key else _alike(key, other_key)
            for other in others if alike else ():
                if other.iri != thing.iri and (km := _distance(thing, other)) <= NEAR_KM:
                    yield Candidate(thing, other, *_judge(thing, other, key, other_key, alike, km))
        if thing.kind == "agent":
            shorts = {name} if re.fullmatch(r"[A-Z]{2,6}", name) else {initials(name)} - {""}
            for short in shorts:
                for other in index.get((thing.kind, "initials"), {}).get(short, ()):
                    is_short = short in other.names or short == name
                    if other.iri != thing.iri and is_short and len(short) > 1:
                        yield Candidate(thing, other, 0.4, f"initials, {short}")


def _judge(thing: Thing, other: Thing, key: str, other_key: str, alike: float, km: float) -> tuple[float, str]:
    """Confidence and reason for two names."""
    reason = f"the same name, {key!r}" if alike == 1 else f"spellings alike, {key!r} and {other_key!r}"
    sure = 0.8 if alike == 1 else 0.5 * alike
    if thing.kind != "place":
        return round(sure, 2), reason
    if km >= 0:
        reason, sure = f"{reason}; {km:.0f} km apart", sure + (0.1 if km < 5 else 0)
    else:
        reason, sure = f"{reason}; not both have coordinates", sure - 0.2
    if _is_area(thing) != _is_area(other):
        reason, sure = f"{reason}; one is an area, the other may be a town", sure - 0.3
    return round(max(sure, 0.1), 2), reason


def _is_area(place: Thing) -> bool:
    words = {word for name in place.names for word in re.findall(r"\w+", name.casefold())}
    return bool(place.types & {"AdministrativeArea", "Country"}) or bool(words & _AREA)


def _alike(one: str, other: str) -> float:
    if abs(len(one) - len(other)) > 3 or min(len(one), len(other)) < 5 or one.startswith("state "):
        return 0.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.quick_ratio() < ALIKE:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= ALIKE else 0.0


def _distance(one: Thing, other: Thing) -> float:
    """Kilometres between two places on the sphere, or -1 if one has no coordinates."""
    if None in (one.latitude, one.longitude, other.latitude, other.longitude):
        return -1.0
    a, b, c, d = (math.radians(x or 0) for x in (one.latitude, one.longitude, other.latitude, other.longitude))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(h)))
