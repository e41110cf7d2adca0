"""Content codings: which one a client gets, and the same bytes every time."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Protocol

import zstandard
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

_COMPRESSIBLE = re.compile(r"text/|application/(.*\+)?(json|xml)|application/(n-triples|n-quads|trig)")
LEAST = 600
"""Bodies shorter than this are not worth compressing."""


class _Coder(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def is_compressible(media_type: str) -> bool:
    """Whether a body of this type gets smaller."""
    return _COMPRESSIBLE.match(media_type) is not None


@lru_cache(maxsize=256)
def choose_encoding(header: str | None) -> str | None:
    """`zstd`, `gzip` or None for a value of Accept-Encoding (RFC 9110, section 12.5.3)."""
    accepted = parse_accept_header(header, Accept)
    best, best_quality = None, 0.0
    for encoding in ("zstd", "gzip"):
        quality = accepted.quality(encoding)
        if quality > best_quality:
            best, best_quality = encoding, quality
    identity = max((q for name, q in accepted if name.lower() == "identity"), default=0.0)
    return best if best_quality >= identity else None


def compress(data: bytes, encoding: str) -> bytes:
    """The whole body; gzip without a time stamp, zstd at its default level, which is the fast one."""
    if encoding == "gzip":
        return gzip.compress(data, compresslevel=5, mtime=0)
    found = zstandard.ZstdCompressor(level=3).compress(data)
    return bytes(memoryview(found))  # a copy: what the library returns keeps the room of the worst case


def compress_parts(parts: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """A body that comes in parts."""
    coder: _Coder
    coder = zlib.compressobj(1, wbits=31) if encoding == "gzip" else zstandard.ZstdCompressor(level=1).compressobj()
    for part in parts:
        if data := coder.compress(part):
            yield data
    yield coder.flush()
