"""Derivation rules: SPARQL CONSTRUCT files, each explaining itself in its header.

A rule file is `rules/<order>-<id>.rq`. Its header is `# key: text` with continuation lines `#   text`; the keys
are `id`, `title`, `problem` and `example`. Rules run in the order of their file names; each sees the results of
those before it. (Header style after ROBOT's report queries.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from publisher.attribution.headers import parse_header
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
    header = parse_header(name, text, KEYS)
    file = _NAME.match(name)
    if file is None or file[2] != header["id"]:
        raise RuleError(
            f"the file name does not fit the id {header['id']!r}",
            where=Where(name),
            hint=f"Name it <order>-{header['id']}.rq.",
        )
    return Rule(**header, file=name, query=text.replace(CANONICAL_BASE, iris.base))


def rule_table(rules: Iterable[Rule]) -> str:
    """The rules as a Markdown table, for the documentation."""
    lines = ["| Rule | What it finds | Why | Example |", "|---|---|---|---|"]
    for rule in rules:
        cells = (f"`{rule.id}`", rule.title, rule.problem, rule.example)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"
