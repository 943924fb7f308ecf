"""A mutation that fails says what is known of each of its fields, over every transport."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import httpx
import psycopg
import pytest

from server import app
from server.settings import Settings
from tests.server.conftest import Serving, running
from tests.server.cutting import proxied
from tests.server.sockets import greeted

Answer: TypeAlias = dict[str, Any]
CREATE = """mutation ($name: String!, $once: String) {
    createModel(input: {name: $name, task: CHAT, idempotencyKey: $once}) {
        model { name versions { totalCount } } userErrors { code } } }"""
UPDATE = """mutation ($id: ID!, $name: String!, $once: String) {
    updateModel(input: {model: {id: $id}, name: $name, idempotencyKey: $once}) {
        model { name } userErrors { code } } }"""
THREE = """mutation ($id: ID!, $once: String) {
    a: createModel(input: {name: "a", task: CHAT}) { model { name } userErrors { code } }
    b: updateModel(input: {model: {id: $id}, name: "b", idempotencyKey: $once}) {
        model { name } userErrors { code } }
    c: createModel(input: {name: "c", task: CHAT}) { model { name } userErrors { code } }
    d: __typename }"""


async def _http(client: httpx.AsyncClient, query: str, variables: Answer) -> Answer:
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _sse(client: httpx.AsyncClient, query: str, variables: Answer) -> Answer:
    headers = {"accept": "text/event-stream, application/json"}
    body = {"query": query, "variables": variables}
    answer = await client.post("/graphql", json=body, headers=headers)
    lines = re.findall(r"^data: ?(\{.*)$", answer.text, re.MULTILINE)
    return dict(json.loads(lines[0] if lines else answer.text))


async def _websocket(client: httpx.AsyncClient, query: str, variables: Answer) -> Answer:
    async with greeted(client) as socket:
        await socket.subscribe("1", query, **variables)
        message = await socket.receive()
        assert message["type"] == "next", message
        return dict(message["payload"])


TRANSPORTS: dict[str, Callable[[httpx.AsyncClient, str, Answer], Awaitable[Answer]]] = {
    "http": _http,
    "sse": _sse,
    "websocket": _websocket,
}


def _told(answer: Answer) -> list[tuple[str, str, str]]:
    """The field, code and outcome of each error."""
    for error in answer.get("errors", []):
        assert error["extensions"]["requestId"]
    return [
        (error["path"][0], error["extensions"]["code"], error["extensions"]["outcome"])
        for error in answer.get("errors", [])
    ]


def _names(database_url: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT name FROM models ORDER BY name").fetchall()
    return [name for (name,) in rows]


async def _created(client: httpx.AsyncClient) -> str:
    document = 'mutation { createModel(input: {name: "old", task: CHAT}) { model { id } } }'
    return str((await _http(client, document, {}))["data"]["createModel"]["model"]["id"])


@pytest.mark.parametrize("compiled_plans", [True, False])
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_field_that_times_out_hides_no_committed_field(
    serve: Serving, database_url: str, transport: str, compiled_plans: bool
) -> None:
    """With a key an update is a transaction, which is rolled back."""
    async with serve(operation_timeout_ms=700, compiled_plans=compiled_plans) as client:
        id = await _created(client)
        with psycopg.connect(database_url) as blocker:
            blocker.execute("SELECT 1 FROM models WHERE name = 'old' FOR UPDATE")
            answer = await TRANSPORTS[transport](client, THREE, {"id": id, "once": "k"})
    assert answer["data"] == {
        "a": {"model": {"name": "a"}, "userErrors": []},
        "b": None,
        "c": None,
        "d": "Mutation",
    }
    assert _told(answer) == [("b", "TIMEOUT", "NOT_COMMITTED"), ("c", "TIMEOUT", "NOT_STARTED")]
    messages = [error["message"] for error in answer["errors"]]
    assert "not committed" in messages[0]
    assert "not started" in messages[1]
    assert _names(database_url) == ["a", "old"]


@pytest.mark.parametrize("compiled_plans", [True, False])
async def test_the_outcome_of_a_single_statement_that_was_cancelled_is_unknown(
    serve: Serving, database_url: str, compiled_plans: bool
) -> None:
    async with serve(operation_timeout_ms=700, compiled_plans=compiled_plans) as client:
        id = await _created(client)
        with psycopg.connect(database_url) as blocker:
            blocker.execute("SELECT 1 FROM models WHERE name = 'old' FOR UPDATE")
            answer = await _http(client, THREE, {"id": id})
    assert _told(answer) == [("b", "TIMEOUT", "UNKNOWN"), ("c", "TIMEOUT", "NOT_STARTED")]
    assert "a retry with the same idempotencyKey is safe" in answer["errors"][0]["message"]
    assert answer["data"]["a"] == {"model": {"name": "a"}, "userErrors": []}


async def test_a_statement_that_the_database_stops_ends_its_field_alone(
    serve: Serving, database_url: str
) -> None:
    async with serve(statement_timeout_ms=300) as client:
        id = await _created(client)
        with psycopg.connect(database_url) as blocker:
            blocker.execute("SELECT 1 FROM models WHERE name = 'old' FOR UPDATE")
            answer = await _http(client, THREE, {"id": id})
    assert _told(answer) == [("b", "TIMEOUT", "NOT_COMMITTED")]
    assert [key for key, value in answer["data"].items() if value is None] == ["b"]
    assert _names(database_url) == ["a", "c", "old"]


async def test_by_default_a_wait_for_a_lock_ends_before_the_outcome_is_unknown(
    serve: Serving, database_url: str
) -> None:
    default = Settings.model_fields["statement_timeout_ms"].default
    async with serve(statement_timeout_ms=default) as client:
        id = await _created(client)
        with psycopg.connect(database_url) as blocker:
            blocker.execute("SELECT 1 FROM models WHERE name = 'old' FOR UPDATE")
            answer = await _http(client, UPDATE, {"id": id, "name": "b"})
    assert _told(answer) == [("updateModel", "TIMEOUT", "NOT_COMMITTED")]
    assert _names(database_url) == ["old"]


async def test_the_outcome_of_a_commit_that_was_cancelled_is_unknown(
    serve: Serving, database_url: str
) -> None:
    async with serve(operation_timeout_ms=700) as client:
        with psycopg.connect(database_url) as blocker:
            blocker.execute("SELECT 1 FROM registry_state FOR UPDATE")
            answer = await _http(client, CREATE, {"name": "a", "once": "k"})
        assert _told(answer) == [("createModel", "TIMEOUT", "UNKNOWN")]
        again = await _http(client, CREATE, {"name": "a", "once": "k"})
        assert again["data"]["createModel"]["userErrors"] == []
    assert _names(database_url) == ["a"]


@pytest.mark.parametrize("is_executed", [True, False])
@pytest.mark.parametrize("compiled_plans", [True, False])
async def test_a_commit_without_an_answer_is_unknown_and_a_retry_with_its_key_is_safe(
    database_url: str, is_executed: bool, compiled_plans: bool
) -> None:
    settings = Settings(_env_file=None, compiled_plans=compiled_plans)
    async with proxied(database_url) as proxy, running(app.build(settings, proxy.url)) as client:
        proxy.cut_at, proxy.is_executed = re.compile(b"COMMIT"), is_executed
        answer = await _http(client, CREATE, {"name": "a", "once": "k"})
        assert _told(answer) == [("createModel", "UNAVAILABLE", "UNKNOWN")]
        assert "a retry with the same idempotencyKey is safe" in answer["errors"][0]["message"]
        assert _names(database_url) == (["a"] if is_executed else [])
        proxy.cut_at = None
        again = await _http(client, CREATE, {"name": "a", "once": "k"})
        assert again["data"]["createModel"]["userErrors"] == []
        assert _names(database_url) == ["a"]


@pytest.mark.parametrize("is_executed", [True, False])
async def test_a_single_statement_without_an_answer_is_unknown(
    database_url: str, is_executed: bool
) -> None:
    settings = Settings(_env_file=None)
    async with proxied(database_url) as proxy, running(app.build(settings, proxy.url)) as client:
        id = await _created(client)
        await _http(client, UPDATE, {"id": id, "name": "old"})  # so that the statement is prepared
        proxy.cut_at, proxy.is_executed = re.compile(b"_pg3_"), is_executed
        answer = await _http(client, UPDATE, {"id": id, "name": "new"})
        assert _told(answer) == [("updateModel", "UNAVAILABLE", "UNKNOWN")]
        assert _names(database_url) == (["new"] if is_executed else ["old"])


async def test_a_write_that_is_lost_before_its_commit_is_not_committed(database_url: str) -> None:
    settings = Settings(_env_file=None)
    async with proxied(database_url) as proxy, running(app.build(settings, proxy.url)) as client:
        proxy.cut_at, proxy.is_executed = re.compile(b"INSERT INTO models"), False
        answer = await _http(client, CREATE, {"name": "a"})
        assert _told(answer) == [("createModel", "UNAVAILABLE", "NOT_COMMITTED")]
        assert "not committed" in answer["errors"][0]["message"]
        assert _names(database_url) == []


async def test_a_result_that_cannot_be_read_does_not_deny_the_commit(database_url: str) -> None:
    settings = Settings(_env_file=None)
    async with proxied(database_url) as proxy, running(app.build(settings, proxy.url)) as client:
        proxy.cut_at = re.compile(b"FROM model_versions")
        answer = await _http(client, CREATE, {"name": "a", "once": "k"})
        assert _told(answer) == [("createModel", "UNAVAILABLE", "COMMITTED")]
        assert "was committed" in answer["errors"][0]["message"]
        retried = await _http(client, CREATE, {"name": "a", "once": "k"})
        assert _told(retried) == [("createModel", "UNAVAILABLE", "COMMITTED")]
        assert _names(database_url) == ["a"]


async def test_a_refused_field_whose_result_cannot_be_read_was_not_committed(
    database_url: str,
) -> None:
    document = """mutation { createModel(input: {name: "old", task: CHAT}) { userErrors {
        ... on AlreadyExistsError { existing { ... on Model { versions { totalCount } } } } } } }"""
    settings = Settings(_env_file=None)
    async with proxied(database_url) as proxy, running(app.build(settings, proxy.url)) as client:
        await _created(client)
        proxy.cut_at = re.compile(b"FROM model_versions")
        answer = await _http(client, document, {})
        assert _told(answer) == [("createModel", "UNAVAILABLE", "NOT_COMMITTED")]


async def test_errors_of_queries_have_no_outcome(serve: Serving, database_url: str) -> None:
    async with serve(operation_timeout_ms=300) as client:
        with psycopg.connect(database_url) as blocker:
            blocker.execute("LOCK TABLE models")
            answer = await client.post("/graphql", json={"query": "{ models { totalCount } }"})
    (error,) = answer.json()["errors"]
    assert (error["extensions"]["code"], "outcome" in error["extensions"]) == ("TIMEOUT", False)
