"""From terms to what a template shows: text, link, language. Every text is hostile and stays text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import nsmallest

import pyoxigraph as ox

from publisher.query.facts import Facts
from publisher.query.store import Term
from publisher.vocab import XSD
from publisher.web.urls import Links

_RIGHT_TO_LEFT = {"ar", "arc", "ckb", "dv", "fa", "he", "ku-arab", "ps", "sd", "syr", "ug", "ur", "yi"}


@dataclass(frozen=True)
class Item:
    """A term to show. `href` is None if it does not link; `lang` and `dir` are None where English is meant."""

    text: str
    href: str | None = None
    external: bool = False
    lang: str | None = None
    dir: str | None = None
    iri: str = ""


MANY = 2000
"""Things up to which a list is in the order of what they are called; no page is worth looking up more names."""
SHOWN = 200
"""Values of one property on a page; the rest is counted, and the RDF formats have them all."""


@dataclass(frozen=True)
class Field:
    """A property with its values, up to `SHOWN`."""

    property: Item
    values: tuple[Item, ...]
    more: int = 0
    """How many values there are beyond those shown."""


@dataclass(frozen=True)
class Viewer:
    """Makes items from terms, with labels from the data and links from where the reader is."""

    facts: Facts
    links: Links

    def item(self, term: Term) -> Item:
        """A literal as its text; an IRI as its label, linked."""
        if isinstance(term, ox.Literal):
            return literal_item(term)
        if not isinstance(term, ox.NamedNode):
            return Item(str(term))
        label = self.facts.label(term)
        shown = literal_item(label) if label is not None else Item(self.shorten(term.value))
        link = self.links.to(term.value)
        return Item(shown.text, link.href, link.external, shown.lang, shown.dir, term.value)

    def items(self, terms: Iterable[Term]) -> tuple[Item, ...]:
        """Items in the order of their texts."""
        return tuple(sorted((self.item(t) for t in terms), key=lambda i: (i.text.casefold(), i.iri)))

    def shorten(self, iri: str) -> str:
        """`prefix:name` where a prefix fits, else the IRI."""
        best = ""
        for prefix, namespace in self.links.iris.prefixes().items():
            if iri.startswith(namespace) and len(iri) > len(namespace):
                short = f"{prefix}:{iri[len(namespace) :]}"
                best = short if not best or len(short) < len(best) else best
        return best or iri

    def fields(
        self, triples: Iterable[ox.Triple], *, incoming: bool = False, unread: Mapping[ox.NamedNode, int] | None = None
    ) -> tuple[Field, ...]:
        """Triples grouped by property, properties in the order of their labels. So are values, but for very many, which
        are in the order of their names. `unread` are the numbers of further values of properties.
        """
        groups: dict[ox.NamedNode, list[Term]] = {}
        for triple in triples:
            groups.setdefault(triple.predicate, []).append(triple.subject if incoming else triple.object)
        fields = [
            Field(
                self.item(p),
                self.items(nsmallest(SHOWN, values, key=str) if len(values) > MANY else values)[:SHOWN],
                max(0, len(values) - SHOWN) + (unread or {}).get(p, 0),
            )
            for p, values in groups.items()
        ]
        return tuple(sorted(fields, key=lambda f: (f.property.text.casefold(), f.property.iri)))


def literal_item(literal: ox.Literal) -> Item:
    """A literal; booleans in words, foreign languages marked with their direction."""
    text, language = literal.value, literal.language
    if literal.datatype.value == f"{XSD}boolean":
        text = {"true": "yes", "1": "yes", "false": "no", "0": "no"}.get(text, text)
    if not language or language.lower().split("-")[0] == "en":
        return Item(text, dir=None if language else "auto")
    lowered = language.lower()
    rtl = lowered in _RIGHT_TO_LEFT or lowered.split("-")[0] in _RIGHT_TO_LEFT
    return Item(text, lang=language, dir="rtl" if rtl else "ltr")
