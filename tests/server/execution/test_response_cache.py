"""Responses that are given again: only while nothing that they depend on has changed."""

import asyncio
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import orjson
import psycopg
import pytest
from sqlmodel import SQLModel

from db.postgres.engine import Database
from db.reads import data_version
from db.reads.data_version import DataVersion
from server.execution.response_cache import AnsweredOperation, ResponseCache
from tests import factories
from tests.server.conftest import Serving
from tests.server.wire import held

MODELS = "{ models { nodes { name description } } }"
# The tables that the data version is read from.
CHECKED = {"registry_state", "scheduled_prices", "circuits", "binding_health"}
OPERATION = AnsweredOperation(None, 1, 1)
VERSION = DataVersion(1, None, None, date(2025, 1, 1), False, 0)


async def _asked(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    body = {"query": query, "variables": variables}
    return (await client.post("/graphql", json=body)).json()


def _code(body: Any) -> str:
    return str(body["errors"][0]["extensions"]["code"])


async def test_an_answer_is_kept_until_something_is_written(
    serve: Serving, db: Database, database_url: str
) -> None:
    await factories.model(db, name="a")
    async with serve(operation_timeout_ms=500) as client:
        first = [await _asked(client, MODELS) for _ in range(2)]
        with held(database_url, "models"):
            assert await _asked(client, MODELS) == first[0] == first[1]
        await factories.model(db, name="b")
        names = [
            model["name"] for model in (await _asked(client, MODELS))["data"]["models"]["nodes"]
        ]
        assert names == ["b", "a"]
        with held(database_url, "models"):
            assert (await _asked(client, MODELS))["data"]["models"]["nodes"][0]["name"] == "b"


async def test_after_a_write_that_was_rolled_back_the_answer_is_still_kept(
    serve: Serving, db: Database, database_url: str
) -> None:
    model = await factories.model(db, name="a")
    refused = "mutation($i: UpdateModelInput!) { updateModel(input: $i) { userErrors { code } } }"
    async with serve(operation_timeout_ms=500) as client:
        first = [await _asked(client, MODELS) for _ in range(2)]
        given = {"model": {"id": model.node_id}, "expectedRevision": 9, "description": "x"}
        assert (await _asked(client, refused, i=given))["data"]["updateModel"]["userErrors"]
        with held(database_url, "models"):
            assert await _asked(client, MODELS) == first[0]


async def test_other_variables_names_and_spaces_are_other_requests(
    serve: Serving, db: Database, database_url: str
) -> None:
    for name in ("a", "b"):
        await factories.model(db, name=name)
    query = "query A($by: ModelRef!) { model(by: $by) { name } } query B { models { totalCount } }"
    bodies = [
        b'{"query":"%b","variables":{"by":{"name":"a"}},"operationName":"A"}',
        b'{"query":"%b","variables":{"by":{"name":"b"}},"operationName":"A"}',
        b'{"query":"%b","variables":{"by":{"name":"a"}},"operationName":"B"}',
        b'{"query": "%b","variables":{"by":{"name":"a"}},"operationName":"A"}',
    ]
    data = [{"model": {"name": "a"}}, {"model": {"name": "b"}}, {"models": {"totalCount": 2}}]
    headers = {"content-type": "application/json"}
    async with serve(operation_timeout_ms=500) as client:
        for _ in range(3):
            for body, expected in zip(bodies, [*data, data[0]], strict=True):
                content = body % query.encode()
                answer = await client.post("/graphql", content=content, headers=headers)
                assert answer.json() == {"data": expected}


async def test_a_price_that_takes_effect_by_the_clock_alone_is_answered(
    serve: Serving, db: Database
) -> None:
    binding = await factories.binding(db, await factories.version(db, await factories.model(db)))
    await factories.price(db, binding, "0.5")
    soon = datetime.now(UTC) + timedelta(seconds=1.5)
    await factories.price(db, binding, "0.25", effective_from=soon)
    query = "query($id: ID!) { binding(id: $id) { price { inputPer1k } } }"
    seen = []
    async with serve() as client:
        while datetime.now(UTC) < soon + timedelta(seconds=0.2):
            asked_at = datetime.now(UTC)
            body = await _asked(client, query, id=binding.node_id)
            seen.append((asked_at > soon, body["data"]["binding"]["price"]["inputPer1k"]))
            await asyncio.sleep(0.02)
    assert (False, "0.5") in seen
    assert {price for is_after, price in seen if is_after} == {"0.25"}


@pytest.mark.parametrize("table", sorted(set(SQLModel.metadata.tables) - CHECKED))
async def test_a_locked_table_stops_no_repeated_query_that_does_not_read_it(
    serve: Serving, database_url: str, table: str
) -> None:
    query = "{ service { version } models(first: 1) { pageInfo { hasNextPage } } }"
    query = "{ service { version } }" if table == "models" else query
    async with serve(operation_timeout_ms=2_000) as client:
        first = [await _asked(client, query) for _ in range(2)]
        assert "errors" not in first[0]
        with held(database_url, table):
            assert await _asked(client, query) == first[0]


async def test_each_scheduled_price_changes_the_data_version_at_its_time(
    db: Database, database_url: str
) -> None:
    """Of several, none hides another; one that is moved counts at its new time."""
    binding = await factories.binding(db, await factories.version(db, await factories.model(db)))
    await factories.price(db, binding, "0.5")
    assert (await data_version.current(db.reader)).next_price_at is None
    start = datetime.now(UTC)
    times = [start + timedelta(seconds=each) for each in (600, 1.2, 0.6)]
    for at in times:
        await factories.price(db, binding, "0.25", effective_from=at)
        assert (await data_version.current(db.reader)).next_price_at == at
    moved = start + timedelta(seconds=300)
    with psycopg.connect(database_url) as connection:
        update = "UPDATE prices SET effective_from = %s WHERE effective_from = %s"
        connection.execute(update, [moved, times[0]])
    seen: dict[datetime | None, datetime] = {}
    async with asyncio.timeout(20):
        while moved not in seen:
            current = await data_version.current(db.reader)
            seen.setdefault(current.next_price_at, datetime.now(UTC))
            await asyncio.sleep(0.01)
    assert list(seen) == [times[2], times[1], moved]
    assert (seen[times[1]] >= times[2], seen[moved] >= times[1]) == (True, True)


async def test_errors_are_never_kept(serve: Serving, db: Database, database_url: str) -> None:
    await factories.model(db, name="a")
    async with serve(operation_timeout_ms=300) as client:
        with held(database_url, "models"):
            for _ in range(3):
                assert _code(await _asked(client, MODELS)) == "TIMEOUT"
        assert (await _asked(client, MODELS))["data"]["models"]["nodes"][0]["name"] == "a"
        half = "{ __typename models(first: 0) { totalCount } }"
        ids = {(await _asked(client, half))["errors"][0]["extensions"]["requestId"] for _ in "abc"}
        assert len(ids) == 3


async def test_what_depends_on_more_than_the_moment_is_never_kept(
    serve: Serving, database_url: str
) -> None:
    fresh = "{ service { version } ...F } fragment F on Query { s: retentionStats { active } }"
    async with serve(operation_timeout_ms=500) as client:
        for _ in range(3):
            assert (await _asked(client, fresh))["data"]["s"] == {"active": 0}
        with held(database_url, "model_versions"):
            assert _code(await _asked(client, fresh)) == "TIMEOUT"


async def test_a_mutation_is_done_each_time_it_comes(serve: Serving) -> None:
    create = "mutation($i: CreateModelInput!) { createModel(input: $i) { userErrors { code } } }"
    async with serve() as client:
        told = [await _asked(client, create, i={"name": "a", "task": "CHAT"}) for _ in range(3)]
    codes = [body["data"]["createModel"]["userErrors"] for body in told]
    assert codes == [[], [{"code": "ALREADY_EXISTS"}], [{"code": "ALREADY_EXISTS"}]]


async def test_without_memory_nothing_is_kept(
    serve: Serving, db: Database, database_url: str
) -> None:
    async with serve(operation_timeout_ms=500, response_cache_bytes_max=0) as client:
        for _ in range(3):
            assert "data" in await _asked(client, MODELS)
        with held(database_url, "models"):
            assert _code(await _asked(client, MODELS)) == "TIMEOUT"


def test_the_least_recently_given_answers_leave_when_the_memory_is_full() -> None:
    cache = ResponseCache(10_000)
    for number in range(3):
        cache.put(b"%d" % number, VERSION, b"x" * 2_000, OPERATION)
    assert 6_000 < cache.size_bytes <= 10_000
    assert cache.get(b"0")
    cache.put(b"3", VERSION, b"x" * 2_000, OPERATION)
    assert [cache.get(b"%d" % n) is not None for n in range(4)] == [True, False, True, True]
    assert cache.size_bytes <= 10_000


def test_what_is_kept_is_counted_once_and_what_is_too_large_is_not_kept() -> None:
    cache = ResponseCache(10_000)
    for revision, length in enumerate((100, 4_000, 10)):
        cache.put(b"a", VERSION._replace(revision=revision), b"x" * length, OPERATION)
    assert cache.size_bytes < 1_000
    cache.put(b"b", VERSION, b"x" * 10_001, OPERATION)
    assert cache.get(b"b") is None
    cache.put(b"c", VERSION, b"x" * 9_900, OPERATION)
    assert cache.size_bytes <= 10_000


def test_what_many_ask_at_one_moment_is_kept_once() -> None:
    cache = ResponseCache(10_000)
    first = cache.put(b"a", VERSION, b"body", OPERATION)
    assert cache.put(b"a", VERSION, b"body", OPERATION) is first is cache.get(b"a")


def test_kept_answers_take_no_more_memory_than_is_counted() -> None:
    """orjson's buffers are larger than what it writes, 17 times for a small answer."""
    cache = ResponseCache(8_000_000)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(1_000):
            cache.put(b"%d" % number, VERSION, orjson.dumps({"data": ["x" * 200]}), OPERATION)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert cache.get(b"999")
    assert after - before < cache.size_bytes


def test_a_tag_is_of_the_body_alone() -> None:
    later = VERSION._replace(revision=2)
    cache = ResponseCache(10_000)
    first = cache.put(b"a", VERSION, b"body", OPERATION)
    unchanged = cache.put(b"a", later, b"body", OPERATION)
    changed = cache.put(b"a", later._replace(revision=3), b"other", OPERATION)
    assert first.etag == unchanged.etag != changed.etag
    assert ResponseCache(1).put(b"b", later, b"body", OPERATION).etag == first.etag
