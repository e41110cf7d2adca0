"""A row of UCDP GED, read and checked. What cannot be read is refused with a reason; nothing is guessed or
repaired.

Source of the rules: UCDP GED Codebook (https://ucdp.uu.se/downloads/). Dates are days; deaths are people;
coordinates are decimal degrees in WGS 84.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Row
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from publisher.ingest.mapping import Mapping
from publisher.ingest.turtle import short_hash, slug

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T]00:00(?::00(?:\.0+)?)?Z?)?")
_WHOLE = re.compile(r"([+-]?\d+)(?:\.0*)?")
_DECIMAL = re.compile(r"[+-]?\d+(?:\.\d+)?")
_REFERENCE = re.compile(r"(?P<outlet>.*?)\s*,\s*(?P<day>\d{4}-\d{2}-\d{2})\s*,(?P<headline>.*)", re.S)
_OLD_REFERENCE = re.compile(r"[^,;\"/]+,\s*\d{4}-\d{2}-\d{2}\s*,[^;]*", re.S)
DEATHS = ("low", "best", "high", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown")


class RowRefused(Exception):
    """A row that is set aside; the text is the reason, for the curator."""


@dataclass(frozen=True)
class Named:
    """A party, dyad or conflict: UCDP's id ("" if the release has none) and its name."""

    id: str
    name: str

    @property
    def key(self) -> str:
        """The last part of its slug: the id, or a digest of the name."""
        return slug(self.id) if self.id else f"name-{short_hash(self.name)}"


@dataclass(frozen=True)
class Place:
    """A place as coded. Any text may be empty; `point` is (latitude, longitude) as text, or None."""

    name: str
    adm_2: str
    adm_1: str
    country: Named
    point: tuple[str, str] | None


@dataclass(frozen=True)
class Reference:
    """A cited source. Free text of old releases has neither outlet nor day; then `text` is all of it.

    `text` is the headline. It may name victims, so only its digest may leave this program.
    """

    outlet: str
    day: str
    text: str


@dataclass(frozen=True)
class Event:
    """What a row says. Two rows that are equal as events say the same, whatever their file and layout."""

    id: str
    relid: str
    start: str
    end: str
    conflict: Named
    dyad: Named
    side_a: Named
    side_b: Named
    states_a: tuple[str, ...]
    """Gleditsch and Ward numbers of the states on side A; empty if it is none."""
    states_b: tuple[str, ...]
    place: Place
    numbers: dict[str, int]
    """Deaths and codes by column; a column that the release lacks, or a cell that is empty, is not there."""
    code_status: str
    references: tuple[Reference, ...]
    stated_sources: int
    """`number_of_sources`; -1 where UCDP gives free text."""
    source_original: str
    notes: tuple[str, ...] = field(compare=False)
    """What a curator should look at. The row is imported as stated."""

    @cached_property
    def slug(self) -> str:
        """`ucdp-114064`; a text id becomes a slug, with a digest if that would lose something."""
        plain = slug(self.id)
        return f"ucdp-{plain}" if plain == self.id else f"ucdp-{plain}-{short_hash(self.id)}"

    def differences(self, other: Event) -> list[str]:
        """The names of the fields in which two events differ."""
        return [
            name
            for name in type(self).__dataclass_fields__
            if name != "notes" and getattr(self, name) != getattr(other, name)
        ]


def bucket(id_: str) -> str:
    """The file that an event goes into: a thousand numbers each, text ids by their digest."""
    return f"{int(id_) // 1000:04d}" if id_.isdecimal() else f"text-{short_hash(id_)[:2]}"


def read_event(row: Row[str, str], mapping: Mapping) -> Event:
    """Read a row, given as our column names to cells. Raises `RowRefused`."""

    def get(name: str) -> str:
        return row.get(name, "").strip()

    for column in mapping.columns:
        if column.required and not get(column.name):
            raise RowRefused(f"{column.name} is empty")
    start, end = _day(get("date_start"), "date_start"), _day(get("date_end"), "date_end")
    if end < start:
        raise RowRefused(f"date_end {end} is before date_start {start}")
    numbers = _numbers(row, mapping)
    stated = _whole(get("number_of_sources"), "number_of_sources") if get("number_of_sources") else -1
    references, free = read_references(get("source_article"), stated)
    country = Named(_id(get("country_id"), "country_id"), get("country"))
    return Event(
        id=_id(get("id"), "id"),
        relid=get("relid"),
        start=start,
        end=end,
        conflict=Named(_id(get("conflict_id"), "conflict_id"), get("conflict_name")),
        dyad=Named(_id(get("dyad_id"), "dyad_id"), get("dyad_name") or f"{get('side_a')} - {get('side_b')}"),
        side_a=Named(_id(get("side_a_id"), "side_a_id"), get("side_a")),
        side_b=Named(_id(get("side_b_id"), "side_b_id"), get("side_b")),
        states_a=_list(get("gwnoa"), "gwnoa"),
        states_b=_list(get("gwnob"), "gwnob"),
        place=Place(
            get("where_coordinates"),
            get("adm_2"),
            get("adm_1"),
            country,
            _point(get("latitude"), get("longitude")),
        ),
        numbers=numbers,
        code_status=get("code_status"),
        references=references,
        stated_sources=stated,
        source_original=get("source_original"),
        notes=tuple(_notes(numbers, stated, references, free)),
    )


def read_references(text: str, stated: int) -> tuple[tuple[Reference, ...], bool]:
    """The cited sources, and whether the cell was free text.

    The form is `"outlet,YYYY-MM-DD,headline"`, several of them separated by `;`. A headline may hold commas,
    semicolons and quotes: only `";"` separates. Old releases (`stated` below 0) have free text; it is taken apart
    only where all of it has that form without the quotes, `///` between two.
    """
    if not text:
        return (), False
    if stated < 0 and not text.startswith('"'):
        items = [item.strip() for item in text.split("///")]
        if not all(_OLD_REFERENCE.fullmatch(item) for item in items):
            return (Reference("", "", text),), True
    else:
        inner = text[1:-1] if len(text) > 1 and text.startswith('"') and text.endswith('"') else text
        items = re.split(r'"\s*;\s*"', inner)
    return tuple(_reference(item) for item in items), False


def _reference(item: str) -> Reference:
    match = _REFERENCE.fullmatch(item)
    if match and match["outlet"].strip() and not _is_headline(match["outlet"], match["headline"]):
        try:
            day = date.fromisoformat(match["day"]).isoformat()
        except ValueError:
            return Reference("", "", item)
        return Reference(" ".join(match["outlet"].split()), day, match["headline"].strip())
    return Reference("", "", item)


def _is_headline(outlet: str, headline: str) -> bool:
    """Whether a headline stands where the outlet should: the same long text twice."""
    return len(outlet) > 30 and outlet.strip() == headline.strip()


def _day(text: str, name: str) -> str:
    match = _DATE.fullmatch(text)
    if not match:
        raise RowRefused(f"{name} is {text!r}, not a date of the form YYYY-MM-DD, with or without 00:00:00")
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        raise RowRefused(f"{name} is {text!r}, a day that does not exist") from None


def _whole(text: str, name: str) -> int:
    """A whole number, also in the form `645.0`."""
    match = _WHOLE.fullmatch(text)
    if not match:
        raise RowRefused(f"{name} is {text!r}, not a whole number")
    return int(match[1])


def _id(text: str, name: str) -> str:
    """An id as text; `645.0` is 645. Candidate events have ids in letters."""
    if len(text) > 100:
        raise RowRefused(f"{name} is longer than 100 characters")
    match = _WHOLE.fullmatch(text)
    return str(int(match[1])) if match else text


def _list(text: str, name: str) -> tuple[str, ...]:
    parts = [part for part in re.split(r"[,;\s]+", text) if part]
    return tuple(str(_whole(part, name)) for part in parts)


def _point(latitude: str, longitude: str) -> tuple[str, str] | None:
    if not latitude and not longitude:
        return None
    for name, text, limit in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if not _DECIMAL.fullmatch(text):
            raise RowRefused(f"{name} is {text!r}, not a decimal number")
        if abs(float(text)) > limit:
            raise RowRefused(f"{name} is {text}, outside -{limit} to {limit}")
    return _decimal(latitude), _decimal(longitude)


def _decimal(text: str) -> str:
    """The same number written one way: no plus sign, no needless zeros, at least one digit after the point."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text.lstrip("+"))
    whole, _, rest = digits.partition(".")
    number = f"{whole.lstrip('0') or '0'}.{rest.rstrip('0') or '0'}"
    return number if number == "0.0" else sign + number


def _numbers(row: Row[str, str], mapping: Mapping) -> dict[str, int]:
    numbers = {}
    for name in (*DEATHS, *mapping.codes):
        if not (text := row.get(name, "").strip()):
            continue
        number = _whole(text, name)
        if name in DEATHS and number < 0:
            raise RowRefused(f"{name} is {number}, less than nobody")
        if name in mapping.codes and number not in mapping.codes[name]:
            raise RowRefused(f"{name} is {number}, a code that the codebook does not define")
        numbers[name] = number
    return numbers


def _notes(numbers: dict[str, int], stated: int, references: tuple[Reference, ...], free: bool) -> list[str]:
    notes = []
    if not numbers["low"] <= numbers["best"] <= numbers["high"]:
        notes.append("low, best and high are not in this order")
    parts = [numbers[name] for name in DEATHS[3:] if name in numbers]
    if len(parts) == 4 and sum(parts) != numbers["best"]:
        notes.append("best is not the sum of the deaths by group")
    if stated > 0 and stated != len(references):
        notes.append("number_of_sources is not the number of references")
    if free:
        notes.append("source_article is free text and was not taken apart")
    elif any(not reference.outlet for reference in references):
        notes.append("a reference has no outlet or date that can be read")
    return notes
