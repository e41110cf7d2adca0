"""Where in the Turtle sources a subject, one of its predicates, or a mention of it stands.

A tokenizer (Turtle 1.1, section 6.5) without a grammar: the sources have been parsed before, so that all that
is needed is to tell subjects, predicates and objects apart. It runs only when there is something to report.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urljoin

from publisher.errors import Where
from publisher.vocab import RDF

_LOCAL = r"[\w\-:\u00b7]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_TOKEN = re.compile(
    rf"""
      (?P<space>\s+|\#[^\n\r]*)
    | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
        |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<iri><[^<>\s]*>)
    | (?P<pname>(?:[^\W\d_](?:[\w\-.]*[\w\-])?|_)?:(?:(?:{_LOCAL})(?:{_LOCAL}|\.+(?={_LOCAL}))*)?)
    | (?P<at>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<number>[+-]?(?:\d*\.\d+|\d+\.(?=[eE])|\d+)(?:[eE][+-]?\d+)?)
    | (?P<mark>\^\^|[;,.\[\]()])
    | (?P<word>[A-Za-z]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")


class Token(NamedTuple):
    """A token: its kind (a group name of the pattern, or `other`), its text and the line it starts on."""

    kind: str
    text: str
    line: int


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of a Turtle text without space and comments. What is no token passes as `other`."""
    offset, line = 0, 1
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        kind, found = (match.lastgroup or "other", match.group()) if match else ("other", text[offset])
        if kind != "space":
            yield Token(kind, found, line)
        line += found.count("\n")
        offset += len(found)


@dataclass(frozen=True)
class Mention:
    """An IRI in the role `subject`, `predicate` or `object`; the subject is None inside brackets."""

    role: str
    iri: str
    subject: str | None
    line: int


def mentions(text: str) -> Iterator[Mention]:
    """Every IRI that a Turtle text mentions, in its order and with the role it has there."""
    names = _Names()
    subject: str | None = None
    expect = "subject"
    depth = 0
    stream = tokenize(text)
    for token in stream:
        if depth == 0 and expect == "subject" and names.directive(token, stream):
            continue
        if token.kind == "mark":
            if token.text in "[(":
                depth += 1
            elif token.text in "])":
                depth -= 1
                if depth == 0 and expect == "subject":
                    subject, expect = None, "predicate"
            elif depth == 0 and token.text in ";,.":
                expect = {";": "predicate", ",": "object", ".": "subject"}[token.text]
            continue
        iri = names.resolve(token)
        if depth > 0:
            if iri is not None:
                yield Mention("object", iri, None, token.line)
            continue
        if expect == "subject":
            subject = iri
        if iri is not None:
            yield Mention(expect, iri, subject, token.line)
        if expect != "object":
            expect = "predicate" if expect == "subject" else "object"


class _Names:
    """The prefixes and the base in force."""

    def __init__(self) -> None:
        self._prefixes: dict[str, str] = {}
        self._base = ""

    def directive(self, token: Token, stream: Iterator[Token]) -> bool:
        """Read a directive that starts with `token`, if one does."""
        word = token.text.lower()
        if token.kind == "word" and word in {"prefix", "base"}:
            word = f"@{word}"
        elif token.kind != "at" or word not in {"@prefix", "@base"}:
            return False
        name = next(stream, None) if word == "@prefix" else None
        target = next(stream, None)
        iri = self.resolve(target) if target else None
        if iri is not None and name is not None:
            self._prefixes[name.text.removesuffix(":")] = iri
        elif iri is not None:
            self._base = iri
        if token.kind == "at":
            next(stream, None)  # the full stop
        return True

    def resolve(self, token: Token) -> str | None:
        """The IRI that a token stands for; None for a literal, a blank node or an unknown prefix."""
        if token.kind == "iri":
            iri = _unescape(token.text[1:-1])
            return urljoin(self._base, iri) if self._base and ":" not in iri.split("/")[0] else iri
        if token.kind == "pname":
            prefix, _, local = token.text.partition(":")
            namespace = self._prefixes.get(prefix)
            return None if namespace is None else namespace + _unescape(local)
        return f"{RDF}type" if token.kind == "word" and token.text == "a" else None


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else m[3], text)


class Places:
    """Where the wanted IRIs stand in some sources.

    `files` are pairs of a path and the text that was parsed (with the base in force, not the canonical one,
    if they differ). Only mentions of `wanted` are kept, so that a large source costs time but little memory.
    Earlier files and lines win.
    """

    def __init__(self, files: Iterable[tuple[str, str]], wanted: Collection[str]) -> None:
        wanted = frozenset(wanted)
        self._subjects: dict[str, Where] = {}
        self._predicates: dict[tuple[str, str], Where] = {}
        self._objects: dict[str, Where] = {}
        for path, text in files:
            for mention in mentions(text):
                if mention.iri not in wanted and mention.subject not in wanted:
                    continue
                where = Where(path, mention.line)
                if mention.role == "subject":
                    self._subjects.setdefault(mention.iri, where)
                elif mention.role == "predicate" and mention.subject is not None:
                    self._predicates.setdefault((mention.subject, mention.iri), where)
                elif mention.role == "object" and mention.iri in wanted:
                    self._objects.setdefault(mention.iri, where)

    def find(self, subject: str, predicate: str | None = None) -> Where | None:
        """Where `predicate` first stands in a block of `subject`.

        If it does not: where the first block of `subject` starts; for one that is only mentioned, where it is
        first an object; None if it is nowhere.
        """
        exact = self._predicates.get((subject, predicate)) if predicate is not None else None
        return exact or self._subjects.get(subject) or self._objects.get(subject)


def locate(files: Iterable[tuple[str, str]], subject: str, predicate: str | None = None) -> Where | None:
    """Read `files` for one place, see `Places.find`. For several places make one `Places`."""
    return Places(files, {subject}).find(subject, predicate)
