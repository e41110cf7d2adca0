"""`/cite`: the citation of anything published here, or of the result of a query, as of the release served."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

import pyoxigraph as ox
from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound as NoSuchPath

from publisher.errors import NotFound, RequestInvalid
from publisher.formats import HTML, PLAIN, MediaType, by_suffix
from publisher.iris import EntityName
from publisher.query.facts import Facts
from publisher.releases import Release
from publisher.vocab import FOAF
from publisher.web.answers import Finished, Large
from publisher.web.citations import BIBTEX, CSL, FORMATS, Citation
from publisher.web.dumps import kept
from publisher.web.http import Variants, client, current, endpoint, links, represent
from publisher.web.moment import NAME, day_of, spoken
from publisher.web.protocol import Incoming, parse
from publisher.web.render import frame

blueprint = Blueprint("cite", __name__)

_OFFERED = (PLAIN, BIBTEX, CSL, HTML)
_AUTHOR = "Attested editors"
_QUERY = ("query", "default-graph-uri", "named-graph-uri")


@dataclass(frozen=True)
class Cite:
    """The section of a page that says how to cite it."""

    text: str
    bibtex: str
    csl: str
    page: str


@blueprint.get("/cite")
@blueprint.get("/cite.<suffix>")
def cite(suffix: str = "") -> Response:
    """`?iri=` or `?query=`; `&format=text`, `bibtex`, `csl` or `html`, or by the Accept header."""
    forced = _forced(suffix)
    iri, query = request.args.get("iri", ""), request.args.get("query", "")
    if bool(iri) == bool(query):
        raise RequestInvalid(
            "give one of the parameters `iri` and `query`",
            hint=f"Example: /cite?iri={quote(current().iris.policy('undenied'), safe='')}&format=bibtex",
        )
    if iri:
        found, parameters = citation_of(iri), f"iri={quote(iri, safe='')}"
    else:
        pairs = [(name, value) for name in _QUERY for value in request.args.getlist(name)]
        parameters = urlencode(pairs)
        found = citation_of_query(parameters)
    variants = Variants("/cite", _OFFERED, f"?{parameters}")
    media_type = variants.choose(forced)
    body = {PLAIN: f"{found.text}\n", BIBTEX: found.bibtex, CSL: found.csl}.get(media_type)
    if body is None:
        page = frame(current(), links(), variants)
        body = render_template("cite.html", **page, citation=found, link=links().to(found.iri))
    return represent(body, media_type, variants, canonical=None)


def _forced(suffix: str) -> MediaType | None:
    if suffix:
        forced = by_suffix(f".{suffix}", _OFFERED)
        if forced is None:
            raise NoSuchPath
        return forced
    if not (name := request.args.get("format", "")):
        return None
    if name not in FORMATS:
        raise RequestInvalid(f"format is {name!r}", hint=f"One of {', '.join(FORMATS)}.")
    return FORMATS[name]


def section(iri: str) -> Cite:
    """For the page of `iri`, which may carry `?asOf=` or `?with=`."""
    found, at = citation_of(iri), links().at
    return Cite(
        found.text,
        at("/cite", iri=iri, format="bibtex"),
        at("/cite", iri=iri, format="csl"),
        at("/cite", iri=iri),
    )


def citation_of(iri: str) -> Citation:
    """Raises `NotFound` for what is not published here, `RequestInvalid` for a day that is none."""
    snapshot = current()
    if iri.startswith(start := snapshot.iris.release("")):
        return citation_of_release(kept(iri[len(start) :]))
    plain, _, query = iri.partition("?")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    if set(parameters) - {NAME, "with"}:
        raise NotFound(f"nothing is published at {iri}")
    title, kind = _named(plain.partition("#")[0] if query else plain, iri)
    if other := parameters.get("with"):
        both, _ = _named(snapshot.iris.perspective(other), iri)
        title, kind = f"{title}; {both}: side by side", "two perspectives"
    if NAME in parameters:
        title = f"{title}, as of {spoken(day_of(parameters[NAME]))}"
    return _make(title, kind, iri)


def citation_of_release(release: Release) -> Citation:
    """The whole data set in one release."""
    iris = current().iris
    return Citation("Attested", "data set", iris.release(release.id), _author(), release.id, release.created)


def citation_of_query(parameters: str) -> Citation:
    """The result of a query on this release, as its receipt says; it is run, or known from before.

    Raises what a query can be refused or stopped for, and `RequestInvalid` if its result is not fixed.
    """
    snapshot = current()
    ask = parse(Incoming("GET", parameters.encode("utf-8", "replace")), endpoint().services)
    if ask is None:
        raise RequestInvalid("the query is empty", hint="Give one.")
    if ask.varies:
        raise RequestInvalid(
            "the result of this query differs from one time to the next, so it cannot be cited",
            hint="Leave out NOW, RAND, UUID, STRUUID and calls of other endpoints.",
        )
    found = endpoint().evaluate(ask, snapshot, client())
    if isinstance(found, Large):
        found.answer.close()
    counted = f"; {found.rows} rows" if isinstance(found, Finished) and found.rows is not None else ""
    note = f"SHA-256 of the query: {found.receipt.digest}{counted}"
    address = found.receipt.cite_as or snapshot.iris.sparql
    return _make(f"Result of a query ({ask.form})", "query result", address, note)


def _make(title: str, kind: str, iri: str, note: str = "") -> Citation:
    release = current().release
    return Citation(title, kind, iri, _author(), release.id, release.created, note)


def _author() -> str:
    snapshot = current()
    publisher, name = ox.NamedNode(snapshot.iris.publisher), f"{FOAF}name"
    found = (t.object for t in snapshot.catalog if t.subject == publisher and t.predicate.value == name)
    return next((o.value for o in found if isinstance(o, ox.Literal)), _AUTHOR)


def _named(plain: str, asked: str) -> tuple[str, str]:
    """Title and kind of an IRI of ours."""
    snapshot = current()
    iris = snapshot.iris
    if plain == iris.dataset:
        return "Attested", "data set"
    if plain == iris.policies:
        return "Resolution policies", "list of policies"
    node = None if iris.path_of(plain) is None else _node(plain)
    if node is None:
        raise NotFound(f"nothing is published at {asked}", hint="Only IRIs of this data set can be cited here.")
    facts = Facts(snapshot.store, iris)
    name = iris.entity_name(plain) or _described(plain)
    if name is not None:
        node = ox.NamedNode(iris.entity(name.type, name.slug))
    graph = next((g for g in snapshot.release.graphs if g.iri == node.value), None)
    if graph is None and next(snapshot.store.quads(node), None) is None:
        raise NotFound(f"nothing is published at {asked}")
    label = facts.label(node)
    title = label.value if label else graph.title if graph else node.value
    kinds = {iris.perspective(""): "perspective", iris.policy(""): "resolution policy", iris.graph(""): "named graph"}
    kind = next((k for start, k in kinds.items() if plain.startswith(start)), name.type if name else "term")
    return title, kind


def _described(plain: str) -> EntityName | None:
    """The entity whose description this document is."""
    iris = current().iris
    start = f"{iris.base}doc/"
    return iris.entity_name(f"{iris.base}id/{plain[len(start) :]}") if plain.startswith(start) else None


def _node(iri: str) -> ox.NamedNode | None:
    try:
        return ox.NamedNode(iri)
    except ValueError:
        return None
