"""Imports go one way, modules stay small, and there are no globals that change."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent.parent / "publisher"

LAYERS = [
    {"errors"},
    {"config", "vocab"},
    {"iris", "formats"},
    {"releases"},
    {"attribution"},
    {"linking"},
    {"ingest"},
    {"query"},
    {"pipeline"},
    {"web"},
    {"cli"},
]
"""From the bottom up: a module imports only from its own layer or a lower one."""

FORBIDDEN = {
    ("web", "pipeline"): "the web layer reads a release; it never builds",
    ("query", "pipeline"): "queries run on a store, whoever built it",
    ("pipeline", "query"): "the build knows no server",
    ("pipeline", "web"): "the build knows no server",
    ("ingest", "pipeline"): "importers write sources; the build reads them",
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
        found |= {name.split(".")[1] for name in names if name.startswith("publisher.")}
    return found


def part_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    level = {name: i for i, layer in enumerate(LAYERS) for name in layer}
    part = part_of(path)
    if part == "__init__":
        return
    for other in imports_of(path):
        assert level[other] <= level[part], f"{path.name} imports {other} from above"
        assert (part, other) not in FORBIDDEN, FORBIDDEN.get((part, other))


PIPELINE = [
    "sources",
    "lines",
    "locate",
    "load",
    "examples",
    "validate",
    "checks",
    "screen",
    "shacl",
    "reasoner",
    "axioms",
    "closure",
    "infer",
    "cache",
    "work",
    "backwards",
    "units",
    "context",
    "unitwise",
    "rules",
    "voices",
    "attribute",
    "perspectives",
    "clash",
    "policies",
    "worlds",
    "cells",
    "counts",
    "parts",
    "describe",
    "stores",
    "release",
    "build",
]


@pytest.mark.parametrize("path", sorted((PACKAGE / "pipeline").glob("*.py")), ids=lambda p: p.name)
def test_pipeline_steps_import_only_earlier_ones(path: Path) -> None:
    if path.stem == "__init__":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("publisher.pipeline."):
            other = (node.module or "").rsplit(".", 1)[1]
            assert PIPELINE.index(other) < PIPELINE.index(path.stem), f"{path.stem} imports {other}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_no_module_is_called_utils() -> None:
    assert not [path for path in modules() if path.stem in {"utils", "util", "helpers", "misc", "common"}]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_global_state(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.Global), f"{path}:{node.lineno}"
