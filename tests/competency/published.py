"""The competency questions as example queries: `python -m tests.competency` writes them into `data/examples`.

The folder of a question is where it is written; what a visitor sees is made from it, and a test holds the two
together.
"""

from __future__ import annotations

import re
from pathlib import Path

from publisher.iris import Iris
from publisher.vocab import CANONICAL_BASE

ROOT = Path(__file__).parent.parent.parent
FOLDER = Path(__file__).parent
EXAMPLES = ROOT / "data" / "examples"
_WHERE = re.compile(r" \((?:in|over) [^()]*\)\Z")


def folders() -> list[Path]:
    """One for each question."""
    return sorted(path for path in FOLDER.iterdir() if path.name.startswith("CQ-"))


def example_name(folder: Path) -> str:
    """`competency-04`."""
    return f"competency-{folder.name.removeprefix('CQ-')}"


def published_query(text: str) -> str:
    """The query with the prefixes that it uses, in the order of their names, without the comment above it."""
    body = re.sub(r"\A(?:#[^\n]*\n)+", "", text).strip()
    bare = re.sub(r'"[^"\n]*"', '""', body)
    known = Iris(CANONICAL_BASE).prefixes()
    used = [name for name in known if re.search(rf"(?<![\w:<]){re.escape(name)}:", bare)]
    return "".join(f"PREFIX {name}: <{known[name]}>\n" for name in used) + f"\n{body}\n"


def turtle(folder: Path) -> str:
    """The example file of a question."""
    question = (folder / "question.txt").read_text(encoding="utf-8").strip()
    query = (folder / "query.rq").read_text(encoding="utf-8")
    comment = " ".join(line.lstrip("# ") for line in query.splitlines() if line.startswith("#"))
    rows = (folder / "expected.csv").read_text(encoding="utf-8").strip()
    keywords = ["competency question", folder.name, *([] if rows else ["no rows"])]
    where = found[0].strip(" ()").removeprefix("in ") if (found := _WHERE.search(question)) else ""
    lesson = f"{comment} Asked {'' if where.startswith('over') else 'of '}{where}." if where else comment
    return f"""\
# Made by `python -m tests.competency` from tests/competency/{folder.name}: change it there.
@prefix ex: <{CANONICAL_BASE}examples/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .

ex:{example_name(folder)}
    rdfs:label {_quoted(_WHERE.sub("", question))}@en ;
    rdfs:comment {_quoted(lesson)}@en ;
    schema:keywords {", ".join(_quoted(word) for word in keywords)} ;
    sh:select \"\"\"
{published_query(query).replace(chr(92), chr(92) * 2)}\"\"\" .
"""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
