"""Lists of statements on a page that may be long: cut into pages, each of which says what is not on it."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox
from flask import request

from publisher.errors import RequestInvalid
from publisher.web.render import Paging
from publisher.web.statements import POLARITIES, Group, Statements

NAME = "statements"
PER_PAGE = 100
"""Statements on one page."""


class Listing:
    """Takes the lists of a page in their order and keeps of each what is on the page with this number."""

    def __init__(self, rows: Statements, number: int, base: str) -> None:
        """`base` is the address of the first page."""
        self._rows, self._number, self._base = rows, number, base
        self._seen = 0
        self.shown: set[ox.NamedNode] = set()
        """What is on the page, of all lists so far."""

    def add(self, nodes: Iterable[ox.NamedNode], note: str, key: str = "unknown", title: str = "") -> Group | None:
        """One list; None if there is nothing in it."""
        ordered = self._rows.in_order(nodes)
        if not ordered:
            return None
        start, self._seen = self._seen, self._seen + len(ordered)
        low = (self._number - 1) * PER_PAGE
        shown = ordered[max(0, low - start) : max(0, low + PER_PAGE - start)]
        self.shown.update(shown)
        return Group(key, title, note, self._rows.rows(shown), len(ordered), start // PER_PAGE + 1)

    def groups(self, nodes: Iterable[ox.NamedNode]) -> tuple[Group, ...]:
        """A list for each polarity, in a fixed order."""
        found = self._rows.by_polarity(nodes)
        made = (self.add(found.get(key, ()), note, key or "unknown", title) for key, title, note in POLARITIES)
        return tuple(group for group in made if group)

    def paging(self) -> Paging:
        """Where this page is among those of all lists so far."""
        return Paging(self._number, max(1, -(-self._seen // PER_PAGE)), self._seen, self._base, NAME)


def listing_number() -> int:
    """The parameter `statements`, from 1. Raises `RequestInvalid`."""
    text = request.args.get(NAME, "1")
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 8 and int(text) > 0):
        raise RequestInvalid(f"`{NAME}` is {text!r}", hint="Give the number of a page, from 1.")
    return int(text)
