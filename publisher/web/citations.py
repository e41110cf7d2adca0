"""How to cite what is published here: as text, BibTeX and CSL-JSON. Pure functions of (release, thing)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime

from publisher.formats import HTML, PLAIN, MediaType

BIBTEX = MediaType("application/x-bibtex", ".bib", "BibTeX")
CSL = MediaType("application/vnd.citationstyles.csl+json", ".json", "CSL-JSON")
FORMATS = {"text": PLAIN, "bibtex": BIBTEX, "csl": CSL, "html": HTML}
"""Names in the parameter `format`."""

COLLECTION = "Attested: who says what about contested incidents"
_SPECIAL = {
    "\\": r"\textbackslash{}",
    # Not as \{ and \}: BibTeX counts braces, whether they are escaped or not.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
}


@dataclass(frozen=True)
class Citation:
    """What is cited. `iri` is canonical; `created` is the time of the release; `note` may add a checksum."""

    title: str
    kind: str
    iri: str
    author: str
    release: str
    created: str
    note: str = ""

    @property
    def day(self) -> str:
        """The date of the release."""
        return datetime.fromisoformat(self.created).date().isoformat()

    @property
    def text(self) -> str:
        """One line."""
        said = f"{self.author} ({self.day[:4]}). “{_line(self.title)}” [{self.kind}]. {COLLECTION}, "
        said += f"release {self.release} of {self.day}."
        return f"{said} {_line(self.note)}. {_address(self.iri)}" if self.note else f"{said} {_address(self.iri)}"

    @property
    def bibtex(self) -> str:
        """One entry. The address stands as it is, since its field is read verbatim; a brace cannot end it."""
        fields = {
            # Braces keep a name in one piece and a title in its case.
            "author": f"{{{escape(self.author)}}}",
            "title": f"{{{escape(self.title)}}}",
            "howpublished": escape(f"{COLLECTION} [{self.kind}]"),
            "version": escape(f"release {self.release}"),
            "year": self.day[:4],
            "month": str(int(self.day[5:7])),
            "date": self.day,
            "url": _address(self.iri),
        }
        if self.note:
            fields["note"] = escape(self.note)
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
        return f"@misc{{{self._key},\n{lines}}}\n"

    @property
    def csl(self) -> str:
        """A list of one item, as reference managers read it."""
        item = {
            "id": self._key,
            "type": "dataset",
            "title": _line(self.title),
            "author": [{"literal": self.author}],
            "publisher": self.author,
            "container-title": COLLECTION,
            "genre": self.kind,
            "version": self.release,
            "issued": {"date-parts": [[int(part) for part in self.day.split("-")]]},
            "URL": _address(self.iri),
        }
        if self.note:
            item["note"] = _line(self.note)
        return json.dumps([item], ensure_ascii=False, indent=2) + "\n"

    @property
    def _key(self) -> str:
        """A key for reference managers: letters, digits and hyphens."""
        path = re.sub(r"[^a-z0-9]+", "-", self.iri.partition("://")[2].partition("/")[2].lower()).strip("-")
        return f"{path[:80].strip('-')}-{re.sub(r'[^A-Za-z0-9-]', '-', self.release)}"


def escape(text: str) -> str:
    """Any text as text of TeX, on one line."""
    return "".join(_SPECIAL.get(character, character) for character in _line(text))


def _line(text: str) -> str:
    """Control characters and line breaks become spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _address(iri: str) -> str:
    """The IRI without what could end a field, a line or a sentence."""
    return re.sub(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~\u00a0-\uffff]", _percent, iri)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))
