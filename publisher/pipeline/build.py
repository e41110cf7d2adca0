"""The whole way from sources to a release, step by step."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from publisher.config import Engine, Settings
from publisher.errors import DataInvalid, SourceError, Where
from publisher.linking.mappings import read_mappings
from publisher.pipeline.cache import Cache, fingerprint
from publisher.pipeline.cells import attribute_cells
from publisher.pipeline.clash import perspective_axioms
from publisher.pipeline.counts import Counts
from publisher.pipeline.examples import TITLE as EXAMPLES_TITLE
from publisher.pipeline.examples import read_examples
from publisher.pipeline.lines import as_bytes
from publisher.pipeline.load import (
    Loaded,
    SourceFile,
    as_stored,
    load,
    parse_data,
    parse_turtle,
    read_source_file,
    sort_triples,
)
from publisher.pipeline.locate import Places
from publisher.pipeline.parts import NamedGraph, make_parts
from publisher.pipeline.policies import describe_policies, read_policies
from publisher.pipeline.release import (
    Content,
    find_served,
    lock_releases,
    made_from,
    note_inputs,
    prune_releases,
    write_release,
)
from publisher.pipeline.rules import read_rules
from publisher.pipeline.shacl import Validator
from publisher.pipeline.unitwise import Survey, described_among, infer_units, validate_units
from publisher.pipeline.validate import Report
from publisher.pipeline.work import Progress, Workshop
from publisher.releases import Release


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
            loaded, shop = load(settings), workshop(settings, progress)
            survey = Survey(loaded, load_mappings(loaded, shop), shop)
        with _step("validate", progress):
            report = validate_units(survey)
            if not report.conforms:
                raise DataInvalid(
                    "the data do not conform to the shapes",
                    report=report.to_text(loaded.iris),
                    hint="Correct what the report names. The served release is as it was.",
                )
        content = derive_content(survey, report, _created(settings))
        with _step("release", progress):
            engine = survey.shop.engine
            release = write_release(
                content,
                settings.releases,
                loaded.iris,
                partial(check_catalog, loaded, engine),
                find_served(settings.releases),
            )
            note_inputs(settings.releases, release.id, inputs, content.parts.keys)
            prune_releases(settings.releases, settings.keep_releases)
            survey.shop.cache.prune()
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


def load_mappings(loaded: Loaded, shop: Workshop) -> tuple[Triple, ...]:
    """The triples of every SSSOM file, sorted. Links between two sources of ours count where both are described."""

    def read(described: Container[str]) -> Iterator[Triple]:
        for file in loaded.mapping_files:
            yield from read_mappings(file.path, file.text, loaded.iris, described)

    asked = _Asked()
    triples = list(read(asked))
    if asked.iris:
        triples = list(read(described_among(asked.iris, loaded, shop)))
    return sort_triples(as_stored(triples))


class _Asked:
    """Notes what is looked for in it."""

    def __init__(self) -> None:
        self.iris: set[str] = set()

    def __contains__(self, iri: object) -> bool:
        self.iris.add(str(iri))
        return True


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
    loaded, shop = load(settings), workshop(settings)
    return validate_units(Survey(loaded, load_mappings(loaded, shop), shop))


def validate_paths(settings: Settings, paths: Sequence[Path]) -> Report:
    """Validate Turtle files or folders, with all sources as context; only results in those files are kept.

    A result is in a file if its node is a subject there, or is mentioned there and described nowhere. Raises
    `SourceError` for a path that is not there or holds no Turtle.
    """
    loaded = load(settings)
    files = [read_source_file(path, loaded.iris) for path in _turtle_files(paths)]
    triples: list[Triple] = []
    for file in files:
        triples += parse_data(file)
    named = {Path(file.path).resolve() for file in files}
    context = [t for f in loaded.data_files() if Path(f.path).resolve() not in named for t in parse_turtle(f)]
    data = sort_triples([*triples, *context, *load_mappings(loaded, workshop(settings))])
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


def derive_content(survey: Survey, report: Report, created: str) -> Content:
    """Infer, attribute and put the parts of a release together."""
    loaded, progress = survey.loaded, survey.shop.progress
    iris = loaded.iris
    with _step("infer", progress):
        inferred = infer_units(survey)
    with _step("attribute", progress):
        attributed = attribute_cells(survey, inferred)
    policies = read_policies(iris)
    schema, alignments, shapes = loaded.ontology, loaded.alignments, loaded.shapes
    axioms = perspective_axioms(schema.triples, iris)
    common = [
        NamedGraph(schema.iri, "Ontology", schema.triples),
        NamedGraph(alignments.iri, "Alignments with other vocabularies", alignments.triples, False),
        NamedGraph(shapes.iri, "Shapes", shapes.triples, False),
        NamedGraph(iris.graph("perspective-axioms"), AXIOMS, axioms, False),
        NamedGraph(iris.graph("policies"), "Resolution policies", describe_policies(policies, iris)),
    ]
    if examples := read_examples(loaded.example_files, iris):
        common.append(NamedGraph(iris.graph("examples"), EXAMPLES_TITLE, examples, False))
    told = attributed.titles | {iris.policy(policy.id): f"Policy: {policy.title}" for policy in policies}
    titles = {graph.iri: graph.title for graph in common} | told
    titles |= {source.iri: source.source.title for source in loaded.sources}
    titles |= {iris.graph(name): title for name, title in _TITLES.items()}
    hidden = frozenset({*told, *(graph.iri for graph in common if not graph.in_default)})
    with _step("write", progress):
        parts = make_parts(survey, inferred, attributed, common)
    return Content(
        created=created,
        parts=parts,
        titles=titles,
        hidden=hidden,
        sources=[source.source for source in loaded.sources],
        counts=_count(loaded, parts.counts) | {"rules": len(read_rules(iris)), "warnings": len(report.results)},
        validation=report.to_turtle(iris),
    )


AXIOMS = "Axioms that hold inside the world as one agent tells it"
_TITLES = {
    "mappings": "Links to other data sets",
    "inferred": "What follows by OWL 2 RL",
    "derived": "What the derivation rules find",
    "perspectives": "Perspectives and their clashes",
    "recorded": "When each statement was recorded",
}


def _count(loaded: Loaded, counts: Counts) -> dict[str, int]:
    iris = loaded.iris
    terms = {t.subject for t in loaded.ontology.triples if str(t.subject).startswith(f"<{iris.att('')}")}
    shapes = {t.subject for t in loaded.shapes.triples if str(t.subject).startswith(f"<{iris.shape('')}")}
    members = {name: counts.classes[iris.att(class_)] for name, class_ in _COUNTED.items()}
    return members | {
        "asserted": counts.asserted,
        "inferred": counts.graphs[iris.graph("inferred")],
        "derived": counts.graphs[iris.graph("derived")],
        "mappings": counts.graphs[iris.graph("mappings")],
        "terms": len(terms),
        "shapes": len(shapes),
    }


_COUNTED = {
    "incidents": "Incident",
    "statements": "Statement",
    "propositions": "Proposition",
    "agents": "Agent",
    "contradictions": "Contradiction",
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
