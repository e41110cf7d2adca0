"""Our own HTTP layer, in front of whatever data a test asks for.

Each set of data is a release of its own; to go from one test to the next the link `current` is switched, as a
build does it, and the server notices.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyoxigraph as ox
import requests
from flask.testing import FlaskClient

from publisher.config import Settings
from publisher.releases import CATALOG, CHECKSUMS, CURRENT, DUMPS, MANIFEST, STORE, GraphInfo, Release
from publisher.vocab import CANONICAL_BASE
from publisher.web import create_app
from tests.conformance.manifest import GraphFile
from tests.conformance.results import SUFFIXES

_PATIENCE = 3
"""Times that a busy server is asked."""


@dataclass(frozen=True)
class Reply:
    """What came back. `media_type` without parameters."""

    status: int
    media_type: str
    body: bytes


class Transport(Protocol):
    """A way to send a request."""

    address: str
    """Of the server; ends with a slash."""

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply: ...

    def follow(self, release: str) -> None:
        """Wait until this release is the one that answers."""


class InProcess:
    """Through the WSGI application."""

    address = "http://localhost/"

    def __init__(self, releases: Path) -> None:
        self._client: FlaskClient = create_app(Settings(releases=releases, port=0)).test_client()

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        response = self._client.open(path, method=method, headers=dict(headers), data=body)
        return Reply(response.status_code, response.mimetype or "", response.get_data())

    def follow(self, release: str) -> None:
        """It answers at once."""


class OverNetwork:
    """To a server, whose address ends with a slash. When it is busy we come back as it asks."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._session = requests.Session()

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        for _ in range(_PATIENCE):
            response = self._session.request(
                method, f"{self.address}{path[1:]}", headers=dict(headers), data=body, timeout=60, allow_redirects=False
            )
            if response.status_code != 503:
                break
            time.sleep(min(int(response.headers.get("Retry-After", 1)), 10))
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
        return Reply(response.status_code, media_type, response.content)

    def follow(self, release: str) -> None:
        """It answers when its query processes are there. The server has one process."""
        end = time.monotonic() + 30
        while self._session.get(f"{self.address}healthz", timeout=60).json()["release"] != release:
            assert time.monotonic() < end, f"{release} is not served"
            time.sleep(0.01)


class Data:
    """The releases folder: one release for each set of data, made when first needed."""

    def __init__(self, releases: Path) -> None:
        self.releases = releases
        self.load(())

    def load(self, files: Sequence[GraphFile]) -> str:
        """Switch to the release with these data. Returns its id."""
        id_ = hashlib.sha256(repr(sorted(files, key=repr)).encode()).hexdigest()[:16]
        path = self.releases / id_
        if not path.exists():
            _write(path, id_, files)
        link = self.releases / CURRENT
        if not link.is_symlink() or str(link.readlink()) != id_:
            new = self.releases / f".{CURRENT}"
            new.symlink_to(id_)
            new.rename(link)
        return id_


def _write(path: Path, id_: str, files: Sequence[GraphFile]) -> None:
    path.mkdir()
    (path / DUMPS).mkdir()
    store = ox.Store(str(path / STORE))
    for file in files:
        graph = ox.NamedNode(file.name) if file.name else None
        format_ = SUFFIXES[file.file.suffix]
        base = file.file.as_uri()
        if format_ in (ox.RdfFormat.TRIG, ox.RdfFormat.N_QUADS):
            store.load(path=str(file.file), format=format_, base_iri=base)
        else:
            store.load(path=str(file.file), format=format_, base_iri=base, to_graph=graph)
        if graph is not None:
            store.add_graph(graph)
    store.flush()
    names = tuple(GraphInfo(n.value, 1, n.value, False) for n in store.named_graphs() if isinstance(n, ox.NamedNode))
    del store
    release = Release(
        id=id_,
        created="2026-11-24T12:00:00Z",
        base_iri=CANONICAL_BASE,
        version="0",
        default_triples=0,
        graphs=names,
        distributions=(),
        path=path,
    )
    (path / CATALOG).write_text("", encoding="utf-8")
    (path / MANIFEST).write_text(release.to_json(), encoding="utf-8")
    (path / CHECKSUMS).write_text("", encoding="utf-8")
