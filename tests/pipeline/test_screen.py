"""What is proven to conform has no result of any engine, whatever the shapes and the data are."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from publisher.config import Engine
from publisher.errors import SourceError
from publisher.pipeline.lines import as_bytes, read_lines, read_triples, split_triple
from publisher.pipeline.screen import Screen
from publisher.pipeline.shacl import Validator, run_engine
from publisher.vocab import RDF, RDFS, SH, XSD
from tests.pipeline.test_engines import ROOT, mappings, ours, read

Term = NamedNode | BlankNode | Literal
EX = "https://example.org/"
TYPE, SUBCLASS = NamedNode(f"{RDF}type"), NamedNode(f"{RDFS}subClassOf")
FIRST, REST, NIL = (NamedNode(RDF + name) for name in ("first", "rest", "nil"))
PREDICATES = [NamedNode(EX + name) for name in "pqr"]
CLASSES = [NamedNode(EX + name) for name in "ABC"]
NODES: list[NamedNode | BlankNode] = [
    *(NamedNode(f"{EX}node/{n}") for n in range(5)),
    NamedNode(f"{EX}é"),
    BlankNode("b1"),
]


def typed(text: str, name: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + name))


WKT = Literal("POINT(1 2)", datatype=NamedNode(EX + "wkt"))
LITERALS: list[Term] = [
    Literal("a"),
    Literal("a", language="en"),
    Literal("b", language="en"),
    Literal("a", language="en-GB"),
    Literal("a", language="ar"),
    Literal("two\nlines"),
    Literal('a "quote"@en'),
    Literal("ü"),
    Literal("2020-01-01"),
    typed("1", "integer"),
    typed("01", "integer"),
    typed("+7", "integer"),
    typed("x", "integer"),
    typed("3", "nonNegativeInteger"),
    typed("1.5", "decimal"),
    typed("1.50", "decimal"),
    typed("90.0000000000000000001", "decimal"),
    typed("1.5e0", "double"),
    typed("2020-01-31", "date"),
    typed("2020-02-30", "date"),
    typed("2021-02-28", "date"),
    typed("2020-01-01T00:00:00Z", "dateTime"),
    typed("2020-01-01T00:00:00", "dateTime"),
    typed("true", "boolean"),
    typed("yes", "boolean"),
    WKT,
]
VALUES: list[Term] = [*NODES, *LITERALS, *CLASSES]


def sh(name: str) -> NamedNode:
    return NamedNode(SH + name)


def number(value: int) -> Literal:
    return typed(str(value), "integer")


class Shapes:
    """Shapes at random: each constraint that is understood, some that are not, on every kind of path."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.triples, self.made = rng, list[Triple](), 0

    def node(self) -> BlankNode:
        self.made += 1
        return BlankNode(f"s{self.made}")

    def say(self, subject: NamedNode | BlankNode, name: str, value: Term) -> None:
        self.triples.append(Triple(subject, sh(name), value))

    def members(self, terms: Sequence[Term]) -> Term:
        head: Term = NIL
        for term in reversed(terms):
            node = self.node()
            self.triples += [Triple(node, FIRST, term), Triple(node, REST, head)]
            head = node
        return head

    def path(self, depth: int = 2) -> Term:
        kind = self.rng.choice(["predicate"] * 4 + ["inversePath", "alternativePath", "sequence"])
        if kind == "predicate" or not depth:
            return self.rng.choice(PREDICATES)
        if kind == "sequence":
            return self.members([self.path(depth - 1) for _ in range(2)])
        node = self.node()
        parts = self.path(depth - 1) if kind == "inversePath" else self.members([self.path(depth - 1) for _ in "12"])
        self.say(node, kind, parts)
        return node

    def shape(self, depth: int, *, is_property: bool | None = None) -> BlankNode:
        node = self.node()
        self.fill(node, depth, is_property=self.rng.random() < 0.5 if is_property is None else is_property)
        return node

    def fill(self, node: NamedNode | BlankNode, depth: int, *, is_property: bool) -> None:
        rng = self.rng
        if is_property:
            self.say(node, "path", self.path())
        makers: dict[str, Callable[[], Term]] = {
            "class": lambda: rng.choice(CLASSES),
            "nodeKind": lambda: sh(rng.choice(["IRI", "Literal", "BlankNode", "IRIOrLiteral", "BlankNodeOrIRI"])),
            "datatype": lambda: NamedNode(
                rng.choice([f"{XSD}{n}" for n in ("integer", "date", "string", "decimal", "boolean", "dateTime")])
                if rng.random() < 0.8
                else rng.choice([f"{RDF}langString", EX + "wkt"])
            ),
            "pattern": lambda: Literal(rng.choice(["^a", "node/[0-3]$", "^https?://[a-z.]+/", "\\d\\d", "(a|b)", "é"])),
            "in": lambda: self.members(rng.sample(VALUES[:5] + LITERALS[:5], 3)),
            "languageIn": lambda: self.members([Literal("en")]),
            "minInclusive": lambda: number(1),
            "maxInclusive": lambda: number(90),
            "minLength": lambda: number(2),
        }
        if depth:
            makers |= {
                "or": lambda: self.members([self.shape(depth - 1) for _ in range(2)]),
                "and": lambda: self.members([self.shape(depth - 1) for _ in range(2)]),
                "xone": lambda: self.members([self.shape(depth - 1) for _ in range(3)]),
                "not": lambda: self.shape(depth - 1),
                "node": lambda: self.shape(depth - 1, is_property=False),
                "property": lambda: self.shape(depth - 1, is_property=True),
            }
        if is_property:
            makers |= {
                "minCount": lambda: number(rng.choice([1, 1, 2])),
                "maxCount": lambda: number(rng.choice([0, 1, 1, 2])),
                "uniqueLang": lambda: typed("true", "boolean"),
                "hasValue": lambda: rng.choice([*CLASSES, *NODES[:4], LITERALS[0], LITERALS[9]]),
                "disjoint": lambda: rng.choice(PREDICATES),
                "lessThan": lambda: rng.choice(PREDICATES),
                "lessThanOrEquals": lambda: rng.choice(PREDICATES),
            }
        for name in rng.sample(sorted(makers), rng.choice([1, 1, 2])):
            self.say(node, name, makers[name]())
        if is_property and depth and rng.random() < 0.25:
            self.say(node, "qualifiedValueShape", self.shape(depth - 1))
            self.say(node, rng.choice(["qualifiedMinCount", "qualifiedMaxCount"]), number(1))


def make_shapes(rng: random.Random) -> bytes:
    shapes = Shapes(rng)
    for n in range(3):
        node = NamedNode(f"{EX}shape/{n}")
        shapes.triples.append(Triple(node, TYPE, sh("NodeShape")))
        target, value = rng.choice(
            [
                ("targetClass", rng.choice(CLASSES)),
                ("targetClass", rng.choice(CLASSES)),
                ("targetNode", rng.choice(NODES[:5])),
                ("targetSubjectsOf", rng.choice(PREDICATES)),
                ("targetObjectsOf", rng.choice(PREDICATES)),
            ]
        )
        shapes.say(node, target, value)
        shapes.fill(node, 2, is_property=False)
        for m in range(2):
            link = NamedNode(f"{EX}shape/{n}/{m}")
            shapes.say(node, "property", link)
            shapes.triples.append(Triple(link, TYPE, sh("PropertyShape")))
            shapes.fill(link, 2, is_property=True)
            if rng.random() < 0.3:
                shapes.say(link, "severity", sh("Warning"))
    return as_bytes(shapes.triples)


def make_data(rng: random.Random) -> bytes:
    triples = [Triple(CLASSES[1], SUBCLASS, CLASSES[0])]
    triples += [Triple(s, TYPE, rng.choice(CLASSES)) for s in NODES for _ in range(rng.choice([0, 1, 1, 2]))]
    pool = rng.sample(VALUES, 8)
    triples += [Triple(rng.choice(NODES), rng.choice(PREDICATES), rng.choice(pool)) for _ in range(14)]
    return as_bytes(triples)


def check_proofs(shapes: bytes, data: bytes) -> int:
    """Of how much the engine was spared, after checking that it and pySHACL have no result for what is proven."""
    left = Screen(shapes).leave(data)
    assert run_engine(left, data) == run_engine(shapes, data)
    before, after = {*read_lines(shapes)}, {*read_lines(left)}
    whole = {split_triple(line)[0] for line in before & after if b"#target" in line}
    nodes = {split_triple(line)[::2] for line in after if b"#targetNode" in line}
    links = {split_triple(line)[2]: line for line in before if b"#property>" in line}
    try:
        reference = Validator(shapes, Engine.REFERENCE)(data)
    except (SourceError, TypeError):  # it refuses to order what has no order
        return 0
    for result in reference.results:
        source, focus = f"<{result.source_shape}>".encode(), result.focus_node.n3().encode()
        shape = split_triple(links[source])[0] if source in links else source
        if shape.startswith(f"<{EX}".encode()):  # else it is within a shape, and about what that leads to
            assert links.get(source) in {None, *after}
            assert shape in whole or (shape, focus) in nodes
    return len(before - after)


@pytest.mark.parametrize("chunk", range(8))
@pytest.mark.filterwarnings("ignore")
def test_shapes_at_random(chunk: int) -> None:
    rngs = [(random.Random(seed), random.Random(-seed - 1)) for seed in range(chunk * 25, chunk * 25 + 25)]
    assert sum(check_proofs(make_shapes(a), make_data(b)) for a, b in rngs) > 25


def spoil(triple: Triple, rng: random.Random, predicates: Sequence[NamedNode]) -> list[Triple]:
    """What may go wrong with a triple."""
    s, p, o = triple.subject, triple.predicate, triple.object
    value = rng.choice([v for v in VALUES if v != WKT])  # see test_engines: whether it is less than a number
    ways = [
        [],
        [triple, Triple(s, p, value)],
        [Triple(s, p, value)],
        [Triple(s, rng.choice(predicates), o)],
        [triple, Triple(rng.choice(NODES[:-1]), p, o)],
    ]
    if isinstance(o, Literal):
        ways.append([Triple(s, p, typed(o.value, rng.choice(["string", "integer", "date", "decimal", "boolean"])))])
    return rng.choice(ways)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.filterwarnings("ignore")
def test_spoilt_data_have_the_same_report(seed: int) -> None:
    """One triple in fifty of our data and of all examples is dropped, doubled, or has another value or predicate."""
    rng = random.Random(seed)
    files = sorted((ROOT / "tests" / "shapes").rglob("*.ttl" if seed % 2 else "*.valid*.ttl"))
    triples = [*ours().data_triples(), *mappings(), *read(files)] if seed < 4 else [*read(files)]
    predicates = sorted({t.predicate for t in triples}, key=str)
    spoilt = [new for t in triples for new in (spoil(t, rng, predicates) if rng.random() < 0.02 else [t])]
    shapes, data = as_bytes(ours().shapes.as_parsed()), as_bytes([*ours().ontology.as_parsed(), *spoilt])
    fast = Validator(shapes)(data)
    assert fast == run_engine(shapes, data)
    assert fast == Validator(shapes, Engine.REFERENCE)(data)
    assert len(fast.results) > 100


def test_our_data_need_the_engine_for_queries_only() -> None:
    shapes = as_bytes(ours().shapes.as_parsed())
    data = as_bytes([*ours().ontology.as_parsed(), *ours().data_triples(), *mappings()])
    left = {*read_triples(Screen(shapes).leave(data))}
    asked = {t.subject for t in left if t.predicate.value.startswith(f"{SH}target")}
    queries = {t.subject for t in left if t.predicate == sh("sparql")}
    assert len(queries) > 5
    assert asked - queries <= {NamedNode("https://w3id.org/attested/shapes#Checksum")}  # compares without case


SHAPE = f"""<{EX}s> <{SH}targetClass> <{EX}A> .
<{EX}s> <{SH}nodeKind> <{SH}IRI> .
"""


@pytest.mark.parametrize(
    "more",
    [
        f"<{EX}x> <{SH}parameter> <{EX}y> .",  # any property may be a constraint then
        f"<{EX}s> <{SH}sparql> <{EX}q> .",
        f"<{EX}s> <{SH}closed> {typed('true', 'boolean')} .",
        f"<{EX}s> <{SH}nodeKind> <{SH}Literal> .",
        f"<{EX}s> <{SH}pattern> {Literal('(?i)a')} .",
        f"<{EX}s> <{SH}flags> {Literal('i')} .",
        f"<{EX}s> <{RDF}type> <{RDFS}Class> .",
        f"<{EX}t> <{SH}node> <{EX}s> .",
        f"<{EX}s> <{SH}node> <{EX}s> .",
        f"<{EX}s> <{SH}not> <{EX}nowhere> .",
    ],
)
def test_what_is_not_understood_is_left(more: str) -> None:
    data = as_bytes([Triple(NODES[0], TYPE, CLASSES[0])])
    assert Screen(SHAPE.encode()).leave(data) == SHAPE.splitlines()[1].encode() + b"\n"
    shapes = f"{SHAPE}{more}\n".encode()
    assert Screen(shapes).leave(data) == shapes


SIMPLE = [
    *(
        ("datatype", NamedNode(XSD + n))
        for n in ("integer", "decimal", "double", "string", "boolean", "date", "dateTime")
    ),
    ("datatype", NamedNode(f"{RDF}langString")),
    ("datatype", NamedNode(f"{EX}wkt")),
    *(("pattern", Literal(pattern)) for pattern in ("^[a-z]$", "node/[0-3]$", "\\d\\d", "^.$", "n.*s$", "^[^0-9]*$")),
    *(("nodeKind", sh(kind)) for kind in ("IRI", "Literal", "BlankNode", "IRIOrLiteral", "BlankNodeOrIRI")),
    ("class", CLASSES[0]),
    ("minInclusive", number(1)),
    ("maxInclusive", number(90)),
    ("maxInclusive", typed("1.2", "decimal")),
]
PAIRS = [
    ("minCount", number(2)),
    ("maxCount", number(1)),
    ("uniqueLang", typed("true", "boolean")),
    ("disjoint", PREDICATES[1]),
]


@pytest.mark.parametrize(("name", "value"), SIMPLE, ids=str)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.filterwarnings("ignore")
def test_each_constraint_on_each_value(name: str, value: Term, turned: bool) -> None:
    """Also turned round: what surely does not conform is proven too."""
    shape, inner = NamedNode(f"{EX}shape"), BlankNode("inner")
    shapes = [Triple(shape, sh("targetObjectsOf"), PREDICATES[0])]
    shapes += [Triple(shape, sh("not"), inner)] if turned else []
    shapes.append(Triple(inner if turned else shape, sh(name), value))
    known = Triple(NODES[1], TYPE, CLASSES[0])
    for of in VALUES:
        check_proofs(as_bytes(shapes), as_bytes([known, Triple(NODES[0], PREDICATES[0], of)]))


@pytest.mark.parametrize(("name", "value"), PAIRS, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_each_constraint_on_each_pair_of_values(name: str, value: Term) -> None:
    shape, link = NamedNode(f"{EX}shape"), NamedNode(f"{EX}link")
    shapes = [Triple(shape, sh("targetSubjectsOf"), PREDICATES[0]), Triple(shape, sh("property"), link)]
    shapes += [Triple(link, sh("path"), PREDICATES[0]), Triple(link, sh(name), value)]
    second = PREDICATES[1 if name == "disjoint" else 0]
    data = [
        triple
        for n, (a, b) in enumerate((a, b) for a in LITERALS for b in LITERALS)
        for node in [NamedNode(f"{EX}pair/{n}")]
        for triple in (Triple(node, PREDICATES[0], a), Triple(node, second, b))
    ]
    check_proofs(as_bytes(shapes), as_bytes(data))
