"""The command line: the edge where errors become exit codes.

Exit codes: 0 done (and the data conform), 1 the data do not conform, 2 the command could not run.
"""

from __future__ import annotations

import io
import logging
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from pyoxigraph import QueryResultsFormat, QuerySolutions, QueryTriples, RdfFormat, Store, serialize
from rich.console import Console
from rich.table import Table

from publisher import __version__
from publisher.config import Settings, load_settings
from publisher.errors import DataInconsistent, DataInvalid, PublisherError, QueryInvalid
from publisher.ingest.command import import_command
from publisher.iris import Iris
from publisher.linking.command import link_command
from publisher.releases import STORE, current_release, read_release

DOES_NOT_CONFORM = (DataInvalid, DataInconsistent)


class Commands(click.Group):
    """A group that turns a `PublisherError` into a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; never show a traceback for something the user can act on."""
        try:
            return super().invoke(ctx)
        except PublisherError as error:
            if isinstance(error, DataInvalid) and error.report:
                click.echo(error.report)
            click.echo(f"{error.title}: {error}", err=True)
            ctx.exit(1 if isinstance(error, DOES_NOT_CONFORM) else 2)
        except BrokenPipeError:
            ctx.exit(2)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="publisher")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="Settings in TOML. Default: attested.toml in the working directory, if there is one.",
)
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """Publish contested armed incidents as linked data: who says what.

    Every setting can also be given in the environment, as ATTESTED_ and its name in capitals, for example
    ATTESTED_BASE_IRI or ATTESTED_PORT. Exit codes: 0 done, 1 the data do not conform, 2 could not run.
    """
    # rdflib logs a traceback for each ill-typed literal; the validation report says it better.
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)
    ctx.obj = load_settings(config)


def _progress(quiet: bool) -> Callable[[str], None]:
    return (lambda line: None) if quiet else (lambda line: click.echo(line, err=True))


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "turtle", "json"]),
    default="text",
    help="Form of the report.",
)
@click.pass_obj
def validate(settings: Settings, paths: tuple[Path, ...], format_: str) -> None:
    """Validate the data against the shapes; print the SHACL report.

    Without PATHS, all sources are validated. With PATHS (Turtle files or folders), only results in those files
    are reported; the sources give the context, so that what is described there is known. Warnings do not fail.
    """
    from publisher.pipeline.build import validate_paths, validate_sources

    report = validate_paths(settings, paths) if paths else validate_sources(settings)
    iris = Iris(settings.base_iri)
    renderers: dict[str, Callable[[], str]] = {
        "text": lambda: report.to_text(iris),
        "json": report.to_json,
        "turtle": lambda: report.to_turtle(iris),
    }
    click.echo(renderers[format_](), nl=False)
    if not report.conforms:
        raise click.exceptions.Exit(1)


@main.command()
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.pass_obj
def build(settings: Settings, quiet: bool) -> None:
    """Build a release from the sources and switch to it.

    Loads, validates, infers, derives and writes releases/<id>/, then points releases/current to it. Invalid data
    are refused and the release being served stays. Give SOURCE_DATE_EPOCH (or the setting `created`) to get the
    same bytes again.
    """
    from publisher.pipeline.build import build as build_release

    release = build_release(settings, _progress(quiet))
    counts = ", ".join(f"{number} {name}" for name, number in release.counts.items())
    click.echo(f"{release.id}: {release.default_triples} triples in the default graph ({counts})")


@main.command()
@click.pass_obj
def rules(settings: Settings) -> None:
    """Print the derivation rules as a Markdown table, in the order in which they run."""
    from publisher.pipeline.rules import read_rules, rule_table

    click.echo(rule_table(read_rules(Iris(settings.base_iri))), nl=False)


@main.command("check-release")
@click.argument("release_id", required=False)
@click.pass_obj
def check_release(settings: Settings, release_id: str | None) -> None:
    """Compare a release with its checksums, and its store with its dumps (default: the current release)."""
    from publisher.pipeline.release import check_release as check

    release = read_release(settings.releases / release_id) if release_id else current_release(settings.releases)
    click.echo(f"{release.id}: {check(release)} files are as they were written")


@main.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.")
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve the current release over HTTP, read only.

    A release built meanwhile is picked up without a restart.
    """
    from dataclasses import replace

    from publisher.web.server import serve as run

    changes = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    run(replace(settings, **changes))  # type: ignore[arg-type]


@main.command()
@click.argument("file", type=click.File("rb"))
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "json", "turtle"]),
    help="Form of the result. Default: table, or turtle for CONSTRUCT and DESCRIBE.",
)
@click.pass_obj
def query(settings: Settings, file: Any, format_: str | None) -> None:
    """Run the SPARQL query in FILE (- for standard input) on the current release.

    The usual prefixes (att:, incident:, statement:, skos: …) need not be declared.
    """
    try:
        text = file.read().decode("utf-8")
    except UnicodeDecodeError:
        raise QueryInvalid("the query is not UTF-8", hint="Save it as UTF-8.") from None
    release = current_release(settings.releases)
    from publisher.query.guard import check

    check(text)
    store = Store.read_only(str(release.path / STORE))
    prefixes = Iris(release.base_iri).prefixes()
    try:
        result = store.query(text, prefixes=prefixes)
    except SyntaxError as error:
        raise QueryInvalid(f"not a valid query: {error.msg}", hint="Correct it; updates are not run here.") from None
    _print_result(result, format_, prefixes)


def _print_result(result: Any, format_: str | None, prefixes: dict[str, str]) -> None:
    if isinstance(result, QueryTriples):
        if format_ not in (None, "turtle"):
            raise QueryInvalid("this query gives triples", hint="Use --format turtle.")
        click.echo(serialize(result, format=RdfFormat.TURTLE, prefixes=prefixes), nl=False)
        return
    if format_ == "turtle":
        raise QueryInvalid("this query gives no triples", hint="Use --format table, csv or json.")
    if format_ in ("csv", "json"):
        if format_ == "csv" and not isinstance(result, QuerySolutions):
            raise QueryInvalid("an ASK query has no CSV form", hint="Use --format json.")
        form = QueryResultsFormat.CSV if format_ == "csv" else QueryResultsFormat.JSON
        click.echo(result.serialize(format=form), nl=format_ == "json")
        return
    if not isinstance(result, QuerySolutions):
        click.echo("yes" if result else "no")
        return
    names = [variable.value for variable in result.variables]
    table = Table(*names)
    shorten = sorted(prefixes.items(), key=lambda item: -len(item[1]))
    for solution in result:
        table.add_row(*(_shorten(solution[name], shorten) for name in names))
    buffer = io.StringIO()
    width = max(80, shutil.get_terminal_size((160, 24)).columns)
    Console(file=buffer, width=width, markup=False, highlight=False).print(table)
    click.echo(buffer.getvalue(), nl=False)
    click.echo(f"{table.row_count} row{'' if table.row_count == 1 else 's'}", err=True)


def _shorten(term: Any, prefixes: list[tuple[str, str]]) -> str:
    if term is None:
        return ""
    value = str(term.value)
    if not str(term).startswith("<"):
        return value
    return next((f"{p}:{value[len(ns) :]}" for p, ns in prefixes if value.startswith(ns)), value)


main.add_command(import_command)
main.add_command(link_command)


if __name__ == "__main__":
    sys.exit(main())
