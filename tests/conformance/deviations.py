"""The list of known deviations."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("deviations.toml")


@dataclass(frozen=True)
class Deviation:
    """Tests that fail for one reason. `where`: engine or endpoint."""

    where: str
    reason: str
    tests: tuple[str, ...]


def load_deviations() -> tuple[Deviation, ...]:
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))["deviation"]
    return tuple(Deviation(e["where"], e["reason"].strip(), tuple(e["tests"])) for e in entries)
