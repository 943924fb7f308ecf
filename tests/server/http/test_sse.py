"""Subscriptions as server-sent events."""

import httpx
import pytest

from server.http import sse
from tests.server.conftest import Serving
from tests.server.sockets import events

LIVE = "subscription($after: String) { registryChanged(after: $after) { cursor model { name } } }"
CREATE = 'mutation { createModel(input: {name: "%s", task: CHAT}) { model { name } } }'


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "text/html", "text/event-stream;q=0"]
)
async def test_a_subscription_needs_a_client_that_takes_events(
    client: httpx.AsyncClient, accept: str
) -> None:
    for _ in range(3):  # also when it is asked for again
        answer = await client.post("/graphql", json={"query": LIVE}, headers={"accept": accept})
        assert answer.status_code == 406
        [error] = answer.json()["errors"]
        assert "text/event-stream" in error["message"]
        assert "WebSocket" in error["message"]


async def test_a_get_carries_no_subscription(client: httpx.AsyncClient) -> None:
    headers = {"accept": "text/event-stream"}
    answer = await client.get("/graphql", params={"query": LIVE}, headers=headers)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("subscription {", "BAD_USER_INPUT"),
        ("subscription { nope }", "BAD_USER_INPUT"),
        ('subscription { registryChanged(after: "x") { cursor } }', "BAD_CURSOR"),
        ('subscription { registryChanged(after: "ZXZlbnQ6OTk5") { cursor } }', "BAD_CURSOR"),
    ],
)
async def test_what_cannot_begin_is_an_answer_and_no_stream(
    client: httpx.AsyncClient, document: str, code: str
) -> None:
    headers = {"accept": "text/event-stream, application/graphql-response+json"}
    answer = await client.post("/graphql", json={"query": document}, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == code


async def test_a_query_is_answered_as_ever(client: httpx.AsyncClient) -> None:
    headers = {"accept": "text/event-stream, application/json"}
    answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_changes_come_as_they_happen_and_after_a_cursor(serve: Serving) -> None:
    async with serve() as client:
        async with events(client, LIVE) as stream:
            for name in ("one", "two", "three"):
                await client.post("/graphql", json={"query": CREATE % name})
            found = [await anext(stream) for _ in range(3)]
        assert {name for name, _ in found} == {"next"}
        changes = [body["data"]["registryChanged"] for _, body in found]
        assert [change["model"]["name"] for change in changes] == ["one", "two", "three"]
        async with events(client, LIVE, after=changes[0]["cursor"]) as stream:
            again = [await anext(stream) for _ in range(2)]
        assert again == found[1:]


async def test_a_silent_stream_is_kept_alive_by_comments(
    serve: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "_KEEP_ALIVE_S", 0.02)
    headers = {"accept": "text/event-stream"}
    async with (
        serve() as client,
        client.stream("POST", "/graphql", json={"query": LIVE}, headers=headers) as answer,
    ):
        lines = answer.aiter_lines()
        assert [await anext(lines) for _ in range(6)] == [":", ""] * 3
        await client.post("/graphql", json={"query": CREATE % "awake"})
        async for line in lines:
            if line == "event: next":
                break
        assert "awake" in await anext(lines)
