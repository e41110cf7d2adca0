"""Step 5, describe: the catalog of a release as DCAT 3, VoID and PROV-O.

Statistics are counted from the triples that will be served; nothing here is written by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode, Triple

from publisher import __version__
from publisher.formats import DATASET_FORMATS, GRAPH_FORMATS
from publisher.iris import Iris
from publisher.pipeline.counts import Counts
from publisher.pipeline.load import sort_triples
from publisher.pipeline.sources import Source
from publisher.releases import Distribution, GraphInfo
from publisher.vocab import DCAT, DCTERMS, FOAF, FOREIGN_PREFIXES, PROV, RDF, RDFS, SPDX, VOID, XSD

DATA_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
TITLE = "Attested: statements on contested armed incidents"
DESCRIPTION = (
    "Who says what about contested armed incidents: attributed statements, their stances, relays and "
    "contradictions. Nothing about an incident is stated without its speaker."
)
_SITE = "https://www.iana.org/assignments/media-types/"


@dataclass(frozen=True)
class CatalogInput:
    """What the catalog is made from. `created` is an xsd:dateTime in UTC."""

    release_id: str
    created: str
    counts: Counts
    objects: Mapping[str, int]
    """Distinct objects of each property."""
    distinct_objects: int
    """Of all together."""
    graphs: Sequence[GraphInfo]
    sources: Sequence[Source]
    distributions: Sequence[Distribution]


def describe(given: CatalogInput, iris: Iris) -> tuple[Triple, ...]:
    """The catalog of one release, sorted."""
    triples: list[Triple] = []

    def say(subject: str, predicate: str, *objects: str | Literal) -> None:
        for o in objects:
            triples.append(Triple(NamedNode(subject), NamedNode(predicate), NamedNode(o) if isinstance(o, str) else o))

    created = Literal(given.created, datatype=NamedNode(XSD + "dateTime"))
    release, dataset = iris.release(given.release_id), iris.dataset
    say(iris.catalog, RDF + "type", DCAT + "Catalog")
    say(iris.catalog, DCTERMS + "title", _text("Catalog of Attested"))
    say(iris.catalog, DCTERMS + "description", _text("The data set and its distributions."))
    say(iris.catalog, DCTERMS + "publisher", iris.publisher)
    say(iris.catalog, DCTERMS + "license", DATA_LICENCE)
    say(iris.catalog, DCTERMS + "modified", created)
    say(iris.catalog, DCAT + "dataset", dataset)
    say(iris.catalog, DCAT + "service", iris.sparql)
    say(iris.publisher, RDF + "type", FOAF + "Organization")
    say(iris.publisher, FOAF + "name", Literal("Attested editors"))
    say(iris.sparql, RDF + "type", DCAT + "DataService")
    say(iris.sparql, DCTERMS + "title", _text("SPARQL endpoint"))
    say(iris.sparql, DCAT + "endpointURL", iris.sparql)
    say(iris.sparql, DCAT + "endpointDescription", iris.sparql)
    say(iris.sparql, DCAT + "servesDataset", dataset)
    say(iris.sparql, DCTERMS + "conformsTo", "http://www.w3.org/TR/sparql11-protocol/")

    say(dataset, RDF + "type", DCAT + "Dataset", VOID + "Dataset", PROV + "Entity")
    say(dataset, DCTERMS + "title", _text(TITLE))
    say(dataset, DCTERMS + "description", _text(DESCRIPTION))
    say(dataset, DCTERMS + "publisher", iris.publisher)
    say(dataset, DCTERMS + "license", DATA_LICENCE)
    say(dataset, DCTERMS + "issued", created)
    say(dataset, DCTERMS + "identifier", Literal(given.release_id))
    say(dataset, DCAT + "version", Literal(given.release_id))
    say(dataset, DCAT + "hasCurrentVersion", release)
    say(dataset, PROV + "wasGeneratedBy", f"{release}#build")
    say(dataset, VOID + "uriSpace", Literal(iris.base))
    say(dataset, VOID + "sparqlEndpoint", iris.sparql)
    say(dataset, VOID + "uriLookupEndpoint", f"{iris.base}lookup?iri=")
    say(dataset, VOID + "vocabulary", *_vocabularies(given.counts, iris))
    say(dataset, VOID + "feature", *(f"http://www.w3.org/ns/formats/{name}" for name in _FEATURES))
    say(dataset, VOID + "dataDump", *(iris.distribution(d.file) for d in given.distributions))
    say(release, RDF + "type", DCAT + "Dataset")
    say(release, DCTERMS + "title", _text(f"{TITLE}, release {given.release_id}"))
    say(release, DCTERMS + "description", _text(DESCRIPTION))
    say(release, DCTERMS + "publisher", iris.publisher)
    say(release, DCTERMS + "license", DATA_LICENCE)
    say(release, DCTERMS + "issued", created)
    say(release, DCTERMS + "identifier", Literal(given.release_id))
    say(release, DCAT + "version", Literal(given.release_id))
    say(release, DCTERMS + "isVersionOf", dataset)
    say(f"{release}#build", RDF + "type", PROV + "Activity")
    say(f"{release}#build", RDFS + "label", _text(f"Build of release {given.release_id}"))
    say(f"{release}#build", PROV + "endedAtTime", created)
    say(f"{release}#build", PROV + "wasAssociatedWith", iris.publisher)
    say(f"{release}#build", PROV + "used", *(source.graph for source in given.sources))
    say(f"{release}#build", RDFS + "comment", _text(f"Built with publisher {__version__}."))

    sources = {source.graph: source for source in given.sources}
    for graph in given.graphs:
        say(dataset, DCTERMS + "hasPart", graph.iri)
        if graph.in_default:
            say(dataset, VOID + "subset", graph.iri)
        say(graph.iri, RDF + "type", VOID + "Dataset", PROV + "Entity")
        say(graph.iri, DCTERMS + "title", _text(graph.title))
        say(graph.iri, DCTERMS + "license", DATA_LICENCE)
        say(graph.iri, VOID + "triples", _count(graph.triples))
        if source := sources.get(graph.iri):
            say(graph.iri, DCTERMS + "description", _text(source.description))
            say(graph.iri, DCTERMS + "creator", Literal(source.curator))
            retrieved = Literal(source.retrieved.isoformat(), datatype=NamedNode(XSD + "date"))
            say(graph.iri, DCTERMS + "created", retrieved)
            triples.remove(Triple(NamedNode(graph.iri), NamedNode(DCTERMS + "license"), NamedNode(DATA_LICENCE)))
            say(graph.iri, DCTERMS + "license", source.licence)
            if source.citation:
                say(graph.iri, DCTERMS + "bibliographicCitation", Literal(source.citation))
            if source.release:
                say(graph.iri, DCAT + "version", Literal(source.release))
    for item in given.distributions:
        iri = iris.distribution(item.file)
        say(dataset, DCAT + "distribution", iri)
        say(release, DCAT + "distribution", iri)
        say(iri, RDF + "type", DCAT + "Distribution")
        say(iri, DCTERMS + "title", _text(item.file))
        say(iri, DCTERMS + "license", DATA_LICENCE)
        say(iri, DCTERMS + "issued", created)
        say(iri, DCAT + "downloadURL", iri)
        say(iri, DCAT + "accessURL", iri)
        say(iri, DCAT + "byteSize", Literal(str(item.bytes), datatype=NamedNode(XSD + "nonNegativeInteger")))
        say(iri, DCAT + "mediaType", _SITE + item.media_type)
        if item.compression:
            say(iri, DCAT + "compressFormat", f"{_SITE}application/{item.compression}")
        say(iri, SPDX + "checksum", f"{iri}#sha256")
        say(f"{iri}#sha256", RDF + "type", SPDX + "Checksum")
        say(f"{iri}#sha256", SPDX + "algorithm", SPDX + "checksumAlgorithm_sha256")
        value = Literal(item.sha256, datatype=NamedNode(XSD + "hexBinary"))
        say(f"{iri}#sha256", SPDX + "checksumValue", value)
    for subject, predicate, value_ in _statistics(given, iris):
        say(subject, predicate, value_)
    return sort_triples(triples)


_FEATURES = [m.label.replace("/", "_") for m in (*GRAPH_FORMATS, *DATASET_FORMATS)]


def _statistics(given: CatalogInput, iris: Iris) -> Iterable[tuple[str, str, str | Literal]]:
    """VoID statistics of the default graph: totals, one partition per class and property, and linksets."""
    dataset, counts = iris.dataset, given.counts
    yield dataset, VOID + "triples", _count(counts.triples)
    yield dataset, VOID + "distinctSubjects", _count(counts.distinct_subjects())
    yield dataset, VOID + "distinctObjects", _count(given.distinct_objects)
    yield dataset, VOID + "properties", _count(len(counts.properties))
    yield dataset, VOID + "classes", _count(len(counts.classes))
    yield dataset, VOID + "entities", _count(counts.entities)
    for class_, members in sorted(counts.classes.items()):
        part = f"{dataset}#class-{quote(class_, safe='')}"
        yield dataset, VOID + "classPartition", part
        yield part, VOID + "class", class_
        yield part, VOID + "entities", _count(members)
    for property_, number in sorted(counts.properties.items()):
        part = f"{dataset}#property-{quote(property_, safe='')}"
        yield dataset, VOID + "propertyPartition", part
        yield part, VOID + "property", property_
        yield part, VOID + "triples", _count(number)
        yield part, VOID + "distinctSubjects", _count(counts.subjects_of(property_))
        yield part, VOID + "distinctObjects", _count(given.objects[property_])
    for name, number in sorted(counts.linksets.items()):
        predicate, target = name.split(" ")
        part = f"{dataset}#links-{quote(predicate, safe='')}-{quote(target, safe='')}"
        yield dataset, VOID + "subset", part
        yield part, RDF + "type", VOID + "Linkset"
        yield part, VOID + "subjectsTarget", dataset
        yield part, VOID + "objectsTarget", target
        yield target, VOID + "uriSpace", Literal(target)
        yield part, VOID + "linkPredicate", predicate
        yield part, VOID + "triples", _count(number)


def _vocabularies(counts: Counts, iris: Iris) -> list[str]:
    """The namespaces of the properties and classes in use, as far as there is a prefix for them."""
    used = {*counts.properties, *counts.classes}
    spaces = {iris.att(""), *FOREIGN_PREFIXES.values()}
    return sorted(space for space in spaces if any(term.startswith(space) for term in used))


def _text(text: str) -> Literal:
    return Literal(text, language="en")


def _count(number: int) -> Literal:
    return Literal(str(number), datatype=NamedNode(XSD + "integer"))
