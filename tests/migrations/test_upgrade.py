"""The release before and this one, on one database and under load: docs/operations.md, Upgrades."""

import asyncio
import io
import random
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from deploy.lab import registry
from deploy.lab.registry import ROOT, Registry
from domain import ids
from tests.soak import mixed, replay, soak
from tests.soak.clients import Client, Input, Server, create_model, prepare, send
from tests.soak.mixed import Gateways, Journal
from tests.soak.mixed_soak import CALLS
from tests.soak.subscribers import Subscriber

# The code of the release before this one; each release moves it on. It knows no `compatible_from`:
# from the next release on, servers of the release before are ready at the newer schema.
RELEASED = "6606a22b9d2337c3c7a206e8012c9e3471f401c5"
RELEASED_MIGRATION = "0021"
RELEASED_STATUS = 503  # of its /readyz once the database is migrated

WRITERS = 3
# What the gateway reads; the model has the name of its client's first call.
KEPT: Input = {
    "model": {"name": "keeper-0"},
    "version": "1.0.0",
    "contentHash": 64 * "a",
    "region": "eu",
    "status": "ACTIVE",
    "bindings": [{"provider": "p0", "providerModelId": "kept", "price": {"inputPer1k": "0.001"}}],
}
QUICK = {"REGISTRY_DRAIN_S": "0"}  # the servers get no requests any more when they stop
STEP_S = 0.5  # of load, between two steps of the upgrade


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """The folder of the released code."""
    command = ["git", "archive", RELEASED]
    archived = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if archived.returncode:
        pytest.skip(f"git has no commit {RELEASED[:7]} here: {archived.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as files:
        files.extractall(tmp_path / "released", filter="data")
    return tmp_path / "released"


class Load:
    """Writers, a gateway that reads and reports, and a subscriber; all that they saw.

    `servers` are those that a load balancer would send requests to now.
    """

    def __init__(self, http: httpx.AsyncClient, database_url: str) -> None:
        self.http = http
        self.database_url = database_url
        self.servers: list[Server] = []
        self.journal = Journal()
        self.writers = [Client(f"w{n}", random.Random(n)) for n in range(WRITERS)]
        self.reported = 0

    def server(self, served: Registry) -> Server:
        """The server as clients reach it."""
        return Server(self.http, f"{served.url}/graphql")

    async def answers(self, served: Registry, status: int) -> None:
        """Wait until /readyz has a status; it may remember the one before for a moment."""
        assert (await self.http.get(f"{served.url}/healthz")).status_code == 200
        async with asyncio.timeout(20):
            while (await self.http.get(f"{served.url}/readyz")).status_code != status:  # noqa: ASYNC110  # no event for it
                await asyncio.sleep(0.1)

    async def prepare(self, first: Registry) -> None:
        """Send requests to a server, which has a model with a version and a binding now."""
        server = self.server(first)
        self.servers = [server]
        await prepare(server)
        keeper = Client("keeper", random.Random(0))  # nobody else writes to its model
        await create_model(server, keeper)
        await send(server, keeper, "createVersion", KEPT, "version { id }", 3)
        assert [call.why for call in keeper.calls] == ["", ""]
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute("SELECT id FROM provider_bindings").fetchall()
            self.bindings = [ids.encode(ids.BINDING, key) for (key,) in found]

    async def during(self, step: Awaitable[Any]) -> Any:
        """The result of a step, under load until it has ended, and a moment longer."""
        is_over = asyncio.Event()
        turns = [self._turn("write", self._write(writer)) for writer in self.writers]
        turns += [self._turn("read", self._read), self._turn("report", self._report)]
        load = [asyncio.create_task(self._repeat(turn, is_over)) for turn in turns]
        try:
            result = await step
            await asyncio.sleep(STEP_S)
        finally:
            is_over.set()
            await asyncio.gather(*load)
        return result

    async def _repeat(self, turn: Callable[[], Awaitable[None]], is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            await turn()

    def _turn(self, kind: str, turn: Callable[[], Awaitable[str]]) -> Callable[[], Awaitable[None]]:
        async def noted() -> None:
            began_s = self.journal.now_s()
            self.journal.note(kind, began_s, await turn())

        return noted

    def _write(self, writer: Client) -> Callable[[], Awaitable[str]]:
        return lambda: mixed.write(self.servers, writer)

    async def _read(self) -> str:
        return await self._gateways().read()

    async def _report(self) -> str:
        gateways = self._gateways()
        why = await gateways.report()
        self.reported += gateways.reported
        return why

    def _gateways(self) -> Gateways:
        luck = random.Random(len(self.journal.answers))
        server = luck.choice(self.servers)
        return Gateways(server, self.journal, [KEPT["model"]["name"]], self.bindings, luck)


class Follower:
    """A subscriber of all changes, which may go on at another server."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.subscriber = Subscriber(0, str(_revision(load.database_url)))
        self.since = _revision(load.database_url)

    async def begin(self, served: Registry) -> None:
        """Follow at a server, after what was received before."""
        self._is_over = asyncio.Event()
        url = self.load.server(served).url
        following = self.subscriber.follow(self.load.http, url, self._is_over)
        self._task = asyncio.create_task(following)

    async def end(self, served: Registry) -> None:
        """Let the server stop, which ends the stream."""
        self._is_over.set()
        served.process.terminate()
        assert await asyncio.to_thread(served.process.wait, 20) == 0
        await self._task

    async def has_all(self) -> None:
        """Wait until each event is there; each came once and in order."""
        with psycopg.connect(self.load.database_url) as connection:
            query = "SELECT id FROM audit_events WHERE sequence > %s ORDER BY sequence"
            found = connection.execute(query, [self.since]).fetchall()
        events = [ids.encode(ids.EVENT, key) for (key,) in found]
        async with asyncio.timeout(20):
            while len(self.subscriber.received) < len(events):  # noqa: ASYNC110  # no event for it
                await asyncio.sleep(0.05)
        assert self.subscriber.received == events


@pytest.fixture
async def load(empty_url: str) -> AsyncIterator[Load]:
    async with httpx.AsyncClient(timeout=30) as http:
        yield Load(http, empty_url)


async def test_an_upgrade_under_load_and_back(tmp_path: Path, load: Load, released: Path) -> None:
    url, at_released = load.database_url, {**QUICK, "PYTHONPATH": str(released)}
    with ExitStack() as stack:

        async def start(name: str, variables: dict[str, str], **options: bool) -> Registry:
            serving = registry.serving(tmp_path / name, url, variables=variables, **options)
            return await asyncio.to_thread(stack.enter_context, serving)

        old = await start("old", at_released)
        await load.prepare(old)
        follower = Follower(load)
        await follower.begin(old)

        new = await load.during(start("new", QUICK, migrates=False))
        await load.answers(new, 503)
        await load.during(_run(url, "migrate"))
        await load.answers(old, RELEASED_STATUS)
        await load.answers(new, 200)
        other = Follower(load)
        await other.begin(new)
        load.servers.append(load.server(new))
        await load.during(asyncio.sleep(STEP_S))

        del load.servers[0]  # as a load balancer does it
        await load.during(follower.end(old))
        await follower.begin(new)
        await follower.has_all()
        await other.has_all()
        await asyncio.gather(follower.end(new), other.end(new))

        losses = await _run(url, "migrate", RELEASED_MIGRATION, "--down", code=1)
        assert "(migration 0023)" in losses
        await _run(url, "migrate", RELEASED_MIGRATION, "--down", "--yes")
        again = await start("again", at_released, migrates=False)
        await load.answers(again, 200)
        load.servers[:] = [load.server(again)]
        await load.during(asyncio.sleep(STEP_S))
    _check(load, url)


def _check(load: Load, url: str) -> None:
    """What was acknowledged is there, the log and the tables agree, and nobody saw a failure."""
    calls = [call for writer in load.writers for call in writer.calls]
    assert soak.check(url, calls)["calls"] == len(calls) > 50
    replay.check(url)
    failed = [each for each in load.journal.answers if each.why]
    assert not failed, failed
    with psycopg.connect(url) as connection:
        assert connection.execute(CALLS).fetchall() == [(load.reported,)]


async def _run(url: str, *arguments: str, code: int = 0) -> str:
    """The output of a command of this release."""
    command = [sys.executable, "-m", "server", *arguments]
    options: dict[str, Any] = {"cwd": ROOT, "env": {"DATABASE_URL": url}, "text": True}
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, **options)
    assert done.returncode == code, done.stderr
    return str(done.stdout + done.stderr)


def _revision(url: str) -> int:
    with psycopg.connect(url) as connection:
        ((revision,),) = connection.execute("SELECT revision FROM registry_state").fetchall()
    return int(revision)
