"""Representations and what HTTP asks of them: validators, variants, conditions, compression, ranges."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import Response, current_app, g, request
from werkzeug.datastructures import Headers

from publisher.errors import NotAcceptable, RequestInvalid
from publisher.formats import HTML, MediaType, negotiate
from publisher.query.outflow import Outflow, Parts
from publisher.web.clients import client_of
from publisher.web.encoding import LEAST, choose_encoding, compress, compress_parts, is_compressible
from publisher.web.endpoint import Endpoint
from publisher.web.snapshot import Snapshot
from publisher.web.urls import Links

_RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-\d{1,18})\Z")

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def current() -> Snapshot:
    """The snapshot that this request began with."""
    snapshot: Snapshot = g.snapshot
    return snapshot


def endpoint() -> Endpoint:
    """What evaluates queries."""
    found: Endpoint = current_app.config["ENDPOINT"]
    return found


def outflow() -> Outflow:
    """What sends large graphs."""
    found: Outflow = current_app.config["OUTFLOW"]
    return found


def client() -> str:
    """Whom a query that this request causes is counted for. The address is the one that `trusted_proxies` proxies saw:
    `ProxyFix` has put it in the place of the peer's.
    """
    return client_of(request.remote_addr or "", None, 0)


def page_number(name: str = "page") -> int:
    """The number of a page in the parameter `name`, from 1. Raises `RequestInvalid`."""
    text = request.args.get(name, "1")
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 8 and int(text) > 0):
        raise RequestInvalid(f"`{name}` is {text!r}", hint="Give the number of a page, from 1.")
    return int(text)


def links() -> Links:
    """Links from this request's point of view."""
    return Links(current().iris, request.root_path.rstrip("/"))


@dataclass(frozen=True)
class Variants:
    """The formats of one resource and where each is found: `base` + suffix + `query`."""

    base: str
    offered: Sequence[MediaType]
    query: str = ""
    part: str = ""
    """A parameter that only the page has, since it shows a part: `statements=2`. The other formats are whole."""

    def path(self, media_type: MediaType) -> str:
        """Where this format, and only this, is found."""
        query = self.query
        if self.part and media_type == HTML:
            query = f"{query}&{self.part}" if query else f"?{self.part}"
        return f"{links().path(self.base)}{media_type.suffix}{query}"

    def choose(self, forced: MediaType | None = None) -> MediaType:
        """The format to answer in. Raises `NotAcceptable`, naming what there is."""
        if forced is not None:
            return forced
        chosen = negotiate(request.headers.get("Accept"), self.offered)
        if chosen is None:
            names = ", ".join(media_type.name for media_type in self.offered)
            raise NotAcceptable(
                f"none of what you accept can be had here: {request.headers.get('Accept', '')}",
                hint=f"Offered: {names}.",
            )
        return chosen


def represent(
    body: bytes | str,
    media_type: MediaType,
    variants: Variants | None = None,
    *,
    canonical: str | None = None,
    described_by: str | None = "/.well-known/void",
    cache: str = "public, max-age=60, must-revalidate",
) -> Response:
    """A 200 with every header that a representation of a negotiated resource carries.

    The ETag is a hash of the body, so it differs by format, by release and by the reader's path prefix.
    """
    body = body.encode() if isinstance(body, str) else body
    response = Response(body, content_type=media_type.content_type)
    response.set_etag(_hashed(body))
    return _headed(response, media_type, variants, canonical, described_by, cache)


def represent_parts(parts: Parts, key: str, media_type: MediaType, variants: Variants, *, canonical: str) -> Response:
    """The same for a body that comes in parts and is sent as it comes. The ETag is known before: it says which
    release and what of it (`key`), and is weak. The parts are closed with the response, whether they were read or not.
    """
    response = StreamedResponse(parts, content_type=media_type.content_type)
    response.call_on_close(parts.close)
    response.set_etag(_hashed("\n".join((current().release.id, key, media_type.name)).encode()), weak=True)
    return _headed(
        response, media_type, variants, canonical, "/.well-known/void", "public, max-age=60, must-revalidate"
    )


class StreamedResponse(Response):
    """Its body is never put together, not even to find its length."""

    implicit_sequence_conversion = False


def _hashed(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest())[:32].decode()


def _headed(
    response: Response,
    media_type: MediaType,
    variants: Variants | None,
    canonical: str | None,
    described_by: str | None,
    cache: str,
) -> Response:
    response.last_modified = datetime.fromisoformat(current().release.created)
    response.headers["Cache-Control"] = cache
    if variants is not None:
        response.headers["Content-Location"] = variants.path(media_type)
        for other in variants.offered:
            if other != media_type:
                add_link(response.headers, variants.path(other), "alternate", type=other.name)
    response.vary.add("Accept")
    if canonical:
        add_link(response.headers, canonical, "canonical")
    if described_by:
        add_link(response.headers, links().path(described_by), "describedby")
    return response


def add_link(headers: Headers, target: str, rel: str, **parameters: str) -> None:
    """Add a Link header (RFC 8288). Characters that could end the target are percent-encoded."""
    for character in '<>"\r\n ':
        target = target.replace(character, f"%{ord(character):02X}")
    text = "".join(f'; {name}="{value}"' for name, value in parameters.items())
    headers.add("Link", f'<{target}>; rel="{rel}"{text}')


def finish(response: Response) -> Response:
    """Last step of every response: encoding, conditions, security headers.

    The ETag of an encoded body carries the encoding as a suffix, since a strong ETag names exact bytes
    (RFC 9110, section 8.8.3.3); it is set before the condition is tested, so a client that has the encoded
    body gets its 304 without the work of encoding.
    """
    if not response.direct_passthrough and request.method in {"GET", "HEAD", "POST"}:
        _negotiate_encoding(response)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Content-Security-Policy", CSP)
    return response


def _negotiate_encoding(response: Response) -> None:
    compressible = is_compressible(response.mimetype or "")
    encoding = None
    if isinstance(response, StreamedResponse):
        _encode_parts(response, compressible)
        return
    if compressible and "Content-Encoding" not in response.headers:
        response.vary.add("Accept-Encoding")
        if len(response.get_data()) >= LEAST:
            encoding = choose_encoding(request.headers.get("Accept-Encoding"))
    etag, weak = response.get_etag()
    if etag and encoding:
        response.set_etag(f"{etag}-{encoding}", weak=bool(weak))
    if response.status_code == 200 and request.method != "POST":
        response.make_conditional(request)
    if encoding and response.status_code != 304:
        response.set_data(compress(response.get_data(), encoding))
        response.headers["Content-Encoding"] = encoding


def _encode_parts(response: StreamedResponse, compressible: bool) -> None:
    """A weak ETag says nothing of bytes, so it is the same in every encoding."""
    encoding = choose_encoding(request.headers.get("Accept-Encoding")) if compressible else None
    if compressible:
        response.vary.add("Accept-Encoding")
    response.make_conditional(request)
    if encoding and response.status_code != 304:
        response.response = compress_parts(cast("Iterable[bytes]", response.response), encoding)
        response.headers["Content-Encoding"] = encoding


def drop_unusable_range() -> None:
    """Ignore a Range header that is not to be honoured (RFC 9110, sections 13.1.5 and 14.2): for methods other
    than GET, other units, bad syntax, several ranges at once, and with a weak validator in If-Range. The whole
    file is then sent.
    """
    match = _RANGE.match(request.headers.get("Range", "").replace(" ", ""))
    backwards = match is not None and match[1] and match[2] and int(match[1]) > int(match[2])
    weak = request.headers.get("If-Range", "").lstrip().startswith("W/")
    if match is None or backwards or weak or request.method != "GET":
        request.environ.pop("HTTP_RANGE", None)
