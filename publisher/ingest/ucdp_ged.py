"""Import of UCDP GED: tables of events to a source of ours, in two passes over any amount of rows.

The first pass reads and checks each row and keeps it in a scratch file on disk; the second writes one Turtle
file for each thousand event numbers. Memory is bounded by such a file and by the number of names of places,
parties and outlets. Same files, same date, same mapping: the same bytes.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from publisher.errors import SourceError, Where
from publisher.ingest.mapping import Mapping, ucdp_ged
from publisher.ingest.spool import Spool, SpooledRow
from publisher.ingest.staging import DESCRIPTION, Staging
from publisher.ingest.tables import Record, Table
from publisher.ingest.turtle import Triples, literal, slug
from publisher.ingest.ucdp_claims import UCDP, label
from publisher.ingest.ucdp_event import Event, RowRefused, bucket, read_event
from publisher.ingest.ucdp_report import NOTES, REPORT, SET_ASIDE, Report
from publisher.ingest.ucdp_shared import Shared
from publisher.ingest.ucdp_triples import RULE, event_triples

MARK = "UCDP GED"
Progress = Callable[[str, int, int], None]
"""Called with the step, and how much of how much is done: bytes, then files."""


@dataclass(frozen=True)
class _Input:
    """A file: its path, the document that stands for it, and the position of each of our columns."""

    path: Path
    document: str
    positions: dict[str, int]

    def row(self, fields: Sequence[str]) -> dict[str, str]:
        return {name: fields[position] for name, position in self.positions.items()}


def import_ucdp_ged(
    files: Sequence[Path],
    out: Path,
    *,
    retrieved: date,
    release: str | None = None,
    progress: Progress = lambda step, done, total: None,
) -> Report:
    """Import `files` as one source into the folder `out`.

    `retrieved` is the date at which the files were fetched, `release` the release of GED, such as "21.1". If a
    row differs from another with the same id, the one that comes first in the order of `files` is imported, the
    other set aside; so give the newest release first.

    Raises `SourceError` if a file cannot be used at all, or `out` belongs to something else; `BuildInProgress` if
    another import writes there. Then `out` is as it was.
    """
    mapping, report = ucdp_ged(), Report()
    _check_names(files)
    staging = Staging(out, MARK)
    with staging.opened():
        spool = Spool(staging.scratch / "rows.sqlite")
        try:
            inputs, dataset = [], Triples()
            _describe_rules(dataset, mapping)
            total = sum(path.stat().st_size for path in files if path.is_file())
            for number, path in enumerate(files):
                with Table(path) as table:
                    inputs.append(_input(table, mapping, report))
                    _first_pass(table, number, inputs[-1], mapping, spool, report, progress, total)
                _describe_file(dataset, inputs[-1], table.sha256, release, mapping)
            _second_pass(spool, inputs, Shared(mapping), dataset, staging, report, progress)
            _write_remarks(spool, inputs, staging)
            staging.write(REPORT, report.as_json())
            staging.write(DESCRIPTION, _description(out, retrieved, release, mapping))
        finally:
            spool.close()
        report.changed = staging.commit()
    return report


def _check_names(files: Sequence[Path]) -> None:
    names = [slug(path.stem) for path in files]
    for path, name in zip(files, names, strict=True):
        if names.count(name) > 1:
            raise SourceError(
                "two of the files have the same name, so that their rows could not be told apart",
                where=Where(str(path)),
                hint="Rename one of them.",
            )


def _input(table: Table, mapping: Mapping, report: Report) -> _Input:
    positions, missing = {}, []
    for column in mapping.columns:
        found = next((name for name in column.names if name in table.header), None)
        if found is not None:
            positions[column.name] = table.header.index(found)
        elif column.required:
            missing.append(" or ".join(column.names))
        else:
            report.absent.append(f"{table.path.name}: {' or '.join(column.names)}")
    if missing:
        raise SourceError(
            f"these columns are missing: {', '.join(missing)}",
            where=Where(str(table.path), 1),
            hint="Give a file of UCDP GED with its header; a column that was renamed goes into ucdp_ged.toml.",
        )
    used = {table.header[position] for position in positions.values()}
    for name in table.header:
        if name not in used:
            report.columns[name] = mapping.left_out.get(name, "the mapping does not know it")
    return _Input(table.path, f"document:ucdp-ged-{slug(table.path.stem)}", positions)


def _first_pass(
    table: Table,
    number: int,
    source: _Input,
    mapping: Mapping,
    spool: Spool,
    report: Report,
    progress: Progress,
    total: int,
) -> None:
    before = spool.bytes_read
    for record in table.records():
        report.read += 1
        id_ = record.fields[source.positions["id"]].strip() if record.fields else ""
        row = SpooledRow(id_, number, record.line, record.text)
        if _is_tags(record):
            report.tags += 1
            continue
        try:
            if record.problem:
                raise RowRefused(record.problem)
            event = read_event(source.row(record.fields), mapping)
        except RowRefused as refused:
            _set_aside(spool, report, row, str(refused))
            continue
        spool.add(bucket(event.id), SpooledRow(event.id, number, record.line, record.text))
        if report.read % 1000 == 0:
            progress("read", before + table.size, total)
    spool.bytes_read = before + table.size
    progress("read", spool.bytes_read, total)


def _is_tags(record: Record) -> bool:
    """A row of HXL tags (https://hxlstandard.org): every cell that is not empty begins with #."""
    cells = [cell.strip() for cell in record.fields if cell.strip()]
    return bool(cells) and all(cell.startswith("#") for cell in cells)


def _set_aside(spool: Spool, report: Report, row: SpooledRow, reason: str) -> None:
    report.refuse(reason)
    spool.remark("set-aside", row, reason)


def _second_pass(
    spool: Spool,
    inputs: Sequence[_Input],
    shared: Shared,
    dataset: Triples,
    staging: Staging,
    report: Report,
    progress: Progress,
) -> None:
    buckets = spool.buckets()
    for done, name in enumerate(buckets, 1):
        triples = Triples()
        for event, row in _events(spool, name, inputs, shared.mapping, report):
            report.imported += 1
            for note in event.notes:
                report.notes[note] += 1
                spool.remark("note", row, note)
            event_triples(event, inputs[row.file].document, shared, triples)
        report.triples += len(triples)
        staging.write(f"events/{name}.ttl", triples.to_turtle(f"{MARK}: events {name}"))
        progress("write", done, len(buckets))
    files = {"dataset": dataset, "parties": shared.party_triples(), "outlets": shared.outlet_triples()}
    files |= {f"places/{country}": shared.place_triples(country) for country in sorted(shared.places)}
    for name, triples in files.items():
        if len(triples):
            report.shared_triples += len(triples)
            staging.write(f"{name}.ttl", triples.to_turtle(f"{MARK}: {name}"))


def _events(
    spool: Spool, name: str, inputs: Sequence[_Input], mapping: Mapping, report: Report
) -> Iterator[tuple[Event, SpooledRow]]:
    """The events of a bucket, one for each id; rows that say something else are set aside."""
    for _, rows in groupby(spool.rows(name), key=lambda row: row.id):
        first: tuple[Event, SpooledRow] | None = None
        for row in rows:
            fields = next(csv.reader(row.text.splitlines(keepends=True), strict=True))
            event = read_event(inputs[row.file].row(fields), mapping)
            if first is None:
                first = event, row
            elif not (different := first[0].differences(event)):
                report.repeated += 1
            else:
                where = f"{inputs[first[1].file].path.name}:{first[1].line}"
                other = "another row of this file" if first[1].file == row.file else "a row of another file"
                reason = f"{other} has the same id and says otherwise"
                _set_aside(spool, report, row, f"{reason} ({where}; {', '.join(different)})")
        if first is not None:
            yield first


def _describe_file(dataset: Triples, source: _Input, digest: str, release: str | None, mapping: Mapping) -> None:
    dataset.add(UCDP, [("a", "att:MonitoringOrganization"), label("Uppsala Conflict Data Program")])
    dataset.add(UCDP, [("skos:altLabel", literal("UCDP", "en"))])
    pairs = [
        ("a", "att:Dataset"),
        label(f"UCDP GED{f' {release}' if release else ''}, file {source.path.name}"),
        ("dcterms:publisher", UCDP),
        ("dcterms:license", f"<{mapping.source['licence']}>"),
        ("dcterms:bibliographicCitation", literal(mapping.source["citation"], "en")),
        ("att:sha256", literal(digest)),
    ]
    if release:
        pairs.append(("dcterms:identifier", literal(f"UCDP GED {release}")))
    dataset.add(source.document, pairs)


def _describe_rules(dataset: Triples, mapping: Mapping) -> None:
    """What stands at the IRI of each reading rule, whether this import has used it or not."""
    for rule in mapping.rules:
        pairs = [("a", "att:ReadingRule"), label(rule.label), ("skos:definition", literal(rule.definition, "en"))]
        pairs += [("skos:example", literal(rule.example, "en"))]
        pairs += [("rdf:value", literal(pattern)) for pattern in rule.patterns]
        dataset.add(f"<{RULE}{rule.id}>", pairs)


def _write_remarks(spool: Spool, inputs: Sequence[_Input], staging: Staging) -> None:
    """Rows set aside, whole, and notes, by id only: both for the curator, neither is published."""
    with staging.file(SET_ASIDE) as file:
        writer = csv.writer(file)
        writer.writerow(["file", "line", "id", "reason", "row"])
        for row, reason in spool.remarks("set-aside"):
            writer.writerow([inputs[row.file].path.name, row.line, row.id, reason, row.text.rstrip("\r\n")])
    with staging.file(NOTES) as file:
        writer = csv.writer(file)
        writer.writerow(["file", "line", "id", "note"])
        for row, note in spool.remarks("note"):
            writer.writerow([inputs[row.file].path.name, row.line, row.id, note])


def _description(out: Path, retrieved: date, release: str | None, mapping: Mapping) -> str:
    """The table of this source, read by the build. JSON strings are TOML strings."""
    about = mapping.source
    values = {
        "name": slug(out.resolve().name),
        "title": about["title"] + (f", release {release}" if release else ""),
        "description": about["description"],
        "folder": ".",
        "licence": about["licence"],
        "curator": about["curator"],
        "citation": about["citation"],
        "release": release or "not stated",
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "# Written by the import; edit ucdp_ged.toml instead.\n" + "\n".join(
        [*lines, f"retrieved = {retrieved.isoformat()}", ""]
    )
