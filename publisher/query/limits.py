"""What a query from the public may use. Frozen; passed in."""

from __future__ import annotations

from dataclasses import dataclass, fields

from publisher.config import Settings
from publisher.errors import ConfigurationError, QueryTooLarge

MEBI = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits for each query, and for all queries of one server process.

    A setting of 0 is refused everywhere: nothing here means "unlimited".
    """

    wall_seconds: float = 30.0
    """From the moment a query starts in a process to the end of its evaluation; waiting is not counted."""
    cpu_seconds: float = 30.0
    """Processor time of one query."""
    memory_bytes: int = 1024 * MEBI
    """What a process may use on top of what it has when idle, as address space and as resident memory."""
    rows: int = 5_000_000
    """Solutions of a SELECT, triples of a CONSTRUCT or DESCRIBE."""
    result_bytes: int = 1024 * MEBI
    """Size of a result, before compression."""
    buffer_bytes: int = MEBI
    """A result up to this size is sent whole, with its length; one above it is streamed."""
    query_chars: int = 100_000
    """Length of the text of a query."""
    workers: int = 2
    """Queries evaluated at once, long-running ones not counted."""
    spares: int = 2
    """Further processes kept ready to take the place of one that is killed."""
    surplus_seconds: float = 10.0
    """How long a process that long-running queries had made necessary is kept for the next ones."""
    slow_seconds: float = 0.3
    """After this time a query counts as long-running: it moves to a lane of its own, at low priority. It does so
    earlier if others wait, and later if it got no processor."""
    slow_workers: int = 3
    """Long-running queries at once. One more, when another query waits for its place, is stopped."""
    queue: int = 64
    """Queries that may wait for a place."""
    queue_seconds: float = 10.0
    """How long a query may wait for a place."""
    streams: int = 16
    """Results being streamed at once, evaluated or not; each may take `result_bytes` of the spool."""
    stream_seconds: float = 900.0
    """How long a client may take to read a streamed result."""
    recycle_queries: int = 20_000
    """A process is replaced after this many queries."""
    per_client: int = 4
    """Queries of one client at once. Held by the web layer."""
    per_client_rate: float = 20.0
    """Queries of one client for each second, on average over a minute. Held by the web layer."""

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits that the settings give."""
        return cls(
            wall_seconds=settings.query_seconds,
            cpu_seconds=settings.query_cpu_seconds,
            memory_bytes=settings.query_memory_mib * MEBI,
            rows=settings.query_rows,
            result_bytes=settings.query_result_mib * MEBI,
            buffer_bytes=settings.query_buffer_kib * 1024,
            query_chars=settings.query_chars,
            workers=settings.query_workers,
            spares=1,
            slow_workers=settings.query_slow_workers,
            queue=settings.query_queue,
            queue_seconds=settings.query_queue_seconds,
            streams=settings.query_streams,
            stream_seconds=settings.query_stream_seconds,
            per_client=settings.query_per_client,
            per_client_rate=settings.query_per_client_rate,
        )

    def check_length(self, query: str) -> None:
        """Raises `QueryTooLarge`."""
        if len(query) > self.query_chars:
            raise QueryTooLarge(f"the query is longer than {self.query_chars} characters", hint="Send a shorter one.")

    def __post_init__(self) -> None:
        """Raises `ConfigurationError` for a limit that is not positive."""
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ConfigurationError(
                    f"the limit {field.name} is {getattr(self, field.name)}", hint="Give a number above 0."
                )
