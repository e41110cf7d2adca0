"""Derivation rules: SPARQL CONSTRUCT files, each explaining itself in its header.

A rule file is `rules/<order>-<id>.rq`. Its header is `# key: text` with continuation lines `#   text`; the keys
are `id`, `title`, `problem` and `example`. Rules run in the order of their file names; each sees the results of
those before it. (Header style after ROBOT's report queries.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from publisher.errors import RuleError, Where
from publisher.iris import Iris
from publisher.vocab import CANONICAL_BASE

KEYS = ("id", "title", "problem", "example")
_NAME = re.compile(r"(\d+)-([a-z0-9-]+)\.rq\Z")


@dataclass(frozen=True)
class Rule:
    """A rule: `query` is its CONSTRUCT text with the base replaced; `file` its name."""

    id: str
    title: str
    problem: str
    example: str
    file: str
    query: str


def read_rules(iris: Iris) -> tuple[Rule, ...]:
    """Every rule of the package, in the order in which they run. Raises `RuleError` for a faulty header."""
    folder = files("publisher") / "rules"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".rq"))
    rules = tuple(parse_rule(name, (folder / name).read_text(encoding="utf-8"), iris) for name in names)
    ids = [rule.id for rule in rules]
    if repeated := {id_ for id_ in ids if ids.count(id_) > 1}:
        raise RuleError(f"two rules are called {', '.join(sorted(repeated))}", hint="Rename one.")
    return rules


def parse_rule(name: str, text: str, iris: Iris) -> Rule:
    """Read the header of one rule file. Raises `RuleError` if a key is missing or unknown, or the name differs."""
    header: dict[str, str] = {}
    key = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#"):
            break
        if match := re.match(r"# ([a-z]+): (.+)", line):
            key = match[1]
            if key not in KEYS or key in header:
                raise RuleError(f"{key!r} is unknown or given twice", where=Where(name, number), hint=_HINT)
            header[key] = match[2].strip()
        elif key and line.startswith("#   "):
            header[key] += " " + line[1:].strip()
        else:
            raise RuleError(f"not a header line: {line}", where=Where(name, number), hint=_HINT)
    if missing := [key for key in KEYS if key not in header]:
        raise RuleError(f"the header lacks {', '.join(missing)}", where=Where(name, 1), hint=_HINT)
    file = _NAME.match(name)
    if file is None or file[2] != header["id"]:
        raise RuleError(
            f"the file name does not fit the id {header['id']!r}",
            where=Where(name),
            hint=f"Name it <order>-{header['id']}.rq.",
        )
    return Rule(**header, file=name, query=text.replace(CANONICAL_BASE, iris.base))


_HINT = f"A header has the lines {', '.join(f'“# {key}: …”' for key in KEYS)}; a text goes on with “#   ”."
