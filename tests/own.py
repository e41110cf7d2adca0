"""Our own data, without what somebody has imported beside them: tests must not depend on that."""

from __future__ import annotations

import shutil
from pathlib import Path

from publisher.pipeline.sources import OWN_FILE

ROOT = Path(__file__).parent.parent


def imports(data: Path) -> set[Path]:
    """Folders below `data` that an import has filled."""
    return {path.parent for path in data.rglob(OWN_FILE)}


def own_files(data: Path, pattern: str) -> list[Path]:
    """Files below `data`, sorted, without those of imports."""
    folders = imports(data)
    return sorted(path for path in data.rglob(pattern) if folders.isdisjoint(path.parents))


def copy_own(data: Path, target: Path) -> Path:
    """A copy of `data` without imports."""
    folders = imports(data)

    def ignore(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if Path(folder, name) in folders]

    shutil.copytree(data, target, ignore=ignore)
    return target


def own_data(scratch: Path) -> Path:
    """The data folder of the project, or a copy below `scratch` if somebody has imported into it."""
    data = ROOT / "data"
    return copy_own(data, scratch / "data") if imports(data) else data
