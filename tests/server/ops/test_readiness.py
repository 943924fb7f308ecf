"""Readiness says what works and what does not, part by part."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from archive.store import ArchiveStore, StoreUnavailable
from db.reads import jobs
from server.ops import readiness
from tests.db.faults import frozen
from tests.graphql import GraphQL
from tests.server.conftest import Serving
from tests.server.sockets import events

CREATE = 'mutation { createModel(input: {name: "m", task: CHAT}) { model { name } } }'
NO_SPACE = """CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$"""
LIVE = "subscription { registryChanged { cursor } }"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_PERIOD_S", 0.05)


async def _until(
    client: httpx.AsyncClient, is_true: Callable[[dict[str, Any]], bool]
) -> tuple[int, dict[str, Any]]:
    """The status and the body of readiness, once it is as it should be."""
    async with asyncio.timeout(20):
        while True:
            answer = await client.get("/readyz")
            if is_true(answer.json()):
                return answer.status_code, answer.json()
            await asyncio.sleep(0.02)


async def test_each_part_has_a_status_and_an_age(serve: Serving, tmp_path: Path) -> None:
    async with serve(archive_url=(tmp_path / "cold").as_uri()) as client:
        status, body = await _until(client, lambda body: len(body["checks"]) == 5)
    assert (status, body["status"]) == (200, "ok")
    checks = body["checks"]
    assert set(checks) == {"database", "migration", "listener", "coldStorage", "jobs"}
    assert {each["status"] for each in checks.values()} == {"ok", "idle"}
    assert all(each["ageSeconds"] >= 0 for each in checks.values())
    assert checks["database"]["roundTripMs"] > 0
    assert checks["database"]["isReadOnly"] is False
    assert checks["database"]["isDiskFull"] is False
    assert checks["migration"]["current"] == checks["migration"]["needed"] == body["migration"]
    assert checks["jobs"]["lastSuccessSeconds"] is None
    assert not (tmp_path / "cold").exists()  # a look makes nothing


async def test_cold_storage_that_does_not_work_degrades(serve: Serving, tmp_path: Path) -> None:
    """A load balancer that took all servers out for it would stop everything for nothing."""
    cold = tmp_path / "cold"
    cold.write_text("not a folder")
    async with serve(archive_url=cold.as_uri()) as client:
        status, body = await _until(client, lambda body: body["status"] != "ok")
        assert (status, body["status"]) == (200, "degraded")
        assert body["reason"] == "coldStorage: cold storage cannot be written: Not a directory"
        assert body["checks"]["coldStorage"]["status"] == "degraded"
        cold.unlink()
        cold.mkdir()
        await _until(client, lambda body: body["status"] == "ok")
        assert list(cold.iterdir()) == []


async def test_a_write_that_found_no_space_degrades_for_a_while(
    serve: Serving, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(NO_SPACE)
        connection.execute(
            "CREATE TRIGGER no_space BEFORE INSERT ON models EXECUTE FUNCTION no_space()"
        )
    async with serve() as client:
        [error] = (await client.post("/graphql", json={"query": CREATE})).json()["errors"]
        assert error["extensions"]["code"] == "UNAVAILABLE"
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        assert "no space on the database's disk" in answer.json()["reason"]
        assert answer.json()["checks"]["database"]["isDiskFull"] is True
        monkeypatch.setattr(readiness, "_DISK_FULL_S", 0.0)
        await _until(client, lambda body: body["status"] == "ok")


async def test_cold_storage_that_hangs_has_one_look_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "cold").mkdir()
    os.mkfifo(tmp_path / "cold" / ".writable")  # opening it waits for a reader
    store = ArchiveStore((tmp_path / "cold").as_uri())
    looking = asyncio.ensure_future(store.check())
    await asyncio.sleep(0.05)
    with pytest.raises(StoreUnavailable, match="since the last check"):
        await store.check()
    with (
        (tmp_path / "cold" / ".writable").open("rb"),
        pytest.raises(StoreUnavailable),  # a FIFO cannot be flushed
    ):
        await looking
    await store.check()


async def test_the_event_feed_is_looked_at_while_somebody_subscribes(
    serve: Serving, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    async with serve() as client, events(client, LIVE):
        # it is ok before it has connected, which takes some milliseconds
        _, body = await _until(client, lambda body: body["checks"]["listener"]["isConnected"])
        assert body["checks"]["listener"]["status"] == "ok"
        assert body["checks"]["listener"]["lag"] == 0
        monkeypatch.setattr(readiness, "_SILENT_S", 0.0)
        _, body = await _until(client, lambda body: body["status"] == "degraded")
        assert body["reason"] == "listener: the event feed waits for the database"


async def test_jobs_that_nobody_runs_degrade(
    serve: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_JOBS_S", 0.0)
    async with serve() as client:
        status, body = await _until(client, lambda body: body["status"] == "degraded")
    assert (status, body["reason"]) == (200, "jobs: no job has run for 5 minutes")


async def test_the_queue_tells_what_is_late_or_left(gql: GraphQL, database_url: str) -> None:
    assert await jobs.state(gql.db.reader) == (None, 0, 0)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status)"
            " VALUES ('q', 'late', 'todo'), ('q', 'left', 'doing'), ('q', 'done', 'succeeded')"
        )
        connection.execute("UPDATE procrastinate_events SET at = now() - interval '4 minutes'")
        connection.execute(
            "INSERT INTO procrastinate_events (job_id, type, at) SELECT id, 'succeeded',"
            " now() - interval '90 seconds' FROM procrastinate_jobs WHERE task_name = 'done'"
        )
    state = await jobs.state(gql.db.reader)
    assert (state.late, state.stalled) == (1, 1)
    assert state.succeeded_s is not None
    assert 90 <= state.succeeded_s < 120


async def test_a_frozen_database_leaves_what_was_found_with_its_age(
    serve: Serving, postgres_url: str, tmp_path: Path
) -> None:
    async with serve(archive_url=(tmp_path / "cold").as_uri()) as client:
        await _until(client, lambda body: len(body["checks"]) == 5)
        with frozen(postgres_url):
            answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["database"]["status"] == "unavailable"
        assert answer.json()["checks"]["migration"]["status"] == "ok"
        assert answer.json()["checks"]["coldStorage"]["status"] == "ok"
