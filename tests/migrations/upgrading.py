"""Load on servers of two releases, and what its clients saw."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from deploy.lab.registry import Registry
from domain import ids
from tests.soak import mixed, replay, soak
from tests.soak.clients import Call, Client, Input, Server, create_model, prepare, send
from tests.soak.mixed import Gateways, Journal
from tests.soak.mixed_soak import CALLS
from tests.soak.subscribers import Subscriber

WRITERS = 3
STEP_S = 0.2  # of load, between two steps of the upgrade
_PAUSE_S = 0.05  # of each client, between two requests
CATALOG_MODELS = 5  # of those that gateways read, beside the keeper's
# What gateways read, and what changes are looked for in; named by its client's first call.
KEEPER = "keeper-0"
_VERSION: Input = {
    "model": {"name": KEEPER},
    "version": "1.0.0",
    "contentHash": 64 * "a",
    "region": "eu",
    "status": "ACTIVE",
    "bindings": [
        {"provider": "p0", "providerModelId": "keeper-1-0", "price": {"inputPer1k": "0.001"}}
    ],
}
_SEEN = f"""{{ model(by: {{name: "{KEEPER}"}}) {{ id revision description }}
    auditEvents(last: 5) {{ nodes {{ id action changes {{ field before after }} }} }} }}"""
_PAGE = """query ($after: String) { bindings(first: 20, after: $after,
    filter: {providers: "mistral"}, orderBy: {field: %s}) {
    nodes { id } pageInfo { hasNextPage endCursor } } }"""
_ORDERS = ("INPUT_PER_1K", "CREATED_AT", "PRIORITY")


class Load:
    """Writers, gateways that read and report, and a client that looks for its own changes.

    `servers` are those that a load balancer would send requests to now; each must be ready.
    """

    def __init__(self, http: httpx.AsyncClient, database_url: str) -> None:
        self.http = http
        self.database_url = database_url
        self.servers: list[Server] = []
        self.journal = Journal()
        self.writers = [Client(f"w{n}", random.Random(n)) for n in range(WRITERS)]
        self.keeper = Client("keeper", random.Random(0))  # nobody else writes to its model
        self.ready: list[Registry] = []
        self.reported = 0

    def server(self, served: Registry) -> Server:
        """The server as clients reach it."""
        return Server(self.http, f"{served.url}/graphql")

    def use(self, *served: Registry) -> None:
        """Send requests to these servers from now on."""
        self.servers = [self.server(each) for each in served]

    async def answers(self, served: Registry, status: int) -> None:
        """Wait until /readyz has a status; it may remember the one before for a moment."""
        assert (await self.http.get(f"{served.url}/healthz")).status_code == 200
        async with asyncio.timeout(20):
            while (await self.http.get(f"{served.url}/readyz")).status_code != status:  # noqa: ASYNC110  # no event for it
                await asyncio.sleep(0.1)

    async def prepare(self, first: Registry) -> None:
        """Send requests to a server, and give it what the load needs."""
        self.use(first)
        (server,) = self.servers
        await prepare(server)
        await create_model(server, self.keeper)
        await send(server, self.keeper, "createVersion", _VERSION, "version { id }", 3)
        assert [call.why for call in self.keeper.calls] == ["", ""]
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute("SELECT id FROM provider_bindings").fetchall()
            self.bindings = [ids.encode(ids.BINDING, key) for (key,) in found]
            query = """SELECT DISTINCT m.name FROM models m
                JOIN model_versions v ON v.model_id = m.id WHERE v.status = 'ACTIVE' LIMIT %s"""
            rows = connection.execute(query, [CATALOG_MODELS]).fetchall()
            self.models = [KEEPER, *(name for (name,) in rows)]

    async def during(self, step: Awaitable[Any]) -> Any:
        """The result of a step, under load until it has ended, and a moment longer."""
        is_over = asyncio.Event()
        turns = [self._turn("write", self._write(writer)) for writer in self.writers]
        turns += [self._turn("read", self._read), self._turn("report", self._report)]
        turns += [self._turn("seen", self._change_seen), self._turn("ready", self._ready)]
        load = [asyncio.create_task(self._repeat(turn, is_over)) for turn in turns]
        try:
            result = await step
            await asyncio.sleep(STEP_S)
        finally:
            is_over.set()
            await asyncio.gather(*load)
        return result

    async def pages(self) -> None:
        """Follow pages of a catalog over the servers in turn; they are those of each alone."""
        for order in _ORDERS:
            alone = [await self._walk(order, [server]) for server in self.servers]
            assert len(alone[0]) > 20
            mixed_up = await self._walk(order, self.servers)
            assert all(each == mixed_up for each in alone), order

    def check(self, dropped: tuple[str, ...] = ()) -> None:
        """What was acknowledged is there, log and tables agree, and nobody saw a failure."""
        calls = [call for client in (self.keeper, *self.writers) for call in client.calls]
        assert soak.check(self.database_url, calls)["calls"] == len(calls) > 50
        replay.check(self.database_url, dropped)
        failed = [each for each in self.journal.answers if each.why]
        assert not failed, failed
        kinds = {each.kind for each in self.journal.answers}
        assert kinds == {"write", "read", "report", "seen", "ready"}
        with psycopg.connect(self.database_url) as connection:
            assert connection.execute(CALLS).fetchall() == [(self.reported,)]

    async def _repeat(self, turn: Callable[[], Awaitable[None]], is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            await turn()
            await asyncio.sleep(_PAUSE_S)

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
        return Gateways(server, self.journal, self.models, self.bindings, luck)

    async def _ready(self) -> str:
        """Whether each server that must be ready is so."""
        await asyncio.sleep(0.05)
        answers = [await self.http.get(f"{served.url}/readyz") for served in self.ready]
        return " ".join(f"readyz {each.text}" for each in answers if each.status_code != 200)

    async def _change_seen(self) -> str:
        """A change through one server; the others know it, and do not repeat it."""
        servers = random.Random(len(self.keeper.calls)).sample(self.servers, len(self.servers))
        first, *others = servers
        before = (await self._model(first))["revision"]
        text = f"change {len(self.keeper.calls)}"
        given = {"model": {"name": KEEPER}, "description": text, "idempotencyKey": str(uuid4())}
        given["expectedRevision"] = before
        call = await self._update(first, self.keeper, given)
        retries = [
            await self._update(server, Client("again", random.Random(0)), given)
            for server in others
        ]
        wrong = [each for each in (call, *retries) if each.payload != call.payload or each.why]
        seen = [await self._model(server) for server in servers]
        wanted = (before + 1, text)
        if wrong or any((each["revision"], each["description"]) != wanted for each in seen):
            return f"not {wanted}: {seen} {wrong}"
        return ""

    async def _update(self, server: Server, client: Client, given: Input) -> Call:
        return await send(server, client, "updateModel", given, "model { revision }", 1)

    async def _model(self, server: Server) -> dict[str, Any]:
        data = await self._data(server, _SEEN)
        found: dict[str, Any] = data["model"]
        return found

    async def _walk(self, order: str, servers: list[Server]) -> list[str]:
        """The ids of a catalog's bindings, with the servers in turn giving a page each."""
        found: list[str] = []
        after, page = None, 0
        while True:
            server = servers[page % len(servers)]
            data = await self._data(server, _PAGE % order, {"after": after})
            found += [node["id"] for node in data["bindings"]["nodes"]]
            info = data["bindings"]["pageInfo"]
            if not info["hasNextPage"]:
                return found
            after, page = info["endCursor"], page + 1

    async def _data(
        self, server: Server, query: str, variables: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        answer = await server.http.post(server.url, json={"query": query, "variables": variables})
        why = mixed.why_of(answer)
        assert not why, why
        data: dict[str, Any] = answer.json()["data"]
        return data


class Follower:
    """A subscriber of all changes, which may go on at another server."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.since = _revision(load.database_url)
        self.subscriber = Subscriber(0, str(self.since))

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


def _revision(url: str) -> int:
    with psycopg.connect(url) as connection:
        ((revision,),) = connection.execute("SELECT revision FROM registry_state").fetchall()
    return int(revision)
