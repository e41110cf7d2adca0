"""Whatever is in the file: a clear message, counts that add up, and nothing lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from publisher.errors import BuildInProgress, SourceError
from publisher.ingest import tables
from publisher.ingest.staging import Staging
from publisher.ingest.ucdp_ged import MARK, import_ucdp_ged
from tests.ingest.conftest import RETRIEVED, ROOT, ROW, TAGS, Import, add_up, load, row, table, values


def test_missing_columns_are_named(tmp_path: Path) -> None:
    text = table([row()], [name for name in ROW if name not in {"best", "side_b"}])
    with pytest.raises(SourceError, match=r"these columns are missing: side_b, best or best_est") as error:
        Import(tmp_path, text)
    assert str(error.value).startswith(str(tmp_path / "table-1.csv"))
    assert not list((tmp_path / "ged").rglob("*.ttl"))


def test_missing_column_that_can_be_spared_is_reported(tmp_path: Path) -> None:
    done = Import(tmp_path, table([row()], [name for name in ROW if name not in {"relid", "dyad_new_id"}]))
    assert done.report.imported == 1
    assert "table-1.csv: dyad_new_id or dyad_dset_id or dyad_id" in done.report.absent
    assert "column missing: table-1.csv: relid" in done.report.to_text()


def test_other_names_of_columns(tmp_path: Path) -> None:
    new = [name.replace("_new_id", "_dset_id") for name in ROW]
    text = table([{name.replace("_new_id", "_dset_id"): value for name, value in row().items()}], new)
    store = load(Import(tmp_path, text).out)
    assert values(store, "incident:ucdp-1001 ^rdf:subject/rdf:object ?x FILTER(isIRI(?x))") >= {"ucdp-dyad-5"}


def test_unknown_column_is_reported(tmp_path: Path) -> None:
    report = Import(tmp_path, table([row(new="x")], [*ROW, "new"])).report
    assert report.columns["new"] == "the mapping does not know it"
    assert report.columns["active_year"] == "it is about the dyad in that year, not about the event"


def test_tags_bom_and_crlf(tmp_path: Path) -> None:
    plain = Import(tmp_path, table([row()]))
    (tmp_path / "other").mkdir()
    other = Import(tmp_path / "other", b"\xef\xbb\xbf" + table([TAGS, row()], end="\r\n").encode())
    assert (other.report.read, other.report.tags, other.report.imported) == (2, 1, 1)
    for path in plain.out.rglob("*.ttl"):
        same = (other.out / path.relative_to(plain.out)).read_text()
        assert path.name == "dataset.ttl" or path.read_text() == same


@pytest.mark.parametrize("text", ["2014-01-22", "2014-01-22 00:00:00.000", "2014-01-22T00:00:00Z"])
def test_forms_of_dates(tmp_path: Path, text: str) -> None:
    store = load(Import(tmp_path, table([row(date_start=text, date_end=text)])).out)
    assert values(store, "proposition:ucdp-1001-date rdf:object ?x") == {"2014-01-22"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": ""}, "id is empty"),
        ({"best": ""}, "best is empty"),
        ({"best": "some"}, "best is 'some', not a whole number"),
        ({"best": "2.5"}, "best is '2.5', not a whole number"),
        ({"deaths_a": "-1"}, "deaths_a is -1, less than nobody"),
        ({"date_start": "22/01/2014"}, "date_start is '22/01/2014', not a date of the form YYYY-MM-DD"),
        ({"date_start": "2014-02-30"}, "date_start is '2014-02-30', a day that does not exist"),
        ({"date_end": "2014-01-21"}, "date_end 2014-01-21 is before date_start 2014-01-22"),
        ({"latitude": "91"}, "latitude is 91, outside -90 to 90"),
        ({"longitude": ""}, "longitude is '', not a decimal number"),
        ({"type_of_violence": "4"}, "type_of_violence is 4, a code that the codebook does not define"),
        ({"where_prec": "9"}, "where_prec is 9, a code"),
        ({"gwnoa": "2, x"}, "gwnoa is 'x', not a whole number"),
    ],
)
def test_rows_are_set_aside_with_a_reason(tmp_path: Path, changes: dict[str, str], reason: str) -> None:
    done = Import(tmp_path, table([row(**changes), row(id="1002")]))
    assert (done.report.imported, done.report.set_aside, add_up(done.report)) == (1, 1, True)
    (aside,) = done.set_aside()
    assert aside["reason"].startswith(reason)
    assert (aside["file"], aside["line"], aside["id"]) == ("table-1.csv", "2", row(**changes)["id"])
    assert aside["row"] == table([row(**changes)]).splitlines()[1]


def test_numbers_with_a_point_and_lists_of_states(tmp_path: Path) -> None:
    done = Import(tmp_path, table([row(gwnoa="645.0", country_id="645.0"), row(id="1002", gwnoa="2, 200;900")]))
    store = load(done.out)
    ids = values(store, "agent:ucdp-actor-61 dcterms:identifier ?x")
    assert ids == {"UCDP actor 61", "GW 645", "GW 2", "GW 200", "GW 900"}


def test_without_coordinates(tmp_path: Path) -> None:
    done = Import(tmp_path, table([row(latitude="", longitude="")]))
    store = load(done.out)
    assert done.report.imported == 1
    assert values(store, "proposition:ucdp-1001-place rdf:object/rdfs:label ?x") == {"Port town"}
    assert values(store, "?place wgs84:lat ?x") == set()


def test_without_any_place_the_smallest_area_is_left(tmp_path: Path) -> None:
    store = load(Import(tmp_path, table([row(latitude="", longitude="", where_coordinates="")])).out)
    assert values(store, "proposition:ucdp-1001-place rdf:object/rdfs:label ?x") == {"North province"}


def test_estimates_out_of_order_are_imported_as_stated_and_noted(tmp_path: Path) -> None:
    done = Import(tmp_path, table([row(low="5")]))
    store = load(done.out)
    assert values(store, "proposition:ucdp-1001-deaths att:lowEstimate ?x") == {"5"}
    assert values(store, "proposition:ucdp-1001-deaths rdf:object ?x") == {"2"}
    assert [note["note"] for note in done.notes()] == ["low, best and high are not in this order"]
    assert set(done.notes()[0]) == {"file", "line", "id", "note"}


def test_a_quote_that_never_closes_costs_one_row(tmp_path: Path) -> None:
    rows = [row(id=str(n), source_original="x") for n in range(1001, 1011)]
    lines = table(rows).splitlines(keepends=True)
    lines[3] = lines[3].replace(",x,", ',"x,')
    done = Import(tmp_path, "".join(lines))
    assert (done.report.read, done.report.imported, done.report.set_aside) == (10, 9, 1)
    assert done.set_aside()[0]["row"] + "\n" == lines[3]
    assert re.search("quote", done.set_aside()[0]["reason"])


def test_a_quote_that_never_closes_in_the_last_row(tmp_path: Path) -> None:
    text = table([row(), row(id="1002", source_original="x")]).replace(",x,", ',"x,')
    done = Import(tmp_path, text)
    assert (done.report.imported, done.set_aside()[0]["reason"]) == (1, "a quote is opened that is not closed")


def test_cells_with_line_breaks_are_no_broken_rows(tmp_path: Path) -> None:
    done = Import(tmp_path, table([row(source_original="Police\nArmy"), row(id="1002")]))
    assert (done.report.read, done.report.imported) == (2, 2)
    assert values(load(done.out), "?s att:speaker/rdfs:label ?x FILTER(CONTAINS(STR(?s), '1001-source'))") == {
        "Police",
        "Army",
    }


@pytest.mark.parametrize("junk", [b"1,2,3\n", b"caf\xe9" + b"," * 37 + b"\n", b"\0" + b"," * 37 + b"\n"])
def test_rows_that_are_no_rows(tmp_path: Path, junk: bytes) -> None:
    text = table([row(), row(id="1002")]).encode()
    done = Import(tmp_path, text + junk + table([row(id="1003")]).encode().splitlines(keepends=True)[1])
    assert (done.report.imported, done.report.set_aside, add_up(done.report)) == (3, 1, True)


def test_headline_with_semicolon_comma_and_quotes(tmp_path: Path) -> None:
    cell = '"Daily, The,2014-01-23,One; two, "three";four";"Post,2014-01-24,Five"'
    store = load(Import(tmp_path, table([row(source_article=cell, number_of_sources="2")])).out)
    assert values(store, "?d a att:CitedDocument ; dcterms:publisher/rdfs:label ?x") == {
        "Daily, The",
        "Post",
    }
    assert values(store, "?d dcterms:issued ?x") == {"2014-01-23", "2014-01-24"}
    assert len(values(store, "?d att:headlineSha256 ?x")) == 2


def test_headline_in_place_of_the_outlet_is_not_published(tmp_path: Path) -> None:
    text = "Someone of this name was killed yesterday"
    done = Import(tmp_path, table([row(source_article=f'"{text},2014-01-23,{text}"')]))
    assert done.notes()[0]["note"] == "a reference has no outlet or date that can be read"
    assert not [path for path in done.out.rglob("*.ttl") if text in path.read_text()]


def test_free_text_citations_are_kept_as_digests(tmp_path: Path) -> None:
    rows = [row(source_article="r 26/2", number_of_sources="-1")]
    rows.append(row(id="1002", source_article="Daily, 2014-01-23, Dead ///Post, 2014-01-24, X", number_of_sources="-1"))
    done = Import(tmp_path, table(rows))
    store = load(done.out)
    assert values(store, "?x att:citationSha256 ?d") == {"ucdp-1001"}
    assert values(store, "statement:ucdp-1002 dcterms:references/dcterms:publisher/rdfs:label ?x") == {"Daily", "Post"}
    assert [note["id"] for note in done.notes()] == ["1001"]


def test_duplicate_id_same_row(tmp_path: Path) -> None:
    done = Import(tmp_path, table([row(), row(), row(gwnoa="999.0", date_start="2014-01-22 00:00:00.000")]))
    assert (done.report.imported, done.report.repeated, done.report.set_aside) == (1, 2, 0)


def test_duplicate_id_different_row(tmp_path: Path) -> None:
    done = Import(tmp_path, table([row(), row(best="7")]))
    assert (done.report.imported, done.report.set_aside, add_up(done.report)) == (1, 1, True)
    (aside,) = done.set_aside()
    assert aside["reason"] == "another row of this file has the same id and says otherwise (table-1.csv:2; numbers)"


def test_row_of_another_release(tmp_path: Path) -> None:
    """The columns differ, and so does what they say: the first file wins, the row is kept aside."""
    old = [name for name in ROW if name not in {"relid", "code_status"}]
    done = Import(tmp_path, table([row()]), table([row(best="1")], old), table([row()]))
    assert (done.report.imported, done.report.repeated, done.report.set_aside) == (1, 1, 1)
    assert done.set_aside()[0]["reason"].startswith("a row of another file has the same id and says otherwise")
    assert values(load(done.out), "proposition:ucdp-1001-deaths rdf:object ?x") == {"2"}


def test_ids_in_letters(tmp_path: Path) -> None:
    done = Import(tmp_path, table([row(id="UTO-2020-1-5_12"), row(id="UTO-2020-1-5-12")]))
    assert done.report.imported == 2
    incidents = values(load(done.out), "?x a att:Incident")
    assert len(incidents) == 2
    assert all(re.fullmatch("[a-z0-9-]+", slug) for slug in incidents)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "this file is empty"),
        (b"PK\x03\x04rest", "this file is a ZIP archive"),
        ("id,best\n".encode("utf-16"), "this file is UTF-16"),
        (b"id;best;low\n1;2;3\n", "the columns are not separated by commas"),
        (b"id,best,best\n", "columns appear twice: best"),
        (b"id,best\r1,2\r", "its lines end in CR only"),
        (b'id,"best\n', "the header cannot be read: a quote is opened that is not closed"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(message)):
        Import(tmp_path, content)


def test_header_only(tmp_path: Path) -> None:
    assert Import(tmp_path, table([])).report.read == 0


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_LINE", 2000)
    with pytest.raises(SourceError, match="a line is longer than 2000 bytes"):
        Import(tmp_path, table([row()]) + "x" * 3000)


def test_files_of_the_same_name(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "ged.csv", tmp_path / "b" / "ged.csv"
    with pytest.raises(SourceError, match="two of the files have the same name"):
        import_ucdp_ged([first, second], tmp_path / "out", retrieved=RETRIEVED)


def test_a_file_that_is_not_there_leaves_the_output(tmp_path: Path) -> None:
    done = Import(tmp_path, table([row()]))
    before = {path: path.read_bytes() for path in done.out.rglob("*") if path.is_file()}
    with pytest.raises(SourceError, match="cannot be read"):
        import_ucdp_ged([tmp_path / "gone.csv"], done.out, retrieved=RETRIEVED)
    assert {path: path.read_bytes() for path in done.out.rglob("*") if path.is_file()} == before


def test_a_folder_of_others_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "ged").mkdir()
    (tmp_path / "ged" / "own.ttl").write_text("# mine\n")
    with pytest.raises(SourceError, match="holds a file that this import did not write"):
        Import(tmp_path, table([row()]))


def test_two_imports_at_once(tmp_path: Path) -> None:
    with Staging(tmp_path / "ged", MARK).opened(), pytest.raises(BuildInProgress):
        Import(tmp_path, table([row()]))


SCRIPT = """
import sys
from datetime import date
from pathlib import Path
from publisher.ingest.ucdp_ged import import_ucdp_ged
import_ucdp_ged([Path(sys.argv[1])], Path(sys.argv[2]), retrieved=date(2026, 11, 24))
"""


@pytest.mark.parametrize("wait", [0.2, 0.4])
def test_killed_and_run_again(tmp_path: Path, wait: float) -> None:
    """After a kill there is either no description or the old one; running again gives the bytes of a calm run."""
    text = table(row(id=str(n)) for n in range(1, 8000, 8))
    done = Import(tmp_path, text)
    out = tmp_path / "killed"
    command = [sys.executable, "-c", SCRIPT, str(done.files[0]), str(out)]
    process = subprocess.Popen(command, cwd=ROOT)
    time.sleep(wait)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    again = import_ucdp_ged(done.files, out, retrieved=RETRIEVED)
    assert again.imported == 1000
    ours = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    calm = {path.relative_to(done.out): path.read_bytes() for path in done.out.rglob("*") if path.is_file()}
    calm[Path("source.toml")] = calm[Path("source.toml")].replace(b'"ged"', b'"killed"')
    assert ours == calm


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """Peak memory of 8,000 rows is little more than that of 1,000."""
    peaks = []
    for number in (1000, 8000):
        path = tmp_path / f"rows-{number}.csv"
        path.write_text(table(row(id=str(n)) for n in range(number)))
        measure = SCRIPT + "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        command = [sys.executable, "-c", measure, str(path), str(tmp_path / str(number))]
        peaks.append(int(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout))
    assert peaks[1] < peaks[0] * 1.3
