"""From a canonical IRI to where the reader is: DESIGN section 6. Nothing else in `web` builds a link."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from flask import request

from publisher.iris import Iris

_SCHEMES = {"http", "https", "mailto"}
_SAFE = "/:@!$&'()*+,;=~-._?#[]%"


@dataclass(frozen=True)
class Link:
    """Where to go: `href` is None if it is not safe to go there."""

    href: str | None
    external: bool


@dataclass(frozen=True)
class Links:
    """Links as seen from one request. `root` is the path prefix of a proxy in front, or empty."""

    iris: Iris
    root: str

    def path(self, path: str) -> str:
        """A path of this server, from the reader's point of view."""
        return f"{self.root}{path}"

    def at(self, path: str, **parameters: str) -> str:
        """A path of this server with parameters; those without a value are left out."""
        pairs = [f"{name}={quote(value, safe='')}" for name, value in parameters.items() if value]
        return f"{self.root}{path}{'?' if pairs else ''}{'&'.join(pairs)}"

    def to(self, iri: str) -> Link:
        """A link to any IRI: our own lead to this server, foreign ones out, unsafe ones nowhere."""
        path = self.iris.path_of(iri)
        if path is not None and not path.startswith(("//", "/\\")):
            return Link(self.root + quote(path, safe=_SAFE), external=False)
        try:
            scheme = urlsplit(iri).scheme.lower()
        except ValueError:
            return Link(None, external=True)
        return Link(iri if scheme in _SCHEMES else None, external=True)

    def lookup(self, iri: str) -> str:
        """Where we say what we know about an IRI."""
        return f"{self.root}/lookup?iri={quote(iri, safe='')}"


def reader_path(path: str) -> str:
    """A path of this server as the reader of the current request sees it, also behind a path prefix."""
    return f"{request.root_path.rstrip('/')}{path}"
