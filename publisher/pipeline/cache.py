"""What was worked out before, by the hash of all that it depends on.

An entry is written under another name and renamed, and begins with the hash of its body: one that was cut short or
altered is never used. The folder may be removed at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import zstandard

from publisher import __version__

ENGINES = ("owlrl", "pyoxigraph", "pyshacl", "pyshifty", "rdflib", "reasonable")
"""Packages whose results are kept; another version of one starts anew."""
_KEEP_SECONDS = 14 * 24 * 3600
_LEAST = 65
"""Bytes of an entry without a body."""


def digest(parts: Iterable[str | bytes]) -> str:
    """A hash that tells every sequence of parts from every other."""
    whole = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        whole.update(len(raw).to_bytes(8, "big"))
        whole.update(raw)
    return whole.hexdigest()


def hash_file(path: Path) -> bytes:
    """The hash of what is in a file, which is read again only if it was written to. Raises `OSError`."""
    is_now = path.stat()
    return _hash_file(path, is_now.st_ino, is_now.st_size, is_now.st_mtime_ns, is_now.st_ctime_ns)


@lru_cache(maxsize=1 << 15)
def _hash_file(path: Path, *_: int) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def software() -> str:
    """What results depend on beside their input: this software and the engines, with versions and own code."""
    code = digest(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return digest([__version__, code, *(f"{name} {version(name)}" for name in ENGINES)])


def fingerprint(folders: Iterable[Path], *settings: str) -> str:
    """All that a build depends on but the time: every file in the folders, and every file of this package."""
    package = Path(__file__).parent.parent
    parts: list[str | bytes] = [software(), *settings]
    for root, suffixes in ((package, {".py", ".rq", ".toml"}), *((folder, None) for folder in folders)):
        for path in sorted(root.rglob("*")):
            if path.is_file() and (suffixes is None or path.suffix in suffixes):
                parts += [path.relative_to(root).as_posix(), hash_file(path)]
    return digest(parts)


class Cache:
    """Entries in a folder, compressed. Without a folder, or where it cannot be written to, they are kept in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._held: dict[tuple[str, str], bytes] = {}

    def get(self, kind: str, key: str) -> bytes | None:
        """The body of an entry, or None if there is none that is whole."""
        if (held := self._held.get((kind, key))) is not None or self._folder is None:
            return held
        path = self._path(kind, key)
        try:
            raw = path.read_bytes()
        except OSError:
            return None
        head, _, packed = raw.partition(b"\n")
        if head != hashlib.sha256(packed).hexdigest().encode():
            path.unlink(missing_ok=True)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return zstandard.ZstdDecompressor().decompress(packed)

    def has(self, kind: str, key: str) -> bool:
        """Whether there is an entry, without reading it: `get` may still find that it is damaged."""
        if (kind, key) in self._held or self._folder is None:
            return (kind, key) in self._held
        with contextlib.suppress(OSError):
            return self._path(kind, key).stat().st_size > _LEAST
        return False

    def size(self, kind: str, key: str) -> int:
        """Bytes that an entry takes, compressed."""
        if (held := self._held.get((kind, key))) is not None or self._folder is None:
            return len(held or b"")
        return self._path(kind, key).stat().st_size

    def put(self, kind: str, key: str, body: bytes) -> None:
        """Keep an entry. A folder that cannot be written to costs time and memory, not the build."""
        if self._folder is None:
            self._held[kind, key] = body
            return
        path = self._path(kind, key)
        partial = path.with_name(f".{path.name}-{os.getpid()}")
        packed = zstandard.ZstdCompressor(level=1).compress(body)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(hashlib.sha256(packed).hexdigest().encode() + b"\n" + packed)
            partial.replace(path)
        except OSError:
            self._held[kind, key] = body
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)

    def prune(self, keep_seconds: float = _KEEP_SECONDS) -> int:
        """Remove what has not been used for so long, and what a killed build left. Returns how many."""
        removed = 0
        for path in self._folder.rglob("*") if self._folder and self._folder.is_dir() else ():
            with contextlib.suppress(OSError):
                if path.is_file() and path.stat().st_mtime < time.time() - keep_seconds:
                    path.unlink()
                    removed += 1
        return removed

    def _path(self, kind: str, key: str) -> Path:
        assert self._folder is not None  # noqa: S101
        return self._folder / kind / key[:2] / key
