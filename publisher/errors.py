"""The one family of errors. Two edges translate it: `cli` to exit codes, `web` to HTTP statuses.

Every message says what is wrong, where, and what to do about it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Where:
    """A place in a source: a file, with line and column (both from 1) where they are known."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n is not None)]
        return ":".join(parts)


class PublisherError(Exception):
    """Something the user can understand and act on.

    `message` says what is wrong, `where` the place in a source if there is one, `hint` what to do.
    """

    title = "Error"

    def __init__(self, message: str, *, where: Where | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  {self.hint}" if self.hint else text


class ConfigurationError(PublisherError):
    """A setting or the list of sources is unusable."""

    title = "Unusable configuration"


class SourceError(PublisherError):
    """A source file cannot be read as what it should be."""

    title = "Unreadable source"


class DataInvalid(PublisherError):
    """The data graph does not conform to the shapes. `report` is the full text report."""

    title = "Data does not conform"

    def __init__(self, message: str, *, report: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.report = report


class DataInconsistent(PublisherError):
    """The closure of the ontology and the data contains a contradiction in logic."""

    title = "Data contradicts the ontology"


class RuleError(PublisherError):
    """A derivation rule file is malformed or breaks a promise of the model."""

    title = "Faulty derivation rule"


class ReleaseMissing(PublisherError):
    """There is no release to serve."""

    title = "No release"


class ReleaseDamaged(PublisherError):
    """A release directory is incomplete or does not match its checksums."""

    title = "Damaged release"


class BuildInProgress(PublisherError):
    """Another build holds the releases directory."""

    title = "A build is running"


class QueryInvalid(PublisherError):
    """A query cannot be parsed."""

    title = "Invalid query"


class QueryRefused(PublisherError):
    """A query asks for something this endpoint does not do: updating, or calling other endpoints."""

    title = "Query refused"


class RequestInvalid(PublisherError):
    """A request is malformed."""

    title = "Bad request"


class MethodNotAllowed(PublisherError):
    """The resource is not there for this method."""

    title = "Method not allowed"


class MediaTypeUnsupported(PublisherError):
    """The body of a request has a type that is not understood here."""

    title = "Unsupported media type"


class RequestTooLarge(PublisherError):
    """The body of a request is longer than anything that is meant for here."""

    title = "Too large"


class NotAcceptable(PublisherError):
    """No media type that the client accepts can be produced."""

    title = "Not acceptable"


class NotFound(PublisherError):
    """Nothing is known by this name."""

    title = "Not found"


class Withdrawn(PublisherError):
    """The thing was published once and has been withdrawn, for the reason the message gives."""

    title = "Withdrawn"


class BuildFailed(PublisherError):
    """The machine would not let a release be written."""

    title = "Build failed"


class QueryStopped(PublisherError):
    """A query was stopped before its answer was complete. `retry_after` in seconds, if trying again helps."""

    title = "Query stopped"

    def __init__(self, message: str, *, retry_after: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class QueryQueueFull(QueryStopped):
    """There are more queries than can be evaluated now."""

    title = "Too many queries"


class ClientTooBusy(QueryStopped):
    """One client has more queries under way, or sends them faster, than the limit that the message names."""

    title = "Too many queries from you"


class QueryTimedOut(QueryStopped):
    """A query took longer than the limit on wall or processor time that the message names."""

    title = "Query took too long"


class QueryTooLarge(QueryStopped):
    """A query or its result is larger than the limit that the message names."""

    title = "Too large"


class QueryOutOfMemory(QueryStopped):
    """A query needed more memory than the limit that the message names."""

    title = "Query needs too much memory"


class QueryInterrupted(QueryStopped):
    """The process that evaluated a query ended for a reason that the query did not give."""

    title = "Query interrupted"


class QueryCancelled(QueryStopped):
    """The client went away, or closed the answer, before it was complete."""

    title = "Query cancelled"
