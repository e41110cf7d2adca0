"""The declared mapping of an importer: `ucdp_ged.toml`, read and checked once.

RML with morph-kgc was considered and not used: it reads a whole table into memory, has no way to set a row aside
with a reason, and rules that depend on the text of a cell would be functions in code again.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Column:
    """A column by our name, and the names that it has had, the one to prefer first."""

    name: str
    names: tuple[str, ...]
    required: bool


@dataclass(frozen=True)
class Part:
    """A column that qualifies a claim. At the value `unless` the triple is left out."""

    column: str
    predicate: str
    unless: int | None


@dataclass(frozen=True)
class Claim:
    """One proposition about each event."""

    slug: str
    label: str
    predicate: str
    aspect: str
    value: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Reading:
    """A rule that finds stances in the words of a source: group of the pattern to (stance, proposition)."""

    id: str
    pattern: re.Pattern[str]
    stances: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class NamedSource:
    """Words that are certainly the name of an outlet."""

    id: str
    pattern: re.Pattern[str]
    outlet: str


@dataclass(frozen=True)
class Rule:
    """What a rule is published as; `patterns` are the regular expressions that it has."""

    id: str
    label: str
    definition: str
    example: str
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class Mapping:
    """The whole mapping; see the comments in the file."""

    source: dict[str, str]
    columns: tuple[Column, ...]
    left_out: dict[str, str]
    codes: dict[str, dict[int, str]]
    claims: tuple[Claim, ...]
    readings: tuple[Reading, ...]
    speakers: tuple[NamedSource, ...]
    news: re.Pattern[str]
    rules: tuple[Rule, ...]


@cache
def ucdp_ged() -> Mapping:
    """The mapping of UCDP GED."""
    text = files("publisher.ingest").joinpath("ucdp_ged.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    patterns: dict[str, list[str]] = {}
    for rule in (*table["reading"], *table["speaker"]):
        patterns.setdefault(rule["id"], []).append(rule["pattern"])
    return Mapping(
        source=table["source"],
        columns=tuple(
            Column(name, tuple(column["names"]), column.get("required", False))
            for name, column in table["columns"].items()
        ),
        left_out=table["left_out"],
        codes={name: {int(k): v for k, v in codes.items()} for name, codes in table["codes"].items()},
        claims=tuple(
            Claim(
                claim["slug"],
                claim["label"],
                claim["predicate"],
                claim["aspect"],
                claim["value"],
                tuple(Part(p["column"], p["predicate"], p.get("unless")) for p in claim["parts"]),
            )
            for claim in table["claim"]
        ),
        readings=tuple(
            Reading(r["id"], re.compile(r["pattern"], re.I), {k: (s, p) for k, (s, p) in r["stances"].items()})
            for r in table["reading"]
        ),
        speakers=tuple(NamedSource(s["id"], re.compile(s["pattern"], re.I), s["outlet"]) for s in table["speaker"]),
        news=re.compile(table["outlets"]["news"]),
        rules=tuple(
            Rule(id_, rule["label"], rule["definition"], rule["example"], tuple(patterns.get(id_, ())))
            for id_, rule in table["rules"].items()
        ),
    )
