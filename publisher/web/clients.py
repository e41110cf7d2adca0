"""Who asks, and how much one of them may: queries at once, and queries for each second."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from publisher.errors import ClientTooBusy

_WINDOW = 60.0
_KNOWN = 10_000


def client_of(peer: str, forwarded_for: str | None, trusted: int) -> str:
    """The address that the outermost of the `trusted` proxies saw; without proxies the peer's. IPv6 as its /64."""
    address = peer
    if trusted and forwarded_for:
        values = [part.strip() for part in forwarded_for.split(",")]
        if len(values) >= trusted:
            address = values[-trusted]
    if ":" in address:
        try:
            return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
        except ValueError:
            return address
    return address


@dataclass
class _Client:
    running: int
    tokens: float
    seen: float


class Clients:
    """Counts for each client. Safe to use from several threads."""

    def __init__(self, at_once: int, per_second: float) -> None:
        self._at_once = at_once
        self._rate = per_second
        self._lock = threading.Lock()
        self._clients: OrderedDict[str, _Client] = OrderedDict()

    def enter(self, name: str) -> None:
        """Begin a query; `leave` has to follow. Raises `ClientTooBusy`."""
        now = time.monotonic()
        full = self._rate * _WINDOW
        with self._lock:
            client = self._clients.get(name)
            if client is None:
                client = self._clients[name] = _Client(0, full, now)
                self._prune(now)
            client.tokens = min(full, client.tokens + (now - client.seen) * self._rate)
            client.seen = now
            self._clients.move_to_end(name)
            if client.running >= self._at_once:
                raise ClientTooBusy(
                    f"{self._at_once} queries of yours are being answered", retry_after=1, hint="Wait for one of them."
                )
            if client.tokens < 1:
                raise ClientTooBusy(
                    f"you send more than {self._rate:g} queries for each second",
                    retry_after=max(1, round((1 - client.tokens) / self._rate)),
                    hint="Send them more slowly, or load a dump.",
                )
            client.tokens -= 1
            client.running += 1

    def leave(self, name: str) -> None:
        """The query has ended."""
        with self._lock:
            if (client := self._clients.get(name)) is not None:
                client.running -= 1

    def _prune(self, now: float) -> None:
        """Forget who has been away for long (lock held)."""
        while len(self._clients) > _KNOWN:
            name, client = next(iter(self._clients.items()))
            if client.running or now - client.seen < _WINDOW / 6:
                return
            del self._clients[name]
