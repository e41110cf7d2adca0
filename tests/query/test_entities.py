"""Entities by the type in their IRIs, whose class they have: each once, and without those that were withdrawn."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pyoxigraph as ox
import pytest

from publisher.iris import Iris
from publisher.query.entities import count_class, count_entities, entities_of, some_entities
from publisher.query.store import EmbeddedStore
from publisher.releases import STORE, Release
from publisher.vocab import RDF
from publisher.web.pages import LISTS

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
            *is_a("agent", "other", "Place"),
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


def test_some_of_a_type_are_found_by_its_class_without_those_of_another(store: EmbeddedStore) -> None:
    listed = count_class(store, IRIS, "incident")
    assert listed == 4  # with the event, which is an incident too, and the one elsewhere
    pages = [[node.value for node in some_entities(store, IRIS, "incident", start, 1)] for start in range(listed)]
    assert all(len(page) <= 1 for page in pages)
    assert sorted(chain.from_iterable(pages)) == [IRIS.entity("incident", slug) for slug in ("one", "two")]


@pytest.mark.parametrize("type_", sorted(LISTS.values()))
def test_in_our_data_what_is_counted_is_listed(release: Release, type_: str) -> None:
    store = EmbeddedStore(release.path / STORE)
    every = {node.value for node in entities_of(store, IRIS, type_)}
    assert len(every) == (release.listed or {}).get(type_, 0)
    number = count_class(store, IRIS, type_)
    assert sorted(node.value for node in some_entities(store, IRIS, type_, 0, number)) == sorted(every)


def test_in_our_data_only_who_made_the_vocabulary_has_not_the_class_of_its_type(release: Release) -> None:
    store = EmbeddedStore(release.path / STORE)
    typed = {q.subject.value for q in store.quads(None, TYPE) if isinstance(q.subject, ox.NamedNode)}
    withdrawn = ox.NamedNode(IRIS.att("withdrawnBecause"))
    typed -= {q.subject.value for q in store.quads(None, withdrawn) if isinstance(q.subject, ox.NamedNode)}
    found = {type_: {n.value for n in entities_of(store, IRIS, type_)} for type_ in LISTS.values()}
    lacking = [
        iri for iri in typed if (name := IRIS.entity_name(iri)) and name.type in found and iri not in found[name.type]
    ]
    assert lacking == [IRIS.entity("agent", "attested-contributors")]
