"""The command `publisher import ucdp-ged`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from publisher.config import Settings
from publisher.ingest.ucdp_ged import Progress as Callback
from publisher.ingest.ucdp_ged import import_ucdp_ged


@click.group("import")
def import_command() -> None:
    """Import tables of others as sources of ours.

    An import writes Turtle files and a source.toml into a folder; the next build takes it in.
    """


@import_command.command("ucdp-ged")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder below data/.")
@click.option("--release", help="Release of GED, such as 21.1, if you know it.")
@click.option(
    "--retrieved",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day on which the files were fetched. Default: the setting `created`, else today.",
)
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.pass_obj
def ucdp_ged_command(
    settings: Settings | None,
    files: tuple[Path, ...],
    out: Path,
    release: str | None,
    retrieved: datetime | None,
    quiet: bool,
) -> None:
    """Import events of the UCDP Georeferenced Event Dataset: CSV FILES of any country or release.

    All files become one source; give the newest release first. Rows that cannot be read are set aside in
    set-aside.csv with the reason. Both this file and notes.csv are for curators: do not publish them.
    """
    day = retrieved or (settings.created if settings else None)
    with _bar(quiet) as progress:
        report = import_ucdp_ged(
            files, out, retrieved=day.date() if day else date.today(), release=release, progress=progress
        )
    click.echo(report.to_text())
    click.echo(f"files changed in {out}: {len(report.changed)}")


@contextmanager
def _bar(quiet: bool) -> Iterator[Callback]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as bar:
        tasks = {}

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done)

        yield progress
