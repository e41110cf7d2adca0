"""`python -m tests.conformance` runs the suites at a real server, writes `docs/conformance.md` and says what is not
as listed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.conformance.deviations import load_deviations
from tests.conformance.endpoint import Data, OverNetwork
from tests.conformance.manifest import SUITES, load_cases
from tests.conformance.report import PAGE, write
from tests.conformance.run import run
from tests.serving import serve


def main() -> int:
    """The number of tests that are not as listed."""
    if not SUITES.is_dir():
        sys.exit(f"the test suites are not there: {SUITES}")
    deviations = load_deviations()
    listed = {name for deviation in deviations for name in deviation.tests}
    with tempfile.TemporaryDirectory() as folder:
        data = Data(Path(folder))
        cases = load_cases()
        with serve(data.releases, query_per_client_rate="100000") as address:
            transport = OverNetwork(address)
            outcomes = [run(case, data, transport) for case in cases if not case.skip]
    wrong = [outcome for outcome in outcomes if outcome.passed == (outcome.case.id in listed)]
    for outcome in wrong:
        print(f"{outcome.case.id}: {outcome or 'passes, but is listed as a deviation'}")
    PAGE.write_text(write(cases, outcomes, deviations), encoding="utf-8")
    print(f"{PAGE.name}: {len(outcomes)} tests, {len(wrong)} not as listed")
    return min(len(wrong), 99)


if __name__ == "__main__":
    sys.exit(main())
