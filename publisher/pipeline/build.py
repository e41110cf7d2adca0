"""The whole way from sources to a release, step by step."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from publisher.config import Engine, Settings
from publisher.errors import DataInvalid, SourceError, Where
from publisher.linking.mappings import read_mappings
from publisher.pipeline.attribute import attribute, check_nothing_asserted
from publisher.pipeline.cache import Cache, fingerprint
from publisher.pipeline.examples import TITLE as EXAMPLES_TITLE
from publisher.pipeline.examples import read_examples
from publisher.pipeline.load import (
    Loaded,
    SourceFile,
    as_stored,
    load,
    parse_turtle,
    read_source_file,
    refuse_blank_nodes,
    sort_triples,
)
from publisher.pipeline.locate import Places
from publisher.pipeline.release import (
    Content,
    NamedGraph,
    lock_releases,
    made_from,
    note_inputs,
    prune_releases,
    write_release,
)
from publisher.pipeline.rules import read_rules
from publisher.pipeline.shacl import Validator
from publisher.pipeline.units import as_bytes
from publisher.pipeline.validate import Report
from publisher.pipeline.work import Progress, Workshop, infer_units, validate_units
from publisher.pipeline.worlds import recorded, worlds
from publisher.releases import Release
from publisher.vocab import RDF


def build(settings: Settings, progress: Progress) -> Release:
    """Build a release from the sources and switch to it.

    If nothing has changed since the served one was made, and no time is given to be written into it, that one stays.

    Raises any `PublisherError`; the served release is then as it was.
    """
    with lock_releases(settings.releases):
        folders = (settings.data, settings.ontology, settings.shapes)
        inputs = fingerprint(folders, settings.base_iri, settings.engine)
        if settings.created is None and (same := made_from(settings.releases, inputs)):
            progress("nothing has changed since the release that is served")
            return same
        with _step("load", progress):
            loaded = load(settings)
            mappings = load_mappings(loaded)
        with _step("validate", progress):
            shop = workshop(settings, progress)
            report = validate_loaded(loaded, mappings, shop)
            if not report.conforms:
                raise DataInvalid(
                    "the data do not conform to the shapes",
                    report=report.to_text(loaded.iris),
                    hint="Correct what the report names. The served release is as it was.",
                )
        content = derive_content(loaded, mappings, report, _created(settings), shop)
        with _step("release", progress):
            release = write_release(
                content, settings.releases, loaded.iris, partial(check_catalog, loaded, shop.engine)
            )
            note_inputs(settings.releases, release.id, inputs)
            prune_releases(settings.releases, settings.keep_releases)
            shop.cache.prune()
    return release


def workshop(settings: Settings, progress: Progress = lambda line: None) -> Workshop:
    """Who validates and infers, as the settings have it."""
    return Workshop(
        engine=Engine(settings.engine),
        cache=Cache(settings.cache),
        unit=settings.unit_kib << 10,
        jobs=settings.jobs,
        progress=progress,
    )


def load_mappings(loaded: Loaded) -> tuple[Triple, ...]:
    """The triples of every SSSOM file, sorted."""
    triples = (t for file in loaded.mapping_files for t in read_mappings(file.path, file.text, loaded.iris))
    return sort_triples(as_stored(triples))


def validate_loaded(loaded: Loaded, mappings: tuple[Triple, ...], shop: Workshop) -> Report:
    """Run every shape over the data, the mappings and the ontology, and find each result's line."""
    return _locate(validate_units(loaded, mappings, shop), loaded.data_files())


def check_catalog(loaded: Loaded, engine: Engine, catalog: tuple[Triple, ...]) -> None:
    """Hold our own catalog to the shapes too. Raises `DataInvalid`."""
    report = validate_triples(loaded, catalog, engine)
    if not report.conforms:
        raise DataInvalid(
            "the catalog of the release does not conform to the shapes",
            report=report.to_text(loaded.iris),
            hint="This is a fault of the publisher or of the list of sources, not of the data.",
        )


def validate_triples(loaded: Loaded, triples: Iterable[Triple], engine: Engine) -> Report:
    """Run every shape over some triples and the ontology."""
    ontology = as_bytes(loaded.ontology.as_parsed())
    return Validator(as_bytes(loaded.shapes.as_parsed()), engine)(as_bytes(triples) + ontology)


def validate_sources(settings: Settings) -> Report:
    """Validate everything that `sources.toml` names, as a build would."""
    loaded = load(settings)
    return validate_loaded(loaded, load_mappings(loaded), workshop(settings))


def validate_paths(settings: Settings, paths: Sequence[Path]) -> Report:
    """Validate Turtle files or folders, with all sources as context; only results in those files are kept.

    A result is in a file if its node is a subject there, or is mentioned there and described nowhere. Raises
    `SourceError` for a path that is not there or holds no Turtle.
    """
    loaded = load(settings)
    files = [read_source_file(path, loaded.iris) for path in _turtle_files(paths)]
    triples: list[Triple] = []
    for file in files:
        parsed = parse_turtle(file)
        refuse_blank_nodes(parsed, file)
        triples += parsed
    named = {Path(file.path).resolve() for file in files}
    context = [t for f in loaded.data_files() if Path(f.path).resolve() not in named for t in parse_turtle(f)]
    data = sort_triples([*triples, *context, *load_mappings(loaded)])
    report = validate_triples(loaded, data, Engine(settings.engine))
    mentioned = {n.value for t in triples for n in (t.subject, t.object) if isinstance(n, NamedNode)}
    elsewhere = {t.subject.value for t in context if isinstance(t.subject, NamedNode)}
    subjects = {t.subject.value for t in triples if isinstance(t.subject, NamedNode)} | (mentioned - elsewhere)
    return _locate(report.only(subjects), files)


def _locate(report: Report, files: Iterable[SourceFile]) -> Report:
    if not report.results:
        return report
    return report.located(Places(((file.path, file.text) for file in files), report.subjects).find)


def _turtle_files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.rglob("*.ttl")) if path.is_dir() else [path]
        if not inside or not path.exists():
            raise SourceError(
                "no such file, or a folder without Turtle files", where=Where(str(path)), hint="Check the path."
            )
        found += inside
    return found


def derive_content(
    loaded: Loaded, mappings: tuple[Triple, ...], report: Report, created: str, shop: Workshop
) -> Content:
    """Infer, attribute and put the graphs of a release together."""
    iris, data, progress = loaded.iris, loaded.data_triples(), shop.progress
    with _step("infer", progress):
        inferred = infer_units(loaded, shop)
    with _step("attribute", progress):
        rules = read_rules(iris)
        derived = attribute([*loaded.ontology.triples, *data, *inferred], rules, iris)
        known = [*loaded.ontology.triples, *data, *mappings, *inferred, *derived]
    with _step("tell", progress):
        told = [*worlds(known, iris), recorded(loaded.sources, iris)]
        default_graph = sort_triples([*known, *(t for graph in told if graph.in_default for t in graph.triples)])
        check_nothing_asserted(default_graph, iris)
    graphs = [
        *told,
        *(NamedGraph(source.iri, source.source.title, source.triples) for source in loaded.sources),
        NamedGraph(loaded.ontology.iri, "Ontology", loaded.ontology.triples),
        NamedGraph(loaded.alignments.iri, "Alignments with other vocabularies", loaded.alignments.triples, False),
        NamedGraph(loaded.shapes.iri, "Shapes", loaded.shapes.triples, False),
        NamedGraph(iris.graph("mappings"), "Links to other data sets", mappings),
        NamedGraph(iris.graph("inferred"), "What follows by OWL 2 RL", inferred),
        NamedGraph(iris.graph("derived"), "What the derivation rules find", derived),
    ]
    if examples := read_examples(loaded.example_files, iris):
        graphs.append(NamedGraph(iris.graph("examples"), EXAMPLES_TITLE, examples, False))
    return Content(
        created=created,
        graphs=sorted(graphs, key=lambda graph: graph.iri),
        default_graph=default_graph,
        sources=[source.source for source in loaded.sources],
        counts=_count(loaded, mappings, inferred, derived, default_graph)
        | {"rules": len(rules), "warnings": len(report.results)},
        validation=report.to_turtle(iris),
    )


def _count(
    loaded: Loaded,
    mappings: tuple[Triple, ...],
    inferred: tuple[Triple, ...],
    derived: tuple[Triple, ...],
    default_graph: tuple[Triple, ...],
) -> dict[str, int]:
    iris = loaded.iris
    types = [(t.subject, t.object) for t in default_graph if t.predicate.value == RDF + "type"]

    def members(name: str) -> int:
        return sum(1 for _, class_ in types if class_ == NamedNode(iris.att(name)))

    terms = {t.subject for t in loaded.ontology.triples if str(t.subject).startswith(f"<{iris.att('')}")}
    shapes = {t.subject for t in loaded.shapes.triples if str(t.subject).startswith(f"<{iris.shape('')}")}
    return {
        "asserted": len(set(loaded.data_triples())),
        "inferred": len(inferred),
        "derived": len(derived),
        "mappings": len(mappings),
        "terms": len(terms),
        "shapes": len(shapes),
        "incidents": members("Incident"),
        "statements": members("Statement"),
        "propositions": members("Proposition"),
        "agents": members("Agent"),
        "contradictions": members("Contradiction"),
    }


def _created(settings: Settings) -> str:
    moment = settings.created or datetime.now(UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def _step(name: str, progress: Progress) -> Iterator[None]:
    began = time.monotonic()
    progress(f"{name} …")
    yield
    progress(f"{name} done in {time.monotonic() - began:.1f} s")
