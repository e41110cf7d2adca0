"""What events of UCDP GED share: outlets, places, parties, dyads and conflicts.

Parties belong to the dyad, and a dyad has one kind of violence: both are stated once, by UCDP, of the dyad.
Where rows differ about a dyad, each account of it is a dyad node of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from publisher.ingest.mapping import Mapping
from publisher.ingest.turtle import Triples, literal, short_hash, slug
from publisher.ingest.ucdp_claims import claim, coding, label
from publisher.ingest.ucdp_event import Event, Named, Place


@dataclass
class Shared:
    """What more than one event mentions, gathered over a whole import. Bounded by the number of names."""

    mapping: Mapping
    outlets: dict[str, Counter[str]] = field(default_factory=dict)
    """Normalised key of an outlet to its spellings and how often each occurs."""
    places: dict[str, Triples] = field(default_factory=dict)
    """Country key to its places."""
    parties: Triples = field(default_factory=Triples)
    actors: dict[str, tuple[Named, set[str]]] = field(default_factory=dict)
    """Sides, each with the numbers of the states that it is."""
    dyads: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Dyads to what is stated of them: kind of violence, sides, conflict."""
    names: dict[str, Counter[str]] = field(default_factory=dict)
    """Parties, dyads, conflicts and countries to their names; the commonest is the label."""

    def outlet(self, name: str) -> str:
        """The agent of an outlet. Spellings that differ in case, spaces and signs only are one outlet."""
        key = re.sub(r"[\W_]+", "", name.casefold()) or name
        self.outlets.setdefault(key, Counter())[name] += 1
        return f"agent:ucdp-outlet-{slug(key)}"

    def outlet_triples(self) -> Triples:
        """The outlets: the commonest spelling is the label, the others are alternative labels."""
        triples = Triples()
        for key, spellings in self.outlets.items():
            self.label(triples, f"agent:ucdp-outlet-{slug(key)}", spellings)
            news = any(self.mapping.news.search(name) for name in spellings)
            kind = "att:NewsOrganization" if news else "att:Agent"
            triples.add(f"agent:ucdp-outlet-{slug(key)}", [("a", kind)])
        return triples

    def party_triples(self) -> Triples:
        """Parties, dyads and conflicts, with their labels."""
        for subject, (party, states) in self.actors.items():
            civilians = party.name.casefold() == "civilians"
            kind = "att:Population" if civilians else "att:GovernmentBody" if states else "att:ArmedGroup"
            ids = [f"UCDP actor {party.id}"] if party.id else []
            ids += [f"GW {state}" for state in states]
            self.parties.add(subject, [("a", kind), *(("dcterms:identifier", literal(i)) for i in ids)])
        for subject, names in self.names.items():
            if not subject.startswith("place:"):
                self.label(self.parties, subject, names)
        return self.parties

    def place_triples(self, country: str) -> Triples:
        """The places of a country, with the label of the country."""
        triples, subject = self.places[country], f"place:ucdp-country-{country}"
        self.label(triples, subject, self.names[subject])
        return triples

    @staticmethod
    def label(triples: Triples, subject: str, names: Counter[str]) -> None:
        """Label a thing with the commonest of its names, the first in order among equals."""
        best, *others = sorted(names, key=lambda name: (-names[name], name))
        triples.add(subject, [label(best), *(("skos:altLabel", literal(name, "en")) for name in others)])

    def name(self, subject: str, name: str) -> None:
        """Count a name of a thing."""
        self.names.setdefault(subject, Counter())[name] += 1

    def party(self, party: Named, states: tuple[str, ...]) -> str:
        """The agent of a side: a state if it has a state number, else a group."""
        subject = f"agent:ucdp-actor-{party.key}"
        self.name(subject, party.name)
        self.actors.setdefault(subject, (party, set()))[1].update(states)
        return subject

    def place(self, place: Place) -> str:
        """The place of an event, inside its administrative areas and country."""
        key = place.country.key
        triples = self.places.setdefault(key, Triples())
        within = f"place:ucdp-country-{key}"
        self.name(within, place.country.name)
        ids = [("dcterms:identifier", literal(f"GW {place.country.id}"))] if place.country.id else []
        triples.add(within, [("a", "att:Country"), *ids])
        path = [key]
        for name in (place.adm_1, place.adm_2):
            if name:
                path.append(name)
                area = f"place:ucdp-area-{slug(name)}-{short_hash(*path)}"
                triples.add(area, [("a", "att:AdministrativeArea"), label(name), ("att:locatedIn", within)])
                within = area
        if not place.name and not place.point:
            return within
        subject = f"place:ucdp-{slug(place.name or 'point')}-{short_hash(*path, place.name, *(place.point or ()))}"
        pairs = [("a", "att:Place"), ("att:locatedIn", within), label(place.name or "Point without a name")]
        if place.point:
            lat, long = place.point
            point = literal(f"POINT({long} {lat})", datatype="geo:wktLiteral")
            pairs += [("wgs84:lat", lat), ("wgs84:long", long), ("geo:asWKT", point)]
        triples.add(subject, pairs)
        return subject

    def dyad(self, event: Event, document: str) -> str:
        """The dyad of an event, with what UCDP states of it: its parties, its kind of violence, its conflict."""
        facts = (
            self.mapping.codes["type_of_violence"][event.numbers["type_of_violence"]],
            event.side_a.key,
            event.side_b.key,
            event.conflict.key,
        )
        key = event.dyad.key
        if self.dyads.setdefault(key, facts) != facts:
            key = f"{key}-{short_hash(*facts)}"
            self.dyads[key] = facts
        subject = f"event:ucdp-dyad-{key}"
        self.name(subject, f"{event.dyad.name} (UCDP dyad)")
        conflict = f"event:ucdp-conflict-{event.conflict.key}" if event.conflict.name or event.conflict.id else None
        if conflict:
            self.name(conflict, f"{event.conflict.name or event.conflict.id} (UCDP conflict)")
        a, b = self.party(event.side_a, event.states_a), self.party(event.side_b, event.states_b)
        if subject in self.parties:
            return subject
        claims = [
            ("side-a", "att:sideA", a, "att:identityAspect"),
            ("side-b", "att:sideB", b, "att:identityAspect"),
        ]
        claims.append(("kind", "att:kind", facts[0], "att:identityAspect"))
        for thing, named in ((subject, event.dyad), (conflict, event.conflict)):
            if thing:
                ids = [("dcterms:identifier", literal(f"UCDP {named.id}"))] if named.id else []
                self.parties.add(thing, [("a", "att:Event"), *ids])
        if conflict:
            claims.append(("conflict", "att:partOfConflict", conflict, "att:affiliationAspect"))
        slug_, about = f"ucdp-dyad-{key}", f"dyad {event.dyad.name}"
        parts = []
        for part, predicate, value, aspect in claims:
            proposition = f"proposition:{slug_}-{part}"
            parts.append(proposition)
            text = f"{about}: its {part.replace('-', ' ')}"
            self.parties.add(proposition, claim(subject, text, predicate, value, aspect))
        where = f"dyad={event.dyad.id or event.dyad.name}"
        coding(self.parties, slug_, about, parts, [], document, where)
        return subject
