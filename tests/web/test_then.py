"""A story over several days, with a withdrawal and a correction: pages, RDF and the documented query agree."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from publisher.attribution.asof import AsOf
from publisher.config import Settings
from publisher.vocab import DCTERMS, PROV, RDF, RDFS
from publisher.web import create_app
from tests.attribution.model import Said, World
from tests.attribution.test_asof import Reader, dated
from tests.attribution.worlds import IRIS, PROPS, SPEAKERS, VALUES, derive, node, thing
from tests.conftest import ROOT
from tests.web.conftest import make_release

INCIDENT = "/doc/incident/i-one"
SAID = (
    Said("s-base", "a", "asserts", "p-base", "d-one", withdrawn=True),
    Said("s-convoy", "b", "asserts", "p-convoy", "d-two"),
    Said("s-truck", "b", "asserts", "p-truck", "d-two", supersedes=("s-convoy",)),
    Said("s-denial", "c", "deniesOccurrence", "p-occurred", "d-three"),
    Said("s-undated", "d", "asserts", "p-group", "d-three"),
)
DAYS = {"s-base": 10, "s-convoy": 11, "s-denial": 12, "s-truck": 14}
"""Days of August 2020 on which each was said; the base is withdrawn on the 13th."""


def on(day: int) -> str:
    return f"2020-08-{day:02}"


def story() -> ox.Store:
    store = derive(World(PROPS, SAID, kinds=VALUES))
    for name, day in DAYS.items():
        dated(store, node("statement", name), IRIS.att("statedOn"), on(day))
    dated(store, node("statement", "s-base"), f"{PROV}invalidatedAtTime", on(13))
    described(store)
    return store


def described(store: ox.Store) -> None:
    """What a curator would add: what propositions are about, and what the incident is called."""
    about = ox.NamedNode(IRIS.att("about"))
    for quad in list(store.quads_for_pattern(None, ox.NamedNode(f"{RDF}subject"), None)):
        store.add(ox.Quad(quad.subject, about, quad.object))
    incident = thing("i-one")
    store.add(ox.Quad(incident, ox.NamedNode(f"{RDF}type"), ox.NamedNode(IRIS.att("Incident"))))
    store.add(ox.Quad(incident, ox.NamedNode(f"{RDFS}label"), ox.Literal("The first incident", language="en")))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    releases = tmp_path_factory.mktemp("then")
    quads = ox.serialize(story(), format=ox.RdfFormat.N_QUADS) or b""
    make_release(releases, "r1", quads.decode())
    return create_app(Settings(releases=releases, port=0)).test_client()


def contradicting(client: FlaskClient, path: str) -> set[frozenset[str]]:
    """The pairs of statements of each contradiction in a document."""
    response = client.get(path, headers={"Accept": "application/n-triples"})
    assert response.status_code == 200
    pairs: dict[str, set[str]] = {}
    for quad in ox.parse(response.data, format=ox.RdfFormat.N_TRIPLES):
        if quad.predicate.value == IRIS.att("between"):
            pairs.setdefault(str(quad.subject), set()).add(str(quad.object).strip("<>").rpartition("/")[2])
    return {frozenset(pair) for pair in pairs.values()}


def pairs(*sides: str) -> set[frozenset[str]]:
    return {frozenset(f"s-{name}" for name in pair.split("/")) for pair in sides}


THEN = {
    10: pairs(),
    11: pairs("base/convoy"),
    12: pairs("base/convoy", "base/denial", "convoy/denial"),
    13: pairs("convoy/denial"),
    14: pairs("truck/denial"),
}


@pytest.mark.parametrize("day", THEN)
def test_contradictions_of_a_day_in_rdf(client: FlaskClient, day: int) -> None:
    assert contradicting(client, f"{INCIDENT}?asOf={on(day)}") == THEN[day]


@pytest.mark.parametrize("day", THEN)
def test_contradictions_of_a_day_on_the_page(client: FlaskClient, day: int) -> None:
    text = client.get(f"{INCIDENT}?asOf={on(day)}", headers={"Accept": "text/html"}).text
    counts = [int(n) for n in re.findall(r'<h3>[^<]+ <span class="count">(\d+)</span></h3>\n<p class="note">', text)]
    assert sum(counts) == len(THEN[day])
    section = text.partition('<h2 id="conflicts">')[2].partition("</section>")[0]
    assert bool(section) is bool(THEN[day])
    for pair in THEN[day]:
        for name in pair:
            assert f'href="/id/statement/{name}"' in section
    links = re.findall(r'href="(/id/contradiction/[^"]+)"', section)
    for link in links:
        assert client.get(link).status_code == 303, "what is not on record any more has no link"
    assert len(links) == len({p for p in THEN[day] if not p & {"s-base", "s-convoy"}})


@pytest.mark.parametrize(
    ("day", "status"), [(10, "uncontested"), (11, "contested"), (12, "contested"), (13, None), (14, None)]
)
def test_status_of_what_was_withdrawn(client: FlaskClient, day: int, status: str | None) -> None:
    base = thing("p-base").value
    response = client.get(f"/doc/proposition/p-base?asOf={on(day)}", headers={"Accept": "application/n-triples"})
    found = {
        q.object.value.removeprefix(IRIS.att(""))
        for q in ox.parse(response.data, format=ox.RdfFormat.N_TRIPLES)
        if q.predicate.value == IRIS.att("status")
        and q.subject == ox.NamedNode(base)
        and isinstance(q.object, ox.NamedNode)
    }
    assert found == ({status} if status else set())


# The documented query


def pattern(day: str, incident: str) -> str:
    """The query of docs/as-of.md with another day and another incident."""
    text = (ROOT / "docs" / "as-of.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```sparql\n(.*?)```", text, re.S)
    assert query.count('"2020-08-11"') == 3
    return str(query).replace("2020-08-11", day).replace("incident:jraischan-crossing", f"<{incident}>")


IN_FORCE = {
    9: set[str](),
    10: {"s-base"},
    11: {"s-base", "s-convoy"},
    12: {"s-base", "s-convoy", "s-denial"},
    13: {"s-convoy", "s-denial"},
    14: {"s-truck", "s-denial"},
}


@pytest.mark.parametrize("day", IN_FORCE)
def test_the_documented_query_over_the_endpoint(client: FlaskClient, day: int) -> None:
    query = pattern(on(day), thing("i-one").value)
    response = client.get(
        "/sparql", query_string={"query": query}, headers={"Accept": "application/sparql-results+json"}
    )
    rows = json.loads(response.data)["results"]["bindings"]
    found = {row["statement"]["value"].rpartition("/")[2] for row in rows}
    assert found == IN_FORCE[day]
    assert {row["by"]["value"] for row in rows} == {on(DAYS[s]) for s in IN_FORCE[day]}


@dataclass(frozen=True)
class Dice:
    """Worlds with dates, withdrawals and corrections, the same for the same number."""

    seed: int

    def store(self) -> tuple[ox.Store, list[str]]:
        random = Random(self.seed)
        names = [f"s-{n}" for n in range(8)]
        said = []
        for n, name in enumerate(names):
            supersedes = (random.choice(names[:n]),) if n and random.random() < 0.5 else ()
            withdrawn = random.random() < 0.3
            stance = random.choice(("asserts", "deniesClaim"))
            prop = random.choice(("p-base", "p-convoy", "p-occurred"))
            document, speaker = random.choice(("d-one", "d-two", "d-three")), random.choice(SPEAKERS)
            said.append(Said(name, speaker, stance, prop, document, supersedes=supersedes, withdrawn=withdrawn))
        store = derive(World(PROPS, tuple(said), kinds=VALUES))
        described(store)
        for one in said:
            if random.random() < 0.6:
                dated(store, node("statement", one.name), IRIS.att("statedOn"), on(random.randint(1, 6)))
            if one.withdrawn and random.random() < 0.7:
                dated(store, node("statement", one.name), f"{PROV}invalidatedAtTime", on(random.randint(1, 6)))
        dated(store, node("document", "d-two"), f"{DCTERMS}issued", on(3))
        return store, names


@pytest.mark.parametrize("seed", range(25))
def test_the_documented_query_and_the_pages_count_the_same(seed: int) -> None:
    store, names = Dice(seed).store()
    for number in range(0, 8, 2):
        day = date(2020, 8, 1) + timedelta(days=number - 1)
        asof = AsOf(Reader(store), IRIS, day)
        result = store.query(pattern(day.isoformat(), thing("i-one").value))
        assert isinstance(result, ox.QuerySolutions)
        found = {row["statement"].value for row in result}
        assert found == {s for s in (node("statement", n).value for n in names) if asof.counts(s)}
