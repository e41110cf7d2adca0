"""From a query that may run to its result: cache, limits for each client, the engine, a change of release."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from publisher.config import Settings
from publisher.errors import QueryInterrupted, QueryTooLarge
from publisher.formats import HTML
from publisher.query.answer import Answer
from publisher.query.direct import LONGEST
from publisher.query.isolated import IsolatedEngine
from publisher.query.limits import Limits
from publisher.web.answers import Finished, Large, Receipt
from publisher.web.clients import Clients
from publisher.web.metrics import Metrics
from publisher.web.protocol import Ask, Incoming, check_release, page_type, parse
from publisher.web.snapshot import ReleaseWatcher, Snapshot

_ATTEMPTS = 3


class Endpoint:
    """One for each server process. Safe to use from several threads."""

    def __init__(self, settings: Settings, watcher: ReleaseWatcher, metrics: Path | None = None) -> None:
        """`metrics` is a folder that all server processes share."""
        self.settings = settings
        self.watcher = watcher
        self.limits = Limits.of(settings)
        self.services = frozenset(settings.query_services.split())
        self.metrics = Metrics(metrics)
        self.clients: Clients | None = None
        if watcher.isolated:
            self.clients = Clients(self.limits.per_client, self.limits.per_client_rate)
        limits = self.limits
        self.limits_header = (
            f"seconds={limits.wall_seconds:g}, cpu-seconds={limits.cpu_seconds:g}, memory={limits.memory_bytes}, "
            f"rows={limits.rows}, bytes={limits.result_bytes}"
        )

    def understand(self, incoming: Incoming) -> Ask | None:
        """See `parse`; with all that is derived from the text, which takes a while if it is long. Raises
        `QueryTooLarge` before that.
        """
        ask = parse(incoming, self.services)
        if ask is not None:
            self.limits.check_length(ask.query)
            _ = ask.key, ask.varies, ask.digest
        return ask

    def evaluate(
        self, ask: Ask, snapshot: Snapshot, client: str, cancelled: Callable[[], bool] | None = None
    ) -> Finished | Large:
        """The result, in the media type asked for; what is complete and does not vary is kept.

        Raises any `PublisherError` that a query can end with. A `Large` has to be closed by its `answer`, and
        counts as one of the client's queries until then.
        """
        if ask.media_type is HTML:
            raise AssertionError("pages are made of `page_result`")
        return self._finish(ask, *self._run(ask, snapshot, client, cancelled))

    async def evaluate_soon(
        self, ask: Ask, snapshot: Snapshot, client: str, cancelled: Callable[[], bool]
    ) -> Finished | Large:
        """The same from an event loop, without a thread, for a query that is not very long."""
        engine = snapshot.engine
        if not isinstance(engine, IsolatedEngine) or len(ask.query) > LONGEST // 8:
            raise AssertionError("this is for `evaluate`")
        begin = self._enter(ask, snapshot, client)
        try:
            answer = await engine.run_soon(ask.request(client), cancelled)
        except BaseException:
            self._leave(client)
            raise
        self._entered(answer, client, begin)
        return self._finish(ask, snapshot, answer)

    def _finish(self, ask: Ask, snapshot: Snapshot, answer: Answer) -> Finished | Large:
        receipt = Receipt.of(ask, snapshot.release.id, snapshot.iris.sparql)
        if answer.complete is None:
            return Large(ask, answer, receipt)
        answer.close()
        found = Finished(ask, answer.complete, answer.rows, receipt)
        if not ask.varies:
            snapshot.answers.put(ask.key, found)
        return found

    def page_result(self, ask: Ask, snapshot: Snapshot, client: str) -> bytes:
        """The result that the page shows: JSON or Turtle, up to the size of the buffer."""
        with self._run(ask, snapshot, client, None)[1] as answer:
            if answer.complete is None:
                name = "csv" if ask.form in {"SELECT", "ASK"} else "turtle"
                raise QueryTooLarge(
                    f"the result is larger than the {self.limits.buffer_bytes} bytes that a page can show",
                    hint=f"To get all of it, ask for another format, which is not held to this: add `format={name}` to "
                    "the address, or send `Accept`. For a page, add LIMIT to the query.",
                )
            return answer.complete

    def _run(
        self, ask: Ask, snapshot: Snapshot, client: str, cancelled: Callable[[], bool] | None
    ) -> tuple[Snapshot, Answer]:
        begin = self._enter(ask, snapshot, client)
        try:
            snapshot, answer = self._attempt(ask, snapshot, client, cancelled)
        except BaseException:
            self._leave(client)
            raise
        self._entered(answer, client, begin)
        return snapshot, answer

    def _enter(self, ask: Ask, snapshot: Snapshot, client: str) -> float:
        check_release(ask, snapshot.release.id)
        if self.clients is not None:
            self.clients.enter(client)
        return time.perf_counter()

    def _entered(self, answer: Answer, client: str, begin: float) -> None:
        self.metrics.observe(time.perf_counter() - begin)
        answer.when_closed(lambda: self._leave(client))

    def _attempt(
        self, ask: Ask, snapshot: Snapshot, client: str, cancelled: Callable[[], bool] | None
    ) -> tuple[Snapshot, Answer]:
        """Again on the new release if this one has been retired meanwhile."""
        request = ask.request(client, page_type(ask) if ask.media_type is HTML else None)
        for last in range(_ATTEMPTS):
            try:
                return snapshot, snapshot.engine.run(request, cancelled)
            except QueryInterrupted:
                newer = self.watcher.snapshot()
                if newer is snapshot or last == _ATTEMPTS - 1:
                    raise
                snapshot = newer
                check_release(ask, snapshot.release.id)
        raise AssertionError("unreachable")

    def _leave(self, client: str) -> None:
        if self.clients is not None:
            self.clients.leave(client)

    def common(self, found: Finished | Large, hit: bool, root: str) -> list[tuple[str, str]]:
        """Headers of a result that depend on this server and this request."""
        if hit:
            status = "attested; hit"
        else:
            stored = isinstance(found, Finished) and found.stored
            status = f"attested; fwd={'uri-miss' if not found.ask.varies else 'bypass'}{'; stored' if stored else ''}"
        described = f'<{root}/.well-known/void>; rel="describedby"'
        return [("Cache-Status", status), ("Attested-Limits", self.limits_header), ("Link", described)]

    def count(self, status: int, cache: str | None = None) -> None:
        """One request, answered; `cache` is hit or miss."""
        self.metrics.add("attested_requests_total", f'status="{status}"')
        if cache is not None:
            self.metrics.add("attested_cache_total", f'result="{cache}"')

    def publish(self) -> dict[str, float]:
        """See `Metrics.publish`."""
        snapshot = self.watcher.snapshot()
        return self.metrics.publish(snapshot.engine.statistics(), snapshot.answers.sizes())
