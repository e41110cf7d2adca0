"""The competency questions: each a folder with question, query, expected rows and what must not be among them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
QUESTIONS = sorted(path for path in FOLDER.iterdir() if path.name.startswith("CQ-"))
Rows = list[tuple[str, ...]]


def read_rows(file: Path) -> Rows:
    with file.open(encoding="utf-8", newline="") as handle:
        return sorted(tuple(row) for row in csv.reader(handle) if row)


@pytest.mark.parametrize("folder", QUESTIONS, ids=lambda path: path.name)
def test_competency_question(folder: Path, ask: Callable[[str], Rows]) -> None:
    assert (folder / "question.txt").read_text(encoding="utf-8").strip().endswith(("?", ")"))
    rows = ask((folder / "query.rq").read_text(encoding="utf-8"))
    assert rows == read_rows(folder / "expected.csv")
    absent = folder / "absent.csv"
    for unwanted in read_rows(absent) if absent.exists() else []:
        given = [i for i, cell in enumerate(unwanted) if cell]
        assert given
        assert not [row for row in rows if all(row[i] == unwanted[i] for i in given)]
