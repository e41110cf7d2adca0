"""SERVICE in every disguise, and what only looks like it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from publisher.errors import QueryInvalid, QueryRefused
from publisher.query import guard

PROLOGUE = "PREFIX : <http://127.0.0.1:1/> PREFIX ex: <http://127.0.0.1:1/>\n"

REFUSED = {
    "plain": "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "lower case": "SELECT * { service <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "mixed case": "SELECT * { SeRvIcE <http://127.0.0.1:1/> { ?s ?p ?o } }",
    "silent": "SELECT * { SERVICE SILENT ex:x { ?s ?p ?o } }",
    "silent, glued": "SELECT * { SERVICESILENT<http://127.0.0.1:1/>{ ?s ?p ?o } }",
    "by variable": "SELECT * { VALUES ?e { ex:x } SERVICE ?e { ?s ?p ?o } }",
    "glued to a variable": "SELECT * { VALUES ?e { ex:x } SERVICE?e{ ?s ?p ?o } }",
    "glued to a brace": "SELECT * {SERVICE<http://127.0.0.1:1/>{ ?s ?p ?o } }",
    "after a dot": "SELECT * { ?a ?b ?c.SERVICE ex:x { ?s ?p ?o } }",
    "default prefix": "SELECT * { SERVICE:x { ?s ?p ?o } }",
    "default prefix, comment before the brace": "SELECT * { SERVICE:x #\n { ?s ?p ?o } }",
    "glued prefix": "SELECT * { SERVICEex:x { ?s ?p ?o } }",
    "glued prefix, silent": "SELECT * { SERVICESILENTex:x { ?s ?p ?o } }",
    "after true": "SELECT * { ?s ?p trueSERVICE ex:x { ?s ?p ?o } }",
    "after true, default prefix": "SELECT * { ?s ?p trueSERVICE:x { ?s ?p ?o } }",
    "after a number": "SELECT * { ?s ?p 1SERVICE ex:x { ?s ?p ?o } }",
    "after a string": "SELECT * { ?s ?p 'a'SERVICE ex:x { ?s ?p ?o } }",
    "after a language": "SELECT * { ?s ?p 'a'@en SERVICE ex:x { ?s ?p ?o } }",
    "exists": "ASK { ?s ?p ?o FILTER EXISTS { SERVICE ex:x { ?s ?p ?o } } }",
    "not exists": "ASK { ?s ?p ?o FILTER NOT EXISTS { SERVICE ex:x { ?s ?p ?o } } }",
    "optional": "SELECT * { ?s ?p ?o OPTIONAL { SERVICE ex:x { ?s ?p ?o } } }",
    "union": "SELECT * { { ?s ?p ?o } UNION { SERVICE ex:x { ?s ?p ?o } } }",
    "minus": "SELECT * { ?s ?p ?o MINUS { SERVICE ex:x { ?s ?p ?o } } }",
    "subquery": "SELECT * { { SELECT * { SERVICE ex:x { ?s ?p ?o } } } }",
    "graph": "SELECT * { GRAPH ?g { SERVICE ex:x { ?s ?p ?o } } }",
    "construct": "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE ex:x { ?s ?p ?o } }",
    "describe": "DESCRIBE ?s { SERVICE ex:x { ?s ?p ?o } }",
    "after a comment": "SELECT * { # it's\n SERVICE ex:x { ?s ?p ?o } }",
    "after a comment ended by CR": "SELECT * { # '\rSERVICE ex:x { ?s ?p ?o } }",
    "comment between": "SELECT * { SERVICE # here\n ex:x { ?s ?p ?o } }",
    "after an escaped quote": "SELECT * { FILTER('a\\'b' != '') SERVICE ex:x { ?s ?p ?o } }",
    "after a backslash": "SELECT * { FILTER('\\\\' != '') SERVICE ex:x { ?s ?p ?o } #'\n }",
    "after a long string": "SELECT * { FILTER('''a'b''' != '') SERVICE ex:x { ?s ?p ?o } }",
    "after a long string, quote first": "SELECT * { FILTER(''''a''' != '') SERVICE ex:x { ?s ?p ?o } }",
    "after an escape in a name": "SELECT * { ?s ?p ex:a\\'b . SERVICE ex:x { ?s ?p ?o } #'\n }",
    "less than, comment": "SELECT * { FILTER(1<2)SERVICE#>\nex:x { ?s ?p ?o } }",
    "less than, long string": "SELECT * { FILTER(1<2)#>'''\nSERVICE ex:x { ?s ?p ?o } #'''\n}",
    "less than, inside": "SELECT * { FILTER(1<2#>'''\n) SERVICE ex:x { ?s ?p ?o } #'''\n}",
    "less than, spaces": "SELECT * { FILTER(1 < 2) SERVICE ex:x { ?s ?p ?o } #>\n }",
    "less than, twice": "SELECT * { FILTER(1<2&&1<2#>'''\n) SERVICE ex:x { ?s ?p ?o } #'''\n}",
    "less than, in the projection": "SELECT (1<2 AS ?x) { SERVICE ex:x { ?s ?p ?o } }",
    "number sign in an IRI": "SELECT * { ?s <http://e/#a> ?o . SERVICE ex:x { ?s ?p ?o } }",
    "escape in an IRI": "SELECT * { ?s <http://e/\\u0041#a> ?o . SERVICE ex:x { ?s ?p ?o } }",
    "escaped keyword": "SELECT * { \\u0053ERVICE ex:x { ?s ?p ?o } }",
    "escaped line end": "SELECT * { #\\u000ASERVICE ex:x { ?s ?p ?o } \n }",
    "quoted triple": "SELECT * { << ex:a ex:b ex:c >> ?p ?o SERVICE ex:x { ?s ?p ?o } }",
    "solo": "ASK { SERVICE ex:x {} }",
}

ALLOWED = {
    "comment": "SELECT * { ?s ?p ?o } # SERVICE <http://127.0.0.1:1/> { }",
    "string": "SELECT * { ?s ?p 'SERVICE <http://127.0.0.1:1/> {' }",
    "double quotes": 'SELECT * { ?s ?p "a \\" SERVICE ex:x {" }',
    "long string": 'SELECT * { ?s ?p """a " \n SERVICE ex:x { """ }',
    "long string, single quotes": "SELECT * { ?s ?p '''a ' \n SERVICE ex:x { ''' }",
    "IRI": "SELECT * { ?s <http://example.org/SERVICE> ?o }",
    "IRI with a number sign": "PREFIX s: <http://example.org/service#> SELECT * { ?s s:a ?o }",
    "IRI in VALUES": "SELECT * { VALUES (?a ?b) { (<http://e/#a> <http://e/#b>) } ?s ?p ?o }",
    "local name": "SELECT * { ?s ex:service ex:SERVICE }",
    "local name with a dot": "SELECT * { ?s ?p ex:a.SERVICE }",
    "prefix": "PREFIX service: <http://example.org/> SELECT * { ?s service:x ?o . service:y ?p ?o }",
    "prefix as graph": "PREFIX service: <http://example.org/> SELECT * { GRAPH service:x { ?s ?p ?o } }",
    "prefix as dataset": "PREFIX service: <http://example.org/> SELECT * FROM service:x { ?s ?p ?o }",
    "variable": "SELECT ?service $SERVICE { ?service ?p $SERVICE }",
    "blank node": "SELECT * { _:service ?p _:SERVICE }",
    "language": "SELECT * { ?s ?p 'a'@service }",
    "less than": "SELECT * { ?s ?p ?o FILTER(?o < 3 && ?o > 1) }",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(QueryRefused, match="SERVICE"):
        guard.check(PROLOGUE + REFUSED[name])


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed_and_parses(name: str) -> None:
    query = PROLOGUE + ALLOWED[name]
    assert guard.check(query) == "SELECT"
    ox.Store().query(query)


@pytest.fixture(scope="module")
def listener() -> Iterator[tuple[str, list[object]]]:
    """A server that notes every connection and closes it."""
    heard: list[object] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    stop = threading.Event()

    def listen() -> None:
        while not stop.is_set():
            try:
                connection, address = server.accept()
            except TimeoutError:
                continue
            heard.append(address)
            connection.close()

    thread = threading.Thread(target=listen)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/", heard
    stop.set()
    thread.join()
    server.close()


def test_some_refused_queries_do_call(listener: tuple[str, list[object]]) -> None:
    """The matrix is worth something: without the guard the engine makes these calls."""
    address, heard = listener
    store = ox.Store()
    calls = 0
    for query in REFUSED.values():
        before = len(heard)
        try:
            answer = store.query((PROLOGUE + query).replace("http://127.0.0.1:1/", address))
            if not isinstance(answer, ox.QueryBoolean):
                list(answer)
        except (SyntaxError, OSError, RuntimeError):
            pass
        threading.Event().wait(0.01)
        calls += len(heard) > before
    assert calls > 20


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <a:a> <a:b> <a:c> }",
        "LOAD <http://e/>",
        "PREFIX e: <http://e/> DELETE WHERE { ?s e:p ?o }",
        "drop all",
    ],
)
def test_updates_are_refused(update: str) -> None:
    with pytest.raises(QueryRefused, match="update"):
        guard.check(update)


@pytest.mark.parametrize("text", ["", "hello", "# SELECT", "PREFIX e: <http://e/>"])
def test_other_text_is_invalid(text: str) -> None:
    with pytest.raises(QueryInvalid):
        guard.check(text)


def test_cost_is_linear() -> None:
    hard = "SELECT * { FILTER(" + "1<2#>" * 20_000 + "\n) }"
    assert guard.check(hard) == "SELECT"


SERVICES = frozenset({"http://a.example/sparql"})


@pytest.mark.parametrize(
    "query",
    [
        "ASK { SERVICE <http://a.example/sparql> { ?s ?p ?o } }",
        "ASK { service silent <http://a.example/sparql> { ?s ?p ?o } }",
        "ASK { SERVICE # there\n <http://a.example/sparql> { ?s ?p ?o } }",
    ],
)
def test_an_allowed_service(query: str) -> None:
    assert guard.check(query, SERVICES) == "ASK"
    with pytest.raises(QueryRefused):
        guard.check(query)


@pytest.mark.parametrize(
    "query",
    [
        "ASK { SERVICE <http://b.example/sparql> { ?s ?p ?o } }",
        "ASK { SERVICE <http://a.example/sparql/> { ?s ?p ?o } }",
        "ASK { SERVICE ?e { ?s ?p ?o } }",
        "PREFIX a: <http://a.example/> ASK { SERVICE a:sparql { ?s ?p ?o } }",
        "BASE <http://a.example/> ASK { SERVICE <sparql> { ?s ?p ?o } }",
        "ASK { SERVICE <http://a.example/sparql> { SERVICE <http://b.example/> { ?s ?p ?o } } }",
        "ASK { FILTER(1<2)SERVICE#>\n<http://b.example/> { ?s ?p ?o } }",
        "ASK { FILTER(?x<SERVICE<http://a.example/sparql>{}) SERVICE:x { ?s ?p ?o } }",
        "ASK { \\u0053ERVICE <http://b.example/> { ?s ?p ?o } }",
    ],
)
def test_no_other_service(query: str) -> None:
    with pytest.raises(QueryRefused):
        guard.check(query, SERVICES)
