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

Form = tuple[bytes, str | None]
"""The query string and the Accept header of a GET request."""

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
_FORMS = 4
"""Forms of the same request that are known for each result, and heads of its response."""
_ENTRY, _CODING = 2700, 900
"""Bytes that a result and each coding of it take beside the body and what grows with the query, as measured by
tests/web/test_answers.py."""


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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
    """For the server: headers in the form that they are sent in; see `keep_head`."""
    forms: list[Form] = field(default_factory=list)
    """Requests that are known to ask for this."""
    counted: int = 0
    """Bytes that the cache counts for it."""
    _encoded: dict[str | None, Encoded] = field(default_factory=dict)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the body, before compression."""
        return hashlib.sha256(self.body).digest()

    @property
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

    @property
    def codings(self) -> int:
        """How many have been made."""
        return len(self._encoded)

    def keep_head(self, key: object, head: list[tuple[bytes, bytes]]) -> None:
        """For the next one who asks; not more than a few."""
        if len(self.heads) < _FORMS:
            self.heads[key] = head

    def size(self) -> int:
        """Bytes kept in memory. The query is there as it came and in its normal form; in the address to cite, as text
        and as a header; and in the requests.
        """
        coded = sum(len(found.body) for coding, found in self._encoded.items() if coding is not None)
        forms = sum(len(query) for query, _ in self.forms)
        parts = len(self.body) + coded + len(self.ask.query) + 6 * len(self.ask.normal) + forms
        return parts + _ENTRY + _CODING * len(self._encoded)

    def encoded(self, accept_encoding: str | None) -> Encoded:
        """As this client gets it; each coding is made once, and then to be counted (`AnswerCache.recount`)."""
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

    def __init__(self, limit: int = 32 * 1024 * 1024) -> None:
        """`limit` in bytes."""
        self._limit = limit
        self._size = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, Finished] = OrderedDict()
        self._forms: dict[Form, Hashable] = {}

    def get(self, key: Hashable) -> Finished | None:
        """The result, if it is there."""
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
            return found

    def get_form(self, form: Form) -> Finished | None:
        """The result for a request that came before in exactly this form."""
        with self._lock:
            key = self._forms.get(form)
            if key is None:
                return None
            self._entries.move_to_end(key)
            return self._entries[key]

    def put(self, key: Hashable, entry: Finished) -> None:
        """Keep a result, unless it would take more than an eighth of the room."""
        if entry.size() > self._limit // 8:
            return
        with self._lock:
            if key in self._entries:
                self._drop(key)
            entry.stored = True
            self._entries[key] = entry
            self._count(entry)

    def remember(self, form: Form, key: Hashable) -> None:
        """That a request in this form asks for this, if it is there."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or form in self._forms or len(entry.forms) >= _FORMS:
                return
            entry.forms.append(form)
            self._forms[form] = key
            self._count(entry)

    def recount(self, entry: Finished) -> None:
        """After a coding has been added to a result that may be here."""
        with self._lock:
            if self._entries.get(entry.ask.key) is entry:
                self._count(entry)

    def _count(self, entry: Finished) -> None:
        size = entry.size()
        self._size += size - entry.counted
        entry.counted = size
        while self._size > self._limit:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: Hashable) -> None:
        entry = self._entries.pop(key)
        self._size -= entry.counted
        for form in entry.forms:
            del self._forms[form]
        entry.forms.clear()

    def sizes(self) -> tuple[int, int]:
        """Number of results and their bytes."""
        with self._lock:
            return len(self._entries), self._size
