"""The W3C test suites at our endpoint, with the list of deviations held to what happens.

All tests go through the application in this process, and some through a real server, where each set of data takes new
query processes. `make conformance` sends all of them to a real server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conformance.deviations import load_deviations
from tests.conformance.endpoint import Data, InProcess, OverNetwork
from tests.conformance.manifest import DESCRIPTION, PROTOCOL, SUITES, Case, load_cases
from tests.conformance.report import PAGE, write
from tests.conformance.run import Outcome, run
from tests.serving import serve

pytestmark = pytest.mark.skipif(not SUITES.is_dir(), reason=f"the W3C test suites are not at {SUITES}")

CASES = load_cases() if SUITES.is_dir() else ()
APPLICABLE = sorted((case for case in CASES if not case.skip), key=lambda case: (case.suite, case.area, str(case.data)))
DEVIATIONS = load_deviations()
LISTED = {name: deviation.reason for deviation in DEVIATIONS for name in deviation.tests}
SMOKE = [
    case
    for case in APPLICABLE
    if case.kind in {PROTOCOL, DESCRIPTION} or case.area in {"csv-tsv-res", "json-res", "construct", "exists"}
]
"""What is also sent to a real server: every kind of request, every format."""

Run = Callable[[Case], Outcome]


def name(case: Case) -> str:
    return case.id


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The outcome of a test, which is run once."""
    data = Data(tmp_path_factory.mktemp("conformance"))
    transport = InProcess(data.releases)
    known: dict[str, Outcome] = {}

    def get(case: Case) -> Outcome:
        if case.id not in known:
            known[case.id] = run(case, data, transport)
        return known[case.id]

    return get


@pytest.mark.parametrize("case", APPLICABLE, ids=name)
def test_as_listed(case: Case, outcome: Run) -> None:
    _as_listed(outcome(case))


def _as_listed(outcome: Outcome) -> None:
    if outcome.case.id in LISTED:
        assert not outcome.passed, "it passes, so take it off the list of deviations"
    else:
        assert outcome.passed, str(outcome)


def test_list_names_tests() -> None:
    names = [name for deviation in DEVIATIONS for name in deviation.tests]
    assert len(names) == len(set(names))
    assert set(names) <= {case.id for case in APPLICABLE}


def test_nothing_is_left_out() -> None:
    """Most of SPARQL 1.1 applies; only what is not a query for this endpoint does not."""
    query = [case for case in CASES if case.suite == "sparql11" and case.kind != "update"]
    assert len([case for case in query if not case.skip]) > 350
    assert {case.area for case in query if case.skip} == {
        "delete-insert",
        "entailment",
        "protocol",
        "service",
        "syntax-fed",
    }


def test_page_is_up_to_date(outcome: Run) -> None:
    page = write(CASES, [outcome(case) for case in APPLICABLE], DEVIATIONS)
    assert PAGE.read_text(encoding="utf-8") == page, "run `make conformance`"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    data = Data(tmp_path_factory.mktemp("conformance-network"))
    with serve(data.releases, query_per_client_rate="100000") as address:
        transport = OverNetwork(address)
        yield lambda case: run(case, data, transport)


@pytest.mark.parametrize("case", SMOKE, ids=name)
def test_over_network(case: Case, network: Run) -> None:
    _as_listed(network(case))
