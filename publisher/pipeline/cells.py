"""Steps 4 by cell: attribution, perspectives and policies where the statements are that bear on each other.

A cell is one unit, or several whose propositions are about the same thing, or that mention the same proposition or
statement; what the rules find of a statement depends on nothing outside its cell but agents, places and the like, whose
descriptions come along. One thing does reach
further: speakers that share a voice. Which ones do is found in each cell and given to the others, until nothing is new.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse

from publisher.iris import Iris
from publisher.pipeline.attribute import construct, derive
from publisher.pipeline.cache import digest, software
from publisher.pipeline.lines import (
    as_bytes,
    as_iri,
    as_term,
    join_lines,
    join_triples,
    read_lines,
    read_triples,
    split_lines,
    split_quad,
    split_triple,
)
from publisher.pipeline.policies import read_policies
from publisher.pipeline.rules import read_rules
from publisher.pipeline.units import mark
from publisher.pipeline.unitwise import Inferred, Survey
from publisher.pipeline.work import Job, Parts, Step, Workshop
from publisher.pipeline.worlds import tell
from publisher.vocab import RDF

_DISCOURSE = {"statement", "proposition", "relay", "contradiction"}
"""Kinds of things that are known in one cell only."""


@dataclass(frozen=True)
class Cell:
    """Units that belong together, by their numbers, and the shared nodes that they see, in N-Triples form."""

    units: tuple[int, ...]
    shared: frozenset[str]


def find_cells(survey: Survey) -> list[Cell]:
    """The cells, in the order of their first units."""
    parsed, context = survey.parsed, survey.context
    leader = list(range(len(parsed)))

    def find(i: int) -> int:
        while leader[i] != i:
            leader[i] = leader[leader[i]]
            i = leader[i]
        return i

    def join(i: int, j: int) -> None:
        one, other = sorted((find(i), find(j)))
        leader[other] = one

    @cache
    def is_discourse(node: bytes) -> bool:
        iri = as_iri(node)
        name = survey.loaded.iris.entity_name(iri) if iri else None
        return name is not None and name.type in _DISCOURSE

    @cache
    def as_text(node: bytes) -> str:
        return node.decode()

    topics: dict[bytes, int] = {}
    for i in range(len(parsed)):
        reached = context.reached(i)
        for node in reached:
            if is_discourse(node):
                for owner in context.owners[node]:
                    join(i, owner)
        for topic in parsed.topics(i):
            if topic in reached or topic in context.loose:
                join(i, topics.setdefault(topic, i))
    members: dict[int, list[int]] = defaultdict(list)
    for i in range(len(parsed)):
        members[find(i)].append(i)
    return [
        Cell(tuple(units), frozenset(as_text(node) for i in units for node in context.reached(i)))
        for units in members.values()
    ]


class Attributed:
    """What the rules find and what the speakers tell, cell by cell; see `attribute_cells`."""

    def __init__(self, cells: Sequence[Cell], keys: Sequence[str], shop: Workshop) -> None:
        self.cells = cells
        self.keys = keys
        """Of the outcome for each cell."""
        self._shop = shop
        self.titles: dict[str, str] = {}
        """What each graph of a perspective is called."""
        mentioned, again = set[bytes](), set[bytes]()
        for i in range(len(cells)):
            hint = json.loads(self._read("hints", i))
            self._entitle(hint["titles"])
            for graph, number in hint["mentions"].items():
                it = mark(graph.encode())
                (again if number > 1 or it in mentioned else mentioned).add(it)
        needed = self.titles.keys()
        for i in range(len(cells)):
            for graph, titles in json.loads(self._read("hints", i))["spare"].items():
                if graph in needed or mark(graph.encode()) in again:
                    self._entitle(titles)

    def _entitle(self, titles: dict[str, str]) -> None:
        for graph, title in titles.items():
            self.titles[graph] = min(title, self.titles.get(graph, title))

    def _read(self, part: str, i: int) -> bytes:
        return self._shop.read(ATTRIBUTE, part, self.keys[i])

    def derived(self, i: int) -> bytes:
        """What the rules derive in a cell, as N-Triples."""
        return self._read("derived", i)

    def told(self, i: int) -> bytes:
        """The quads of perspectives and policies of a cell, those included that others make necessary."""
        spare: dict[str, str] = json.loads(self._read("spare", i))
        return self._read("told", i) + "".join(spare[graph] for graph in sorted(spare) if graph in self.titles).encode()


def attribute_cells(survey: Survey, inferred: Inferred) -> Attributed:
    """Run the rules and tell the perspectives, cell by cell. Raises `RuleError`."""
    iris, shop = survey.loaded.iris, survey.shop
    cells = find_cells(survey)
    ontology = as_bytes(survey.loaded.ontology.triples)
    rules, policies = read_rules(iris), read_policies(iris)
    files = (file.text for file in survey.loaded.ontology.files)
    common = digest([software(), iris.base, *(r.query for r in rules), *(p.query for p in policies), *files])
    together = as_term(iris.att("sharesVoiceWith"))
    found = _first_voices(survey, inferred, cells, common)
    voices = _share_voices(cells, found, together)
    keys = ["" for _ in cells]
    due = list(range(len(cells)))
    while due:
        jobs: dict[str, Job] = {}
        for i in due:
            job = _Task(survey, inferred, cells[i], ontology, voices[i])
            keys[i] = digest([common, job.key()])
            jobs[keys[i]] = Job(job.arguments, sum(survey.parsed.units[u].size for u in cells[i].units))
        shop.run(ATTRIBUTE, jobs)
        for i in due:
            found[i] = set(read_lines(shop.read(ATTRIBUTE, "voices", keys[i])))
        needed = _share_voices(cells, found, together)
        due = [i for i, mine in enumerate(needed) if mine - voices[i]]
        voices = [mine | more for mine, more in zip(voices, needed, strict=True)]
    return Attributed(cells, keys, shop)


def _first_voices(survey: Survey, inferred: Inferred, cells: Sequence[Cell], common: str) -> list[set[bytes]]:
    """Which speakers share a voice, from the cells that say so: then the rules need to run only once in most cells."""
    shop = survey.shop
    jobs: dict[str, Job] = {}
    keys: list[str | None] = []
    for cell in cells:
        if not any(survey.parsed.has(u, "voices") for u in cell.units):
            keys.append(None)
            continue
        task = _Task(survey, inferred, cell, b"", frozenset())
        keys.append(key := digest([common, "voices", task.key()]))
        jobs[key] = Job(task.plain_arguments, sum(survey.parsed.units[u].size for u in cell.units) // 8)
    shop.run(VOICES, jobs)
    return [set(read_lines(shop.read(VOICES, "voices", key))) if key else set() for key in keys]


def _voices(base: str, quads: bytes, around: bytes) -> Parts:
    """The task of the step: the two rules that tell voices, run alone."""
    iris = Iris(base)
    names = ("speaker", "speaksFor", "sameUtterance", "supersedes", "withdrawnBecause")
    telling = {RDF + "type", *(iris.att(name) for name in names)}
    store = Store()
    given = [*(q.triple for q in parse(input=quads, format=RdfFormat.N_QUADS)), *read_triples(around)]
    store.bulk_extend(Quad(t.subject, t.predicate, t.object) for t in given if t.predicate.value in telling)
    for rule in _texts(iris)[0]:
        if rule.id in ("in-force", "shares-voice"):
            store.bulk_load(construct(rule.query, rule.file, store), format=RdfFormat.N_TRIPLES)
    together = NamedNode(iris.att("sharesVoiceWith"))
    pairs = {q.triple for q in store.quads_for_pattern(None, together, None)}
    return {"voices": _sorted(pairs)}


VOICES = Step("voices", _voices, ("voices",))


def _share_voices(cells: Sequence[Cell], found: Sequence[set[bytes]], together: bytes) -> list[frozenset[bytes]]:
    """For each cell, what it lacks to know the voices of its speakers: a link to the one that stands for the group."""
    first: dict[bytes, bytes] = {}

    def find(node: bytes) -> bytes:
        while (above := first.setdefault(node, node)) != node:
            node = first[node] = first[above]
        return node

    for pairs in found:
        for triple in pairs:
            subject, _, object_ = split_triple(triple)
            one, other = sorted((find(subject), find(object_)), key=lambda node: node[1:-1])
            first[other] = one
    known = {node.decode() for node in first}
    lacking: list[frozenset[bytes]] = []
    for cell, pairs in zip(cells, found, strict=True):
        mine = {split_triple(t)[0] for t in pairs} | {node.encode() for node in cell.shared & known}
        lacking.append(frozenset(b" ".join((n, together, find(n))) for n in mine if find(n) != n) - pairs)
    return lacking


@dataclass(frozen=True)
class _Task:
    """What the task of a cell is called with, and the hash of it."""

    survey: Survey
    inferred: Inferred
    cell: Cell
    ontology: bytes
    voices: frozenset[bytes]

    def _around(self) -> bytes:
        shared = [node.encode() for node in self.cell.shared]
        return join_triples(
            sorted({*self.survey.context.about(shared), *self.inferred.about(shared), *self.voices}),
        )

    def key(self) -> str:
        parsed, units = self.survey.parsed, self.cell.units
        keys = [*(parsed.keys[u] for u in units), *(self.inferred.keys[u] for u in units)]
        return digest([*keys, self._around()])

    def plain_arguments(self) -> tuple[Any, ...]:
        """For the step that only looks for voices."""
        quads = b"".join(self.survey.parsed.quads(u) for u in self.cell.units)
        return self.survey.loaded.iris.base, quads, self._around()

    def arguments(self) -> tuple[Any, ...]:
        quads = b"".join(self.survey.parsed.quads(u) for u in self.cell.units)
        follows = b"".join(self.inferred.body(u) for u in self.cell.units)
        shared = tuple(node[1:-1] for node in sorted(self.cell.shared) if node.startswith("<"))
        given = join_triples(sorted(self.voices))
        return self.survey.loaded.iris.base, self.ontology, quads, follows + self._around(), given, shared


def _attribute(base: str, ontology: bytes, quads: bytes, around: bytes, given: bytes, shared: Sequence[str]) -> Parts:
    iris = Iris(base)
    rules, policies = _texts(iris)
    known = {*read_lines(ontology), *(split_quad(line)[1] for line in split_lines(quads)), *read_lines(around)}
    store = Store()
    store.bulk_load(join_triples(known), format=RdfFormat.N_TRIPLES)
    derived = derive(store, rules, iris) - known
    others = frozenset(shared)
    told = tell(store, policies, iris, lambda node: node.value in others)
    together = NamedNode(iris.att("sharesVoiceWith"))
    pairs = {q.triple for q in store.quads_for_pattern(None, together, None)} - set(read_triples(given))
    return {
        "derived": join_triples(sorted(derived)),
        "told": join_lines(sorted(told.quads)),
        "spare": json.dumps(
            {graph: join_lines(sorted(one.quads)).decode() for graph, one in told.spare.items()}
        ).encode(),
        "voices": _sorted(pairs),
        "hints": json.dumps(
            {
                "titles": told.titles,
                "mentions": told.mentions,
                "spare": {graph: one.titles for graph, one in told.spare.items()},
            }
        ).encode(),
    }


ATTRIBUTE = Step("attribute", _attribute, ("derived", "told", "spare", "voices", "hints"))


@lru_cache(maxsize=1)
def _texts(iris: Iris) -> tuple[Any, Any]:
    return read_rules(iris), read_policies(iris)


def _sorted(triples: Iterable[Triple]) -> bytes:
    return join_lines(sorted(split_lines(as_bytes(triples))))
