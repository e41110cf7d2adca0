"""Propositions and UCDP's statement on them, as Turtle terms."""

from __future__ import annotations

from publisher.ingest.turtle import Triples, literal

UCDP = "agent:ucdp"


def label(text: str) -> tuple[str, str]:
    """The English label."""
    return "rdfs:label", literal(" ".join(text.split()), "en")


def claim(subject: str, text: str, predicate: str, value: str, aspect: str) -> list[tuple[str, str]]:
    """A simple proposition."""
    return [
        ("a", "att:Proposition"),
        label(text[0].upper() + text[1:]),
        ("att:about", subject),
        ("att:aspect", aspect),
        ("rdf:subject", subject),
        ("rdf:predicate", predicate),
        ("rdf:object", value),
    ]


def coding(
    triples: Triples,
    slug_: str,
    about: str,
    parts: list[str],
    extra: list[tuple[str, str]],
    document: str,
    where: str,
) -> None:
    """UCDP's statement: all `parts` together, with its evidence, the row of the file."""
    triples.add(
        f"proposition:{slug_}",
        [
            ("a", "att:Proposition"),
            label(f"UCDP's account of {about}"),
            *(("att:conjunct", part) for part in parts),
        ],
    )
    triples.add(
        f"statement:{slug_}",
        [
            ("a", "att:Statement"),
            label(f"UCDP codes {about}"),
            ("dcterms:identifier", literal(slug_)),
            ("att:speaker", UCDP),
            ("att:stance", "att:reports"),
            ("att:proposition", f"proposition:{slug_}"),
            ("att:evidence", f"evidence:{slug_}"),
            *extra,
        ],
    )
    triples.add(
        f"evidence:{slug_}",
        [
            ("a", "oa:SpecificResource"),
            label(f"Row of {about}"),
            ("oa:hasSource", document),
            ("oa:hasSelector", f"selector:{slug_}"),
        ],
    )
    triples.add(
        f"selector:{slug_}",
        [("a", "oa:FragmentSelector"), label(f"Where {where}"), ("rdf:value", literal(where))],
    )
