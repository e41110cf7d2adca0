"""When something was, as far as a date tells: the first and the last day that it can mean.

Dates are compared by the day they name; times of day and their zones are not, since reports give neither with care.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?\Z")


@dataclass(frozen=True)
class Span:
    """From `first` to `last` day, both included; None where the span is open or its end is unknown."""

    first: date | None
    last: date | None


UNKNOWN = Span(None, None)


def span(text: str) -> Span:
    """The days that an xsd:date, xsd:dateTime or EDTF text can mean.

    Uncertain or approximate dates (`?`, `~`, `%`) and what cannot be read have no certain end: `UNKNOWN`. A digit `X`
    stands for any digit. A season means its whole year, since seasons differ between hemispheres.
    """
    if "/" in text:
        start, _, end = text.partition("/")
        return Span(span(start).first, span(end).last)
    text = re.sub(r"(?<=\d)(Z|[+-]\d\d:\d\d)\Z", "", text.partition("T")[0]) if "T" in text else text
    text = re.sub(r"(?<=-\d\d-\d\d)(Z|[+-]\d\d:\d\d)\Z", "", text)
    if re.search(r"[?~%]", text):
        return UNKNOWN
    if "X" in text:
        return _unspecified(text)
    match = _DAY.match(text)
    if match is None:
        return UNKNOWN
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None  # noqa: S101
    if month is not None and 21 <= month <= 24 and day is None:
        month = None
    try:
        first = date(year, month or 1, day or 1)
        last = date(year, month or 12, day or monthrange(year, month or 12)[1])
    except ValueError:
        return UNKNOWN
    return Span(first, last)


def _unspecified(text: str) -> Span:
    parts = text.split("-")
    if not re.fullmatch(r"[\dX]{4}", parts[0]):
        return UNKNOWN
    low, high = parts[0].replace("X", "0"), parts[0].replace("X", "9")
    if "X" in parts[0] or len(parts) == 1 or "X" in parts[1]:
        return Span(span(low).first, span(high).last)
    return span("-".join(parts[:2]))
