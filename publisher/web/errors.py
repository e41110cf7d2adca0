"""The one edge where errors become HTTP: RFC 9457 problem details, plain text, or a page for a browser."""

from __future__ import annotations

import json
import logging

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from publisher import errors
from publisher.formats import HTML, JSON, PLAIN, MediaType, negotiate
from publisher.web.urls import reader_path

_LOG = logging.getLogger(__name__)

PROBLEM = MediaType("application/problem+json", ".json", "Problem details")
_OFFERED = (PROBLEM, JSON, HTML, PLAIN)

STATUSES: dict[type[errors.PublisherError], int] = {
    errors.QueryInvalid: 400,
    errors.RequestInvalid: 400,
    errors.QueryRefused: 403,
    errors.NotFound: 404,
    errors.NotAcceptable: 406,
    errors.Withdrawn: 410,
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


def _publisher_error(error: errors.PublisherError) -> Response:
    status = next((s for cls, s in STATUSES.items() if isinstance(error, cls)), 500)
    if status >= 500:
        _LOG.error("%s %s: %s", request.method, request.path, error)
        return problem(status, error.title, "The server cannot answer now.", "Try again later.")
    return problem(status, error.title, error.message, error.hint)


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
    """An error in the form the client prefers; problem details if it wants none of them."""
    media_type = negotiate(request.headers.get("Accept"), _OFFERED) or PROBLEM
    if media_type is HTML:
        body = render_template(
            "error.html", status=status, title=title, detail=detail, hint=hint, path=reader_path, release=None
        )
    elif media_type is PLAIN:
        body = "\n".join(part for part in (f"{status} {title}", detail, hint) if part) + "\n"
    else:
        fields = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        if hint:
            fields["hint"] = hint
        body = json.dumps(fields, ensure_ascii=False, indent=2) + "\n"
    response = Response(body, status, content_type=media_type.content_type)
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    return response
