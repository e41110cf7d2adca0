"""Node and packages for the clients that are written in JavaScript."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from publisher.web.editor.build import find_node

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "clients"
BEFORE = "2026-11-23"
"""No package is taken that is newer, so that what is installed stays the same."""


def installed(folder: Path) -> Path:
    """A copy of `folder` with the packages of its package.json; made once and kept below `build/`."""
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in sorted(folder.iterdir()))).hexdigest()
    target = CACHE / f"{folder.name}-{digest[:12]}"
    if not target.is_dir():
        node, npm = find_node()
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as name:
            work = Path(name) / folder.name
            shutil.copytree(folder, work)
            options = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", f"--before={BEFORE}"]
            environ = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}
            done = subprocess.run(
                [*npm, "install", *options], cwd=work, env=environ, capture_output=True, text=True, timeout=600
            )
            assert done.returncode == 0, done.stderr
            work.rename(target)
    return target


def run(script: Path, *arguments: str) -> str:
    """What the script writes. Fails with its errors."""
    node, _ = find_node()
    done = subprocess.run([node, script, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
