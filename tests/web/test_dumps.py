"""Files with ranges, validators and checksums."""

from __future__ import annotations

import base64
import gzip
import hashlib
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from publisher.config import Settings
from publisher.releases import DUMPS, current_release

FILE = "/dumps/attested.nq"


@pytest.fixture
def data(mini: Settings) -> bytes:
    release: Path = current_release(mini.releases).path
    return (release / DUMPS / "attested.nq").read_bytes()


def test_whole_file(client: FlaskClient, data: bytes) -> None:
    with client.get(FILE, headers={"Accept-Encoding": "gzip"}) as response:
        digest = hashlib.sha256(data)
        assert response.data == data
        assert response.headers["ETag"] == f'"{digest.hexdigest()}"'
        assert response.headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
        assert response.headers["Accept-Ranges"] == "bytes"
        assert response.mimetype == "application/n-quads"
        assert response.content_length == len(data)
        assert "Content-Encoding" not in response.headers


def test_compressed_file_is_a_file(client: FlaskClient, data: bytes) -> None:
    with client.get("/dumps/attested.nq.gz") as response:
        assert response.mimetype == "application/gzip"
        assert "Content-Encoding" not in response.headers
        assert gzip.decompress(response.data) == data


@pytest.mark.parametrize(
    ("value", "start", "stop"), [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-7", -7, None)]
)
def test_range(client: FlaskClient, data: bytes, value: str, start: int, stop: int | None) -> None:
    with client.get(FILE, headers={"Range": value}) as response:
        assert response.status_code == 206
        assert response.data == data[start:stop]
        assert response.headers["Content-Range"].endswith(f"/{len(data)}")
        assert "Repr-Digest" in response.headers


@pytest.mark.parametrize("value", ["bytes=9-1", "bytes=0-1,5-6", "lines=0-1", "bytes=", "bytes=a-b", "nonsense"])
def test_unusable_ranges_are_ignored(client: FlaskClient, data: bytes, value: str) -> None:
    with client.get(FILE, headers={"Range": value}) as response:
        assert response.status_code == 200
        assert response.data == data


def test_range_beyond_the_end(client: FlaskClient, data: bytes) -> None:
    with client.get(FILE, headers={"Range": f"bytes={len(data)}-"}) as response:
        assert response.status_code == 416
        assert response.headers["Content-Range"] == f"bytes */{len(data)}"


def test_if_range(client: FlaskClient, data: bytes) -> None:
    etag = f'"{hashlib.sha256(data).hexdigest()}"'
    for value, status in ((etag, 206), ('"other"', 200), (f"W/{etag}", 200)):
        with client.get(FILE, headers={"Range": "bytes=0-3", "If-Range": value}) as response:
            assert response.status_code == status


def test_range_means_nothing_for_head(client: FlaskClient, data: bytes) -> None:
    with client.head(FILE, headers={"Range": "bytes=0-3"}) as response:
        assert response.status_code == 200
        assert response.content_length == len(data)


def test_not_modified(client: FlaskClient, data: bytes) -> None:
    with client.get(FILE, headers={"If-None-Match": f'"{hashlib.sha256(data).hexdigest()}"'}) as response:
        assert response.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/dumps/none",
        "/dumps/../release.json",
        "/dumps/..%2frelease.json",
        "/releases/none/dumps/",
        "/releases/current/dumps/",
        "/releases/..%2fr1/dumps/",
        "/releases/r1/dumps/none",
    ],
)
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_listings(client: FlaskClient, data: bytes) -> None:
    listing = client.get("/dumps/", headers={"Accept": "application/json"}).json
    assert listing
    assert [f["file"] for f in listing["files"]] == ["attested.nq", "attested.nq.gz", "a.ttl", "b.nt.gz"]
    assert "attested.nq.gz" in client.get("/dumps/", headers={"Accept": "text/html"}).text
    sums = client.get("/dumps/SHA256SUMS").text
    assert f"{hashlib.sha256(data).hexdigest()}  attested.nq\n" in sums


def test_what_is_published_compressed_only_is_named(client: FlaskClient) -> None:
    missing = client.get("/dumps/b.nt", headers={"Accept": "text/plain"})
    assert missing.status_code == 404
    assert "b.nt.gz" in missing.text
    assert "b.nt.gz" not in client.get("/dumps/b", headers={"Accept": "text/plain"}).text


def test_file_of_a_release_never_changes(app: Flask, data: bytes) -> None:
    with app.test_client().get("/releases/r1/dumps/attested.nq") as response:
        assert response.data == data
        assert "immutable" in response.headers["Cache-Control"]
