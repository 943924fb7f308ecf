"""Reports of calls: what a caller of `reportOutcomes` says of one call, or of many in a minute."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from domain.histograms import Histogram
from domain.traffic_enums import Outcome

REPORTS_MAX = 1_000  # in a batch
AGE_MAX = timedelta(days=7)
SKEW_MAX = timedelta(seconds=60)  # that a reporter's clock may be ahead

_NO_CALLS: Histogram = {}


class Report(NamedTuple):
    """Calls of one binding with one outcome: one call at `at`, or `calls` in the minute `at`.

    Times are in milliseconds; the histograms and their sums are those of successes only.
    """

    path: tuple[str, str]  # such as ("rollups", "3")
    binding_id: UUID
    at: datetime
    outcome: Outcome
    calls: int = 1
    is_rollup: bool = False
    latency: Histogram = _NO_CALLS
    latency_ms_sum: float = 0
    ttft: Histogram = _NO_CALLS
    ttft_ms_sum: float = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = None
