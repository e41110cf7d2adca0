"""The competency questions: each a folder with question, query, expected rows and what must not be among them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.competency.published import EXAMPLES, example_name, folders, turtle

QUESTIONS = folders()
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


def test_the_first_set_is_complete_and_there_are_more() -> None:
    assert [folder.name for folder in QUESTIONS] == [f"CQ-{number:02d}" for number in range(1, len(QUESTIONS) + 1)]
    assert len(QUESTIONS) >= 30


@pytest.mark.parametrize("folder", QUESTIONS, ids=lambda path: path.name)
def test_each_question_is_published_as_an_example(folder: Path) -> None:
    """`python -m tests.competency` writes them."""
    published = EXAMPLES / f"{example_name(folder)}.ttl"
    assert published.read_text(encoding="utf-8") == turtle(folder)


def test_no_example_is_left_over() -> None:
    names = {path.stem for path in EXAMPLES.glob("competency-*.ttl")}
    assert names == {example_name(folder) for folder in QUESTIONS}
