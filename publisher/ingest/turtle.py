"""Turtle that comes out the same for the same triples: sorted, one predicate and object a line, no blank nodes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from publisher.iris import Iris
from publisher.vocab import CANONICAL_BASE

PREFIXES = Iris(CANONICAL_BASE).prefixes()
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HEAD = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())


def literal(text: str, language: str | None = None, datatype: str | None = None) -> str:
    """A literal in Turtle; `datatype` is a prefixed name."""
    body = _CONTROL.sub(lambda m: f"\\u{ord(m[0]):04X}", text.translate(_ESCAPES))
    if language:
        return f'"{body}"@{language}'
    return f'"{body}"^^{datatype}' if datatype else f'"{body}"'


@lru_cache(maxsize=100_000)
def slug(text: str) -> str:
    """A slug that is the same for the same text and, where letters were lost on the way, tells texts apart."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    ascii_ = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
    if letters.isascii():
        return ascii_ or short_hash(text)
    return f"{ascii_}-{short_hash(text)}".strip("-")


def short_hash(*parts: str) -> str:
    """Twelve hex digits (48 bits) of a digest over the parts."""
    return sha256("\x1f".join(parts))[:12]


def sha256(text: str) -> str:
    """SHA-256 of the UTF-8 form, in lower-case hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


class Triples:
    """Triples in Turtle terms, by subject."""

    def __init__(self) -> None:
        self._by_subject: dict[str, set[tuple[str, str]]] = {}

    def add(self, subject: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Add predicates and objects to a subject; `a` stands for rdf:type."""
        self._by_subject.setdefault(subject, set()).update(pairs)

    def __contains__(self, subject: str) -> bool:
        return subject in self._by_subject

    def __len__(self) -> int:
        return sum(len(pairs) for pairs in self._by_subject.values())

    def keys(self) -> list[str]:
        """The subjects, sorted."""
        return sorted(self._by_subject)

    def to_turtle(self, comment: str) -> str:
        """The whole file, with a first line that says what it is."""
        blocks = []
        for subject in self.keys():
            pairs = sorted(self._by_subject[subject], key=lambda pair: (pair[0] != "a", pair))
            blocks.append(f"{subject}\n    " + " ;\n    ".join(f"{p} {o}" for p, o in pairs) + " .\n")
        body = "\n".join(blocks)
        return f"# {comment}\n\n{_HEAD}\n{body}"


def date_literal(start: str, end: str) -> str:
    """An xsd:date for one day, an EDTF interval for more."""
    return literal(start, datatype="xsd:date") if start == end else literal(f"{start}/{end}", datatype="edtf:EDTF")
