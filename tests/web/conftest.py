"""A small release on disk, built without the pipeline, and a client for it."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from publisher.config import Settings
from publisher.releases import (
    CATALOG,
    CHECKSUMS,
    CURRENT,
    DUMPS,
    MANIFEST,
    STORE,
    Distribution,
    GraphInfo,
    Release,
)
from publisher.web import create_app

BASE = "https://w3id.org/attested/"
TRIG = Path(__file__).with_name("mini.trig")
NOT_DEFAULT = (f"{BASE}graph/catalog", f"{BASE}graph/shapes", f"{BASE}perspective/")

Maker = Callable[..., Release]


def make_release(releases: Path, id_: str, extra: str = "") -> Release:
    """Write a release and point `current` at it. `extra` is more Turtle for the default graph."""
    path = releases / id_
    (path / DUMPS).mkdir(parents=True)
    quads = list(ox.parse(TRIG.read_bytes(), format=ox.RdfFormat.TRIG))
    quads += list(ox.parse(extra.encode(), format=ox.RdfFormat.TRIG))
    names = sorted({str(q.graph_name.value) for q in quads if isinstance(q.graph_name, ox.NamedNode)})
    default = [
        ox.Quad(q.subject, q.predicate, q.object)
        for q in quads
        if isinstance(q.graph_name, ox.DefaultGraph) or not q.graph_name.value.startswith(NOT_DEFAULT)
    ]
    store = ox.Store(str(path / STORE))
    store.bulk_extend([*quads, *default])
    store.flush()
    del store
    catalog = [q for q in quads if q.graph_name == ox.NamedNode(f"{BASE}graph/catalog")]
    ox.serialize(catalog, str(path / CATALOG), ox.RdfFormat.N_QUADS)
    dump = ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
    files = {
        "attested.nq": dump,
        "attested.nq.gz": gzip.compress(dump, mtime=0),
        "a.ttl": b"# nothing\n",
        "b.nt.gz": gzip.compress(b"", mtime=0),
    }
    for name, data in files.items():
        (path / DUMPS / name).write_bytes(data)
    distributions = tuple(
        Distribution(
            name,
            "text/turtle" if ".ttl" in name else "application/n-quads",
            "gzip" if name.endswith(".gz") else None,
            len(data),
            hashlib.sha256(data).hexdigest(),
        )
        for name, data in files.items()
    )
    counts = Counter(str(q.graph_name.value) for q in set(quads) if isinstance(q.graph_name, ox.NamedNode))
    graphs = tuple(GraphInfo(name, counts[name], name, not name.startswith(NOT_DEFAULT)) for name in names)
    release = Release(
        id=id_,
        created="2026-11-24T12:00:00Z",
        base_iri=BASE,
        version="0",
        default_triples=len(default),
        graphs=graphs,
        distributions=distributions,
        path=path,
    )
    (path / MANIFEST).write_text(release.to_json(), encoding="utf-8")
    (path / CHECKSUMS).write_text("", encoding="utf-8")
    link = releases / f".{CURRENT}"
    link.symlink_to(id_)
    link.rename(releases / CURRENT)
    return release


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a server for the small release; read only."""
    releases = tmp_path_factory.mktemp("mini")
    make_release(releases, "r1")
    return Settings(releases=releases, port=0, workers=1, threads=4)


@pytest.fixture(scope="session")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small release and 200 triples more, so that a product of all with all is large; read only."""
    folder = tmp_path_factory.mktemp("crowded")
    make_release(folder, "r1", "".join(f"<http://e/s{n}> <http://e/p> <http://e/o{n % 7}> .\n" for n in range(200)))
    return folder


@pytest.fixture(scope="session")
def app(mini: Settings) -> Flask:
    return create_app(mini)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
