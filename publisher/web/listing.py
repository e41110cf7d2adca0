"""Lists of statements on a page that may be long: cut into pages, each of which says what is not on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from publisher.errors import NotFound
from publisher.web.http import page_number
from publisher.web.render import Paging
from publisher.web.statements import POLARITIES, Group, Statements

NAME = "statements"
PER_PAGE = 100
"""Statements on one page."""


@dataclass(frozen=True)
class Cut:
    """What of a list is on the page."""

    shown: tuple[ox.NamedNode, ...]
    total: int
    begins: int
    """The page with the first of them."""


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
        cut = self.cut(ordered)
        return Group(key, title, note, self._rows.rows(cut.shown), cut.total, cut.begins)

    def cut(self, ordered: Sequence[ox.NamedNode]) -> Cut:
        """One list that is in its order already."""
        start, self._seen = self._seen, self._seen + len(ordered)
        low = (self._number - 1) * PER_PAGE
        shown = tuple(ordered[max(0, low - start) : max(0, low + PER_PAGE - start)])
        self.shown.update(shown)
        return Cut(shown, len(ordered), start // PER_PAGE + 1)

    def groups(self, nodes: Iterable[ox.NamedNode]) -> tuple[Group, ...]:
        """A list for each polarity, in a fixed order."""
        found = self._rows.by_polarity(nodes)
        made = (self.add(found.get(key, ()), note, key or "unknown", title) for key, title, note in POLARITIES)
        return tuple(group for group in made if group)

    def paging(self) -> Paging:
        """Where this page is among those of all lists so far. Raises `NotFound` if it is not among them."""
        pages = max(1, -(-self._seen // PER_PAGE))
        if self._number > pages:
            raise NotFound(f"there is no page {self._number} of the statements", hint=f"There are {pages}.")
        return Paging(self._number, pages, self._seen, self._base, NAME)


def part_of(number: int) -> str:
    """The parameter for the address of a page; nothing for the first one."""
    return f"{NAME}={number}" if number > 1 else ""


def listing_number() -> int:
    """The parameter `statements`, from 1. Raises `RequestInvalid`."""
    return page_number(NAME)
