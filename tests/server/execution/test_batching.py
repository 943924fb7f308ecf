"""Queries that are there at the same time: each gets its own answer, from the same statements."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeAlias

import httpx
import pytest
import strawberry
from graphql import parse
from graphql.execution.values import VariableValues
from starlette.types import Message, Receive, Scope, Send
from strawberry.scalars import JSON

from db.postgres.engine import Database
from db.tables import Model
from planner import Planner, QueryPlan
from server import app
from server.execution import batching
from server.execution.batching import BatchedQuery, BatchFailure, QueryBatcher
from server.execution.costs import Cost
from server.settings import Settings
from tests import factories
from tests.server import wire
from tests.server.conftest import running
from tests.server.wire import held

GATEWAY = """query($name: String!) { model(by: {name: $name}) { name versions(first: 3) { nodes {
    version bindings(first: 3) { nodes { providerModelId } } } } } }"""
SMALL, LARGE = Cost(nodes=1), Cost(nodes=5_000)
_context = partial(asyncio.sleep, 0)
NO_LIMITS = {"statement_timeout_ms": 60_000, "operation_timeout_ms": 60_000}


class Site:
    """A served registry: what it was asked, and which statements it sent."""

    client: httpx.AsyncClient

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.arrived = 0
        self.asked: list[asyncio.Task[Any]] = []

    def ask(self, query: str, **variables: Any) -> "asyncio.Task[Any]":
        """A request on its way; its result is the body of the answer."""
        self.asked.append(asyncio.ensure_future(self._answered(query, variables)))
        return self.asked[-1]

    async def _answered(self, query: str, variables: dict[str, Any]) -> Any:
        body = {"query": query, "variables": variables}
        return (await self.client.post("/graphql", json=body)).json()

    async def all_arrived(self) -> None:
        """When the server has read what was asked, and begun or joined the work on it."""
        async with asyncio.timeout(20):
            while self.arrived < len(self.asked):  # noqa: ASYNC110  # the server's side has no event
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.02)

    async def has_sent(self, count: int) -> None:
        """When the server has sent so many statements."""
        async with asyncio.timeout(20):
            while len(self.statements) < count:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.01)


Serve: TypeAlias = Callable[..., Any]


@pytest.fixture
def serve(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Serves the registry on this test's database, with the settings given, as a Site."""

    @asynccontextmanager
    async def serving(**given: Any) -> AsyncIterator[Site]:
        site = Site()

        def opened(*given: Any) -> Database:
            database = Database(*given)
            database.statement_listeners.append(lambda sql, _: site.statements.append(sql))
            return database

        monkeypatch.setattr(app, "Database", opened)
        application = app.build(Settings(_env_file=None, **given), database_url)

        async def heard(scope: Scope, receive: Receive, send: Send) -> None:
            async def counted() -> Message:
                message = await receive()
                site.arrived += message["type"] == "http.request" and not message.get("more_body")
                return message

            await application(scope, counted, send)

        async with running(heard, http="httptools") as site.client:
            site.statements.clear()  # of the start
            yield site

    return serving


@pytest.fixture
def waiting(database_url: str) -> Callable[..., Any]:
    """Waits until this number of statements wait for a lock."""
    return partial(wire.waiting, database_url)


async def _filled(db: Database, count: int) -> list[Model]:
    """Models, each with a version and a binding of its own."""
    provider = await factories.provider(db)
    models = [await factories.model(db) for _ in range(count)]
    for model in models:
        version = await factories.version(db, model)
        await factories.binding(db, version, provider, provider_model_id=f"of-{model.name}")
    return models


def _served(answer: Any) -> tuple[str, str]:
    model = answer["data"]["model"]
    [version] = model["versions"]["nodes"]
    [binding] = version["bindings"]["nodes"]
    return model["name"], binding["providerModelId"]


async def test_fifty_that_differ_get_their_own_answers_from_few_statements(
    serve: Serve, db: Database, database_url: str
) -> None:
    models = await _filled(db, 50)
    async with serve(**NO_LIMITS) as site:
        with held(database_url, "models"):
            asked = [site.ask(GATEWAY, name=model.name) for model in models]
            await site.all_arrived()
        answers = await asyncio.gather(*asked)
    assert [_served(answer) for answer in answers] == [(m.name, f"of-{m.name}") for m in models]
    assert len(site.statements) <= 9  # of two runs that began at once, and of one for all others


async def test_whoever_comes_while_others_run_is_answered_right(serve: Serve, db: Database) -> None:
    """Without any lock: as it falls out."""
    models = await _filled(db, 20)
    async with serve() as site:
        asked = [site.ask(GATEWAY, name=model.name) for model in models * 5]
        answers = await asyncio.gather(*asked)
    assert [_served(answer)[0] for answer in answers] == [model.name for model in models] * 5
    assert len(site.statements) < 100


EQUAL = {
    "small": "{ models(first: 5) { nodes { name } } }",
    "large": "{ models(first: 50) { nodes { name versions(first: 50) { nodes { version } } } } }",
}


@pytest.mark.parametrize("size", EQUAL)
async def test_equal_ones_get_the_same_answer_from_few_statements(
    serve: Serve, db: Database, database_url: str, size: str
) -> None:
    models = await _filled(db, 3)
    async with serve(response_cache_bytes_max=0, **NO_LIMITS) as site:
        with held(database_url, "models"):
            asked = [site.ask(EQUAL[size]) for _ in range(20)]
            await site.all_arrived()
        answers = await asyncio.gather(*asked)
    names = [node["name"] for node in answers[0]["data"]["models"]["nodes"]]
    assert names == [model.name for model in reversed(models)]
    assert all(answer == answers[0] for answer in answers)
    assert len(site.statements) <= 6


async def test_large_ones_that_differ_are_not_run_together(
    serve: Serve, db: Database, database_url: str, waiting: Any
) -> None:
    """Else two would wait for the database, and the rest for those two."""
    models = await _filled(db, 4)
    large = EQUAL["large"].replace("(first: 50) {", "(first: 50, filter: {names: [$n]}) {", 1)
    async with serve(**NO_LIMITS) as site:
        with held(database_url, "models"):
            for number, model in enumerate(models, 1):
                site.ask(f"query($n: String!) {large}", n=model.name)
                await waiting(number)
        answers = await asyncio.gather(*site.asked)
    found = [answer["data"]["models"]["nodes"][0]["name"] for answer in answers]
    assert found == [model.name for model in models]


NODES = """query($id: ID!) { node(id: $id) { __typename id ... on Model { name
    latestVersion { id } } ... on ModelVersion { model { id name } } ... on Provider { slug } } }"""


async def test_nodes_of_any_type_and_of_none_are_told_apart(
    serve: Serve, db: Database, database_url: str
) -> None:
    """Ids of nodes of several types, of nothing, and such as are none."""
    model = await factories.model(db)
    version = await factories.version(db, model)
    provider = await factories.provider(db)
    ids = [model.node_id, version.node_id, provider.node_id]
    nobody = version.node_id[:-8] + "0" * 8
    sent = [*ids, "nonsense", nobody, *ids, "", *ids]
    async with serve(**NO_LIMITS) as site:
        with held(database_url, "models"):
            asked = [site.ask(NODES, id=id) for id in sent]
            await site.all_arrived()
        answers = await asyncio.gather(*asked)
        alone = {id: await site.ask(NODES, id=id) for id in sent}
    assert answers == [alone[id] for id in sent]
    found = [answer["data"]["node"] and answer["data"]["node"]["id"] for answer in answers]
    assert found == [id if id in ids else None for id in sent]


async def test_pages_of_other_sizes_and_cursors_are_their_own(
    serve: Serve, db: Database, database_url: str
) -> None:
    """At the root and below it; a size or a cursor that is refused is refused alone."""
    model = await factories.model(db)
    versions = [await factories.version(db, model) for _ in range(4)]
    pages = """query($n: Int, $m: Int, $after: String) { models(first: $m, after: $after) { nodes {
        versions(first: $n, orderBy: {field: NUMBER, direction: ASC}) { nodes { number } } } } }"""
    sent: list[dict[str, Any]] = [{"n": n} for n in (1, 2, 3, 1, 2, 1_000, 4, -1)]
    sent += [{"n": 2, "m": m} for m in (1, 2, 1_000, 3)] + [{"n": 2, "after": "x"}, {"m": 1}, {}]
    async with serve(**NO_LIMITS) as site:
        with held(database_url, "models"):
            asked = [site.ask(pages, **one) for one in sent]
            await site.all_arrived()
        answers = await asyncio.gather(*asked)
    for one, answer in zip(sent, answers, strict=True):
        if "x" in one.values() or any(size in one.values() for size in (1_000, -1)):
            assert "errors" in answer, one
        else:
            [found] = answer["data"]["models"]["nodes"]
            numbers = [node["number"] for node in found["versions"]["nodes"]]
            assert numbers == [version.number for version in versions[: one.get("n", 4)]], one


async def test_other_documents_and_operations_with_the_same_variables_are_others(
    serve: Serve, db: Database, database_url: str
) -> None:
    models = await _filled(db, 3)
    fields = ["name", "a: name", "name: id", "task", "latestVersion { version }"]
    texts = [f"query($name: String!) {{ model(by: {{name: $name}}) {{ {f} }} }}" for f in fields]
    async with serve(**NO_LIMITS) as site:
        with held(database_url, "models"):
            asked = [site.ask(text, name=model.name) for model in models for text in texts]
            await site.all_arrived()
        answers = [answer["data"]["model"] for answer in await asyncio.gather(*asked)]
    for model in models:
        some, answers = answers[: len(texts)], answers[len(texts) :]
        assert some[:4] == [
            {"name": model.name},
            {"a": model.name},
            {"name": model.node_id},
            {"task": "CHAT"},
        ]
        assert some[4].keys() == {"latestVersion"}


async def test_mutations_are_never_joined(serve: Serve, db: Database, database_url: str) -> None:
    create = "mutation($i: CreateModelInput!) { createModel(input: $i) { userErrors { code } } }"
    async with serve(**NO_LIMITS) as site:
        with held(database_url, "models"):
            asked = [site.ask(create, i={"name": "a", "task": "CHAT"}) for _ in range(4)]
            await site.all_arrived()
        answers = await asyncio.gather(*asked)
    told = [answer["data"]["createModel"]["userErrors"] for answer in answers]
    assert sorted(map(len, told)) == [0, 1, 1, 1]


@pytest.mark.parametrize("cache", [{}, {"response_cache_bytes_max": 0}], ids=["kept", "not kept"])
async def test_whoever_comes_after_a_write_sees_it_though_an_equal_one_runs(
    serve: Serve, db: Database, database_url: str, waiting: Any, cache: dict[str, Any]
) -> None:
    """Held at its second level, the first has read what was there before."""
    model = await factories.model(db, description="0")
    fields = "description versions { nodes { id } }"
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on Model {{ {fields} }} }} }}"
    async with serve(**cache, **NO_LIMITS) as site:
        with held(database_url, "model_versions"):
            for number in range(1, 5):
                site.ask(query, id=model.node_id)
                await site.all_arrived()
                # two batches run at once, and one more after 50 ms
                await waiting(min(number, 2), or_more=True)
                async with db.write("tests") as session:
                    row = await session.get(Model, model.id)
                    assert row is not None
                    row.description = str(number)
        answers = await asyncio.gather(*site.asked)
    seen = [int(answer["data"]["node"]["description"]) for answer in answers]
    assert seen[:2] == [0, 1]
    assert all(found >= number for number, found in enumerate(seen)), seen


async def test_whoever_goes_away_leaves_the_others_to_be_answered(
    serve: Serve, db: Database, database_url: str, waiting: Any
) -> None:
    models = await _filled(db, 4)
    async with serve(**NO_LIMITS) as site:
        with held(database_url, "models"):
            for model in models:
                site.ask(GATEWAY, name=model.name)
                await site.has_sent(min(len(site.asked), 2))
            await site.all_arrived()
            await _gone(site.asked[0])
            await site.has_sent(3)  # its run is over, which makes room for the two last
            await waiting(2)
            await _gone(site.asked[2])
            await asyncio.sleep(0.3)
            await waiting(2)
        answers = await asyncio.gather(site.asked[1], site.asked[3])
    assert [_served(answer)[0] for answer in answers] == [models[1].name, models[3].name]


async def test_when_all_have_gone_nothing_runs_any_more(
    serve: Serve, db: Database, database_url: str, waiting: Any
) -> None:
    models = await _filled(db, 6)
    async with serve(**NO_LIMITS) as site:
        with held(database_url, "models"):
            for model in models:
                site.ask(GATEWAY, name=model.name)
                await site.all_arrived()
            await site.has_sent(2)
            await _gone(*site.asked)
            await waiting(0)
            again = site.ask(GATEWAY, name=models[0].name)
            await waiting(1)
        assert _served(await again)[0] == models[0].name


async def _gone(*asked: "asyncio.Task[Any]") -> None:
    """Their clients close the connection."""
    for one in asked:
        one.cancel()
    await asyncio.wait(asked)


@strawberry.type
class _Query:
    @strawberry.field
    async def waits(self, seconds: float) -> JSON:  # type: ignore[valid-type]  # Strawberry's own scalar
        await asyncio.sleep(seconds)
        return object() if seconds else "at once"


def _plan() -> QueryPlan:
    text = "query Q($s: Float!) { waits(seconds: $s) }"
    made = Planner(strawberry.Schema(_Query)).plan(parse(text), None, text)
    assert isinstance(made, QueryPlan)
    return made


def _query(seconds: float, cost: Cost, payload: bytes) -> BatchedQuery:
    return batching.query(payload, VariableValues({}, {"s": seconds}), cost, None)


async def test_what_json_does_not_have_is_left_to_the_executor_alone() -> None:
    batcher, plan = QueryBatcher(1_000_000), _plan()
    asked = [
        batcher.add(plan, _query(seconds, SMALL, b"%f" % seconds), "OPEN", _context)
        for seconds in (0.0, 0.001, 0.0)
    ]
    made = b'{"data":{"waits":"at once"}}'
    assert [await one for one in asked] == [made, BatchFailure.FALLBACK, made]


async def test_large_ones_that_are_slow_hold_up_no_other_for_long() -> None:
    batcher, plan = QueryBatcher(1_000_000), _plan()
    slow = [batcher.add(plan, _query(60.0, LARGE, b"%d" % n), "OPEN", _context) for n in range(8)]
    await asyncio.sleep(0.01)
    async with asyncio.timeout(20):
        assert await batcher.add(plan, _query(0.0, LARGE, b"quick"), "OPEN", _context)
    for place in slow:
        place.cancel()


async def test_one_that_is_late_is_told_so_and_its_company_answered() -> None:
    batcher, plan = QueryBatcher(1_000_000), _plan()
    asked = [batcher.add(plan, _query(s, SMALL, b"%f" % s), "OPEN", _context) for s in (0.0, 60.0)]
    assert [await one for one in asked] == [b'{"data":{"waits":"at once"}}', BatchFailure.TOO_SLOW]


@pytest.mark.parametrize("cost", [SMALL, LARGE], ids=["small", "large"])
async def test_nothing_is_kept_of_those_that_have_been_answered_or_have_gone(cost: Cost) -> None:
    async def make() -> object:
        return object()

    batcher, plan, known = QueryBatcher(1_000_000), _plan(), weakref.ref(make)
    assert await batcher.add(plan, _query(0.0, cost, b"0"), "OPEN", make)
    for number in range(3):
        asked = batcher.add(plan, _query(60.0, cost, b"%d" % number), "OPEN", make)
        await asyncio.sleep(0.01)
        asked.cancel()
    await asyncio.sleep(0.01)
    del make, asked
    gc.collect()
    assert known() is None
