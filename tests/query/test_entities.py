"""Entities by the type in their IRIs: each once, whatever its classes, and without those that were withdrawn."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from publisher.iris import Iris
from publisher.query.entities import count_entities, entities_of
from publisher.query.store import EmbeddedStore
from publisher.vocab import RDF

IRIS = Iris("https://w3id.org/attested/")
TYPE = ox.NamedNode(f"{RDF}type")


def is_a(type_: str, slug: str, *classes: str) -> list[ox.Quad]:
    node = ox.NamedNode(IRIS.entity(type_, slug))
    return [ox.Quad(node, TYPE, ox.NamedNode(IRIS.att(name))) for name in classes]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedStore:
    path = tmp_path_factory.mktemp("entities") / "store"
    made = ox.Store(str(path))
    made.extend(
        [
            *is_a("incident", "one", "Attack", "Incident"),
            *is_a("incident", "two", "Incident"),
            *is_a("incident", "gone", "Incident"),
            *is_a("event", "war", "Incident", "Event"),
            *is_a("agent", "untyped"),
        ]
    )
    gone = ox.NamedNode(IRIS.entity("incident", "gone"))
    made.add(ox.Quad(gone, ox.NamedNode(IRIS.att("withdrawnBecause")), ox.Literal("Entered twice.", language="en")))
    elsewhere = ox.NamedNode("http://example.org/id/incident/three")
    made.add(ox.Quad(elsewhere, TYPE, ox.NamedNode(IRIS.att("Incident"))))
    not_default = ox.NamedNode(IRIS.perspective("x"))
    made.add(ox.Quad(ox.NamedNode(IRIS.entity("agent", "told")), TYPE, ox.NamedNode(IRIS.att("Agent")), not_default))
    made.flush()
    del made
    return EmbeddedStore(Path(path))


def test_they_are_counted_by_type(store: EmbeddedStore) -> None:
    assert count_entities(store, IRIS) == {"incident": 2, "event": 1}


def test_those_of_a_type_are_found_once(store: EmbeddedStore) -> None:
    found = list(entities_of(store, IRIS, "incident"))
    assert sorted(node.value for node in found) == [IRIS.entity("incident", slug) for slug in ("one", "two")]
    assert list(entities_of(store, IRIS, "agent")) == []
