"""What two texts of one query have in common, and whether its answer depends on anything but the data."""

from __future__ import annotations

import re

_PART = re.compile(
    r"""
      (?P<kept> \"{3} (?: [^"\\] | \\. | "(?!"") )* \"{3}
              | '{3} (?: [^'\\] | \\. | '(?!'') )* '{3}
              | " (?: [^"\\\n\r] | \\. )* "
              | ' (?: [^'\\\n\r] | \\. )* '
              | (?P<iri> < [^<>"{}|^`\\\x00-\x20]* > )
              | \\. )
    | (?: \s+ | \#[^\n\r]* )+
    """,
    re.VERBOSE | re.DOTALL,
)
_UNSURE = re.compile(r"[#']")
_VARYING = re.compile(r"(?<![\w?$:])(?:NOW|RAND|UUID|STRUUID|BNODE|SERVICE)(?!\w)", re.IGNORECASE)
_DECLARATION = re.compile(r"\bPREFIX\s+[\w.\-]*:\s*<[^<>\"{}|^`\\()\x00-\x20]*>", re.IGNORECASE)
"""A name in here calls nothing: `PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>`."""
_WORDS = ("now", "rand", "uuid", "bnode", "service")
_FROM = re.compile(r"(?<![\w?$:])FROM(?!\w)", re.IGNORECASE)


class _Unsure(Exception):
    """What looks like an IRI could be the operator `<`."""


def normal_form(query: str) -> str:
    """The query with each run of white space and comments outside of strings and IRIs as one space.

    Never the same for queries that mean different things: where `<` could begin an IRI or be the operator, and
    where characters are escaped, the query is taken as it is.
    """
    if "\\u" in query or "\\U" in query:
        return query

    def replace(match: re.Match[str]) -> str:
        if match["iri"] is not None and _UNSURE.search(match["iri"]) and query.find("(", 0, match.start()) >= 0:
            before = query[: match.start()].rstrip()
            if before and (before[-1].isalnum() or before[-1] in "_)\"'>"):
                raise _Unsure
        return match["kept"] if match["kept"] is not None else " "

    try:
        return _PART.sub(replace, query).strip(" ")
    except _Unsure:
        return query


def varies(query: str) -> bool:
    """Whether the answer may differ from one time to the next. Rather yes than no."""
    lower = query.lower()
    if not any(word in lower for word in _WORDS):
        return False
    return _VARYING.search(_DECLARATION.sub(" ", query)) is not None


def names_dataset(query: str) -> bool:
    """Whether there is a FROM clause. Rather yes than no."""
    return _FROM.search(query) is not None
