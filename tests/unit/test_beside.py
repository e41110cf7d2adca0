"""What lies beside the checkout is there whole, or not at all.

Tests that need it are skipped where it is not there. Where it is, as in CI, none of them is skipped for want of a part.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.manifest import SUITES
from tests.data.seed import SHARED
from tests.ingest.conftest import REAL

NEEDED = (
    SHARED / "seed" / "article.txt",
    SHARED / "INVENTORY.md",
    SHARED / "wikidata_links.tsv",
    SUITES,
    REAL / "iraq_1989-2018.csv",
    REAL / "ukraine_2014-2021.csv",
)


@pytest.mark.skipif(not SHARED.is_dir(), reason="nothing is beside the checkout")
@pytest.mark.parametrize("path", NEEDED, ids=lambda path: path.name)
def test_no_part_is_missing(path: Path) -> None:
    assert path.is_relative_to(SHARED)
    assert path.exists()
