"""Finished results of queries: what they are sent with, and those kept for the next one who asks."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from publisher.query.answer import Answer
from publisher.web.encoding import LEAST, choose_encoding, compress, is_compressible
from publisher.web.protocol import Ask

CACHE = "public, max-age=60, must-revalidate"
NEVER = "no-store"
EXPOSED = (
    "Attested-Limits",
    "Attested-Query-SHA256",
    "Attested-Release",
    "Attested-Result-SHA256",
    "Attested-Rows",
    "Cache-Status",
    "Retry-After",
)
"""Headers of ours that a page of another site may read."""
_LINK_CHARS = 2000
_RAW_KEYS = 4096


@dataclass(frozen=True)
class Receipt:
    """What a result is a result of, in headers, so that a paper can cite it."""

    release: str
    digest: str
    cite_as: str | None

    @classmethod
    def of(cls, ask: Ask, release: str, endpoint: str) -> Receipt:
        """`endpoint` is the canonical address; a query that varies, or is very long, has no address of its own."""
        link = None
        if not ask.varies and len(ask.normal) <= _LINK_CHARS:
            link = f"{endpoint}?{ask.parameters(release)}"
        return cls(release, ask.digest, link if link and len(link) <= 2 * _LINK_CHARS else None)

    def headers(self, rows: int | None, result: str | None) -> list[tuple[str, str]]:
        """`rows` and `result`, the SHA-256 of the body, if they are known."""
        found = [("Attested-Release", self.release), ("Attested-Query-SHA256", self.digest)]
        if rows is not None:
            found.append(("Attested-Rows", str(rows)))
        if result is not None:
            found.append(("Attested-Result-SHA256", result))
        if self.cite_as is not None:
            found.append(("Link", f'<{self.cite_as}>; rel="cite-as"'))
        return found


@dataclass(frozen=True)
class Encoded:
    """A body as it is sent. `encoding` is None for the body as it is."""

    body: bytes
    etag: str
    encoding: str | None


@dataclass
class Finished:
    """A whole result. Its ETag is a hash of the body, so the same bytes have the same ETag in every release."""

    ask: Ask
    body: bytes
    rows: int | None
    receipt: Receipt
    stored: bool = False
    heads: dict[object, list[tuple[bytes, bytes]]] = field(default_factory=dict)
    """For the server: headers in the form that they are sent in."""
    _encoded: dict[str | None, Encoded] = field(default_factory=dict)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the body, before compression."""
        return hashlib.sha256(self.body).digest()

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """All that do not depend on the request, but for length, coding and validator."""
        return [
            ("Content-Type", self.ask.media_type.content_type),
            ("Cache-Control", NEVER if self.ask.varies else CACHE),
            ("Vary", "Accept, Accept-Encoding"),
            *self.receipt.headers(self.rows, self.digest.hex()),
        ]

    @property
    def etag(self) -> str:
        """Without quotes, of the body as it is."""
        return base64.urlsafe_b64encode(self.digest)[:32].decode()

    def size(self) -> int:
        """Bytes kept, with room for a compressed copy and what goes with it."""
        return len(self.body) + len(self.body) // 4 + 2048

    def encoded(self, accept_encoding: str | None) -> Encoded:
        """As this client gets it; each coding is made once."""
        encoding = None
        if len(self.body) >= LEAST and is_compressible(self.ask.media_type.name):
            encoding = choose_encoding(accept_encoding)
        found = self._encoded.get(encoding)
        if found is None:
            body = compress(self.body, encoding) if encoding else self.body
            suffix = f"-{encoding}" if encoding else ""
            found = self._encoded[encoding] = Encoded(body, f'"{self.etag}{suffix}"', encoding)
        return found


@dataclass
class Large:
    """A result that is streamed: its rows and its hash are not known when it begins. The ETag is weak: the same
    triples or solutions, not surely the same bytes.
    """

    ask: Ask
    answer: Answer
    receipt: Receipt

    @property
    def headers(self) -> list[tuple[str, str]]:
        """As `Finished.headers`."""
        found = [
            ("Content-Type", self.ask.media_type.content_type),
            ("Cache-Control", NEVER if self.ask.varies else CACHE),
            ("Vary", "Accept, Accept-Encoding"),
            *self.receipt.headers(None, None),
        ]
        if not self.ask.varies:
            found.append(("ETag", large_etag(self.ask, self.receipt.release)))
        return found


def large_etag(ask: Ask, release: str) -> str:
    """The ETag of a streamed result: known before the query runs."""
    text = "\n".join((release, ask.digest, ask.media_type.name))
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def matches(if_none_match: str, etags: Sequence[str]) -> bool:
    """Weak comparison (RFC 9110, section 13.1.2)."""
    wanted = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in wanted or any(tag.removeprefix("W/") in wanted for tag in etags)


class AnswerCache:
    """Results of one release, those not asked for longest dropped first. Safe to use from several threads."""

    def __init__(self, limit: int = 64 * 1024 * 1024) -> None:
        """`limit` in bytes."""
        self._limit = limit
        self._size = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, Finished] = OrderedDict()
        self._raw: OrderedDict[Hashable, Hashable] = OrderedDict()

    def get(self, key: Hashable) -> Finished | None:
        """The result, if it is there."""
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
            return found

    def get_raw(self, raw: Hashable) -> Finished | None:
        """The result for a request that came before in exactly this form."""
        with self._lock:
            key = self._raw.get(raw)
            found = self._entries.get(key) if key is not None else None
            if found is not None:
                self._entries.move_to_end(key)
            return found

    def put(self, key: Hashable, entry: Finished) -> None:
        """Keep a result, unless it would take more than an eighth of the room."""
        if entry.size() > self._limit // 8:
            return
        with self._lock:
            entry.stored = True
            old = self._entries.pop(key, None)
            self._size += entry.size() - (old.size() if old is not None else 0)
            self._entries[key] = entry
            while self._size > self._limit:
                self._size -= self._entries.popitem(last=False)[1].size()

    def remember(self, raw: Hashable, key: Hashable) -> None:
        """That a request in this form asks for this."""
        with self._lock:
            self._raw[raw] = key
            while len(self._raw) > _RAW_KEYS:
                self._raw.popitem(last=False)

    def sizes(self) -> tuple[int, int]:
        """Number of results and their bytes."""
        with self._lock:
            return len(self._entries), self._size
