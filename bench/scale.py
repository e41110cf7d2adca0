"""Makes a large GED file in the shape of real ones: whole rows are repeated, so that the number of statements for each
incident, of sources for each statement, and the skew of places, parties and outlets stay as they are.

    python bench/scale.py 100000 iraq.csv ukraine.csv --out large.csv

Each copy is an event and cites documents of its own; places, parties and outlets are shared, as in the real file.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

STEP = 10_000_000
"""Between the ids of two copies of an event; real ids are far below."""


def rows(files: Sequence[Path]) -> list[dict[str, str]]:
    """The events of the files: rows whose id is a number."""
    found: list[dict[str, str]] = []
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as source:
            found += [row for row in csv.DictReader(source) if (row.get("id") or "").split(".")[0].isdigit()]
    return found


def scaled(given: Sequence[dict[str, str]], number: int) -> Iterator[dict[str, str]]:
    """`number` events: the given ones, then copies in an order that is the same each time."""
    rng = random.Random(1)
    for n in range(number):
        copy, position = divmod(n, len(given))
        row = given[position] if copy == 0 else given[rng.randrange(len(given))]
        if copy == 0:
            yield row
            continue
        changed = dict(row, id=str(STEP * copy + n))
        for name in ("relid", "source_headline", "source_article"):
            if text := changed.get(name):
                changed[name] = text.replace('",', f' {n}",', 1) if '",' in text else f"{text} {n}"
        yield changed


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("number", type=int)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    given = rows(arguments.files)
    columns = list(dict.fromkeys(name for row in given for name in row))
    with arguments.out.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, columns)
        writer.writeheader()
        writer.writerows(scaled(given, arguments.number))


if __name__ == "__main__":
    main()
