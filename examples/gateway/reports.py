"""Reports of outcomes: failures at once, successes counted, and none lost without a word."""

import asyncio
import logging
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from examples.gateway.calls import Attempt
from examples.gateway.client import (
    HistogramInput,
    Outcome,
    OutcomeInput,
    OutcomeRollupInput,
    RegistryClient,
    ReportOutcomesInput,
    ReportOutcomesReportOutcomes,
)
from examples.gateway.transport import Refused, Unreachable

BOUNDS = [round(1.25**step, 2) for step in range(55)]  # of latencies: 1 ms to 171 s, 25% apart
BATCH_MAX = 400  # items and rollups of one report; the registry takes 1,000, and 256 KiB
ITEMS_MAX = 2_000  # unreported; further failures are counted in rollups
ROLLUPS_MAX = 10_000  # unreported; further calls are dropped, and that is said
_ITEMS_S, _ROLLUPS_S = 0.2, 1.0  # between two reports
_PAUSE_MAX_S = 5.0

_log = logging.getLogger(__name__)

Key = tuple[str, datetime, Outcome]


@dataclass
class Rollup:
    """The calls of one binding with one outcome in one minute."""

    count: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    sum_ms: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, attempt: Attempt) -> None:
        """Count one call."""
        input_tokens, output_tokens = attempt.tokens
        self.count += 1
        self.counts[bisect_left(BOUNDS, attempt.latency_ms)] += 1
        self.sum_ms += attempt.latency_ms
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens


class Reports:
    """What was not reported yet. Calls wait in memory, bounded, while the registry is away."""

    def __init__(self, client: RegistryClient) -> None:
        self.accepted = self.refused = self.dropped = self.retries = 0
        self._client = client
        self._items: list[OutcomeInput] = []
        self._rollups: dict[Key, Rollup] = {}
        self._batch: ReportOutcomesInput | None = None  # sent, and not acknowledged

    @property
    def waiting(self) -> int:
        """Calls that the registry does not know of yet, as far as we know."""
        batch = self._batch
        sent = len(batch.items or ()) + _calls(batch.rollups) if batch else 0
        return len(self._items) + sum(each.count for each in self._rollups.values()) + sent

    def add(self, attempt: Attempt) -> None:
        """Take a call: failures and trials one by one, since circuits wait for them."""
        is_urgent = attempt.outcome is not Outcome.SUCCESS or attempt.is_trial
        if is_urgent and len(self._items) < ITEMS_MAX:
            self._items.append(_item(attempt))
            return
        minute = attempt.at.replace(second=0, microsecond=0)
        key = (attempt.binding.id, minute, attempt.outcome)
        if key not in self._rollups and len(self._rollups) >= ROLLUPS_MAX:
            if not self.dropped:
                _log.error("calls are dropped: %d rollups wait for the registry", ROLLUPS_MAX)
            self.dropped += 1
            return
        self._rollups.setdefault(key, Rollup()).add(attempt)

    async def run(self) -> None:
        """Report until the task is cancelled."""
        pause_s, since_rollups = _ITEMS_S, 0.0
        while True:
            await asyncio.sleep(pause_s)
            since_rollups += pause_s
            has_rollups = since_rollups >= _ROLLUPS_S
            if await self.flush(has_rollups):
                pause_s = _ITEMS_S
                if has_rollups and len(self._rollups) < BATCH_MAX:
                    since_rollups = 0.0
            else:
                pause_s = min(pause_s * 2, _PAUSE_MAX_S)

    async def flush(self, has_rollups: bool = True) -> bool:
        """Report what waits, or the batch whose fate is unknown; False when it has to be retried.

        A batch that was sent is never changed: a retry repeats it with its key, so the registry
        counts it once, whether or not the first one arrived.
        """
        if self._batch is not None:
            self.retries += 1
        else:
            self._batch = self._next_batch(has_rollups)
        if self._batch is None:
            return True
        try:
            payload = await self._client.report_outcomes(self._batch)
        except Unreachable as error:
            _log.info("outcomes are not reported yet: %s", error)
            return False
        except Refused as error:
            refused = len(self._batch.items or ()) + len(self._batch.rollups or ())
            _log.error("%d reports were refused: %s", refused, error)
            self.refused += refused
        else:
            self._acknowledged(payload)
        self._batch = None
        return True

    def _next_batch(self, has_rollups: bool) -> ReportOutcomesInput | None:
        items, self._items = self._items[:BATCH_MAX], self._items[BATCH_MAX:]
        room = BATCH_MAX - len(items) if has_rollups else 0
        keys = list(self._rollups)[:room]
        rollups = [_rollup(key, self._rollups.pop(key)) for key in keys]
        if not items and not rollups:
            return None
        return ReportOutcomesInput(items=items, rollups=rollups, idempotencyKey=str(uuid4()))

    def _acknowledged(self, payload: ReportOutcomesReportOutcomes | None) -> None:
        """Count the items and rollups that the registry took, and say why not the others."""
        if payload is None:
            return
        self.accepted += payload.accepted
        self.refused += payload.rejected
        if payload.user_errors:
            first = payload.user_errors[0]
            _log.error("%d reports were refused, the first: %s", payload.rejected, first.message)


def _item(attempt: Attempt) -> OutcomeInput:
    input_tokens, output_tokens = attempt.tokens
    return OutcomeInput(
        binding=attempt.binding.id,
        at=attempt.at,
        outcome=attempt.outcome,
        latencyMs=attempt.latency_ms,
        inputTokens=input_tokens,
        outputTokens=output_tokens,
    )


def _rollup(key: Key, rollup: Rollup) -> OutcomeRollupInput:
    binding, minute, outcome = key
    return OutcomeRollupInput(
        binding=binding,
        minute=minute,
        outcome=outcome,
        count=rollup.count,
        latencyMs=histogram(rollup.counts, rollup.sum_ms),
        inputTokens=rollup.input_tokens,
        outputTokens=rollup.output_tokens,
    )


def histogram(counts: list[int], sum_ms: float) -> HistogramInput:
    """The histogram without the empty buckets at both ends; some count is not 0."""
    used = [place for place, count in enumerate(counts) if count]
    first, last = max(used[0], 1), used[-1]
    return HistogramInput(
        bounds=BOUNDS[first - 1 : last + 1],
        counts=[*counts[first - 1 : last + 1], *([0] if last < len(BOUNDS) else [])],
        sum=sum_ms,
    )


def _calls(rollups: list[OutcomeRollupInput] | None) -> int:
    return sum(each.count for each in rollups or ())
