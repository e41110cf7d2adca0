"""What others rely on: the terms, the rules that the ontology names, and the closed lists."""

from __future__ import annotations

from pathlib import Path

from rdflib import OWL, RDFS, SKOS, Graph, Literal, Namespace, URIRef

from tests.ontology.conftest import ROOT

ATT = Namespace("https://w3id.org/attested/ontology#")
RULE = "https://w3id.org/attested/rule/"
RULES = ROOT.parent / "publisher" / "rules"


def test_every_term_of_the_contract_is_defined(core: Graph) -> None:
    lines = (Path(__file__).parent / "contract-terms.txt").read_text(encoding="utf-8").splitlines()
    names = [line for line in lines if not line.startswith("#")]
    defined = set(core.subjects(RDFS.isDefinedBy, URIRef("https://w3id.org/attested/ontology")))
    assert [name for name in names if ATT[name] not in defined] == []


def test_every_rule_that_the_ontology_names_exists(core: Graph) -> None:
    named = {str(rule).removeprefix(RULE) for rule in core.objects(None, ATT.derivedBy)}
    heads = (path.read_text(encoding="utf-8").splitlines()[0] for path in RULES.glob("*.rq"))
    assert named <= {head.removeprefix("# id: ") for head in heads}


def test_open_is_neither_yes_nor_no(core: Graph) -> None:
    polarities = {str(s).rpartition("#")[2]: p for s, p in core.subject_objects(ATT.polarity)}
    assert {s for s, p in polarities.items() if p == ATT.open} == {
        "notConfirmed",
        "notVerified",
        "investigating",
        "willLookInto",
    }
    assert {s for s, p in polarities.items() if p == ATT.negative} == {"deniesOccurrence", "deniesClaim"}
    assert {s for s, p in polarities.items() if p == ATT.none} == {"threatens", "callsFor"}
    assert len(polarities) == 13


def test_who_takes_the_presupposition_as_given(core: Graph) -> None:
    """Every positive stance, and whoever has not confirmed a detail; nobody else."""
    given = set(core.subjects(ATT.takesAsGiven, Literal(True)))
    assert given == set(core.subjects(ATT.polarity, ATT.positive)) | {ATT.notConfirmed}


def test_a_concept_belongs_to_one_list(core: Graph) -> None:
    schemes = [scheme for _, scheme in core.subject_objects(SKOS.inScheme)]
    assert len(schemes) == len(set(core.subjects(SKOS.inScheme)))
    assert set(core.subjects(SKOS.hasTopConcept)) == set(schemes)


def test_the_version_of_the_ontology_is_a_release_of_its_own(core: Graph) -> None:
    (version,) = core.objects(URIRef("https://w3id.org/attested/ontology"), OWL.versionInfo)
    assert [part.isdigit() for part in str(version).split(".")] == [True, True, True]
