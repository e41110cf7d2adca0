"""The command `publisher link`: candidates for identity between two sources, as SSSOM for a curator."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import click

from publisher.errors import SourceError, Where
from publisher.linking.candidates import KINDS, Candidate, find, read_things
from publisher.vocab import CANONICAL_BASE, SEMAPV, SKOS

COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "confidence",
    "author_label",
    "comment",
)


@click.command("link")
@click.argument("one", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("other", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write. Default: standard output.")
@click.option(
    "--known",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path("data/mappings"),
    help="Folder of mappings that are decided and not proposed again.",
)
def link_command(one: Path, other: Path, out: Path | None, known: Path) -> None:
    """Propose links between the agents, places and events of two folders of Turtle, ONE and OTHER.

    The rows are candidates with a reason, never merged and never loaded by themselves: read them, and move those that
    hold into a file of data/mappings, with your name as author and ManualMappingCuration as justification.
    """
    if out is not None and out.name.endswith(".sssom.tsv"):
        raise SourceError(
            "a proposal must not have the name of a mapping, or the next build would take it in",
            where=Where(str(out)),
            hint="Name it ….proposed.tsv.",
        )
    decided = read_decided(known)
    candidates = [
        c
        for c in find(read_things(one, CANONICAL_BASE), read_things(other, CANONICAL_BASE))
        if frozenset((curie(c.subject.iri), curie(c.object.iri))) not in decided
    ]
    text = to_sssom(candidates)
    if out is None:
        click.echo(text, nl=False)
    else:
        part = out.with_name(f"{out.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(out)
    click.echo(f"{len(candidates)} candidates, {len(decided)} pairs decided before", err=True)


def curie(iri: str) -> str:
    """`att-agent:iraq` for an entity of ours."""
    kind, _, slug = iri.removeprefix(f"{CANONICAL_BASE}id/").partition("/")
    return f"att-{kind}:{slug}"


def read_decided(folder: Path) -> set[frozenset[str]]:
    """The pairs in the mappings of a folder, as CURIEs, whatever was decided about them."""
    decided = set()
    for path in sorted(folder.glob("*.sssom.tsv")):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for row in csv.DictReader(lines, dialect="excel-tab"):
            decided.add(frozenset((row.get("subject_id") or "", row.get("object_id") or "")))
    return decided


def to_sssom(candidates: Iterable[Candidate]) -> str:
    """The candidates as an SSSOM mapping set, the surest first."""
    prefixes = {f"att-{kind}": f"{CANONICAL_BASE}id/{kind}/" for kind in KINDS} | {"semapv": SEMAPV, "skos": SKOS}
    head = [
        f"mapping_set_id: {CANONICAL_BASE}mappings/proposed",
        "mapping_set_title: Proposed links between two sources",
        "mapping_set_description: Candidates found by name and place. None is decided; see the comments.",
        "license: https://creativecommons.org/licenses/by/4.0/",
        "curie_map:",
        *(f"  {prefix}: {namespace}" for prefix, namespace in sorted(prefixes.items())),
    ]
    text = io.StringIO()
    text.writelines(f"#{line}\n" for line in head)
    writer = csv.writer(text, dialect="excel-tab", lineterminator="\n")
    writer.writerow(COLUMNS)
    for c in sorted(candidates, key=lambda c: (-c.confidence, c.subject.iri, c.object.iri)):
        writer.writerow(
            (
                curie(c.subject.iri),
                c.subject.label,
                "skos:closeMatch",
                curie(c.object.iri),
                c.object.label,
                "semapv:LexicalMatching",
                f"{c.confidence:.2f}",
                "publisher link",
                c.reason,
            )
        )
    return text.getvalue()
