"""An operator sets a circuit; a gateway claims its trial, and is told when it cannot."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from db.tables import ProviderBinding
from db.writes import circuits
from domain import ids
from domain.circuits import Breaker
from domain.rules import CIRCUIT_REASON_LENGTH_MAX
from domain.traffic_enums import CircuitState
from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing.cases import NO_ID
from tests.resolvers.writing.mutations import call, codes, user_errors
from tests.soak import replay

AHEAD = datetime(2090, 1, 1, tzinfo=UTC)
REASON = {"reason": "maintenance"}
UNKNOWN = f"bnd_{NO_ID}"


@pytest.fixture
async def binding(gql: GraphQL) -> ProviderBinding:
    version = await factories.version(
        gql.db, await factories.model(gql.db, last_number=1), number=1
    )
    return await factories.binding(gql.db, version)


def in_future(**time: float) -> str:
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


def ref(binding: ProviderBinding) -> dict[str, Any]:
    return {"binding": {"id": binding.node_id}}


async def stored(gql: GraphQL, binding: ProviderBinding) -> Breaker:
    """The circuit with what it counts."""
    async with gql.db.write("tests") as session:
        return (await circuits.lock(session, binding.id)).breaker


async def test_an_operator_opens_and_closes_it(gql: GraphQL, binding: ProviderBinding) -> None:
    until = in_future(hours=1)
    payload = await call(gql, "setCircuit", **ref(binding), **REASON, state="OPEN", until=until)
    assert payload["binding"]["id"] == binding.node_id
    opened = await stored(gql, binding)
    assert (opened.state, opened.reason) == (CircuitState.OPEN, "maintenance")
    assert opened.open_until == opened.held_until == datetime.fromisoformat(until)
    await call(gql, "setCircuit", **ref(binding), state="CLOSED", until=until, reason="done")
    closed = await stored(gql, binding)
    assert closed[:5] == (CircuitState.CLOSED, None, None, datetime.fromisoformat(until), "done")


async def test_it_is_open_until_an_operator_closes_it(
    gql: GraphQL, binding: ProviderBinding
) -> None:
    await call(gql, "setCircuit", **ref(binding), **REASON, state="OPEN", until=None)
    assert (await stored(gql, binding))[:4] == (CircuitState.OPEN, None, None, None)
    ((error,),) = [await user_errors(gql, "claimTrial", **ref(binding))]
    assert error["message"] == "the circuit is OPEN until an operator closes it"


async def test_closing_it_forgets_the_calls_that_failed(
    gql: GraphQL, binding: ProviderBinding
) -> None:
    async with gql.db.write("tests") as session:
        await circuits.lock(session, binding.id)
        connection = session.info["connection"]
        await connection.execute(
            "UPDATE binding_health SET consecutive_failures = 4, recent = '[[1, 4, 4]]'"
        )
    await call(gql, "setCircuit", **ref(binding), **REASON, state="CLOSED")
    closed = await stored(gql, binding)
    assert (closed.consecutive_failures, closed.recent) == (0, [])


@pytest.mark.parametrize(
    ("changed", "code", "path"),
    [
        ({"binding": {"id": UNKNOWN}}, "NOT_FOUND", "binding"),
        ({"binding": {"id": "bnd_x"}}, "NOT_FOUND", "binding"),
        ({"until": in_future(seconds=-1)}, "INVALID", "until"),
        ({"until": "1970-01-01T00:00:00Z"}, "INVALID", "until"),
        ({"until": in_future(days=36_525)}, "INVALID", "until"),
        ({"until": in_future(days=365, hours=12)}, "INVALID", "until"),
        ({"until": "9999-12-31T23:59:59Z"}, "INVALID", "until"),
        ({"state": "CLOSED", "until": in_future(seconds=-1)}, "INVALID", "until"),
        ({"state": "HALF_OPEN"}, "INVALID", "state"),
        ({"reason": ""}, "INVALID", "reason"),
        ({"reason": " \n"}, "INVALID", "reason"),
        ({"reason": "x" * (CIRCUIT_REASON_LENGTH_MAX + 1)}, "INVALID", "reason"),
        ({"reason": "a\0b"}, "INVALID", "reason"),
        ({"reason": "use sk-proj-" + "a1B2" * 12}, "INVALID", "reason"),
        ({"idempotencyKey": ""}, "INVALID", "idempotencyKey"),
    ],
)
async def test_bad_input_is_refused_by_its_field(
    gql: GraphQL, binding: ProviderBinding, changed: dict[str, Any], code: str, path: str
) -> None:
    input = {**ref(binding), "state": "OPEN", **REASON, **changed}
    before = await factories.revision(gql.db)
    assert await codes(gql, "setCircuit", **input) == [(code, path)]
    assert await factories.revision(gql.db) == before


async def test_all_that_is_wrong_is_said_together(gql: GraphQL, binding: ProviderBinding) -> None:
    wrong = await codes(gql, "setCircuit", **ref(binding), state="HALF_OPEN", reason="")
    assert wrong == [("INVALID", "reason"), ("INVALID", "state")]


async def test_one_caller_gets_the_trial_and_another_sees_until_when(
    gql: GraphQL, binding: ProviderBinding
) -> None:
    await factories.circuit(gql.db, binding_id=binding.id)
    first, second = [await call(gql, "claimTrial", **ref(binding)) for _ in range(2)]
    assert (first["claimed"], second["claimed"]) == (True, False)
    assert first["until"] == second["until"]
    until = datetime.fromisoformat(first["until"])
    assert timedelta(seconds=20) < until - datetime.now(UTC) <= timedelta(seconds=30)


async def test_a_trial_that_nobody_reported_of_is_free_again(
    gql: GraphQL, binding: ProviderBinding
) -> None:
    await factories.circuit(
        gql.db, binding_id=binding.id, state="HALF_OPEN", trial_until=factories.EPOCH
    )
    assert (await call(gql, "claimTrial", **ref(binding)))["claimed"] is True


async def test_a_retry_of_a_claim_gets_the_first_answer(
    gql: GraphQL, binding: ProviderBinding
) -> None:
    await factories.circuit(gql.db, binding_id=binding.id)
    input = {**ref(binding), "idempotencyKey": "trial-1"}
    assert await call(gql, "claimTrial", **input) == await call(gql, "claimTrial", **input)
    other = await call(gql, "claimTrial", **ref(binding), idempotencyKey="trial-2")
    assert other["claimed"] is False


async def test_a_closed_circuit_needs_no_trial(gql: GraphQL, binding: ProviderBinding) -> None:
    (error,) = await user_errors(gql, "claimTrial", **ref(binding))
    assert (error["code"], error["path"]) == ("INVALID_STATE", ["binding"])
    assert error["message"] == "the circuit is CLOSED: calls need no trial"


async def test_an_open_circuit_says_when_it_can_be_tried(
    gql: GraphQL, binding: ProviderBinding
) -> None:
    until = datetime(2090, 1, 1, tzinfo=UTC)
    await factories.circuit(gql.db, binding_id=binding.id, open_until=until)
    (error,) = await user_errors(gql, "claimTrial", **ref(binding))
    assert (error["code"], error["path"]) == ("INVALID_STATE", ["binding"])
    assert "OPEN until 2090-01-01T00:00:00.000Z" in error["message"]


async def _changed_at(gql: GraphQL, binding: ProviderBinding) -> datetime | None:
    document = "query ($id: ID!) { binding(id: $id) { health { circuit { changedAt } } } }"
    at = (await gql(document, id=binding.node_id))["binding"]["health"]["circuit"]["changedAt"]
    return None if at is None else datetime.fromisoformat(at)


async def test_a_circuit_says_since_when_it_is_as_it_is(
    gql: GraphQL, binding: ProviderBinding
) -> None:
    assert await _changed_at(gql, binding) is None
    times: list[Any] = [datetime.now(UTC)]
    await call(gql, "setCircuit", **ref(binding), **REASON, state="OPEN", until=None)
    times += [await _changed_at(gql, binding), datetime.now(UTC)]
    assert await _changed_at(gql, binding) == times[1]  # time passes, and nothing changes
    await call(
        gql, "setCircuit", **ref(binding), state="CLOSED", until=in_future(hours=1), reason="done"
    )
    times += [await _changed_at(gql, binding), datetime.now(UTC)]
    assert times == sorted(times)
    assert len(set(times)) == len(times)


async def test_a_claimed_trial_changes_a_circuit_and_its_passing_end_does_not(
    gql: GraphQL, binding: ProviderBinding
) -> None:
    await factories.circuit(gql.db, binding_id=binding.id, open_until=factories.EPOCH)
    assert await _changed_at(gql, binding) == factories.EPOCH  # HALF_OPEN since openUntil
    begun = datetime.now(UTC)
    await call(gql, "claimTrial", **ref(binding))
    claimed_at = await _changed_at(gql, binding)
    assert claimed_at is not None
    assert begun < claimed_at < datetime.now(UTC)


@pytest.mark.parametrize("id", [UNKNOWN, "bnd_x", ""])
async def test_a_trial_of_an_unknown_binding_is_refused(gql: GraphQL, id: str) -> None:
    assert await codes(gql, "claimTrial", binding={"id": id}) == [("NOT_FOUND", "binding")]


@pytest.mark.parametrize(
    ("circuit", "is_kept"),
    [
        ({"state": "OPEN", "open_until": None}, True),
        ({"state": "OPEN", "open_until": AHEAD, "held_until": AHEAD}, True),
        ({"state": "CLOSED", "open_until": None, "held_until": AHEAD}, True),
        ({"state": "CLOSED", "open_until": None, "held_until": factories.EPOCH}, False),
        ({"state": "OPEN", "open_until": AHEAD, "held_until": None}, False),
        ({"state": "HALF_OPEN", "trial_until": AHEAD}, False),
    ],
)
async def test_an_archive_keeps_the_circuit_that_an_operator_holds(
    gql: GraphQL,
    binding: ProviderBinding,
    database_url: str,
    circuit: dict[str, Any],
    is_kept: bool,
) -> None:
    values = {"reason": "by hand", "openings": 3, **circuit}
    before = await factories.circuit(gql.db, binding_id=binding.id, **values)
    version = {"version": {"id": ids.encode(ids.VERSION, binding.version_id)}}
    await call(gql, "archiveVersion", **version)
    await call(gql, "restoreVersion", **version)
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT to_jsonb(c) FROM circuits c").fetchall()
    assert bool(found) == is_kept
    if is_kept:
        restored = (await stored(gql, binding))[:7]
        columns = ("state", "open_until", "trial_until", "held_until", "reason", "openings")
        assert restored == tuple(getattr(before, name) for name in (*columns, "changed_at"))
    replay.check(database_url)
