"""The log of slow operations: one warning each, with the statements and the plan of the slowest."""

import asyncio
import logging
from collections.abc import Sequence
from operator import attrgetter
from time import monotonic
from typing import Any

from cachetools import LRUCache

from db.postgres import plans
from db.postgres.engine import Database
from db.postgres.observing import Statement
from db.postgres.plans import NoPlan
from server.execution.messages import GraphQLRequest, GraphQLResponse, log_fields

_PERIOD_S, LINES_MAX = 60.0, 60  # in an outage each request is slow, and would be a line
_PLAN_PAUSE_S = 60.0  # between two plans of one statement
_PLANS_MAX = 500  # statements whose last plan is remembered
_STATEMENTS_MAX = 10  # in a line, the slowest
_TEXT_MAX = 2_000  # characters of each
_PLAN_MAX = 8_000  # characters

_log = logging.getLogger("slow")
_seconds = attrgetter("seconds")


class SlowOperations:
    """Logs the queries and mutations of an application that take long."""

    def __init__(self, database: Database, threshold_s: float) -> None:
        self._database = database
        self._threshold_s = threshold_s
        self._planned_at: LRUCache[str, float] = LRUCache(_PLANS_MAX)
        self._period_ends_at = 0.0
        self._lines = self._left_out = 0  # of the period
        self._task: asyncio.Task[None] | None = None  # it asks for a plan: one at a time

    def observe(self, request: GraphQLRequest, _: GraphQLResponse) -> None:
        """Log an operation that has ended, if it was slow."""
        seconds = request.seconds
        if seconds < self._threshold_s or not self._has_line_left():
            return
        slowest = sorted(request.statements or (), key=_seconds, reverse=True)
        fields = {
            **log_fields(request),
            "ms": round(1_000 * seconds, 1),
            "dbMs": round(1_000 * request.database_s, 1),
            "statementCount": request.statement_count,
            "statements": [_shown(each) for each in slowest[:_STATEMENTS_MAX]],
        }
        if self._left_out:
            fields["leftOut"], self._left_out = self._left_out, 0
        text = self._to_be_planned(slowest)
        if text is None:
            _warn(fields)
        else:
            self._planned_at[text] = monotonic()
            self._task = asyncio.get_running_loop().create_task(self._warn_with_plan(text, fields))

    def _has_line_left(self) -> bool:
        now = monotonic()
        if now >= self._period_ends_at:
            self._period_ends_at, self._lines = now + _PERIOD_S, 0
        self._lines += 1
        if self._lines <= LINES_MAX:
            return True
        self._left_out += 1
        return False

    def _to_be_planned(self, slowest: Sequence[Statement]) -> str | None:
        """The slowest statement that has a plan; None if its plan was logged a minute ago."""
        if self._task is not None and not self._task.done():
            return None
        text = next((each.text for each in slowest if plans.is_planned(each.text)), None)
        if text is None or monotonic() - self._planned_at.get(text, -_PLAN_PAUSE_S) < _PLAN_PAUSE_S:
            return None
        return text

    async def _warn_with_plan(self, text: str, fields: dict[str, Any]) -> None:
        try:
            plan = (await plans.generic(self._database, text))[:_PLAN_MAX]
        except NoPlan as error:
            plan = f"none: {error}"
        _warn({**fields, "plan": plan})


def _warn(fields: dict[str, Any]) -> None:
    _log.warning("slow operation", extra={"fields": fields})


def _shown(statement: Statement) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ms": round(1_000 * statement.seconds, 1),
        "rows": max(statement.rows, 0),
        "sql": " ".join(statement.text.split())[:_TEXT_MAX],
    }
    if statement.error:
        shown["error"] = statement.error
    if len(statement.operations) > 1:
        shown["sharedBy"] = len(statement.operations)
    return shown
