"""Totals of reported calls: per binding and period, and what a batch adds to a binding's window."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.health import FAILURES
from domain.histograms import Histogram, merge
from domain.reports import Report
from domain.traffic_enums import Outcome

OUTCOMES = tuple(Outcome)
FAILED = tuple(outcome for outcome in OUTCOMES if outcome in FAILURES)

Period = tuple[UUID, datetime]  # a binding, and the start of a minute or of an hour


@dataclass(slots=True)
class Totals:
    """The calls of one binding in one period; times are in milliseconds."""

    calls: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    latency: Histogram = field(default_factory=dict)
    latency_ms_sum: float = 0
    ttft: Histogram = field(default_factory=dict)
    ttft_ms_sum: float = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = None

    @property
    def failed(self) -> int:
        """The calls that count as failures."""
        return sum(self.calls[outcome] for outcome in FAILED)

    def add(self, report: Report) -> None:
        """Add what a report says."""
        self.calls[report.outcome] += report.calls
        merge(self.latency, report.latency)
        self.latency_ms_sum += report.latency_ms_sum
        merge(self.ttft, report.ttft)
        self.ttft_ms_sum += report.ttft_ms_sum
        self.input_tokens += report.input_tokens
        self.output_tokens += report.output_tokens
        if report.cost_usd is not None:
            self.cost_usd = report.cost_usd + (self.cost_usd or 0)


def by_period(
    reports: Iterable[Report], start_of: Callable[[Report], datetime]
) -> dict[Period, Totals]:
    """The totals of the reports, by binding and period."""
    found: dict[Period, Totals] = {}
    for report in reports:
        period = (report.binding_id, start_of(report))
        totals = found.get(period)
        if totals is None:
            totals = found[period] = Totals()
        totals.add(report)
    return found
