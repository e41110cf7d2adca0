"""The engine of a public endpoint: queries in processes of their own, with and without the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from publisher.config import Settings
from publisher.query import direct
from publisher.query.answer import Answer, QueryRequest
from publisher.query.limits import Limits
from publisher.query.sandbox import SandboxPool


class IsolatedEngine:
    """A pool that reaches nothing but the store; and, for queries that call allowed endpoints, if there are any, a
    small one that reaches the network, started with the first such query.
    """

    def __init__(self, store: Path, settings: Settings, prefixes: Mapping[str, str], base_iri: str) -> None:
        limits = Limits.of(settings)
        self._inside = SandboxPool(
            store, limits, prefixes=prefixes, base_iri=base_iri, require_isolation=settings.query_isolation
        )
        self._outside: SandboxPool | None = None
        if settings.query_services.split():
            limits = replace(limits, workers=1, spares=1, queue=max(1, limits.queue // 4))
            self._outside = SandboxPool(store, limits, prefixes=prefixes, base_iri=base_iri, network=True)

    def run(self, request: QueryRequest, cancelled: Callable[[], bool] | None = None) -> Answer:
        """See `QueryEngine.run`."""
        pool = self._outside if request.network and self._outside is not None else self._inside
        return pool.run(request, cancelled)

    async def run_soon(self, request: QueryRequest, cancelled: Callable[[], bool]) -> Answer:
        """The same from an event loop."""
        pool = self._outside if request.network and self._outside is not None else self._inside
        return await direct.run(pool, request, cancelled)

    def start(self) -> None:
        """Start the processes; returns at once."""
        self._inside.start()

    def ready(self) -> bool:
        """Whether the processes are there. Those that reach the network are not waited for."""
        return self._inside.ready()

    def retire(self) -> None:
        """Take no more queries, finish those under way."""
        for pool in self._pools():
            pool.retire()

    def close(self, seconds: float = 0.0) -> None:
        """The same; returns when all processes are gone, after `seconds` at the latest."""
        for pool in self._pools():
            pool.close(seconds)

    def statistics(self) -> dict[str, int]:
        """Both pools together."""
        total: dict[str, int] = {}
        for pool in self._pools():
            for name, value in pool.statistics().items():
                total[name] = total.get(name, 0) + value
        return total

    def _pools(self) -> list[SandboxPool]:
        return [pool for pool in (self._inside, self._outside) if pool is not None]
