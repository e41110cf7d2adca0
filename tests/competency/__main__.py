"""Writes the example queries of the competency questions."""

from __future__ import annotations

from tests.competency.published import EXAMPLES, example_name, folders, turtle

for folder in folders():
    (EXAMPLES / f"{example_name(folder)}.ttl").write_text(turtle(folder), encoding="utf-8")
