"""Chooses the bindings that a call should go to, best first, and says why the others are out.

A pure function of the bindings, the request and the day. The order is: closed circuits before those
that wait for a trial, the region asked for before others, a lower priority number before a higher
one, then the strategy, then the id.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from domain.candidates import Candidate, RouteRequest
from domain.exclusions import checks
from domain.ranking import places
from domain.route_reasons import reasons
from domain.traffic_enums import CircuitState, ExclusionReason

_NEVER = float("inf")


class Ranked(NamedTuple):
    """A candidate at its rank, the first of which is 1; `passed` has all that were ranked."""

    candidate: Candidate
    rank: int
    score: float
    region_match: bool
    request: RouteRequest
    passed: Sequence[Candidate]

    @property
    def expected_cost(self) -> Decimal | None:
        """Of a call, in US dollars; None when it is not known."""
        return self.candidate.expected_cost

    @property
    def reasons(self) -> list[str]:
        """How the rank came about, for people."""
        return reasons(self.candidate, self.request, self.passed)


class Exclusion(NamedTuple):
    """A binding that is no candidate; `retry_at` is when its circuit may let a call through."""

    candidate: Candidate
    reason: ExclusionReason
    retry_at: datetime | None

    @property
    def since(self) -> datetime | None:
        """Since when the reason holds; None when the registry does not date it."""
        if self.reason is ExclusionReason.CIRCUIT_OPEN:
            return self.candidate.circuit_changed_at
        last_day = self.candidate.sunset_on
        if self.reason is not ExclusionReason.SUNSET or last_day is None:
            return None
        return datetime.combine(last_day + timedelta(days=1), time(), UTC)


class Choice(NamedTuple):
    """Each binding once: among `candidate_count` candidates, or excluded.

    `candidates` has those of the first ranks, as many as the request asks for. `excluded` has those
    of the soonest `retry_at` first, then by priority and id.
    """

    candidates: list[Ranked]
    candidate_count: int
    excluded: list[Exclusion]


def choose(bindings: Iterable[Candidate], request: RouteRequest, today: date) -> Choice:
    """The choice among the bindings of one version."""
    passed, excluded = _filtered(bindings, request, today)
    placed = list(zip(passed, places(passed, request), strict=True))
    wanted = request.region
    placed.sort(
        key=lambda each: (
            each[0].circuit is not CircuitState.CLOSED,
            wanted is not None and each[0].region != wanted,
            each[0].priority,
            each[1].key,
            each[0].id,
        )
    )
    ranked = [
        Ranked(one, rank, place.score, wanted is None or one.region == wanted, request, passed)
        for rank, (one, place) in enumerate(placed[: request.limit], 1)
    ]
    return Choice(ranked, len(placed), sorted(excluded, key=_exclusion_order))


def _filtered(
    bindings: Iterable[Candidate], request: RouteRequest, today: date
) -> tuple[list[Candidate], list[Exclusion]]:
    steps = checks(request, today)
    passed: list[Candidate] = []
    excluded: list[Exclusion] = []
    for one in bindings:
        for reason, is_out in steps:
            if is_out(one):
                retry_at = one.retry_at if reason is ExclusionReason.CIRCUIT_OPEN else None
                excluded.append(Exclusion(one, reason, retry_at))
                break
        else:
            passed.append(one)
    return passed, excluded


def _exclusion_order(exclusion: Exclusion) -> tuple[float, int, object]:
    at = exclusion.retry_at
    one = exclusion.candidate
    return (_NEVER if at is None else at.timestamp(), one.priority, one.id)
