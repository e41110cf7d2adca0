"""Counts of one server process, put where the others can add them up: `/metrics` is answered by any of them."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_HELP = {
    "attested_requests_total": ("counter", "Requests for a query, by status."),
    "attested_cache_total": ("counter", "Results found in the cache, and not."),
    "attested_query_seconds": ("histogram", "Time to answer a query that was not in the cache."),
    "attested_query_pool": ("gauge", "Query processes and queries: now idle, running, slow, waiting, streams."),
    "attested_query_events_total": ("counter", "Since the release is served: processes started and killed, queries."),
    "attested_cache_entries": ("gauge", "Results in the cache."),
    "attested_cache_bytes": ("gauge", "Bytes in the cache."),
}
_GAUGES = {"idle", "running", "slow", "waiting", "streams"}


class Metrics:
    """Safe to use from several threads. With a `folder`, `publish` writes there and `render` reads all of it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._counts: dict[str, float] = {}
        self._times = [0] * (len(BUCKETS) + 1)
        self._seconds = 0.0

    def add(self, name: str, labels: str = "", value: float = 1) -> None:
        """Add to a counter. `labels` as in the text format: `status="200"`."""
        key = f"{name}{{{labels}}}" if labels else name
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + value

    def observe(self, seconds: float) -> None:
        """Count a query."""
        with self._lock:
            self._times[bisect_left(BUCKETS, seconds)] += 1
            self._seconds += seconds

    def publish(self, pool: Mapping[str, int], cache: tuple[int, int]) -> dict[str, float]:
        """Counters, and what is true now, of this process; written to the folder."""
        with self._lock:
            values = dict(self._counts)
            total = 0
            for bound, number in zip((*BUCKETS, float("inf")), self._times, strict=True):
                total += number
                values[f'attested_query_seconds_bucket{{le="{_bound(bound)}"}}'] = total
            values["attested_query_seconds_sum"] = self._seconds
            values["attested_query_seconds_count"] = total
        for name, value in pool.items():
            kind = "attested_query_pool" if name in _GAUGES else "attested_query_events_total"
            label = "state" if name in _GAUGES else "event"
            values[f'{kind}{{{label}="{name}"}}'] = value
        values["attested_cache_entries"], values["attested_cache_bytes"] = cache
        if self._folder is not None:
            new = self._folder / f".{os.getpid()}"
            with contextlib.suppress(OSError):
                new.write_text(json.dumps(values), encoding="utf-8")
                new.rename(self._folder / f"{os.getpid()}.json")
        return values

    def render(self, own: Mapping[str, float]) -> str:
        """The text format, for this process and all others. What is true now counts for living ones only."""
        total = dict(own)
        for path in sorted(self._folder.glob("*.json")) if self._folder is not None else ():
            pid = int(path.stem)
            if pid == os.getpid():
                continue
            alive = Path(f"/proc/{pid}").exists()
            with contextlib.suppress(OSError, ValueError):
                for key, value in json.loads(path.read_text(encoding="utf-8")).items():
                    if alive or _kind(key)[1] != "gauge":
                        total[key] = total.get(key, 0) + value
        lines = []
        seen = ""
        for key in sorted(total, key=_order):
            name, kind = _kind(key)
            if name != seen:
                lines += [f"# HELP {name} {_HELP[name][1]}", f"# TYPE {name} {kind}"]
                seen = name
            lines.append(f"{key} {total[key]:g}" if total[key] < 1e6 else f"{key} {total[key]:.0f}")
        return "\n".join([*lines, ""])


def _bound(bound: float) -> str:
    return "+Inf" if bound == float("inf") else f"{bound:g}"


def _kind(key: str) -> tuple[str, str]:
    name = key.partition("{")[0]
    for suffix in ("_bucket", "_sum", "_count"):
        if name.startswith("attested_query_seconds"):
            name = name.removesuffix(suffix)
    return name, _HELP[name][0]


def _order(key: str) -> tuple[str, str, float]:
    """By name; buckets by their bound."""
    bound = key.partition('le="')[2].rstrip('"}')
    return _kind(key)[0], key.partition("{")[0], float(bound) if bound else 0.0
