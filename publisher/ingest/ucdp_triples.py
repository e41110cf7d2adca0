"""An event of UCDP GED as triples of our model.

- The incident itself has a type and a label, nothing else. Date, place, conflict and deaths are propositions.
- UCDP's coding is one statement by UCDP (`att:reports`) on a compound proposition, so that it can be denied as a
  whole.
- Each source that the row names is a speaker. UCDP does not say which of the details came from which source, so
  the speaker reports only that the event took place, unless a reading rule (`mapping.Reading`) is certain of
  more.
- A citation with outlet and date is a document, the same one wherever the same headline is cited. Free text such as
  "r 26/2" tells no document from another: only its digest stands on the statement.
- A headline may name victims. Only its SHA-256 is written; whoever holds the file finds the row by its id.
"""

from __future__ import annotations

from publisher.ingest.mapping import Claim
from publisher.ingest.turtle import Triples, date_literal, literal, sha256, short_hash
from publisher.ingest.ucdp_claims import claim, coding, label
from publisher.ingest.ucdp_event import Event, Reference
from publisher.ingest.ucdp_shared import Shared
from publisher.ingest.ucdp_speakers import Speaker, read_speakers
from publisher.iris import Iris
from publisher.vocab import CANONICAL_BASE

RULE = Iris(CANONICAL_BASE).rule("")


def event_triples(event: Event, document: str, shared: Shared, triples: Triples) -> None:
    """Add all triples on an event to `triples`, and what it shares with others to `shared`."""
    slug_, about = event.slug, f"event {event.id}"
    incident = f"incident:{slug_}"
    pairs = [("a", "att:Incident"), label(f"UCDP GED event {event.id}")]
    if event.relid:
        pairs.append(("dcterms:identifier", literal(event.relid)))
    triples.add(incident, pairs)
    values = {
        "true": "true",
        "date": date_literal(event.start, event.end),
        "place": shared.place(event.place),
        "dyad": shared.dyad(event, document),
    }
    parts = [
        _event_claim(triples, c, event, values.get(c.value) or str(event.numbers[c.value]))
        for c in shared.mapping.claims
    ]
    cited = [reference for reference in event.references if reference.outlet]
    documents = sorted({_document(triples, reference, shared) for reference in cited})
    extra = [("dcterms:references", document_) for document_ in documents]
    unread = sorted({sha256(reference.text) for reference in event.references if not reference.outlet})
    extra += [("att:citationSha256", literal(digest)) for digest in unread]
    if event.stated_sources > 0 and event.stated_sources != len(documents):
        extra.append(("att:statedSources", str(event.stated_sources)))
    if event.code_status and event.code_status.casefold() != "clear":
        extra.append(("att:codeStatus", literal(event.code_status)))
    speakers = read_speakers(event.source_original, shared.mapping)
    if any(speaker.rules for speaker in speakers):
        extra.append(("att:sourceWords", literal(event.source_original)))
    coding(triples, slug_, about, parts, extra, document, f"id={event.id}")
    for number, speaker in enumerate(speakers, 1):
        _speech(triples, event, number, speaker, shared)


def _event_claim(triples: Triples, declared: Claim, event: Event, value: str) -> str:
    incident, proposition = f"incident:{event.slug}", f"proposition:{event.slug}-{declared.slug}"
    text = f"event {event.id}: {declared.label}"
    triples.add(proposition, claim(incident, text, declared.predicate, value, declared.aspect))
    for part in declared.parts:
        number = event.numbers.get(part.column)
        if number is not None and number != part.unless:
            triples.add(proposition, [(part.predicate, str(number))])
    return proposition


def _document(triples: Triples, reference: Reference, shared: Shared) -> str:
    """The document of a reference: the same one for the same outlet, day and headline."""
    digest = sha256(reference.text)
    outlet = shared.outlet(reference.outlet)
    document = f"document:ucdp-source-{short_hash(outlet, reference.day, reference.text)}"
    triples.add(
        document,
        [
            ("a", "att:CitedDocument"),
            label(f"{outlet.removeprefix('agent:ucdp-outlet-')}, {reference.day} ({digest[:8]})"),
            ("dcterms:publisher", outlet),
            ("dcterms:issued", literal(reference.day, datatype="xsd:date")),
            ("att:headlineSha256", literal(digest)),
        ],
    )
    return document


def _speech(triples: Triples, event: Event, number: int, speaker: Speaker, shared: Shared) -> None:
    slug_ = f"{event.slug}-source-{number}"
    if speaker.outlet:
        agent = shared.outlet(speaker.outlet)
    else:
        agent = f"agent:{slug_}"
        triples.add(agent, [("a", "att:UnnamedSource"), label(speaker.words)])
    proposition = f"proposition:{event.slug}" + {"occurred": "-occurred", "all": ""}.get(speaker.on, f"-by-{number}")
    if speaker.on == "perpetrator":
        text = f"event {event.id}: done by its source {number}"
        incident = f"incident:{event.slug}"
        triples.add(proposition, claim(incident, text, "att:perpetrator", agent, "att:perpetratorAspect"))
    triples.add(
        f"statement:{slug_}",
        [
            ("a", "att:Statement"),
            label(f"Source {number} of event {event.id}: {speaker.words}"),
            ("dcterms:identifier", literal(slug_)),
            ("att:speaker", agent),
            ("att:stance", speaker.stance),
            ("att:proposition", proposition),
            ("att:evidence", f"evidence:{event.slug}"),
            *(("att:readBy", f"<{RULE}{rule}>") for rule in speaker.rules),
        ],
    )
