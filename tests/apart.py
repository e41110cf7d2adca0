"""Coroutines in tests that share their process with a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_apart(task: Coroutine[Any, Any, T]) -> T:
    """Run in a thread: that of the tests has an event loop once a browser has been started from it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, task).result()
