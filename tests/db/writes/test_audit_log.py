"""Triggers write the audit log for every change of a row, and refuse to change the log."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from catalogs.sources import genai_prices
from db.postgres import migrate
from db.postgres.engine import Database
from tests import factories
from tests.imports import import_file
from tests.soak import replay

MODEL = (
    "INSERT INTO models (id, revision, name, task, retention_keep) VALUES (%s, 1, %s, 'CHAT', 3)"
)
KEY = "00000000-0000-7000-8000-00000000000"


@pytest.fixture
def psql(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A session of another client than the registry, in another time zone."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET timezone TO 'Asia/Kolkata'")
        yield connection


def _events(psql: psycopg.Connection[Any]) -> list[Any]:
    query = (
        "SELECT kind || ' ' || action || ' ' || subject_name FROM audit_events ORDER BY sequence"
    )
    return [text for (text,) in psql.execute(query)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'nobody'",
        "UPDATE audit_events SET actor = 'nobody' WHERE false",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE sequence = 1",
        "TRUNCATE audit_events",
        "INSERT INTO audit_events SELECT * FROM audit_events"
        " ON CONFLICT (id) DO UPDATE SET actor = 'nobody'",
        "MERGE INTO audit_events a USING registry_state s ON a.sequence = s.revision"
        " WHEN MATCHED THEN DELETE",
    ],
)
def test_nothing_rewrites_the_log(psql: psycopg.Connection[Any], statement: str) -> None:
    psql.execute(MODEL, (KEY + "1", "m"))
    with pytest.raises(psycopg.errors.IntegrityError, match="append-only"):
        psql.execute(statement)
    assert _events(psql) == ["MODEL CREATED m"]


@pytest.mark.parametrize("table", replay.TABLES.values())
def test_a_truncate_is_refused_because_it_would_leave_no_event(
    psql: psycopg.Connection[Any], table: str
) -> None:
    with pytest.raises(psycopg.errors.IntegrityError, match="use DELETE"):
        psql.execute(f"TRUNCATE {table} CASCADE")


def test_a_change_in_psql_leaves_an_event_in_the_name_of_the_database_user(
    psql: psycopg.Connection[Any], database_url: str
) -> None:
    psql.execute(MODEL, (KEY + "1", "m"))
    psql.execute("UPDATE models SET description = 'new', revision = 2")
    psql.execute("UPDATE models SET description = 'new'")  # changes nothing
    query = "SELECT actor = session_user, request_id, changes FROM audit_events ORDER BY sequence"
    by_whom = psql.execute(query).fetchall()
    assert [row[:2] for row in by_whom] == [(True, None)] * 2
    assert by_whom[1][2] == {"description": [None, "new"], "revision": [1, 2]}
    replay.check(database_url)


def test_a_changed_id_is_a_deletion_and_a_creation(
    psql: psycopg.Connection[Any], database_url: str
) -> None:
    psql.execute(MODEL, (KEY + "1", "m"))
    psql.execute("UPDATE models SET id = %s", (KEY + "2",))
    assert sorted(_events(psql)) == ["MODEL CREATED m", "MODEL CREATED m", "MODEL DELETED m"]
    replay.check(database_url)


def test_all_events_of_a_transaction_are_sealed_though_some_triggers_fired_early(
    psql: psycopg.Connection[Any], database_url: str
) -> None:
    """A client can make deferred triggers fire early, and then change more rows."""
    with psql.transaction():
        psql.execute(MODEL, (KEY + "1", "one"))
        psql.execute("SET CONSTRAINTS ALL IMMEDIATE")
        psql.execute(MODEL, (KEY + "2", "two"))
        psql.execute("SET CONSTRAINTS ALL DEFERRED")
        psql.execute(MODEL, (KEY + "3", "three"))
        psql.execute("DELETE FROM models WHERE name = 'one'")
    wanted = ["MODEL CREATED one", "MODEL CREATED two", "MODEL CREATED three", "MODEL DELETED one"]
    assert _events(psql) == wanted
    replay.check(database_url)


def test_a_change_rolled_back_to_a_savepoint_leaves_no_event(
    psql: psycopg.Connection[Any], database_url: str
) -> None:
    with psql.transaction():
        psql.execute(MODEL, (KEY + "1", "kept"))
        psql.execute("SAVEPOINT before")
        psql.execute(MODEL, (KEY + "2", "dropped"))
        psql.execute("ROLLBACK TO SAVEPOINT before")
        psql.execute(MODEL, (KEY + "3", "kept-too"))
    assert _events(psql) == ["MODEL CREATED kept", "MODEL CREATED kept-too"]
    replay.check(database_url)


async def test_cascades_leave_an_event_for_each_row(
    db: Database, psql: psycopg.Connection[Any], database_url: str
) -> None:
    version = await factories.version(db, await factories.model(db), version="1.0.0")
    binding = await factories.binding(db, version, provider_model_id="served")
    await factories.price(db, binding, "0.0025")
    await factories.alias(db, version)
    before = len(_events(psql))
    psql.execute("UPDATE prices SET effective_from = '2021-01-01T00:00:00+05:30'")
    psql.execute("UPDATE model_aliases SET name = 'renamed'")
    psql.execute("DELETE FROM models")
    after = [text.rpartition(" ")[0] for text in _events(psql)[before + 2 :]]
    kinds = ("ALIAS", "BINDING", "MODEL", "PRICE", "VERSION")
    assert sorted(after) == [f"{kind} DELETED" for kind in kinds]
    replay.check(database_url)


async def test_an_import_can_be_replayed(db: Database, database_url: str) -> None:
    await import_file(db, genai_prices.read())
    counts = replay.check(database_url)
    assert counts["events"] == sum(counts.values()) - counts["events"]
    assert counts["prices"] > 1_000


def test_rows_older_than_the_log_get_a_first_event(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0001")
    with psycopg.connect(empty_url) as connection:
        connection.execute(_BEFORE_THE_LOG)
    migrate.upgrade(empty_url)
    counts = replay.check(empty_url)
    assert counts == {
        "events": 8,
        "model_versions": 2,
        "catalogs": 0,
        "catalog_entries": 0,
        "circuits": 0,
        "tokens": 0,
    } | {
        **dict.fromkeys(("providers", "models", "provider_bindings", "prices", "model_aliases"), 1)
    }
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT DISTINCT actor FROM audit_events").fetchall() == [
            ("migration",)
        ]


_BEFORE_THE_LOG = f"""
INSERT INTO providers (id, revision, slug, name, kind) VALUES ('{KEY}1', 1, 'p', 'P', 'OPENAI');
INSERT INTO models (id, revision, name, task, retention_keep, last_number, labels)
    VALUES ('{KEY}2', 4, 'm', 'CHAT', 3, 2, '{{"team": "red"}}');
INSERT INTO model_versions (id, revision, model_id, number, version, semver_key, content_hash,
        region, status, cost_per_1k, eval_score, metadata)
    SELECT ('{KEY}' || 2 + n)::uuid, 1, '{KEY}2', n, n || '.0.0', n::text, repeat(n::text, 64),
        'eu', 'ACTIVE', 0.0000000001, 0.1, '{{"a": 1.50}}' FROM generate_series(1, 2) n;
INSERT INTO provider_bindings (id, revision, version_id, model_id, provider_id, provider_model_id,
        status, priority, weight)
    VALUES ('{KEY}5', 1, '{KEY}3', '{KEY}2', '{KEY}1', 'served', 'ACTIVE', 1, 1);
INSERT INTO prices (id, binding_id, input_per_1k, effective_from)
    VALUES ('{KEY}6', '{KEY}5', 0.0025, '2026-01-01T00:00:00+02:00');
INSERT INTO model_aliases (id, revision, model_id, name, version_id)
    VALUES ('{KEY}7', 1, '{KEY}2', 'production', '{KEY}4');
"""
