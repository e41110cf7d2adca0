"""Step 4, attribute: run the derivation rules, and guard what must never be stated.

The rules are in `publisher/rules`; their results form the graph `derived`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import cast

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
)

from publisher.errors import RuleError, Where
from publisher.iris import Iris
from publisher.pipeline.lines import as_bytes, join_triples, read_lines, read_triples, split_triple
from publisher.pipeline.rules import Rule
from publisher.pipeline.voices import counts_as
from publisher.vocab import RDF

NATIVE: Mapping[str, Callable[[Store, Iris], set[Triple]]] = {"counts-as": counts_as}
"""Rules whose query is only the definition, since it is too slow: what to run instead."""


def attribute(
    given: Iterable[Triple], rules: Iterable[Rule], iris: Iris, times: dict[str, float] | None = None
) -> tuple[Triple, ...]:
    """What the rules derive from `given` (asserted, inferred and the ontology) and is not in it, sorted.

    See `derive`, of which this is the plain form.
    """
    body = as_bytes(given)
    store = Store()
    store.bulk_load(body, format=RdfFormat.N_TRIPLES)
    derived = derive(store, rules, iris, times) - set(read_lines(body))
    return tuple(read_triples(join_triples(sorted(derived))))


def derive(store: Store, rules: Iterable[Rule], iris: Iris, times: dict[str, float] | None = None) -> set[bytes]:
    """What the rules derive from the default graph of `store`, as lines; it is then in it. Some may have been before.

    `times`, if given, is filled with the seconds that each rule took.
    Raises `RuleError` for a query that cannot be parsed, or a result that does not name its rule.
    """
    derived: set[bytes] = set()
    for rule in rules:
        began = time.perf_counter()
        native = NATIVE.get(rule.id)
        produced = as_bytes(native(store, iris)) if native else construct(rule.query, rule.file, store)
        triples = set(read_lines(produced))
        _check_names_its_rule(triples, rule, store, iris)
        store.bulk_load(produced, format=RdfFormat.N_TRIPLES)
        derived |= triples
        if times is not None:
            times[rule.id] = time.perf_counter() - began
    return derived


def construct(query: str, file: str, store: Store) -> bytes:
    """What a query finds in the default graph of a store, as N-Triples, some perhaps more than once.

    Raises `RuleError`, naming the file, for a query that is not a CONSTRUCT.
    """
    try:
        result = store.query(query)
    except SyntaxError as error:
        raise RuleError(f"not valid SPARQL: {error.msg}", where=Where(file), hint="Correct it.") from None
    if not isinstance(result, QueryTriples):
        raise RuleError("not a CONSTRUCT query", where=Where(file), hint="Write CONSTRUCT { … }.")
    written = result.serialize(format=RdfFormat.N_TRIPLES)
    assert written is not None  # noqa: S101
    return written


def _check_names_its_rule(triples: set[bytes], rule: Rule, store: Store, iris: Iris) -> None:
    """Each result names its rule: its subject does, or the definition of its predicate does."""
    derived_by, this = NamedNode(iris.att("derivedBy")), NamedNode(iris.rule(rule.id))
    defined = {str(quad.subject).encode() for quad in store.quads_for_pattern(None, derived_by, this)}
    naming = f" {derived_by} {this}".encode()
    nodes = {triple[: -len(naming)] for triple in triples if triple.endswith(naming)}
    for triple in triples:
        subject, predicate, _ = split_triple(triple)
        if predicate not in defined and subject not in nodes:
            raise RuleError(
                f"the result {triple.decode()} does not name its rule",
                where=Where(rule.file),
                hint=f"Give the predicate {derived_by.value} <{this.value}> in the ontology, or the node itself.",
            )


def check_nothing_served(store: Store, iris: Iris) -> None:
    """The promise of the model: what a proposition says is nowhere stated as a plain triple.

    The default graph of a store is asked for what could break it, so that it is not read whole. Raises `RuleError`
    naming the first triple whose predicate is a claim predicate, or that a proposition is about.
    """
    served = DefaultGraph()

    def objects(node: Quad, name: str) -> list[NamedNode | Literal | BlankNode | Triple]:
        return [q.object for q in store.quads_for_pattern(node.subject, NamedNode(RDF + name), None, served)]

    declared = store.quads_for_pattern(None, NamedNode(RDF + "type"), NamedNode(iris.att("ClaimPredicate")), served)
    claims = {quad.subject for quad in declared}
    for claim in sorted(claims, key=str):
        if isinstance(claim, NamedNode):
            _refuse(next(store.quads_for_pattern(None, claim, None, served), None))
    said = NamedNode(RDF + "predicate")
    distinct = store.query(
        "SELECT DISTINCT ?predicate { ?proposition rdf:predicate ?predicate }", prefixes={"rdf": RDF}
    )
    for row in cast("QuerySolutions", distinct):
        predicate = row["predicate"]
        if predicate in claims or not isinstance(predicate, NamedNode):
            continue  # no triple has a claim predicate, so none of its propositions needs to be looked at
        for quad in store.quads_for_pattern(None, said, predicate, served):
            for subject in objects(quad, "subject"):
                if isinstance(subject, Literal):
                    continue
                for value in objects(quad, "object"):
                    _refuse(next(store.quads_for_pattern(subject, predicate, value, served), None))


def _refuse(found: Quad | Triple | None) -> None:
    if found is not None:
        said = f"{found.subject} {found.predicate} {found.object}"
        raise RuleError(
            f"the default graph would state a claim without its speaker: {said}",
            hint="Say it as a proposition with a statement; see CONTRIBUTING.md. Nothing was built.",
        )
