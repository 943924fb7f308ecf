"""Writes of outcomes: totals per minute, the figures of the window, and circuits."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from domain.health import HealthRules
from domain.problems import Problem
from domain.reports import Report


async def record(
    session: AsyncSession,
    reports: Sequence[Report],
    rules: HealthRules,
    reporter: str | None = None,
) -> list[Problem]:
    """Record the reports in a constant number of statements; returns why some were refused.

    The others are recorded. A rollup that names an unknown binding is refused, and one of a named
    reporter that reported the same binding, minute and outcome before. Health and circuits of the
    bindings follow in the same transaction; a binding's row in `binding_health` is locked first,
    in the order of the ids.
    """
    raise NotImplementedError
