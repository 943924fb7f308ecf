"""Writes of circuits: what calls, an operator, and a gateway with a trial make of them.

Who changes a circuit locks the binding's row of `binding_health` first: so no change is lost, also
of a circuit without a row. Then the time is read, from the database's clock. The triggers of
migration 0015 note each change in the audit log.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres.reader import database_time, driver_connection, sql_rows
from db.tables import ProviderBinding
from db.writes import outcome_rows, rows
from domain import circuits
from domain.circuits import HELD_MAX, Breaker
from domain.problems import Invalid, InvalidState, Refused
from domain.traffic_enums import CircuitState

_COLUMNS = "state, open_until, trial_until, held_until, reason, openings, changed_at"
_LOCK = f"""
    SELECT binding_id, {_COLUMNS} FROM circuits
    WHERE binding_id = ANY(%s) ORDER BY binding_id FOR UPDATE
"""  # noqa: S608  # names of ours
_WRITE = f"""
    INSERT INTO circuits (binding_id, {_COLUMNS})
    SELECT * FROM unnest(
        %s::uuid[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
        %s::text[], %s::int[], %s::timestamptz[]
    ) AS c (binding_id, {_COLUMNS})
    ORDER BY c.binding_id
    ON CONFLICT (binding_id) DO UPDATE SET state = excluded.state,
        open_until = excluded.open_until, trial_until = excluded.trial_until,
        held_until = excluded.held_until, reason = excluded.reason, openings = excluded.openings,
        changed_at = excluded.changed_at
"""  # noqa: S608  # names of ours
_WRITE_COUNTS = """
    UPDATE binding_health SET consecutive_failures = %s, recent = %s WHERE binding_id = %s
"""


class Locked(NamedTuple):
    """A binding whose circuit no other transaction changes, the circuit, and the time."""

    binding: ProviderBinding
    breaker: Breaker
    now: datetime


class Trial(NamedTuple):
    """Whether the caller has the trial, and until when somebody has it."""

    claimed: bool
    until: datetime


async def locked(session: AsyncSession, binding_ids: Sequence[UUID]) -> dict[UUID, Breaker]:
    """The circuits that have a row, locked, without what they count; their health rows are locked.

    What they count is in `binding_health`.
    """
    found = await sql_rows(driver_connection(session), _LOCK, (list(binding_ids),))
    return {row[0]: _breaker(*row[1:]) for row in found}


async def write(session: AsyncSession, changed: Mapping[UUID, Breaker]) -> None:
    """Store changed circuits in one statement; what they count is in `binding_health`."""
    if not changed:
        return
    columns = zip(*(_stored(breaker) for breaker in changed.values()), strict=True)
    values = (list(changed), *(list(column) for column in columns))
    await driver_connection(session).execute(_WRITE.encode(), values)


async def lock(session: AsyncSession, key: UUID) -> Locked:
    """The circuit of a binding, locked; refused if the binding does not exist."""
    binding = await rows.lock(session, ProviderBinding, key)
    connection = driver_connection(session)
    health = (await outcome_rows.lock(connection, [key]))[key]
    stored = (await locked(session, [key])).get(key) or Breaker()
    breaker = stored._replace(
        consecutive_failures=health.consecutive_failures, recent=health.recent
    )
    return Locked(binding, breaker, await database_time(connection))


async def set_by_operator(
    session: AsyncSession,
    circuit: Locked,
    state: CircuitState,
    until: datetime | None,
    reason: str,
) -> None:
    """Store an operator's state, OPEN or CLOSED, until a time; `circuit` is locked.

    Refused when the time has passed, or is more than HELD_MAX ahead.
    """
    key, now = circuit.binding.id, circuit.now
    if until is not None and not now < until <= now + HELD_MAX:
        message = f"until must be in the future, and at most {HELD_MAX.days} days ahead"
        raise Refused(Invalid(message, ("until",)))
    if state is CircuitState.OPEN:
        breaker = circuits.opened_by_operator(circuit.breaker, until, reason, now)
    else:
        breaker = circuits.closed_by_operator(until, reason, now)
    await write(session, {key: breaker})
    counts = (breaker.consecutive_failures, Jsonb(list(breaker.recent)), key)
    await driver_connection(session).execute(_WRITE_COUNTS.encode(), counts)


async def claim_trial(session: AsyncSession, circuit: Locked) -> Trial:
    """Claim the trial of a HALF_OPEN circuit, unless another has it; `circuit` is locked.

    Refused when the circuit is CLOSED or OPEN.
    """
    breaker, now = circuit.breaker, circuit.now
    with_trial = circuits.with_trial(breaker, now)
    if with_trial is not None:
        await write(session, {circuit.binding.id: with_trial})
        return Trial(True, with_trial.trial_until or now)
    if not circuits.trial_taken(breaker, now):
        raise Refused(InvalidState(_why_no_trial(breaker), ("binding",)))
    return Trial(False, breaker.trial_until or now)


def _why_no_trial(breaker: Breaker) -> str:
    if breaker.state is not CircuitState.OPEN:
        return "the circuit is CLOSED: calls need no trial"
    if breaker.open_until is None:
        return "the circuit is OPEN until an operator closes it"
    until = breaker.open_until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"the circuit is OPEN until {until}: then a trial can be claimed"


def _breaker(state: str, *values: Any) -> Breaker:
    utc: list[Any] = [v.astimezone(UTC) if isinstance(v, datetime) else v for v in values]
    return Breaker(CircuitState(state), *utc)


def _stored(breaker: Breaker) -> tuple[Any, ...]:
    """The values of a circuit's columns after its key."""
    return (breaker.state.value, *breaker[1:7])
