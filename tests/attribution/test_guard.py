"""A build fails, and leaves the served release alone, if the default graph would state a claim."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import NamedNode, Quad, Store, Triple

from publisher.config import Settings
from publisher.errors import RuleError
from publisher.iris import Iris
from publisher.pipeline import build as building
from publisher.pipeline import release as releasing
from publisher.pipeline.attribute import check_nothing_served
from publisher.pipeline.parts import NamedGraph, make_parts
from publisher.releases import current_release

INCIDENT, GROUP = "jraischan-crossing", "ashab-al-kahf"


def claim(iris: Iris) -> Triple:
    return Triple(
        NamedNode(iris.entity("incident", INCIDENT)),
        NamedNode(iris.att("perpetrator")),
        NamedNode(iris.entity("agent", GROUP)),
    )


def test_a_claim_in_the_default_graph_fails_the_build(
    settings: Settings, iris: Iris, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = replace(settings, releases=tmp_path)
    first = building.build(mine, lambda line: None)
    genuine = make_parts

    def careless(survey: Any, inferred: Any, attributed: Any, common: Any) -> Any:
        slip = NamedGraph(iris.graph("slip"), "A slip", [claim(iris)])
        return genuine(survey, inferred, attributed, [*common, slip])

    monkeypatch.setattr("publisher.pipeline.build.make_parts", careless)
    with pytest.raises(RuleError, match="without its speaker"):
        building.build(mine, lambda line: None)
    assert current_release(tmp_path).id == first.id
    assert not list(tmp_path.glob(f"{releasing._PARTIAL}*"))


def test_the_triple_of_a_proposition_is_found_whatever_its_predicate(iris: Iris) -> None:
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    proposition, said = NamedNode(iris.entity("proposition", "x")), claim(iris)
    parts = zip(("subject", "predicate", "object"), (said.subject, said.predicate, said.object), strict=True)
    store = Store()
    store.extend(Quad(proposition, NamedNode(rdf + name), value) for name, value in parts)
    store.add(Quad(said.subject, said.predicate, said.object, NamedNode(iris.graph("perspective"))))
    check_nothing_served(store, iris)
    store.add(Quad(said.subject, said.predicate, said.object))
    with pytest.raises(RuleError):
        check_nothing_served(store, iris)
    other = Store()
    other.add(Quad(said.predicate, NamedNode(rdf + "type"), NamedNode(iris.att("ClaimPredicate"))))
    check_nothing_served(other, iris)
    other.add(Quad(said.subject, said.predicate, said.subject))
    with pytest.raises(RuleError):
        check_nothing_served(other, iris)
