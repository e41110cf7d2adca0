"""The only builder of IRIs and of the paths a server answers at.

An `Iris` is made from the base IRI and passed in; nothing else concatenates an IRI.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from publisher.errors import ConfigurationError
from publisher.vocab import FOREIGN_PREFIXES

ENTITY_TYPES = (
    "incident",
    "event",
    "agent",
    "place",
    "convoy",
    "materiel",
    "document",
    "statement",
    "proposition",
    "relay",
    "evidence",
    "selector",
    "contradiction",
    "assessment",
    "mapping",
)
"""The first segment of an entity's IRI: broad kinds, so that a finer typing never changes an IRI."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


@dataclass(frozen=True)
class EntityName:
    """The two segments of an entity's IRI: `id/<type>/<slug>`."""

    type: str
    slug: str

    def __post_init__(self) -> None:
        if self.type not in ENTITY_TYPES or not _SLUG.match(self.slug):
            raise ValueError(f"not the name of an entity: {self.type}/{self.slug}")


@dataclass(frozen=True)
class Iris:
    """IRIs below one base. `base` ends with a slash; see `Settings.base_iri`."""

    base: str

    def __post_init__(self) -> None:
        if not self.base.endswith("/"):
            raise ConfigurationError(f"base IRI {self.base!r} does not end with a slash")

    # Documents
    @property
    def ontology(self) -> str:
        """The ontology as a document and as a resource."""
        return f"{self.base}ontology"

    @property
    def shapes(self) -> str:
        """The shapes graph as a document."""
        return f"{self.base}shapes"

    @property
    def dataset(self) -> str:
        """The whole data set, as described in the catalog."""
        return f"{self.base}dataset"

    @property
    def catalog(self) -> str:
        """The DCAT catalog."""
        return f"{self.base}catalog"

    @property
    def publisher(self) -> str:
        """Who publishes the data set."""
        return f"{self.base}about#publisher"

    @property
    def sparql(self) -> str:
        """The SPARQL endpoint."""
        return f"{self.base}sparql"

    @property
    def examples(self) -> str:
        """The example queries as a document."""
        return f"{self.base}examples"

    def example(self, name: str) -> str:
        """An example query."""
        return f"{self.base}examples/{name}"

    # Terms and entities
    def att(self, name: str) -> str:
        """A term of our own vocabulary, for example `att("Statement")`."""
        return f"{self.base}ontology#{name}"

    def class_of(self, type_: str) -> str:
        """The class of the entities whose IRIs are `id/<type>/…`."""
        return self.att(type_.capitalize())

    def shape(self, name: str) -> str:
        """A shape."""
        return f"{self.base}shapes#{name}"

    def entities(self, type_: str = "") -> str:
        """What the IRIs of all entities begin with, or those of one type."""
        return f"{self.base}id/{type_}/" if type_ else f"{self.base}id/"

    def entity(self, type_: str, slug: str) -> str:
        """`id/<type>/<slug>`. Raises `ValueError` if either segment is malformed."""
        name = EntityName(type_, slug)
        return f"{self.entities(name.type)}{name.slug}"

    def entity_name(self, iri: str) -> EntityName | None:
        """The name behind an entity's IRI, or None if the IRI is not one of ours."""
        prefix = self.entities()
        if not iri.startswith(prefix):
            return None
        type_, _, slug = iri[len(prefix) :].partition("/")
        try:
            return EntityName(type_, slug)
        except ValueError:
            return None

    def rule(self, id_: str) -> str:
        """A derivation rule."""
        return f"{self.base}rule/{id_}"

    def genid(self, name: str) -> str:
        """A skolem IRI for a blank node of the ontology or shapes (RDF 1.1 Concepts, section 3.5)."""
        return f"{self.base}.well-known/genid/{name}"

    # Named graphs
    def graph(self, source: str) -> str:
        """The named graph of a source, or of a step: `inferred`, `derived`, `mappings`."""
        return f"{self.base}graph/{source}"

    def perspective(self, agent_slug: str, *, hedged: bool = False) -> str:
        """The named graph that holds the world as one agent tells it; `hedged` adds what it says with a hedge."""
        return f"{self.base}perspective/{agent_slug}{'/hedged' if hedged else ''}"

    @staticmethod
    def denial(graph: str, proposition: str) -> str:
        """The denial of a proposition in a perspective's graph."""
        return f"{graph}#not-{proposition.rpartition('/')[2]}"

    def combined(self, agent_slug: str, other_slug: str) -> str:
        """Two perspectives side by side, in alphabetical order: a document, not a graph."""
        one, other = sorted((agent_slug, other_slug))
        return f"{self.base}perspective/{one}?with={other}"

    def policy(self, name: str) -> str:
        """A resolution policy, and the named graph of what it chooses."""
        return f"{self.base}policy/{name}"

    def is_perspective(self, iri: str) -> bool:
        """Whether an IRI is that of a perspective, or of something in its document."""
        return iri.startswith(self.perspective(""))

    def is_claiming(self, graph: str) -> bool:
        """Whether a named graph holds claims as plain triples, so that the default graph must not contain it."""
        return graph.startswith((self.perspective(""), self.policy("")))

    @property
    def policies(self) -> str:
        """The list of the resolution policies."""
        return f"{self.base}policy/"

    def document(self, name: EntityName) -> str:
        """The description of an entity, as a document."""
        return f"{self.base[:-1]}{self.document_path(name)}"

    @staticmethod
    def as_of(document: str, day: date) -> str:
        """What a document says if it takes account only of what had been said by the end of a day."""
        return f"{document}{'&' if '?' in document else '?'}asOf={day.isoformat()}"

    @property
    def releases(self) -> str:
        """The list of the releases."""
        return f"{self.base}releases"

    def release(self, id_: str) -> str:
        """A release."""
        return f"{self.base}releases/{id_}"

    def distribution(self, name: str) -> str:
        """A file among the dumps."""
        return f"{self.base}dumps/{name}"

    # Between IRIs and paths
    def path_of(self, iri: str) -> str | None:
        """Where a server answers for an IRI of ours: `/id/place/iraq`. None for a foreign IRI."""
        return f"/{iri[len(self.base) :]}" if iri.startswith(self.base) else None

    def document_path(self, name: EntityName, suffix: str = "") -> str:
        """Path of the description of an entity, optionally in a forced format (`.ttl`)."""
        return f"/doc/{name.type}/{name.slug}{suffix}"

    def prefixes(self) -> dict[str, str]:
        """Every prefix, ours and foreign, to its namespace, in sorted order."""
        ours = {"att": self.att(""), "atts": self.shape(""), "graph": self.graph("")}
        ours |= {type_: self.entities(type_) for type_ in ENTITY_TYPES}
        return dict(sorted((ours | FOREIGN_PREFIXES).items()))
