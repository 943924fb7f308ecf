"""docs/gateway.md says what the gateway does: its figures, and its table of outcomes."""

import re

from examples.gateway import calls, reports, routes, transport
from examples.gateway.calls import FINAL, outcome_of
from examples.gateway.client import Outcome
from tests.project.pages import ROOT

PAGE = " ".join((ROOT / "docs" / "gateway.md").read_text("utf-8").split())
ROWS = re.findall(r"\| ([^|]+) \| ([A-Z_]+) \| (yes|no)[^|]* \|", PAGE)


def test_the_figures_are_those_of_the_code() -> None:
    for figure in (
        f"at most {reports.ITEMS_MAX:,} failures",
        f"at most {reports.ROLLUPS_MAX:,} rollups",
        f"a batch of {reports.BATCH_MAX} every {reports._ITEMS_S} seconds",
        f"a histogram of {len(reports.BOUNDS)} bounds",
        f"no answer within {calls.CALL_TIMEOUT_S:.0f} seconds",
        f"silent for {transport._SILENCE_S:.0f} seconds",
        f"after {routes._PAUSE_MIN_S} seconds at first",
        f"at most {routes._PAUSE_MAX_S:.0f} seconds",
    ):
        assert figure in PAGE


def test_the_table_has_each_outcome_and_says_what_follows() -> None:
    assert {outcome for _, outcome, _ in ROWS} == set(Outcome)
    for results, outcome, goes_on in ROWS:
        assert (goes_on == "no") == (Outcome(outcome) in FINAL)
        for status in re.findall(r"\b\d{3}\b", results):
            assert outcome_of(int(status), {}) == outcome
