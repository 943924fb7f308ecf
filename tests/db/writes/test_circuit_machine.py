"""The circuit in the database does what the reference does, whatever happens in which order.

Each step is a transaction of its own, as of a server: it locks the circuit, reads it, and writes
it. The time is the machine's own, in place of the database's clock.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from psycopg.types.json import Jsonb

from db.postgres.engine import Database
from db.tables import ProviderBinding
from db.writes import circuits
from db.writes.circuits import Locked
from domain.circuits import Calls, after_calls, state_at
from domain.problems import Refused
from domain.traffic_enums import CircuitState
from tests import factories
from tests.db.writes.circuit_reference import Call, Reference
from tests.soak import replay

START = datetime(2026, 5, 4, 11, 59, 55, tzinfo=UTC)
SECONDS = st.sampled_from([0.001, 1, 4, 5, 9.5, 10, 25, 29.999, 30, 31, 60, 61, 300, 900, 901])
AHEAD = st.none() | st.sampled_from([0.001, 1, 30, 45, 3_600, 86_400 * 365])
CALLS = st.lists(
    st.tuples(
        st.sampled_from([-70, -61, -60, -59.999, -30, -10, -6, -5, -4, -1, -0.5, 0, 0.5, 5]),
        st.booleans(),
        st.integers(1, 8),
    ),
    min_size=1,
    max_size=8,
)


async def _new_binding(db: Database) -> ProviderBinding:
    model = await factories.model(db, last_number=1)
    return await factories.binding(db, await factories.version(db, model, number=1))


class Circuit(RuleBasedStateMachine):
    """One circuit, of a binding of its own, and its reference."""

    url: str  # of the database

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.db = Database(self.url)
        self.binding = self.runner.run(_new_binding(self.db))
        self.now = START
        self.reference = Reference()

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(calls=CALLS)
    def report(self, calls: list[tuple[float, bool, int]]) -> None:
        timed = [(self.now + timedelta(seconds=s), failed, n) for s, failed, n in calls]
        self.runner.run(self._transaction(_report, timed))
        self.reference.report(timed, self.now)

    @rule(number=st.integers(4, 1_000))
    def fail_in_a_row(self, number: int) -> None:
        self.report([(0, True, 1)] * number)

    @rule()
    def claim(self) -> None:
        claimed = self.runner.run(self._transaction(_claim))
        assert claimed == self.reference.claim(self.now)

    @rule(ahead=AHEAD)
    def set_open(self, ahead: float | None) -> None:
        until = self._until(ahead)
        self.runner.run(self._transaction(_set, CircuitState.OPEN, until))
        self.reference.set_open(until, self.now)

    @rule(ahead=AHEAD)
    def set_closed(self, ahead: float | None) -> None:
        until = self._until(ahead)
        self.runner.run(self._transaction(_set, CircuitState.CLOSED, until))
        self.reference.set_closed(until, self.now)

    @invariant()
    def agrees(self) -> None:
        breaker = self.runner.run(self._transaction(_read))
        stored = self.reference.as_stored()
        assert {name: getattr(breaker, name) for name in stored} == stored
        assert state_at(breaker, self.now) == self.reference.state(self.now)
        assert len(breaker.recent) <= 7

    def teardown(self) -> None:
        self.runner.run(self.db.close())
        self.runner.close()
        with psycopg.connect(self.url) as connection:
            query = """SELECT action FROM audit_events
                WHERE subject_id = %s AND action LIKE 'CIRCUIT%%' ORDER BY sequence"""
            actions = [action for (action,) in connection.execute(query, [self.binding.id])]
        assert actions == self.reference.events

    def _until(self, ahead: float | None) -> datetime | None:
        self.now += timedelta(milliseconds=1)  # the same state at the same time is no change
        return None if ahead is None else self.now + timedelta(seconds=ahead)

    async def _transaction(self, act: Any, *arguments: Any) -> Any:
        async with self.db.write("tests") as session:
            circuit = await circuits.lock(session, self.binding.id)
            return await act(session, circuit._replace(now=self.now), *arguments)


async def _report(session: Any, circuit: Locked, timed: list[Call]) -> None:
    key, before = circuit.binding.id, circuit.breaker
    after = after_calls(before, [Calls(*call) for call in timed], circuit.now)
    if after[:7] != before[:7]:
        await circuits.write(session, {key: after})
    await session.info["connection"].execute(
        "UPDATE binding_health SET consecutive_failures = %s, recent = %s WHERE binding_id = %s",
        (after.consecutive_failures, Jsonb(list(after.recent)), key),
    )


async def _claim(session: Any, circuit: Locked) -> bool | None:
    try:
        return (await circuits.claim_trial(session, circuit)).claimed
    except Refused:
        return None


async def _set(session: Any, circuit: Locked, state: CircuitState, until: datetime | None) -> None:
    await circuits.set_by_operator(session, circuit, state, until, "by hand")


async def _read(session: Any, circuit: Locked) -> Any:
    return circuit.breaker


def test_the_circuit_does_what_the_reference_does(database_url: str) -> None:
    run_state_machine_as_test(
        type("CircuitOfDatabase", (Circuit,), {"url": database_url}),
        settings=settings(
            max_examples=8,
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    replay.check(database_url)
