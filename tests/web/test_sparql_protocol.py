"""The protocol as pure functions: what is asked, what is wrong, what to send instead."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

from publisher.config import Settings
from publisher.errors import (
    ClientTooBusy,
    MediaTypeUnsupported,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    PublisherError,
    QueryInvalid,
    QueryRefused,
    RequestInvalid,
)
from publisher.formats import HTML
from publisher.query.normal import normal_form
from publisher.web.answers import EXPOSED, AnswerCache, Finished, Receipt, matches
from publisher.web.clients import Clients, client_of
from publisher.web.protocol import FORM, GRAPH_OFFERED, QUERY, TABLE_OFFERED, Ask, Incoming, check_release, parse

ASK = "ASK { ?s ?p ?o }"
CONSTRUCT = "CONSTRUCT WHERE { ?s ?p ?o }"


def get(pairs: list[tuple[str, str]], accept: str | None = None) -> Incoming:
    return Incoming("GET", urlencode(pairs).encode(), None, accept)


def post(body: str | bytes, content_type: str | None, query_string: str = "") -> Incoming:
    data = body.encode() if isinstance(body, str) else body
    return Incoming("POST", query_string.encode(), content_type, None, data)


def asked(incoming: Incoming) -> Ask:
    ask = parse(incoming)
    assert ask is not None
    return ask


@pytest.mark.parametrize(
    "incoming",
    [
        get([("query", ASK)]),
        Incoming("HEAD", urlencode({"query": ASK}).encode()),
        post(urlencode({"query": ASK}), FORM),
        post(urlencode({"query": ASK}), f"{FORM}; charset=UTF-8"),
        post(ASK, QUERY),
        post(ASK, f'{QUERY.upper()};charset="utf-8"'),
    ],
)
def test_every_way_to_ask(incoming: Incoming) -> None:
    ask = asked(incoming)
    assert (ask.query, ask.form, ask.media_type.name) == (ASK, "ASK", "application/sparql-results+json")


def test_datasets() -> None:
    pairs = [
        ("default-graph-uri", "http://e/a"),
        ("default-graph-uri", "http://e/b"),
        ("named-graph-uri", "http://e/c"),
    ]
    expected = (("http://e/a", "http://e/b"), ("http://e/c",))
    for incoming in (
        get([("query", ASK), *pairs]),
        post(urlencode([("query", ASK), *pairs]), FORM),
        post(urlencode([("query", ASK)]), FORM, urlencode(pairs)),
        post(ASK, QUERY, urlencode(pairs)),
    ):
        dataset = asked(incoming).dataset
        assert (dataset.default, dataset.named) == expected


@pytest.mark.parametrize(
    ("incoming", "error", "words"),
    [
        (get([("query", ASK), ("query", ASK)]), RequestInvalid, "exactly one"),
        (get([("default-graph-uri", "http://e/a")]), RequestInvalid, "no parameters called `query`"),
        (get([("query", ASK), ("update", "CLEAR ALL")]), RequestInvalid, "a query and an update"),
        (get([("update", "CLEAR ALL")]), QueryRefused, "nothing can be written"),
        (get([("query", "LOAD <http://127.0.0.1/>")]), QueryRefused, "LOAD"),
        (get([("query", "hello")]), QueryInvalid, "not a SPARQL query"),
        (get([("query", ASK), ("default-graph-uri", "here")]), RequestInvalid, "absolute IRI"),
        (get([("query", ASK), ("default-graph-uri", "http://e/ x")]), RequestInvalid, "absolute IRI"),
        (get([("query", ASK), ("format", "ttl")]), RequestInvalid, "srj"),
        (get([("query", ASK)], "text/turtle"), NotAcceptable, "application/sparql-results+json"),
        (Incoming("GET", b"query=%FF"), RequestInvalid, "UTF-8"),
        (Incoming("GET", b"&".join([b"a=b"] * 2000)), RequestInvalid, "1000"),
        (post(urlencode({"other": "x"}), FORM), RequestInvalid, "query"),
        (post(ASK, QUERY, urlencode({"query": ASK})), RequestInvalid, "one of them"),
        (post("CLEAR ALL", "application/sparql-update"), QueryRefused, "nothing can be written"),
        (post(ASK, None), MediaTypeUnsupported, QUERY),
        (post(ASK, "text/plain"), MediaTypeUnsupported, FORM),
        (post(ASK.encode("utf-16"), f"{QUERY}; charset=UTF-16"), MediaTypeUnsupported, "UTF-8"),
        (post(b"ASK { ?s ?p '\xff' }", QUERY), RequestInvalid, "UTF-8"),
        (Incoming("PUT"), MethodNotAllowed, "GET"),
    ],
)
def test_what_is_wrong_and_what_to_send(incoming: Incoming, error: type[PublisherError], words: str) -> None:
    with pytest.raises(error) as caught:
        parse(incoming)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("json", ASK, "application/sparql-results+json"),
        ("xml", ASK, "application/sparql-results+xml"),
        ("csv", ASK, "text/csv"),
        ("tsv", ASK, "text/tab-separated-values"),
        ("text/csv", ASK, "text/csv"),
        ("turtle", CONSTRUCT, "text/turtle"),
        ("ntriples", CONSTRUCT, "application/n-triples"),
        ("rdfxml", CONSTRUCT, "application/rdf+xml"),
        ("jsonld", CONSTRUCT, "application/ld+json"),
        ("trig", CONSTRUCT, "application/trig"),
        ("nquads", CONSTRUCT, "application/n-quads"),
        ("json", CONSTRUCT, "application/ld+json"),
    ],
)
def test_formats_for_people(name: str, query: str, expected: str) -> None:
    assert asked(get([("query", query), ("format", name)])).media_type.name == expected


@pytest.mark.parametrize("pairs", [[], [("example", "x")], [("format", "html")]])
def test_no_query_is_a_visit(pairs: list[tuple[str, str]]) -> None:
    assert parse(get(pairs)) is None


SAME = [
    ("SELECT * { ?s ?p ?o }", "SELECT  *\n{ ?s ?p # all\n ?o }\n"),
    ("ASK { ?s <http://e/#a> 'x  y' }", "ASK {\t?s <http://e/#a>\t'x  y' } # done"),
]
DIFFERENT = [
    ("ASK { ?s ?p 'a b' }", "ASK { ?s ?p 'a  b' }"),
    ("ASK { ?s ?p '''a\nb''' }", "ASK { ?s ?p '''a b''' }"),
    ("ASK { ?s <http://e/#a> ?o }", "ASK { ?s <http://e/ #a> ?o }"),
    ("ASK { FILTER(?a<?b#'>\n && ?x = 'p  q') }", "ASK { FILTER(?a<?b#'>\n && ?x = 'p q') }"),
    ("ASK { ?s ex:it\\'s 'a  b' }", "ASK { ?s ex:it\\'s 'a b' }"),
    ("ASK { ?s ?p \\u0027a  b\\u0027 }", "ASK { ?s ?p \\u0027a b\\u0027 }"),
]


DOCS = Path(__file__).parents[2] / "docs" / "sparql.md"


def test_the_documentation_names_every_format_header_and_limit() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for query, offered in ((ASK, TABLE_OFFERED), (CONSTRUCT, GRAPH_OFFERED)):
        row = next(r for r in text.splitlines() if r.startswith("| SELECT, ASK" if query == ASK else "| CONSTRUCT"))
        types, names = (re.findall(r"`([^`]+)`", cell) for cell in row.split("|")[2:4])
        assert [m.name for m in offered if m is not HTML][: len(types)] == types
        assert [asked(get([("query", query), ("format", name)])).media_type.name for name in names] == types
    for header in EXPOSED:
        assert f"`{header}`" in text, header
    for setting in set(re.findall(r"`(query_\w+)`", text)):
        assert hasattr(Settings, setting), setting


def test_normal_form() -> None:
    for one, other in SAME:
        assert normal_form(one) == normal_form(other)
    for one, other in DIFFERENT:
        assert normal_form(one) != normal_form(other)


def test_a_query_for_another_release() -> None:
    ask = asked(get([("query", ASK), ("release", "r1")]))
    check_release(ask, "r1")
    with pytest.raises(NotFound, match="r1"):
        check_release(ask, "r2")


def finished(text: str, size: int) -> Finished:
    ask = asked(get([("query", f"{text} {ASK}")]))
    return Finished(ask, b"x" * size, 1, Receipt.of(ask, "r1", "http://e/sparql"))


def test_cache_is_bounded() -> None:
    cache = AnswerCache(1_000_000)
    for number in range(100):
        entry = finished(f"# {number}\n", 50_000)
        cache.put(number, entry)
    count, size = cache.sizes()
    assert 5 < count < 20
    assert size <= 1_000_000
    assert cache.get(0) is None
    assert cache.get(99) is not None
    cache.put("large", finished("", 200_000))
    assert cache.get("large") is None


def test_encodings_have_their_own_strong_etags() -> None:
    entry = finished("", 5000)
    plain, gzip, zstd = (entry.encoded(header) for header in (None, "gzip", "gzip, zstd"))
    assert (plain.encoding, gzip.encoding, zstd.encoding) == (None, "gzip", "zstd")
    assert len({plain.etag, gzip.etag, zstd.etag}) == 3
    assert matches(f'"x", {gzip.etag}', [gzip.etag])
    assert not matches(plain.etag, [gzip.etag])
    assert matches("*", [plain.etag])


def test_clients_are_counted_each_by_itself() -> None:
    clients = Clients(2, 0.1)
    clients.enter("a")
    clients.enter("a")
    with pytest.raises(ClientTooBusy, match="2 queries") as caught:
        clients.enter("a")
    assert caught.value.retry_after == 1
    clients.enter("b")
    clients.leave("a")
    for _ in range(4):
        clients.enter("a")
        clients.leave("a")
    with pytest.raises(ClientTooBusy, match="each second") as caught:
        clients.enter("a")
    assert caught.value.retry_after


def test_who_the_client_is() -> None:
    assert client_of("9.9.9.9", "1.1.1.1", 0) == "9.9.9.9"
    assert client_of("9.9.9.9", "1.1.1.1, 2.2.2.2, 3.3.3.3", 2) == "2.2.2.2"
    assert client_of("9.9.9.9", "1.1.1.1", 2) == "9.9.9.9"
    assert client_of("2001:db8::1", None, 0) == client_of("2001:db8::2", None, 0)
