"""Settings: one frozen object, read once from a TOML file and the environment, then passed in.

Precedence: environment (`ATTESTED_` + the upper-case name) over the file over the defaults here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

from publisher.errors import ConfigurationError, Where

DEFAULT_FILE = Path("attested.toml")
PREFIX = "ATTESTED_"


class Engine(StrEnum):
    """Which engines validate and infer."""

    FAST = "fast"
    REFERENCE = "reference"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings. Paths are relative to the working directory unless absolute."""

    base_iri: str = "https://w3id.org/attested/"
    """Base of every IRI we mint; ends with a slash."""
    ontology: Path = Path("ontology")
    """Folder of the vocabulary."""
    shapes: Path = Path("shapes")
    """Folder of the shapes."""
    data: Path = Path("data")
    """Folder of the sources, with its sources.toml."""
    releases: Path = Path("releases")
    """Folder that releases are written to and served from."""
    created: datetime | None = None
    """Time written into a release. Default: SOURCE_DATE_EPOCH, else the time of the build."""
    keep_releases: int = 5
    """How many releases a build keeps, the served one included."""
    engine: str = "fast"
    """Engines that validate and infer: fast, or reference (pySHACL and owlrl)."""
    cache: Path = Path("build/cache")
    """Folder of what was worked out before, by the hash of all that it depends on; may be removed at any time."""
    unit_kib: int = 1024
    """KiB of Turtle that are worked on at once. It bounds memory, and orders the dumps of a release that has more than
    eight times as much."""
    jobs: int = 0
    """Processes that work on units; 0 means one for each processor."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8000
    """Port to listen on; 0 takes a free one."""
    workers: int = 2
    """Server processes."""
    threads: int = 8
    """Threads for each server process."""
    trusted_proxies: int = 0
    """How many proxies in front set X-Forwarded-* headers that may be believed."""
    request_seconds: float = 20.0
    """Seconds a request may take to arrive, its body included."""
    request_head_kib: int = 512
    """KiB of address and headers a request may have; a query sent by GET is in the address."""
    query_seconds: float = 30.0
    """Seconds a SPARQL query may take, waiting not counted."""
    query_cpu_seconds: float = 30.0
    """Seconds of processor time a query may take."""
    query_memory_mib: int = 1024
    """MiB of memory a query may use."""
    query_rows: int = 5_000_000
    """Rows a result may have: solutions, or triples."""
    query_result_mib: int = 1024
    """MiB a result may have, before compression."""
    query_buffer_kib: int = 1024
    """KiB up to which a result is sent whole, with its length; a larger one is streamed."""
    query_chars: int = 100_000
    """Characters a query may have."""
    query_workers: int = 2
    """Queries evaluated at once by each server process, long-running ones not counted."""
    query_slow_workers: int = 3
    """Long-running queries evaluated at once by each server process."""
    query_queue: int = 64
    """Queries that may wait in each server process."""
    query_queue_seconds: float = 10.0
    """Seconds a query may wait."""
    query_streams: int = 16
    """Large results sent at once by each server process; as many large graphs."""
    query_stream_seconds: float = 900.0
    """Seconds a client may take to read a large result or a large graph."""
    query_per_client: int = 8
    """Queries of one client at once, for each server process."""
    query_per_client_rate: float = 20.0
    """Queries of one client for each second, on average over a minute, for each server process."""
    query_cache_mib: int = 32
    """MiB of memory that each server process uses for finished results."""
    query_services: str = ""
    """Endpoints that SERVICE may call, as IRIs with spaces between; none if empty."""
    query_isolation: bool = True
    """Whether queries are refused on a machine that cannot keep their processes from the network."""

    def __post_init__(self) -> None:
        split = urlsplit(self.base_iri)
        if split.scheme not in {"http", "https"} or not split.netloc or not self.base_iri.endswith("/"):
            raise ConfigurationError(
                f"base_iri is {self.base_iri!r}",
                hint="Give an absolute http or https IRI that ends with a slash.",
            )
        if split.query or split.fragment or any(c in self.base_iri for c in '<>"{}|\\^` '):
            raise ConfigurationError(
                f"base_iri is {self.base_iri!r}",
                hint='Leave out query, fragment, spaces and any of <>"{}|\\^`.',
            )
        for name, low, high in (
            ("port", 0, 65535),
            ("workers", 1, 64),
            ("threads", 1, 256),
            ("keep_releases", 1, 10_000),
            ("unit_kib", 1, 1_000_000),
            ("jobs", 0, 256),
            ("trusted_proxies", 0, 16),
            ("request_seconds", 0.1, 3600),
            ("request_head_kib", 8, 65536),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigurationError(f"{name} is {value}", hint=f"Give a number from {low} to {high}.")
        if self.engine not in set(Engine):
            raise ConfigurationError(f"engine is {self.engine!r}", hint=f"Give one of: {', '.join(Engine)}.")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.startswith("query_") and type(value) in {int, float} and not 0 < value < 1e12:
                raise ConfigurationError(f"{field.name} is {value}", hint="Give a number above 0.")
        for service in self.query_services.split():
            if urlsplit(service).scheme not in {"http", "https"}:
                raise ConfigurationError(
                    f"query_services names {service!r}", hint="Give absolute http or https IRIs, with spaces between."
                )


def load_settings(file: Path | None = None, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the settings from `file` (default `attested.toml` if it exists), `environ` and `overrides`.

    Raises `ConfigurationError` for a missing or malformed file, an unknown name or an unusable value.
    """
    environ = os.environ if environ is None else environ
    names = {f.name for f in fields(Settings)}
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    path = file or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)
    if path is not None:
        for name, value in _read_toml(path).items():
            if name not in names:
                raise ConfigurationError(
                    f"unknown setting {name!r}",
                    where=Where(str(path)),
                    hint=f"Known settings: {', '.join(sorted(names))}.",
                )
            values[name], origin[name] = value, str(path)
    for name in sorted(names):
        if (text := environ.get(PREFIX + name.upper())) is not None:
            values[name], origin[name] = text, f"environment variable {PREFIX}{name.upper()}"
    if "created" not in values and (epoch := environ.get("SOURCE_DATE_EPOCH")):
        if not epoch.isdigit():
            raise ConfigurationError(f"SOURCE_DATE_EPOCH is {epoch!r}", hint="Give whole seconds since 1970.")
        values["created"] = datetime.fromtimestamp(int(epoch), UTC)
        origin["created"] = "SOURCE_DATE_EPOCH"
    hints = get_type_hints(Settings)
    converted = {name: _convert(name, v, hints[name], origin[name]) for name, v in values.items()}
    settings = Settings(**converted)
    return replace(settings, **{k: v for k, v in overrides.items() if v is not None})


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            "no such settings file", where=Where(str(path)), hint="Check the path given with --config."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError(
            f"not a readable TOML file: {error}", where=Where(str(path)), hint="Correct the file."
        ) from None


def _convert(name: str, value: Any, hint: Any, origin: str) -> Any:
    try:
        if hint is Path:
            return Path(str(value))
        if hint is int:
            if isinstance(value, bool | float):
                raise ValueError("not a whole number")
            return int(value)
        if hint is float:
            if isinstance(value, bool):
                raise ValueError("not a number")
            return float(value)
        if hint is bool:
            if str(value).lower() not in {"true", "false"}:
                raise ValueError("not true or false")
            return str(value).lower() == "true"
        if hint is str:
            if not isinstance(value, str):
                raise ValueError("not a string")
            return value
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError as error:
        raise ConfigurationError(f"{name} is {value!r}: {error}", hint=f"Correct it; it was set in {origin}.") from None
