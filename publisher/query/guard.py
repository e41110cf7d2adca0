"""What a query is, and whether it may run: no updates, no calls to other endpoints.

The engine evaluates `SERVICE` and has no switch for it, so the keyword is looked for beforehand. The parser of
the engine needs no space around a keyword (`SERVICE:x {`, `SERVICEex:x {` and `trueSERVICE <x> {` are calls),
and `<` may begin an IRI or be the operator. Both are handled here: a name that could be read as a call is
refused, and where `<` can be either, both readings are searched.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from publisher.errors import QueryInvalid, QueryRefused

_TOKEN = re.compile(
    r"""
      (?P<skip>   \s+ | \#[^\n\r]* )
    | (?P<string> \"{3} (?: [^"\\] | \\. | "(?!"") )* \"{3}
                | '{3} (?: [^'\\] | \\. | '(?!'') )* '{3}
                | " (?: [^"\\\n\r] | \\. )* "
                | ' (?: [^'\\\n\r] | \\. )* ' )
    | (?P<iri>    < (?: [^<>"{}|^`\\\x00-\x20] | \\u[0-9A-Fa-f]{4} | \\U[0-9A-Fa-f]{8} )* > )
    | (?P<var>    [?$]\w+ )
    | (?P<lang>   @[A-Za-z]+(?:-[A-Za-z0-9]+)* )
    | (?P<name>   (?P<prefix>[\w.\-]*) : (?: [\w:.\-%] | \\. )* )
    | (?P<word>   \w+ )
    | (?P<other>  \\. | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_OPERANDS = {"string", "iri", "var", "lang", "name", "word"}
_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"}
_BEFORE_GRAPH_NAME = {"GRAPH", "FROM", "NAMED"}


@dataclass(frozen=True)
class Token:
    """A significant token: its kind (a group of `_TOKEN`) and its text."""

    kind: str
    text: str
    prefix: str = ""


_NONE: frozenset[str] = frozenset()


def check(query: str, services: frozenset[str] = _NONE) -> str:
    """The form of the query: SELECT, ASK, CONSTRUCT or DESCRIBE.

    `services` may be called, each written as it is here between `<` and `>`. Raises `QueryRefused` for an update
    and for any other `SERVICE`, `QueryInvalid` if it is no query at all.
    """
    form = _form(query)
    if form in _UPDATES:
        raise QueryRefused(
            f"this is an update ({form}); nothing can be written here",
            hint="Data changes by a new release. Send SELECT, ASK, CONSTRUCT or DESCRIBE.",
        )
    if form not in _FORMS:
        raise QueryInvalid(
            "this is not a SPARQL query: it has no SELECT, ASK, CONSTRUCT or DESCRIBE",
            hint="Example: SELECT * WHERE { ?s ?p ?o } LIMIT 10",
        )
    if calls_service(query, services):
        only = f"only {', '.join(sorted(services))}" if services else "no other endpoint"
        raise QueryRefused(
            f"SERVICE is not available here: this endpoint calls {only}",
            hint="Query the other endpoint yourself and join the results, or send its values with VALUES. "
            "If SERVICE is part of a prefix of yours, rename the prefix.",
        )
    return form


def _form(query: str) -> str:
    """The first keyword after the prologue, in upper case; empty if there is none."""
    for token in _tokens(query):
        if token.kind == "word" and (word := token.text.upper()) not in {"BASE", "PREFIX", "VERSION"}:
            return word
    return ""


def calls_service(query: str, services: frozenset[str] = _NONE) -> bool:
    """Whether any reading of the query could contain a `SERVICE` pattern, but for `services` written in full.

    Escapes like `\\u0053` are decoded first by the grammar (SPARQL 1.1, section 19.2) though not by every
    engine, so both the text as it is and the decoded one are searched.
    """
    if "\\" not in query and "service" not in query.lower():
        return False
    texts = {query, _ESCAPE.sub(_decode, query)}
    return any(_calls_service(text, services) for text in texts)


def _decode(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else match[0]


def _calls_service(text: str, services: frozenset[str]) -> bool:
    """Search every reading; `seen` stops a reading that has met an earlier one."""
    ends = [match.start() for match in re.finditer(r"[\n\r]", text)]
    seen: set[tuple[int, int]] = set()
    starts: list[tuple[int, int, Token | None]] = [(0, 0, None)]
    while starts:
        position, depth, previous = starts.pop()
        suspect: Token | None = None
        while position < len(text) and (suspect or (position, depth) not in seen):
            seen.add((position, depth))
            if text[position] == "#":  # found by bisection: every reading may meet the same long comment
                line = bisect_left(ends, position)
                position = ends[line] if line < len(ends) else len(text)
                continue
            match = _TOKEN.match(text, position)
            if match is None:  # cannot be: `other` takes any character
                break
            kind = _kind(match)
            token = Token(kind, match[0], match["prefix"] or "")
            if kind == "iri" and depth > 0 and _operand(previous) and re.search(r"[#)]", token.text):
                starts.append((position + 1, depth, Token("other", "<")))
            position = match.end()
            if kind == "skip":
                continue
            if suspect and token.text == "{":
                return True
            suspect = None
            if (
                kind == "word"
                and "service" in token.text.lower()
                and (token.text.upper() != "SERVICE" or _target(text, position) not in services)
            ):
                return True
            if kind == "name" and "service" in token.prefix.lower() and not _names_graph(previous):
                suspect = token
            depth = max(0, depth + (token.text == "(") - (token.text == ")"))
            previous = token
    return False


def _target(text: str, position: int) -> str | None:
    """The IRI that stands after `SERVICE` or `SERVICE SILENT`; None for anything else."""
    for token in _tokens(text, position):
        if token.kind == "word" and token.text.upper() == "SILENT":
            continue
        return token.text[1:-1] if token.kind == "iri" else None
    return None


def _operand(token: Token | None) -> bool:
    return token is not None and (token.kind in _OPERANDS or token.text == ")")


def _names_graph(token: Token | None) -> bool:
    return token is not None and token.kind == "word" and token.text.upper() in _BEFORE_GRAPH_NAME


def _kind(match: re.Match[str]) -> str:
    """The group that matched; `lastgroup` is the outermost one that closed last."""
    return match.lastgroup or "other"


def _tokens(text: str, position: int = 0) -> Iterator[Token]:
    for match in _TOKEN.finditer(text, position):
        if (kind := _kind(match)) != "skip":
            yield Token(kind, match[0], match["prefix"] or "")
