"""Who is named as a source in the words of UCDP GED, and what stance a rule can read there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from publisher.ingest.mapping import Mapping

_CUT = re.compile(r"\s*[;\r\n]+\s*")


@dataclass(frozen=True)
class Speaker:
    """Somebody who is named as a source: their words, stance, what it is taken on, and the rules that say so."""

    words: str
    outlet: str | None
    stance: str = "att:reports"
    on: str = "occurred"
    rules: tuple[str, ...] = ()


def read_speakers(text: str, mapping: Mapping) -> list[Speaker]:
    """The speakers in `source_original`, in the order of the text; the rules are in the mapping."""
    parts = [part for part in _CUT.split(text.strip()) if part]
    cut = ("ucdp-cut",) if len(parts) > 1 else ()
    speakers = []
    for part in parts:
        for reading in mapping.readings:
            if match := reading.pattern.fullmatch(part):
                speakers += [
                    _speaker(match[group], mapping, stance, on, (*cut, reading.id))
                    for group, (stance, on) in reading.stances.items()
                ]
                break
        else:
            speakers.append(_speaker(part, mapping, "att:reports", "occurred", cut))
    return speakers


def _speaker(words: str, mapping: Mapping, stance: str, on: str, rules: tuple[str, ...]) -> Speaker:
    words = words.strip()
    for named in mapping.speakers:
        if named.pattern.fullmatch(words):
            return Speaker(words, named.outlet, stance, on, (*rules, named.id))
    return Speaker(words, None, stance, on, rules)
