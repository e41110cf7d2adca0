"""A small project that tests can spoil: one source, the real ontology and shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from publisher.cli import main

ROOT = Path(__file__).parent.parent.parent

SOURCES = """
[sources.small]
title = "A small report"
description = "Made for the tests."
folder = "small"
licence = "https://creativecommons.org/licenses/by/4.0/"
curator = "Tests"
retrieved = 2026-11-24
"""

PREFIXES = """
@prefix att: <https://w3id.org/attested/ontology#> .
@prefix agent: <https://w3id.org/attested/id/agent/> .
@prefix document: <https://w3id.org/attested/id/document/> .
@prefix evidence: <https://w3id.org/attested/id/evidence/> .
@prefix incident: <https://w3id.org/attested/id/incident/> .
@prefix proposition: <https://w3id.org/attested/id/proposition/> .
@prefix relay: <https://w3id.org/attested/id/relay/> .
@prefix selector: <https://w3id.org/attested/id/selector/> .
@prefix statement: <https://w3id.org/attested/id/statement/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

WORLD = """
incident:blast a att:Incident ; rdfs:label "Reported blast"@en .
agent:state a att:GovernmentBody ; rdfs:label "A state"@en .
agent:group a att:ArmedGroup ; rdfs:label "A group"@en .
agent:monitor a att:MonitoringOrganization ; rdfs:label "A monitor"@en .
agent:paper a att:NewsOrganization ; rdfs:label "A paper"@en .
document:report a att:Article ; rdfs:label "A report"@en .
evidence:claim a oa:SpecificResource ; rdfs:label "Where the claim stands"@en ;
  oa:hasSource document:report ; oa:hasSelector selector:claim .
selector:claim a oa:TextPositionSelector ; rdfs:label "Characters 10 to 20"@en ;
  oa:start 10 ; oa:end 20 ; att:paragraph 1 .
proposition:group-did-it a att:Proposition ; rdfs:label "The group did it"@en ;
  att:about incident:blast ; att:aspect att:perpetratorAspect ;
  rdf:subject incident:blast ; rdf:predicate att:perpetrator ; rdf:object agent:group .
relay:claim-1 a att:Relay ; rdfs:label "Through the monitor"@en ; att:relayer agent:monitor ; att:step 1 .
relay:claim-2 a att:Relay ; rdfs:label "Through the paper"@en ; att:relayer agent:paper ; att:step 2 .
"""

STATEMENT = """
statement:claim a att:Statement ; rdfs:label "The group says that it did it"@en ;
  dcterms:identifier "T01" ;
  att:speaker agent:group ;
  att:stance att:claimsResponsibility ;
  att:proposition proposition:group-did-it ;
  att:relay relay:claim-1, relay:claim-2 ;
  att:evidence evidence:claim .
"""


@dataclass(frozen=True)
class Project:
    """A project in a temporary folder. `run` calls the command line on it."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "data" / "small" / "claim.ttl"

    @property
    def releases(self) -> Path:
        return self.folder / "releases"

    def environ(self) -> dict[str, str]:
        return {
            "ATTESTED_DATA": str(self.folder / "data"),
            "ATTESTED_RELEASES": str(self.releases),
            "ATTESTED_CACHE": str(self.folder / "cache"),
            "ATTESTED_ONTOLOGY": str(ROOT / "ontology"),
            "ATTESTED_SHAPES": str(ROOT / "shapes"),
            "SOURCE_DATE_EPOCH": "1795521600",
        }

    def run(self, *arguments: str, **environ: str) -> Result:
        return CliRunner().invoke(main, arguments, env=self.environ() | environ, catch_exceptions=False)

    def spoil(self, change: Callable[[str], str]) -> None:
        text = self.file.read_text(encoding="utf-8")
        changed = change(text)
        assert changed != text, "the change changes nothing"
        self.file.write_text(changed, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose data conform."""
    folder = tmp_path / "data" / "small"
    folder.mkdir(parents=True)
    (tmp_path / "data" / "sources.toml").write_text(SOURCES, encoding="utf-8")
    (folder / "claim.ttl").write_text(PREFIXES + STATEMENT, encoding="utf-8")
    (folder / "world.ttl").write_text(PREFIXES + WORLD, encoding="utf-8")
    return Project(tmp_path)
