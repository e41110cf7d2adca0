"""`/dumps/`: the distributions of the current release, and of every kept one below `/releases/<id>/dumps/`."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime

from flask import Blueprint, Response, current_app, render_template, send_file

from publisher.config import Settings
from publisher.errors import NotFound, ReleaseMissing
from publisher.formats import HTML, JSON, PLAIN
from publisher.releases import DUMPS, Distribution, Release, read_release
from publisher.web.http import Variants, current, drop_unusable_range, links, represent

blueprint = Blueprint("dumps", __name__)

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*\Z")
_PACKED = {"gzip": "application/gzip", "zstd": "application/zstd"}
_SUMS = "SHA256SUMS"
_HINT = "See /dumps/ for the files there are."


@blueprint.get("/dumps/")
def listing() -> Response:
    """What there is to download."""
    return _listing(current().release, "/dumps/")


@blueprint.get("/dumps/<file>")
def download(file: str) -> Response:
    """A file of the current release; the same address gives another file after a switch."""
    return _download(current().release, file, "public, no-cache")


@blueprint.get("/releases/<id_>/dumps/")
def listing_of(id_: str) -> Response:
    """What there is to download of one release."""
    return _listing(kept(id_), f"/releases/{id_}/dumps/")


@blueprint.get("/releases/<id_>/dumps/<file>")
def download_of(id_: str, file: str) -> Response:
    """A file of one release; it never changes."""
    return _download(kept(id_), file, "public, max-age=31536000, immutable")


def kept(id_: str) -> Release:
    """A release of this server. Raises `NotFound` unless it is kept."""
    snapshot = current()
    if id_ == snapshot.release.id:
        return snapshot.release
    settings: Settings = current_app.config["SETTINGS"]
    if not _ID.match(id_) or id_ == "current":
        raise NotFound(f"there is no release {id_}")
    try:
        return read_release(settings.releases / id_)
    except ReleaseMissing:
        raise NotFound(f"release {id_} is not kept here", hint="See /dumps/ for the current one.") from None


def _listing(release: Release, path: str) -> Response:
    variants = Variants(path, (HTML, JSON, PLAIN))
    media_type = variants.choose()
    if media_type is HTML:
        body = render_template(
            "dumps.html", release=release, files=release.distributions, base=links().path(path), path=links().path
        )
    elif media_type is PLAIN:
        body = _sums(release)
    else:
        fields = ("file", "media_type", "compression", "bytes", "sha256")
        files = [{name: getattr(d, name) for name in fields} for d in release.distributions]
        body = json.dumps({"release": release.id, "created": release.created, "files": files}, indent=2) + "\n"
    return represent(body, media_type)


def _sums(release: Release) -> str:
    return "".join(f"{d.sha256}  {d.file}\n" for d in release.distributions)


def _download(release: Release, file: str, cache: str) -> Response:
    if file == _SUMS:
        return represent(_sums(release), PLAIN, cache=cache)
    distribution = next((d for d in release.distributions if d.file == file), None)
    if distribution is None:
        packed = [d.file for d in release.distributions if d.file in (f"{file}.gz", f"{file}.zst")]
        hint = f"It is very large and published compressed only: {', '.join(packed)}." if packed else _HINT
        raise NotFound(f"release {release.id} has no file {file}", hint=hint)
    drop_unusable_range()
    path = release.path / DUMPS / distribution.file
    try:
        response = send_file(
            path.resolve(),
            mimetype=_media_type(distribution),
            conditional=True,
            etag=distribution.sha256,
            last_modified=datetime.fromisoformat(release.created),
            max_age=0,
        )
    except FileNotFoundError:
        raise NotFound(f"release {release.id} is no longer kept here") from None
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = cache
    digest = base64.b64encode(bytes.fromhex(distribution.sha256)).decode()
    response.headers["Repr-Digest"] = f"sha-256=:{digest}:"
    return response


def _media_type(distribution: Distribution) -> str:
    """A compressed file is sent as the file it is, not as an encoding that clients undo."""
    if distribution.compression:
        return _PACKED.get(distribution.compression, "application/octet-stream")
    return distribution.media_type
