"""A query process as its server sees it: started, asked, measured, killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import publisher
from publisher.query import wire
from publisher.query.limits import Limits

POLL_SECONDS = 0.1
"""How often a thread that waits for a process looks up."""
_AT_ONCE = 1 << 16
"""Bytes that a socket with nothing in it takes without waiting."""
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_ROOT = str(Path(publisher.__file__).resolve().parents[1])


class WorkerProcess:
    """One process. Start it from a thread that lives as long as it should: it is killed with that thread."""

    def __init__(
        self,
        store: Path,
        limits: Limits,
        prefixes: Mapping[str, str],
        base_iri: str | None = None,
        network: bool = False,
    ) -> None:
        ours, theirs = socket.socketpair()
        settings = {
            "fd": theirs.fileno(),
            "store": str(store.resolve()),
            "prefixes": dict(prefixes),
            "base_iri": base_iri,
            "network": network,
            "cpu_seconds": limits.cpu_seconds,
            "memory_bytes": limits.memory_bytes,
            "rows": limits.rows,
            "result_bytes": limits.result_bytes,
            "buffer_bytes": limits.buffer_bytes,
        }
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-s", "-m", "publisher.query.worker", json.dumps(settings)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": _ROOT, "PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "2"},
            )
        ours.settimeout(POLL_SECONDS)
        self.socket = ours
        self.reader = wire.Reader(ours)
        self.born = time.monotonic()
        self.started = self.born
        """When the query it is on was sent (`time.monotonic`)."""
        self.idle_since = self.born
        """When it became free (`time.monotonic`)."""
        self.client = ""
        """For whom it works."""
        self.queries = 0
        self.slow = False
        """Whether it has left its place to others."""
        self.cause: str | None = None
        """Why this server killed it: time, cpu, memory, evicted, cancelled, closed."""
        self.cpu = 0.0
        """Seconds of processor time of the query it is on, when `over_limit` last looked."""
        self._cpu_before: float | None = None
        self._yields = False

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def send(self, message: bytes) -> None:
        """Send a query. Raises `OSError` if the process has ended."""
        self.queries += 1
        self._cpu_before, self.cpu = None, 0.0
        self.started = time.monotonic()
        if len(message) <= _AT_ONCE:
            self.socket.sendall(message)
            return
        self.socket.settimeout(5.0)
        self.socket.sendall(message)
        self.socket.settimeout(POLL_SECONDS)

    def over_limit(self, limits: Limits) -> str | None:
        """Which limit the query it is on has broken: time, cpu or memory."""
        if time.monotonic() - self.started > limits.wall_seconds:
            return "time"
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            return None
        cpu = (int(stat[11]) + int(stat[12])) / _TICKS
        if self._cpu_before is None:
            self._cpu_before = cpu
        self.cpu = cpu - self._cpu_before
        if self.cpu > limits.cpu_seconds:
            return "cpu"
        return "memory" if int(stat[21]) * _PAGE > limits.memory_bytes else None

    def yield_processor(self, yes: bool) -> bool:
        """Low priority, or normal again; False if the system refuses (it may let nobody but root go back)."""
        if self._yields != yes:
            try:
                os.setpriority(os.PRIO_PROCESS, self.pid, 10 if yes else 0)
            except OSError:
                return False
            self._yields = yes
        return True

    def kill(self, cause: str) -> None:
        """End it now. The first cause given counts."""
        if self.cause is None:
            self.cause = cause
        self._process.kill()

    def ended_by(self) -> str:
        """After the socket was closed by the other end: the cause, or one derived from the exit status.

        memory (the engine could not allocate), depth (its stack ran out), cpu, or "outside".
        """
        try:
            status = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        if self.cause is not None:
            return self.cause
        by_signal = {-signal.SIGABRT: "memory", -signal.SIGSEGV: "depth", -signal.SIGXCPU: "cpu"}
        return by_signal.get(status, "outside")

    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def dispose(self) -> None:
        """Kill if need be, and free what the system keeps for it."""
        self._process.kill()
        self._process.wait()
        self.socket.close()
