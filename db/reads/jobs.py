"""The state of the job queue, whose tables the library procrastinate owns, in SQL."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query

_LATE = sa.text("interval '3 minutes'")
_DEAD = sa.text("interval '1 minute'")  # workers report each 10 s

_jobs: Any = sa.table(
    "procrastinate_jobs",
    *map(sa.column, ("id", "status", "scheduled_at", "worker_id")),
)
_events: Any = sa.table("procrastinate_events", *map(sa.column, ("job_id", "type", "at")))
_workers: Any = sa.table("procrastinate_workers", *map(sa.column, ("id", "last_heartbeat")))


class QueueState(NamedTuple):
    """Seconds since a job succeeded, None if never; jobs that are late; jobs of dead workers."""

    succeeded_s: float | None
    late: int
    stalled: int


async def state(source: Source) -> QueueState:
    """The state of the queue by the database's clock. The tables have some thousand rows."""
    ((succeeded_s, late, stalled),) = await reader.rows(source, _STATE)
    return QueueState(None if succeeded_s is None else float(succeeded_s), late, stalled)


def _is(column: Any, value: str) -> Any:
    return sa.cast(column, sa.Text) == value


def _select_state() -> sa.Select[Any]:
    seconds = sa.func.extract("epoch", sa.func.now() - sa.func.max(_events.c.at))
    succeeded_s = sa.select(sa.cast(seconds, sa.Float)).where(_is(_events.c.type, "succeeded"))
    late = (
        sa.select(sa.func.count())
        .select_from(_jobs)
        .where(
            _is(_jobs.c.status, "todo"),
            sa.exists().where(_events.c.job_id == _jobs.c.id, _events.c.at < sa.func.now() - _LATE),
            sa.func.coalesce(_jobs.c.scheduled_at < sa.func.now() - _LATE, sa.true()),
        )
    )
    is_alive = sa.exists().where(
        _workers.c.id == _jobs.c.worker_id,
        _workers.c.last_heartbeat > sa.func.now() - _DEAD,
    )
    stalled = (
        sa.select(sa.func.count()).select_from(_jobs).where(_is(_jobs.c.status, "doing"), ~is_alive)
    )
    return sa.select(
        succeeded_s.scalar_subquery().label("succeeded_s"),
        late.scalar_subquery().label("late"),
        stalled.scalar_subquery().label("stalled"),
    )


_STATE = Query("job queue", _select_state, {})
