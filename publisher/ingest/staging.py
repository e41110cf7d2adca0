"""Output that appears all at once: files are written aside, then moved into place.

A kill while they are written leaves the folder as it was. A kill while they are moved leaves it without its
`source.toml`, so that no build takes a mixture for a source; running the import again completes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import filecmp
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from publisher.errors import BuildInProgress, SourceError, Where

SCRATCH = ".import"
DESCRIPTION = "source.toml"


class Staging:
    """Files for the folder `out`. `mark` is how the first line of each of our Turtle files begins."""

    def __init__(self, out: Path, mark: str) -> None:
        self.out = out
        self.scratch = out / SCRATCH
        self._mark = mark
        self._names: set[str] = set()

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """Take the folder for this import; scratch files go away whatever happens.

        Raises `SourceError` if the folder holds Turtle of somebody else, or cannot be written;
        `BuildInProgress` if another import holds it.
        """
        if foreign := [path for path in self._turtle() if not self._is_ours(path)]:
            raise SourceError(
                "the output folder holds a file that this import did not write",
                where=Where(str(foreign[0])),
                hint="Choose another folder for --out.",
            )
        try:
            self.scratch.mkdir(parents=True, exist_ok=True)
            lock = (self.out / f"{SCRATCH}.lock").open("w")
        except OSError as error:
            raise SourceError(
                f"the output folder cannot be written: {error.strerror}",
                where=Where(str(self.out)),
                hint="Check --out.",
            ) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BuildInProgress("another import writes to this folder", hint="Wait for it to end.") from None
            self._clean()
            self.scratch.mkdir()
            try:
                yield
            finally:
                self._clean()
                Path(lock.name).unlink(missing_ok=True)

    def _clean(self) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _turtle(self) -> list[Path]:
        return sorted(self.out.rglob("*.ttl"))

    def _is_ours(self, path: Path) -> bool:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.readline().startswith(f"# {self._mark}")

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[IO[str]]:
        """Write the file `name` (a path below the output folder)."""
        self._names.add(name)
        path = self._staged(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file

    def write(self, name: str, text: str) -> None:
        """Write a whole file."""
        with self.file(name) as file:
            file.write(text)

    def _staged(self, name: str) -> Path:
        return self.scratch / f"{name}.part"

    def commit(self) -> list[str]:
        """Move the files into place, the description last; remove earlier Turtle. Names what changed."""
        stale = [path for path in self._turtle() if str(path.relative_to(self.out)) not in self._names]
        changed = [name for name in sorted(self._names) if not self._same(name)]
        if not changed and not stale:
            return []
        (self.out / DESCRIPTION).unlink(missing_ok=True)
        for path in stale:
            path.unlink()
        for name in sorted(changed, key=lambda name: name == DESCRIPTION):
            target = self.out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if name != DESCRIPTION:
                self._staged(name).replace(target)
        self._staged(DESCRIPTION).replace(self.out / DESCRIPTION)
        return changed + [str(path.relative_to(self.out)) for path in stale]

    def _same(self, name: str) -> bool:
        target = self.out / name
        return target.is_file() and filecmp.cmp(self._staged(name), target, shallow=False)
