"""The list of sources: `data/sources.toml`, read and checked before any data is."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from publisher.errors import ConfigurationError, Where
from publisher.iris import Iris

FILE = "sources.toml"
OWN_FILE = "source.toml"
"""An imported source brings its table along, in its own folder."""
MAPPINGS_FOLDER = "mappings"
_OPTIONAL = ("citation", "release")
EXAMPLES_FOLDER = "examples"
"""Example queries are no source: they say nothing about the world."""
RESERVED = frozenset(
    {
        *("ontology", "alignments", "shapes", "mappings", "inferred", "derived", "catalog", "examples"),
        *("perspectives", "perspective-axioms", "policies", "recorded"),
    }
)
"""Graph names that steps of the build write."""

_REQUIRED = {
    "title": str,
    "description": str,
    "folder": str,
    "licence": str,
    "curator": str,
    "retrieved": date,
}


@dataclass(frozen=True)
class Source:
    """One source: a folder of Turtle files that fills one named graph."""

    name: str
    graph: str
    """IRI of its named graph."""
    folder: Path
    title: str
    description: str
    licence: str
    """IRI of the licence."""
    curator: str
    retrieved: date
    citation: str | None = None
    """How the source asks to be cited."""
    release: str | None = None
    """The release of the source, in its own words."""


def read_sources(data: Path, iris: Iris) -> tuple[Source, ...]:
    """Read `sources.toml` in the folder `data`, sorted by name.

    Raises `ConfigurationError` if the file is missing or malformed, a key is missing, unknown or of the wrong
    type, two sources claim one graph or one folder, a folder is missing, or a folder with Turtle has no source.
    """
    file = data / FILE
    where = Where(str(file))
    if not data.is_dir():
        raise ConfigurationError(
            f"the data folder {data} does not exist",
            hint="Check the `data` setting and the working directory.",
        )
    if not file.is_file():
        raise ConfigurationError(
            "no list of sources", where=where, hint="Add the file with a table [sources.<name>] for each source."
        )
    document = _read(file)
    tables = document.get("sources", {})
    if set(document) - {"sources"} or not isinstance(tables, dict) or not tables:
        raise ConfigurationError(
            "there is no source in it, or something beside [sources.…]",
            where=where,
            hint="Add a table [sources.<name>] for each source and nothing else.",
        )
    found = [_source(name, table, data, iris, where) for name, table in tables.items()]
    for own in sorted(data.rglob(OWN_FILE)):
        table = _read(own)
        name = table.pop("name", own.parent.name)
        found.append(_source(name, {"folder": "."} | table, own.parent, iris, Where(str(own))))
    sources = tuple(sorted(found, key=lambda source: source.name))
    _check_apart(sources, where)
    _check_complete(sources, data)
    return sources


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"not readable as TOML: {error}", where=Where(str(file)), hint="Correct the file."
        ) from None


def _source(name: str, table: Any, data: Path, iris: Iris, where: Where) -> Source:
    if name in RESERVED:
        raise ConfigurationError(
            f"source {name!r} claims the graph {iris.graph(name)}, which the build writes",
            where=where,
            hint="Choose another name.",
        )
    if not isinstance(table, dict):
        raise ConfigurationError(f"source {name!r} is not a table", where=where, hint=f"Write [sources.{name}].")
    known = {*_REQUIRED, *_OPTIONAL, "graph"}
    if unknown := sorted(set(table) - known):
        raise ConfigurationError(
            f"source {name!r} has unknown keys: {', '.join(unknown)}",
            where=where,
            hint=f"Known keys: {', '.join(sorted(known))}.",
        )
    for key, type_ in _REQUIRED.items():
        if not isinstance(table.get(key), type_):
            raise ConfigurationError(
                f"source {name!r} needs {key} as a {'date' if type_ is date else 'string'}",
                where=where,
                hint=f"Add the line {key} = … to [sources.{name}].",
            )
    folder = data / table["folder"]
    if not folder.is_dir() or not any(folder.rglob("*.ttl")):
        raise ConfigurationError(
            f"source {name!r}: there is no Turtle file in {folder}",
            where=where,
            hint="Add its data, correct `folder`, or take the source out.",
        )
    for key in _OPTIONAL:
        if not isinstance(table.get(key, ""), str):
            raise ConfigurationError(f"source {name!r}: {key} is not a string", where=where, hint="Quote it.")
    return Source(
        name=name,
        graph=iris.graph(table.get("graph", name)),
        folder=folder,
        title=table["title"],
        description=table["description"],
        licence=table["licence"],
        curator=table["curator"],
        retrieved=table["retrieved"],
        citation=table.get("citation"),
        release=table.get("release"),
    )


def _check_apart(sources: tuple[Source, ...], where: Where) -> None:
    for i, one in enumerate(sources):
        for other in sources[i + 1 :]:
            if one.graph == other.graph:
                raise ConfigurationError(
                    f"the sources {one.name!r} and {other.name!r} both claim the graph {one.graph}",
                    where=where,
                    hint="Give each source a graph of its own.",
                )
            a, b = one.folder.resolve(), other.folder.resolve()
            if a.is_relative_to(b) or b.is_relative_to(a):
                raise ConfigurationError(
                    f"the folders of the sources {one.name!r} and {other.name!r} overlap",
                    where=where,
                    hint="Give each source a folder of its own.",
                )


def _check_complete(sources: tuple[Source, ...], data: Path) -> None:
    folders = [source.folder.resolve() for source in sources] + [(data / EXAMPLES_FOLDER).resolve()]
    for path in sorted(data.rglob("*.ttl")):
        if not any(path.resolve().is_relative_to(folder) for folder in folders):
            raise ConfigurationError(
                "this file belongs to no source, so it would be left out",
                where=Where(str(path)),
                hint=f"Add its folder to {data / FILE}, or move the file.",
            )
