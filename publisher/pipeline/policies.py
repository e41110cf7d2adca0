"""Step 4d, policies: named rules that choose among conflicting claims, each with the graph of what it chooses.

A policy is `policies/<name>.rq`, a CONSTRUCT query over the default graph with a header. Its outcome is plain claim
triples, so it is never part of the default graph: whoever wants one value asks for a policy by name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from pyoxigraph import Literal, NamedNode, Store, Triple

from publisher.attribution.headers import parse_header
from publisher.errors import RuleError, Where
from publisher.iris import Iris
from publisher.pipeline.attribute import construct
from publisher.pipeline.lines import read_lines
from publisher.pipeline.load import sort_triples
from publisher.vocab import CANONICAL_BASE, DCTERMS, RDF, RDFS, SH, SKOS

KEYS = ("id", "title", "problem", "example", "caution")


@dataclass(frozen=True)
class Policy:
    """A resolution policy: `query` is its CONSTRUCT text with the base replaced; `file` its name."""

    id: str
    title: str
    problem: str
    example: str
    caution: str
    file: str
    query: str


def read_policies(iris: Iris) -> tuple[Policy, ...]:
    """Every policy of the package, by name. Raises `RuleError` for a faulty header or file name."""
    folder = files("publisher") / "policies"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".rq"))
    return tuple(parse_policy(name, (folder / name).read_text(encoding="utf-8"), iris) for name in names)


def parse_policy(name: str, text: str, iris: Iris) -> Policy:
    """Read one policy file. Raises `RuleError` if the header is faulty or the name differs from the id."""
    header = parse_header(name, text, KEYS)
    if name != f"{header['id']}.rq":
        raise RuleError("the file name is not the id", where=Where(name), hint=f"Name it {header['id']}.rq.")
    return Policy(**header, file=name, query=text.replace(CANONICAL_BASE, iris.base))


def apply(policy: Policy, store: Store) -> set[bytes]:
    """What the policy chooses, as lines. Raises `RuleError` for a query that does not parse or is no CONSTRUCT."""
    return set(read_lines(construct(policy.query, policy.file, store)))


def describe_policies(policies: Iterable[Policy], iris: Iris) -> tuple[Triple, ...]:
    """What the default graph says about the policies, their queries included, sorted."""
    triples = []
    for policy in policies:
        node = NamedNode(iris.policy(policy.id))
        triples.append(Triple(node, NamedNode(RDF + "type"), NamedNode(iris.att("Policy"))))
        for predicate, text in (
            (RDFS + "label", policy.title),
            (DCTERMS + "description", policy.problem),
            (SKOS + "example", policy.example),
            (SKOS + "scopeNote", policy.caution),
        ):
            triples.append(Triple(node, NamedNode(predicate), Literal(text, language="en")))
        triples.append(Triple(node, NamedNode(SH + "construct"), Literal(policy.query)))
    return sort_triples(triples)
