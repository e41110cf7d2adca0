"""What is worked out cell by cell is what is worked out at once, wherever the files are cut."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Quad, RdfFormat, Triple, parse

from publisher.config import load_settings
from publisher.pipeline.cache import Cache
from publisher.pipeline.cells import attribute_cells, find_cells
from publisher.pipeline.load import Loaded, load
from publisher.pipeline.parts import Dumped, make_parts
from publisher.pipeline.units import Unit
from publisher.pipeline.unitwise import Survey, infer_units
from publisher.pipeline.work import Workshop
from tests.attribution.model import Prop, Said, World
from tests.attribution.worlds import IRIS, VALUES, triples, worlds
from tests.conftest import ROOT

HERE = IRIS.graph("here")


@cache
def schema() -> Loaded:
    return load(load_settings(None, {}, ontology=ROOT / "ontology", shapes=ROOT / "shapes", data=ROOT / "data"))


def dumped(parts: Sequence[list[Triple]], unit: int) -> Dumped:
    """The parts of a release from these units; with a small size of a unit, each cell has its own."""
    units = [Unit.of(str(n), HERE, part) for n, part in enumerate(parts)]
    survey = Survey(schema(), (), Workshop(cache=Cache(), unit=unit, jobs=1), units)
    inferred = infer_units(survey)
    return make_parts(survey, inferred, attribute_cells(survey, inferred), [])


def quads(found: Dumped) -> list[Quad]:
    return [q for key in found.keys for q in parse(input=found.quads(key), format=RdfFormat.N_QUADS)]


def by_subject(said: Sequence[Triple], pieces: int, seed: int) -> list[list[Triple]]:
    rng = random.Random(seed)
    where: dict[str, int] = {}
    parts: list[list[Triple]] = [[] for _ in range(pieces)]
    for t in said:
        parts[where.setdefault(str(t.subject), rng.randrange(pieces))].append(t)
    return parts


@given(worlds(smallest=2), st.integers(2, 5), st.integers(0, 1000))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_cutting_changes_nothing(world: World, pieces: int, seed: int) -> None:
    said = triples(world)
    whole = dumped([said], 1 << 20)
    torn = dumped(by_subject(said, pieces, seed), 1)
    found = quads(torn)
    assert len(found) == len(set(found)), "a quad is in two parts"
    assert set(found) == set(quads(whole))
    assert torn.counts.distinct_subjects() == whole.counts.distinct_subjects()
    assert torn.counts.graphs == whole.counts.graphs


def far_apart(n: int) -> World:
    """Statement by statement on incidents of their own, as in an import; speakers are shared between them."""
    props = tuple(Prop(f"p-{i}", f"i-{i}", "occurred", "true") for i in range(n))
    said = tuple(
        Said(f"s-{i}-{k}", speaker, "asserts", f"p-{i}", f"d-{i}", same_utterance=(f"s-{i}-0",) if k else ())
        for i in range(n)
        for k, speaker in enumerate((f"v-{i}", f"v-{i + 1}"))
    )
    return World(props, said, unnamed=frozenset(), speaks_for=(), publisher={}, scope_within=(), kinds=VALUES)


def test_voices_are_shared_from_cell_to_cell() -> None:
    """Each speaker shares an utterance with the next, each time about another incident: all are one source."""
    n = 6
    said = triples(far_apart(n))
    parts: list[list[Triple]] = [[] for _ in range(n + 1)]
    for t in said:
        slug = str(t.subject).rpartition("/")[2].rstrip(">").split("-")
        parts[int(slug[1]) if slug[0] in ("p", "s", "i", "d") and slug[-1].isdigit() else n].append(t)
    units = [Unit.of(str(i), HERE, part) for i, part in enumerate(parts)]
    survey = Survey(schema(), (), Workshop(cache=Cache(), unit=1, jobs=1), units)
    assert len(find_cells(survey)) == n + 1
    torn, whole = quads(dumped(parts, 1)), quads(dumped([said], 1 << 20))
    assert len(torn) == len(set(torn))
    assert set(torn) == set(whole)
    numbers = {q.object.value for q in whole if q.predicate.value == IRIS.att("independentSources")}  # type: ignore[union-attr]
    assert numbers == {"1"}
