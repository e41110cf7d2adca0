"""`/releases` and `/releases/<id>`: the releases kept, what changed from one to the next, and how to cite each."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, render_template

from publisher.config import Settings
from publisher.errors import NotFound, ReleaseDamaged, ReleaseMissing
from publisher.formats import DOCUMENT_FORMATS, HTML, JSON, N_QUADS
from publisher.query.serialise import serialise, sort_triples
from publisher.releases import CATALOG, CURRENT, Release, read_release
from publisher.web.cite import Cite, citation_of_release
from publisher.web.http import Variants, current, links, represent
from publisher.web.render import frame

blueprint = Blueprint("history", __name__)


@dataclass(frozen=True)
class Change:
    """A count that differs from the release before."""

    name: str
    before: int
    after: int


@dataclass(frozen=True)
class Entry:
    """A release in the list, with what changed since the one before that is kept."""

    release: Release
    current: bool
    before: str | None
    changes: tuple[Change, ...]


@blueprint.get("/releases")
def releases() -> Response:
    """Those kept here, the newest first."""
    entries = _entries()
    variants = Variants("/releases", (HTML, JSON))
    media_type = variants.choose()
    if media_type is HTML:
        body = render_template("releases.html", **frame(current(), links(), None), entries=entries)
    else:
        body = json.dumps({"releases": [_fields(entry) for entry in entries]}, ensure_ascii=False, indent=2) + "\n"
    return represent(body, media_type, cache="public, no-cache")


@blueprint.get("/releases/<id_>")
def release(id_: str) -> Response:
    """One release: counts, changes, files, citation; in RDF, its own catalog."""
    entry = next((e for e in _entries() if e.release.id == id_), None)
    if entry is None:
        raise NotFound(f"release {id_} is not kept here", hint="See /releases for those that are.")
    snapshot, found = current(), entry.release
    variants = Variants(f"/releases/{id_}", (*DOCUMENT_FORMATS, JSON))
    media_type = variants.choose()
    body: bytes | str
    if media_type is HTML:
        citation = citation_of_release(found)
        at = links().at
        cite = Cite(
            citation.text,
            at("/cite", iri=citation.iri, format="bibtex"),
            at("/cite", iri=citation.iri, format="csl"),
            at("/cite", iri=citation.iri),
        )
        page = frame(snapshot, links(), None)
        body = render_template(
            "release.html", **{**page, "release": snapshot.release}, entry=entry, shown=found, cite=cite
        )
    elif media_type is JSON:
        body = json.dumps(_fields(entry), ensure_ascii=False, indent=2) + "\n"
    else:
        quads = ox.parse((found.path / CATALOG).read_bytes(), format=N_QUADS.rdf)
        body = serialise(sort_triples(q.triple for q in quads), media_type, snapshot.iris.prefixes())
    response = represent(body, media_type, canonical=snapshot.iris.release(id_))
    response.headers["Content-Location"] = links().path(f"/releases/{id_}")
    return response


def _entries() -> list[Entry]:
    """By time, then by id; what is damaged or half removed is left out."""
    settings: Settings = current_app.config["SETTINGS"]
    served = current().release
    found = {served.id: served}
    for path in settings.releases.iterdir():
        if path.name == CURRENT or path.name.startswith(".") or path.is_symlink() or path.name in found:
            continue
        try:
            one = read_release(path)
        except (ReleaseMissing, ReleaseDamaged):
            continue
        if one.id == path.name and one.base_iri == served.base_iri:
            found[one.id] = one
    order = sorted(found.values(), key=lambda r: (r.created, r.id))
    entries = []
    for before, one in zip([None, *order], order, strict=False):
        changes = _changes(before, one) if before else ()
        entries.append(Entry(one, one.id == served.id, before.id if before else None, changes))
    return entries[::-1]


def _changes(before: Release, after: Release) -> tuple[Change, ...]:
    names = sorted(before.counts.keys() | after.counts.keys())
    pairs = [Change(name, before.counts.get(name, 0), after.counts.get(name, 0)) for name in names]
    pairs.append(Change("triples in the default graph", before.default_triples, after.default_triples))
    return tuple(change for change in pairs if change.before != change.after)


def _fields(entry: Entry) -> dict[str, object]:
    one = entry.release
    return {
        "id": one.id,
        "iri": current().iris.release(one.id),
        "created": one.created,
        "software": one.version,
        "current": entry.current,
        "default_triples": one.default_triples,
        "counts": one.counts,
        "before": entry.before,
        "changes": [{"name": c.name, "before": c.before, "after": c.after} for c in entry.changes],
        "citation": citation_of_release(one).text,
    }
