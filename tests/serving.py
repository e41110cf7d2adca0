"""A real server in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serve(releases: Path, **settings: str) -> Iterator[str]:
    """Serve the releases on a free port; gives the address, which ends with a slash. Settings by their names."""
    environ = os.environ | {
        "ATTESTED_RELEASES": str(releases),
        "ATTESTED_PORT": "0",
        "ATTESTED_WORKERS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    environ |= {f"ATTESTED_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "publisher.cli", "serve"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = next((m[0] for line in process.stdout if (m := re.search(r"http://[\w.]+:\d+/", line))), None)
            assert address is not None, "the server did not start"
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
