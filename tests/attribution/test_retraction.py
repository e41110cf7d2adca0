"""What is withdrawn or superseded stays as history and counts for nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyoxigraph import NamedNode

from publisher.pipeline.perspectives import perspectives
from tests.attribution.model import Said, World
from tests.attribution.test_rules import contradictions, pairs, statuses
from tests.attribution.worlds import IRIS, PROPS, VALUES, derive, node

CLAIM = Said("s-claim", "a", "asserts", "p-base", "d-one")
DENIAL = Said("s-denial", "b", "deniesClaim", "p-base", "d-one")
LATER = Said("s-later", "a", "asserts", "p-convoy", "d-two", supersedes=("s-claim",))


def world(*said: Said) -> World:
    return World(PROPS, said, kinds=VALUES)


def tellers(*said: Said) -> dict[str, set[str]]:
    """Agents with the objects that they affirm."""
    found = perspectives(derive(world(*said)), IRIS)
    return {p.slug: {c.object.rstrip(">").rpartition("/")[2] for c in p.claims if c.positive} for p in found}


def test_a_withdrawn_claim_no_longer_counts() -> None:
    before, after = derive(world(CLAIM, DENIAL)), derive(world(replace(CLAIM, withdrawn=True), DENIAL))
    assert statuses(before)["p-base"] == "contested"
    assert contradictions(before)
    assert statuses(after) == {"p-base": "denied"}
    assert not contradictions(after)
    assert not pairs(after, "reportedTarget")
    assert ("s-claim", "p-base") in pairs(after, "affirms"), "history: it was said"


def test_a_withdrawn_denial_no_longer_counts() -> None:
    after = derive(world(CLAIM, replace(DENIAL, withdrawn=True)))
    assert statuses(after)["p-base"] == "uncontested"


def test_a_superseded_claim_is_replaced_in_status_and_perspective() -> None:
    after = derive(world(CLAIM, LATER))
    assert statuses(after).get("p-base") is None
    assert statuses(after)["p-convoy"] == "uncontested", "one does not contradict one's own earlier word"
    assert tellers(CLAIM) == {"a": {"base"}}
    assert tellers(CLAIM, LATER) == {"a": {"convoy"}}
    assert tellers(replace(CLAIM, withdrawn=True)) == {}


def test_a_withdrawn_correction_corrects_nothing() -> None:
    after = derive(world(CLAIM, replace(LATER, withdrawn=True)))
    assert statuses(after)["p-base"] == "uncontested"


@pytest.mark.parametrize("change", ["withdrawn", "superseded"])
def test_the_statement_itself_stays(change: str) -> None:
    said = (replace(CLAIM, withdrawn=True),) if change == "withdrawn" else (CLAIM, LATER)
    store = derive(world(*said))
    assert list(store.quads_for_pattern(node("statement", "s-claim"), NamedNode(IRIS.att("speaker")), None))
