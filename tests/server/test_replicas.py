"""Queries on real replicas: where they are read, what clients are promised, and what fails."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg
import pytest
import sqlalchemy as sa

from db.postgres.statements import Query
from db.reads.replica import Replica
from db.reads.replicas import Replicas
from deploy.lab import replicas as lab
from deploy.lab.postgres import Postgres
from deploy.lab.replicas import REVISION, Cluster
from server import app
from server.http.state import STATE
from server.settings import Settings
from tests.server.conftest import running
from tests.server.exposed import OF_REPLICAS, differences

READ = "{ models { totalCount nodes { name } } }"
SLOW = Query(
    "slow count",
    lambda: sa.select(
        sa.literal_column("(SELECT count(*) FROM models)").label("count"),
        sa.literal_column("pg_sleep(1)::text").label("slept"),
    ),
    {},
)
CREATE = "mutation($input: CreateModelInput!) { createModel(input: $input) { model { id } } }"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with TemporaryDirectory(prefix="registry-lab-") as name, lab.cluster(Path(name)) as started:
        yield started


class Server:
    """One server of the cluster, in this process."""

    def __init__(self, http: httpx.AsyncClient, replicas: Replicas) -> None:
        self.http = http
        self.replicas = replicas

    async def post(self, query: str, revision: object = None, **variables: Any) -> httpx.Response:
        headers = {} if revision is None else {REVISION: str(revision)}
        body = {"query": query, "variables": variables}
        return await self.http.post("/graphql", json=body, headers=headers)

    async def create(self, name: str) -> int:
        """Create a model; the revision that the response states."""
        answer = await self.post(CREATE, input={"name": name, "task": "CHAT"})
        assert answer.json()["data"]["createModel"]["model"], answer.text
        return int(answer.headers[REVISION])

    async def names(self, revision: object = None) -> set[str]:
        """The models that a query shows."""
        answer = (await self.post(READ, revision)).json()
        return {node["name"] for node in answer["data"]["models"]["nodes"]}

    async def metric(self, name: str) -> list[float]:
        """The values of a metric, of each replica."""
        lines = (await self.http.get("/metrics")).text.splitlines()
        return [float(line.split()[-1]) for line in lines if line.startswith(f"{name}{{")]

    async def until(self, replica: Replica, reason: str) -> None:
        """Wait until a replica is not used for a reason that begins so; "" for used."""
        async with asyncio.timeout(20):
            while not (replica.reason.startswith(reason) if reason else not replica.reason):  # noqa: ASYNC110  # a state of real servers has no event
                await asyncio.sleep(0.02)


@asynccontextmanager
async def serving(cluster: Cluster, *servers: Postgres, **more: Any) -> AsyncIterator[Server]:
    given = {
        "jobs": False,
        "DATABASE_URL": cluster.primary.url,
        "DATABASE_REPLICA_URLS": ",".join(server.url for server in servers),
        "replica_lag_max_s": 2,
        **more,
    }
    application = app.build(Settings(_env_file=None, **given), cluster.primary.url)
    states: list[Any] = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            states.append(scope["state"])
        await application(scope, receive, send)

    async with running(watched) as http:
        found = states[0][STATE].pipeline.sources.replicas
        server = Server(http, found)
        for replica in found.all:
            await server.until(replica, "")
        yield server


def pause(server: Postgres) -> None:
    server.execute("SELECT pg_wal_replay_pause()")


def resume(server: Postgres) -> None:
    server.execute("SELECT pg_wal_replay_resume()")


async def test_queries_are_read_from_the_replicas_in_turn(cluster: Cluster) -> None:
    async with serving(cluster, *cluster.replicas) as server:
        counts = "SELECT tup_returned FROM pg_stat_database WHERE datname = 'registry'"
        await server.create("in-turn")
        async with asyncio.timeout(20):
            while min(one.queries for one in server.replicas.all) < 3:
                assert (await server.post(READ)).status_code == 200
                await asyncio.sleep(0.05)
        for replica in cluster.replicas:
            ((rows,),) = await asyncio.to_thread(replica.execute, counts)
            assert int(str(rows)) > 0


async def test_a_client_that_names_its_write_sees_it_and_another_one_may_not(
    cluster: Cluster,
) -> None:
    first = cluster.replicas[0]
    async with serving(cluster, first) as server:
        await server.names()
        pause(first)
        try:
            revision = await server.create("seen-by-its-writer")
            assert "seen-by-its-writer" not in await server.names()
            assert "seen-by-its-writer" in await server.names(revision)  # of the primary
            assert server.replicas.vain_waits == 1
        finally:
            resume(first)
        answer = await server.post(READ, revision)
        assert int(answer.headers[REVISION]) >= revision
        async with asyncio.timeout(10):
            while "seen-by-its-writer" not in await server.names():  # noqa: ASYNC110  # a state of real servers has no event
                await asyncio.sleep(0.02)


async def test_a_read_waits_for_a_replica_that_is_a_little_behind(cluster: Cluster) -> None:
    first = cluster.replicas[0]
    async with serving(cluster, first, replica_wait_ms=5_000) as server:
        pause(first)
        revision = await server.create("waited-for")
        reading = asyncio.ensure_future(server.names(revision))
        await asyncio.sleep(0.1)
        assert not reading.done()
        resume(first)
        assert "waited-for" in await reading
        assert (server.replicas.waits, server.replicas.vain_waits) == (1, 0)


async def test_a_replica_beyond_the_lag_bound_is_left_until_it_has_caught_up(
    cluster: Cluster,
) -> None:
    first = cluster.replicas[0]
    async with serving(cluster, first, replica_lag_max_s=1) as server:
        (replica,) = server.replicas.all
        pause(first)
        await server.create("late")
        await server.until(replica, "it is more than 1 s behind")
        assert replica.lag_s > 1
        assert "late" in await server.names()
        assert await server.metric("registry_replica_used") == [0]
        assert (await server.metric("registry_replica_lag_seconds"))[0] > 1
        resume(first)
        await server.until(replica, "")
        assert await server.metric("registry_replica_used") == [1]


async def test_metrics_show_each_replica_and_each_part_of_readiness(cluster: Cluster) -> None:
    async with serving(cluster, *cluster.replicas) as server:
        revision = await server.create("measured")
        for _ in range(4):
            await server.names(revision)
        parts = (await server.http.get("/readyz")).json()["checks"]
        text = (await server.http.get("/metrics")).text
        assert differences(text, OF_REPLICAS) == {}
        assert await server.metric("registry_replica_used") == [1, 1]
        async with asyncio.timeout(20):  # one of them may still apply it
            while min(await server.metric("registry_replica_revision")) < revision:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.05)
        assert sum(await server.metric("registry_replica_queries_total")) >= 4
        assert await server.metric("registry_replica_primary_away") == [0]
    for name, part in parts.items():
        labels = f'check="{name}",process="0",status="{part["status"]}"'
        assert f"registry_check_status{{{labels}}} 1.0" in text


async def test_a_killed_replica_costs_no_query_and_comes_back(cluster: Cluster) -> None:
    first = cluster.replicas[0]
    async with serving(cluster, first) as server:
        (replica,) = server.replicas.all
        before = await server.names()
        reading = asyncio.ensure_future(_read_on(server, 150))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(first.kill)
        assert await reading == {200}
        assert await server.names() == before
        assert replica.reason
        await asyncio.to_thread(first.start)
        await server.until(replica, "")
        assert server.replicas.source() is not server.replicas.primary


async def _read_on(server: Server, count: int) -> set[int]:
    statuses = set()
    for number in range(count):
        # another text each time, so that no kept answer is given
        answer = await server.post(f"{{ a{number}: models {{ totalCount }} }}")
        assert "errors" not in answer.json(), answer.text
        statuses.add(answer.status_code)
    return statuses


async def test_a_frozen_replica_costs_a_query_time_and_no_error(cluster: Cluster) -> None:
    first = cluster.replicas[0]
    async with serving(cluster, first) as server:
        await server.names()
        first.signal_all(signal.SIGSTOP)
        try:
            assert await _read_on(server, 1) == {200}
        finally:
            first.signal_all(signal.SIGCONT)
        await server.until(server.replicas.all[0], "")


async def test_a_statement_that_is_cancelled_by_recovery_runs_again_elsewhere(
    cluster: Cluster,
) -> None:
    first = cluster.replicas[0]
    first.execute("ALTER SYSTEM SET max_standby_streaming_delay = 0")
    first.execute("SELECT pg_reload_conf()")
    async with serving(cluster, first) as server:
        (replica,) = server.replicas.all
        reading = asyncio.ensure_future(replica.source.reader.rows(SLOW))
        await asyncio.sleep(0.2)
        with psycopg.connect(cluster.primary.url, autocommit=True) as primary:
            primary.execute("VACUUM FULL models")  # its lock is replayed, against the reader's
        ((count, _),) = await reading
        assert count >= 0
        assert (replica.failures, replica.reason) == (1, "")  # the replica itself is well


async def test_reads_go_on_while_the_primary_is_away(cluster: Cluster) -> None:
    async with serving(cluster, *cluster.replicas, replica_lag_max_s=1) as server:
        before = await server.names()
        await asyncio.to_thread(cluster.primary.kill)
        try:
            async with asyncio.timeout(10):
                while not server.replicas.is_primary_away:  # noqa: ASYNC110  # a state of real servers has no event
                    await asyncio.sleep(0.02)
            await asyncio.sleep(1.2)  # longer than the lag bound
            assert await server.names() == before
            answer = await server.post(CREATE, input={"name": "nowhere", "task": "CHAT"})
            assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        finally:
            await asyncio.to_thread(cluster.primary.start)


async def test_the_header_is_checked_and_stated(cluster: Cluster) -> None:
    async with serving(cluster, cluster.replicas[0]) as server:
        for wrong in ("", "x", "-1", "1, 2", "1.5", "9" * 19):
            answer = await server.post(READ, wrong)
            assert answer.status_code == 400, wrong
            assert "Registry-Revision" in answer.json()["errors"][0]["message"]
        assert REVISION not in (await server.post(READ)).headers
        for _ in range(3):  # also of a kept answer
            answer = await server.post(READ, 0)
            assert int(answer.headers[REVISION]) == await _revision(cluster)


async def _revision(cluster: Cluster) -> int:
    with psycopg.connect(cluster.primary.url) as connection:
        ((revision,),) = connection.execute("SELECT revision FROM registry_state").fetchall()
    return int(revision)


def test_clients_see_what_they_were_promised_under_lag_and_kills(
    cluster: Cluster, tmp_path: Path
) -> None:
    """The short form of `python -m deploy.lab.replicas`."""
    trial = lab.run(cluster, tmp_path, 4, with_primary=False)
    assert len(trial.operations) > 50


async def test_a_promoted_replica_is_not_used(cluster: Cluster) -> None:
    """The last test: that replica follows no primary any more."""
    first = cluster.replicas[1]
    async with serving(cluster, first) as server:
        (replica,) = server.replicas.all
        first.execute("SELECT pg_promote()")
        await server.until(replica, "it is not in recovery")
        assert server.replicas.source() is server.replicas.primary
