"""The one edge where errors become HTTP: RFC 9457 problem details, plain text, or a page for a browser."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from publisher import errors
from publisher.formats import HTML, JSON, PLAIN, MediaType, negotiate
from publisher.web.protocol import ACCEPT_POST, METHODS
from publisher.web.urls import reader_path

_LOG = logging.getLogger(__name__)

PROBLEM = MediaType("application/problem+json", ".json", "Problem details")
_OFFERED = (PROBLEM, JSON, HTML, PLAIN)

STATUSES: dict[type[errors.PublisherError], int] = {
    errors.QueryInvalid: 400,
    errors.RequestInvalid: 400,
    errors.QueryRefused: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.NotAcceptable: 406,
    errors.Withdrawn: 410,
    errors.QueryTooLarge: 413,
    errors.RequestTooLarge: 413,
    errors.MediaTypeUnsupported: 415,
    errors.ClientTooBusy: 429,
    errors.QueryStopped: 503,
    errors.ReleaseMissing: 503,
    errors.ReleaseDamaged: 503,
}
"""Everything else is 500."""

_HINTS = {
    404: "Check the address, or begin at the start page.",
    405: "See the Allow header for what is possible here.",
    413: "Send less.",
    415: "Send a form (application/x-www-form-urlencoded) or the query itself (application/sparql-query).",
    416: "The Content-Range header gives the size of the file.",
}


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(errors.PublisherError, _publisher_error)
    app.register_error_handler(HTTPException, _http_exception)
    app.register_error_handler(Exception, _unexpected)


@dataclass(frozen=True)
class Problem:
    """What a client is told."""

    status: int
    title: str
    detail: str
    hint: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, error: errors.PublisherError) -> Problem:
        """Of an error that a request ended with. What is no fault of the client is not shown in detail."""
        status = next((s for kind, s in STATUSES.items() if isinstance(error, kind)), 500)
        headers = []
        if isinstance(error, errors.QueryStopped) and error.retry_after is not None:
            headers.append(("Retry-After", str(error.retry_after)))
        if isinstance(error, errors.MethodNotAllowed):
            headers.append(("Allow", ", ".join(METHODS)))
        if isinstance(error, errors.MediaTypeUnsupported):
            headers.append(("Accept-Post", ACCEPT_POST))
        if status >= 500 and not isinstance(error, errors.QueryStopped):
            return cls(status, error.title, "The server cannot answer now.", "Try again later.", tuple(headers))
        detail = f"{error.where}: {error.message}" if error.where else error.message
        return cls(status, error.title, detail, error.hint, tuple(headers))

    def written(self, accept: str | None, page: Callable[[Problem], str]) -> tuple[MediaType, bytes]:
        """In the form the client prefers; problem details if it wants none of them. `page` makes the HTML."""
        media_type = negotiate(accept, _OFFERED) or PROBLEM
        if media_type is HTML:
            return media_type, page(self).encode()
        if media_type is PLAIN:
            lines = (f"{self.status} {self.title}", self.detail, self.hint)
            return media_type, ("\n".join(line for line in lines if line) + "\n").encode()
        fields = {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}
        if self.hint:
            fields["hint"] = self.hint
        return media_type, (json.dumps(fields, ensure_ascii=False, indent=2) + "\n").encode()


def _publisher_error(error: errors.PublisherError) -> Response:
    told = Problem.of(error)
    if told.status >= 500:
        _LOG.error("%s %s: %s", request.method, request.path, error)
    return _respond(told)


def _http_exception(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400 and error.response is not None:
        return Response(error.get_body(), status, error.get_headers())
    title = error.name
    response = problem(status, title, _detail(status, error), _HINTS.get(status))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "content-range", "retry-after", "accept-post"}:
            response.headers[name] = value
    if error.response is not None and "Accept-Post" in error.response.headers:
        response.headers["Accept-Post"] = error.response.headers["Accept-Post"]
    return response


def _detail(status: int, error: HTTPException) -> str:
    if status == 404:
        return "There is nothing at this address."
    if status == 405:
        return f"{request.method} is not possible here."
    return error.description or error.name


def _unexpected(error: Exception) -> Response:
    _LOG.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem(500, "Internal Server Error", "The server made a mistake; it has been noted.", None)


def problem(status: int, title: str, detail: str, hint: str | None) -> Response:
    """An error as a response."""
    return _respond(Problem(status, title, detail, hint))


def _respond(told: Problem) -> Response:
    media_type, body = told.written(request.headers.get("Accept"), _page)
    response = Response(body, told.status, content_type=media_type.content_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers.extend(told.headers)
    response.vary.add("Accept")
    return response


def _page(told: Problem) -> str:
    return render_template(
        "error.html",
        status=told.status,
        title=told.title,
        detail=told.detail,
        hint=told.hint,
        path=reader_path,
        release=None,
    )
