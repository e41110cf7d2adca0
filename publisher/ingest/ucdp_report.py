"""What became of the rows of an import."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field

SET_ASIDE, NOTES, REPORT = "set-aside.csv", "notes.csv", "report.json"
_VALUES = re.compile(r" \(.*\)$|'(?:[^'\\]|\\.)*'|\"[^\"]*\"|[+-]?\d[\d.-]*")


@dataclass
class Report:
    """What became of the rows. `read` = `tags` + `imported` + `repeated` + `set_aside`, always."""

    read: int = 0
    tags: int = 0
    """Rows of HXL tags, which are no data."""
    imported: int = 0
    repeated: int = 0
    """Rows that say the same as an imported one with the same id."""
    set_aside: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    """Reasons for setting aside, without the values in them."""
    notes: Counter[str] = field(default_factory=Counter)
    """What is odd about imported rows."""
    columns: dict[str, str] = field(default_factory=dict)
    """Columns that are not carried over, and why."""
    absent: list[str] = field(default_factory=list)
    """Columns that the mapping knows and a file lacks: `file: column`."""
    triples: int = 0
    """Triples of events, counted for each file; a document that two files cite counts twice."""
    shared_triples: int = 0
    changed: list[str] = field(default_factory=list)
    """Files that this import changed in the output folder. Not part of the written report."""

    def refuse(self, reason: str) -> None:
        """Count a row that is set aside."""
        self.set_aside += 1
        self.reasons[_VALUES.sub("…", reason)] += 1

    def as_json(self) -> str:
        """The report as it is written beside the data."""
        table = {name: value for name, value in vars(self).items() if name != "changed"}
        return json.dumps(table, ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    def to_text(self) -> str:
        """The report for people."""
        lines = [
            f"rows read: {self.read}",
            f"  imported: {self.imported}",
            f"  repeated, the same as another row: {self.repeated}",
            f"  rows of tags: {self.tags}",
            f"  set aside: {self.set_aside}" + (f" (see {SET_ASIDE})" if self.set_aside else ""),
            *(f"    {number} x {reason}" for reason, number in sorted(self.reasons.items())),
        ]
        if self.notes:
            lines.append(f"imported as stated, but to be looked at (see {NOTES}):")
            lines += [f"    {number} x {note}" for note, number in sorted(self.notes.items())]
        lines += [f"column missing: {name}" for name in self.absent]
        lines += [f"column not carried over: {name} ({why})" for name, why in sorted(self.columns.items())]
        lines.append(f"triples: {self.triples} on events, {self.shared_triples} shared")
        return "\n".join(lines)
