"""The web server: a Flask application over one release at a time. It never imports the pipeline."""

from __future__ import annotations

from flask import Flask, Response, g, request
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from publisher.config import Settings
from publisher.query.outflow import Outflow
from publisher.web import (
    catalog,
    cite,
    documents,
    dumps,
    editor_page,
    errors,
    examples,
    explanations,
    history,
    operations,
    pages,
    perspectives,
    policies,
    resources,
    sparql,
)
from publisher.web.answers import EXPOSED
from publisher.web.endpoint import Endpoint
from publisher.web.http import CSP, finish
from publisher.web.snapshot import ReleaseWatcher

MAX_BODY = 1024 * 1024
"""Bytes of a request body: queries are text, and this is a long one."""

_EXPOSED = (
    "Accept-Ranges",
    "Allow",
    "Content-Location",
    "Content-Range",
    "ETag",
    "Link",
    "Location",
    "Repr-Digest",
    *EXPOSED,
)


ALWAYS = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", ", ".join(_EXPOSED)),
    ("Content-Security-Policy", CSP),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
"""What a response has that does not come from the application but from the server in front of it."""


def create_app(settings: Settings, endpoint: Endpoint | None = None) -> Flask:
    """The application. The server gives it its `endpoint`; without one, queries run in this process without any
    limit, which is for tests and tools. Raises `ReleaseMissing` or `ReleaseDamaged` if there is nothing to serve.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.config["SETTINGS"] = settings
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    endpoint = endpoint or Endpoint(settings, ReleaseWatcher(settings.releases))
    app.config["ENDPOINT"] = endpoint
    app.config["OUTFLOW"] = Outflow(settings.query_streams)

    @app.before_request
    def begin() -> Response | None:
        """Pin the release, and answer OPTIONS for every path that exists."""
        g.snapshot = endpoint.watcher.snapshot()
        if request.method == "OPTIONS" and request.routing_exception is None:
            return _options(app)
        return None

    app.after_request(finish)
    CORS(app, send_wildcard=True, expose_headers=list(_EXPOSED), methods=_METHODS, max_age=86400)
    errors.install(app)
    reading = (resources, documents, perspectives, policies, explanations, cite, history, pages)
    for module in (*reading, sparql, editor_page, examples, dumps, catalog, operations):
        app.register_blueprint(module.blueprint)
    if count := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count, x_prefix=count
        )
    return app


_METHODS = ["GET", "HEAD", "POST", "OPTIONS"]


def _options(app: Flask) -> Response:
    adapter = app.create_url_adapter(request)
    response = Response(status=204)
    response.allow.update(sorted(adapter.allowed_methods() if adapter else ()))
    return response
