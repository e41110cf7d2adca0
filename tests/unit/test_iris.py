"""IRIs: built in one place, and read back."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from publisher.errors import ConfigurationError
from publisher.iris import EntityName, Iris
from publisher.vocab import CANONICAL_BASE

PACKAGE = Path(__file__).parent.parent.parent / "publisher"


def test_entities_round_trip() -> None:
    iris = Iris("http://localhost:8000/")
    iri = iris.entity("place", "jraischan-crossing")
    assert iri == "http://localhost:8000/id/place/jraischan-crossing"
    assert iris.entity_name(iri) == EntityName("place", "jraischan-crossing")
    assert iris.path_of(iri) == "/id/place/jraischan-crossing"
    assert iris.path_of("http://www.wikidata.org/entity/Q796") is None


@pytest.mark.parametrize(
    "tail", ["place/", "place/A", "place/a.ttl", "place/a/b", "planet/a", "place/-a", "place/a--b"]
)
def test_malformed_names_are_not_entities(tail: str) -> None:
    iris = Iris(CANONICAL_BASE)
    assert iris.entity_name(f"{CANONICAL_BASE}id/{tail}") is None
    with pytest.raises(ValueError, match="not the name of an entity"):
        iris.entity(*tail.split("/", 1))


def test_base_must_end_with_a_slash() -> None:
    with pytest.raises(ConfigurationError):
        Iris("https://example.org")


def test_no_other_module_writes_the_canonical_base_into_code() -> None:
    """Only `vocab` and the default of `config` hold it; docstrings and comments do not count."""
    for path in PACKAGE.rglob("*.py"):
        if path.name in {"vocab.py", "config.py"}:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                assert CANONICAL_BASE not in node.value, f"{path.name}:{node.lineno}"
