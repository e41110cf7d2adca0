"""The layout of the releases directory, shared by the build that writes it and the server that reads it.

releases/
  current -> <id>          switched by one rename
  <id>/
    release.json           what `Release` holds
    SHA256SUMS             of every file but the store's own
    store/                 embedded Oxigraph; the default graph and every named graph
    dumps/                 distributions
    validation.ttl         the SHACL report
    ...
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from publisher.errors import ReleaseDamaged, ReleaseMissing

CURRENT = "current"
MANIFEST = "release.json"
CHECKSUMS = "SHA256SUMS"
STORE = "store"
DUMPS = "dumps"
VALIDATION = "validation.ttl"
CATALOG = "catalog.nq"


@dataclass(frozen=True)
class Distribution:
    """A dump: `file` below `dumps/`, its media type, size in bytes and SHA-256 in hex."""

    file: str
    media_type: str
    compression: str | None
    bytes: int
    sha256: str


@dataclass(frozen=True)
class GraphInfo:
    """A named graph of the release: its IRI, how many triples it has and what it is in words."""

    iri: str
    triples: int
    title: str
    in_default: bool
    """Whether its triples are also in the default graph."""


@dataclass(frozen=True)
class Release:
    """What is known about one release without opening its store."""

    id: str
    created: str
    """xsd:dateTime in UTC."""
    base_iri: str
    version: str
    """Of the software that built it."""
    default_triples: int
    graphs: tuple[GraphInfo, ...]
    distributions: tuple[Distribution, ...]
    counts: dict[str, int] = field(default_factory=dict)
    """Free counts for the notes and the health page: statements, terms, shapes and so on."""
    listed: dict[str, int] | None = None
    """Entities of each type that have a class and are not withdrawn; None if an earlier version did not count them."""
    path: Path = Path()

    def to_json(self) -> str:
        """The manifest: sorted keys, without the path."""
        fields = asdict(self)
        del fields["path"]
        return json.dumps(fields, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read_release(path: Path) -> Release:
    """Read the manifest of the release at `path` and check that its parts are there.

    Raises `ReleaseMissing` if there is nothing, `ReleaseDamaged` if it was cut off half-way. Checksums are
    not computed here: `publisher check-release` does.
    """
    if not path.is_dir():
        raise ReleaseMissing(f"no release at {path}", hint="Run `publisher build` first.")
    try:
        fields: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        fields["graphs"] = tuple(GraphInfo(**g) for g in fields["graphs"])
        fields["distributions"] = tuple(Distribution(**d) for d in fields["distributions"])
        release = Release(path=path, **fields)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ReleaseDamaged(
            f"the manifest of the release at {path} is missing or unreadable: {error}",
            hint="Run `publisher build` again, or switch `current` to another release.",
        ) from None
    missing = [name for name in (CHECKSUMS, f"{STORE}/CURRENT", CATALOG) if not (path / name).is_file()]
    for distribution in release.distributions:
        file = path / DUMPS / distribution.file
        if not file.is_file() or file.stat().st_size != distribution.bytes:
            missing.append(f"{DUMPS}/{distribution.file}")
    if missing:
        raise ReleaseDamaged(
            f"the release at {path} is incomplete: {', '.join(missing)} missing or cut short",
            hint="Run `publisher build` again, or switch `current` to another release.",
        )
    return release


def current_release(releases: Path) -> Release:
    """The release being served: the one that `current` points to.

    Raises `ReleaseMissing` or `ReleaseDamaged`.
    """
    link = releases / CURRENT
    if not link.exists():
        raise ReleaseMissing(f"no release in {releases}", hint="Run `publisher build` first.")
    return read_release(link.resolve())
