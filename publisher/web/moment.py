"""The parameter `asOf`: a day up to which account is taken of what had been said."""

from __future__ import annotations

import re
from datetime import date

from flask import request

from publisher.errors import RequestInvalid

NAME = "asOf"


def requested_day() -> date | None:
    """The day asked for; None if none is. Raises `RequestInvalid` for anything that is not one date."""
    values = request.args.getlist(NAME)
    if not values or values == [""]:
        return None
    if len(values) > 1:
        raise RequestInvalid(f"`{NAME}` is given {len(values)} times", hint="Give one day.")
    return day_of(values[0])


def day_of(text: str) -> date:
    """A date in full, as `2020-08-11`. Raises `RequestInvalid`."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise RequestInvalid(f"`{NAME}` is {text!r}, which is no day", hint="Give a date as YYYY-MM-DD: ?asOf=2020-08-11")


def refuse_day(what: str) -> None:
    """Raises `RequestInvalid` if a day is asked for where it means nothing."""
    if requested_day() is not None:
        raise RequestInvalid(
            f"{what} is not different as of a day",
            hint="`asOf` is for incidents, propositions, perspectives and policies.",
        )


def spoken(day: date) -> str:
    """`11 August 2020`."""
    return f"{day.day} {day:%B %Y}"
