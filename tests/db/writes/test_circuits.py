"""Circuits in the database: each change is an event of the binding, whoever makes it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from db.postgres.engine import Database
from db.reads import data_version
from db.tables import ProviderBinding
from db.writes import circuits
from domain.circuits import Breaker
from domain.traffic_enums import CircuitState
from tests import factories
from tests.graphql import GraphQL
from tests.soak import replay

EVENTS = """query($id: ID!) { auditEvents(filter: {subjects: [$id], kinds: [BINDING]}) { nodes {
    action subject { id } changes { field before after } } } }"""
SET_OPEN = "INSERT INTO circuits VALUES (%s, 'OPEN', {}, NULL, NULL, 'broken', 1, now())"


@pytest.fixture
def psql(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A session of another client than the registry, in another time zone."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET timezone TO 'Asia/Kolkata'")
        yield connection


@pytest.fixture
async def binding(db: Database) -> ProviderBinding:
    version = await factories.version(db, await factories.model(db, last_number=1), number=1)
    return await factories.binding(db, version, provider_model_id="served")


def events(psql: psycopg.Connection[Any]) -> list[Any]:
    """What circuits have noted: the action, and the state before and after."""
    query = """SELECT action, changes -> 'state' FROM audit_events
        WHERE action LIKE 'CIRCUIT%' ORDER BY sequence"""
    return psql.execute(query).fetchall()


async def test_what_is_written_is_read_and_a_row_that_stays_leaves_no_event(
    db: Database, binding: ProviderBinding, psql: psycopg.Connection[Any]
) -> None:
    now = datetime(2026, 5, 4, tzinfo=UTC)
    opened = Breaker(CircuitState.OPEN, now + timedelta(seconds=30), None, None, "5 failed", 1, now)
    for _ in range(2):
        async with db.write("tests") as session:
            await circuits.write(session, {binding.id: opened})
            assert await circuits.locked(session, [binding.id]) == {binding.id: opened}
    assert events(psql) == [("CIRCUIT_OPENED", [None, "OPEN"])]


async def test_changes_in_psql_are_events_of_the_binding(
    gql: GraphQL, binding: ProviderBinding, psql: psycopg.Connection[Any], database_url: str
) -> None:
    before = await data_version.revision(gql.db.reader)
    psql.execute(SET_OPEN.format("'2026-05-04T05:30:00+05:30'"), (binding.id,))
    psql.execute(
        "UPDATE circuits SET state = 'HALF_OPEN', trial_until = '2026-05-04T00:00:30.25+00:00'"
    )
    psql.execute("UPDATE circuits SET state = 'HALF_OPEN'")
    psql.execute("UPDATE circuits SET state = 'CLOSED', open_until = NULL, trial_until = NULL")
    nodes = (await gql(EVENTS, id=binding.node_id))["auditEvents"]["nodes"]
    assert await data_version.revision(gql.db.reader) == before + 3
    actions = ["CIRCUIT_CLOSED", "CIRCUIT_HALF_OPENED", "CIRCUIT_OPENED", "CREATED"]
    assert sorted(node["action"] for node in nodes) == sorted(actions)
    assert {node["subject"]["id"] for node in nodes} == {binding.node_id}
    changes = {node["action"]: node["changes"] for node in nodes}
    assert changes["CIRCUIT_OPENED"] == [
        {"field": "openUntil", "before": None, "after": "2026-05-04T00:00:00+00:00"},
        {"field": "openings", "before": None, "after": 1},
        {"field": "reason", "before": None, "after": "broken"},
        {"field": "state", "before": None, "after": "OPEN"},
    ]
    trial = {"field": "trialUntil", "before": None, "after": "2026-05-04T00:00:30.250000+00:00"}
    assert trial in changes["CIRCUIT_HALF_OPENED"]
    replay.check(database_url)


async def test_a_circuit_that_is_deleted_is_closed(
    binding: ProviderBinding, psql: psycopg.Connection[Any], database_url: str
) -> None:
    psql.execute(SET_OPEN.format("NULL"), (binding.id,))
    psql.execute("DELETE FROM circuits")
    assert events(psql)[1:] == [("CIRCUIT_CLOSED", ["OPEN", None])]
    replay.check(database_url)


async def test_a_circuit_that_goes_with_its_binding_leaves_no_event_of_its_own(
    binding: ProviderBinding, psql: psycopg.Connection[Any], database_url: str
) -> None:
    psql.execute(SET_OPEN.format("NULL"), (binding.id,))
    assert replay.check(database_url)["circuits"] == 1
    psql.execute("DELETE FROM models")
    assert len(events(psql)) == 1
    assert replay.check(database_url)["circuits"] == 0


async def test_a_circuit_that_gets_another_binding_closes_the_one_and_opens_the_other(
    db: Database,
    binding: ProviderBinding,
    psql: psycopg.Connection[Any],
    database_url: str,
) -> None:
    version = await factories.version(db, await factories.model(db, last_number=1), number=1)
    other = await factories.binding(db, version, provider_model_id="other")
    psql.execute(SET_OPEN.format("NULL"), (binding.id,))
    psql.execute("UPDATE circuits SET binding_id = %s", (other.id,))
    assert sorted(events(psql)[1:]) == [
        ("CIRCUIT_CLOSED", ["OPEN", None]),
        ("CIRCUIT_OPENED", [None, "OPEN"]),
    ]
    replay.check(database_url)


@pytest.mark.parametrize(
    "change",
    [
        "open_until = 'infinity'",
        "held_until = '-infinity'",
        "trial_until = now()",
        "state = 'CLOSED', open_until = now()",
        "state = 'HALF'",
        "openings = -1",
    ],
)
async def test_psql_cannot_write_a_circuit_that_no_client_understands(
    binding: ProviderBinding, psql: psycopg.Connection[Any], change: str
) -> None:
    psql.execute(SET_OPEN.format("NULL"), (binding.id,))
    with pytest.raises(psycopg.errors.CheckViolation):
        psql.execute(f"UPDATE circuits SET {change}")
