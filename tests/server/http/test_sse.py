"""Subscriptions as server-sent events."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.http import sse
from tests.server.conftest import Serving
from tests.server.sockets import events

LIVE = "subscription($after: String) { registryChanged(after: $after) { cursor model { name } } }"
ONLY_EVENTS = {"accept": "text/event-stream"}
CREATE = 'mutation { createModel(input: {name: "%s", task: CHAT}) { model { name } } }'


def events_in(text: str) -> list[tuple[str, Any]]:
    """The name and the data of each event of a whole stream."""
    found = []
    for block in text.strip("\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields["event"], json.loads(fields["data"]) if fields["data"] else None))
    return found


async def count_of_events(client: httpx.AsyncClient) -> int:
    answer = await client.post("/graphql", json={"query": "{ auditEvents { totalCount } }"})
    return int(answer.json()["data"]["auditEvents"]["totalCount"])


async def seen(
    client: httpx.AsyncClient, last: str, count: int, document: str = LIVE
) -> list[tuple[str, str]]:
    """The ids of the first events after a last one, and the names of their models."""
    headers = {**ONLY_EVENTS, "last-event-id": last}
    params = {"query": document}
    found: list[tuple[str, str]] = []
    async with client.stream("GET", "/graphql", params=params, headers=headers) as answer:
        cursor = ""
        async for line in answer.aiter_lines():
            field, _, value = line.partition(": ")
            if field == "id":
                cursor = value
            elif field == "data":
                change = json.loads(value)["data"]["registryChanged"]
                assert change["cursor"] == cursor
                found.append((cursor, change["model"]["name"]))
                if len(found) == count:
                    break
    return found


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


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("subscription {", "BAD_USER_INPUT"),
        ("subscription { nope }", "BAD_USER_INPUT"),
        ('subscription { registryChanged(after: "x") { cursor } }', "BAD_CURSOR"),
        ('subscription { registryChanged(after: "ZXZlbnQ6OTk5") { cursor } }', "BAD_CURSOR"),
    ],
)
async def test_what_cannot_begin_is_an_answer_for_a_client_that_takes_json(
    client: httpx.AsyncClient, document: str, code: str
) -> None:
    headers = {"accept": "text/event-stream, application/graphql-response+json"}
    answer = await client.post("/graphql", json={"query": document}, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("accept", "is_stream"),
    [
        ("text/event-stream, application/json", False),
        ("text/event-stream, */*", False),
        ("text/event-stream;q=0.5, application/graphql-response+json;q=0.9", False),
        ("text/event-stream, application/json;q=0.9", True),
        ("text/event-stream, application/json;q=0", True),
        ("text/event-stream", True),
        ("text/event-stream;q=0.1", True),
        ("text/event-stream;q=0", False),
    ],
)
async def test_a_query_is_answered_as_its_client_prefers(
    client: httpx.AsyncClient, accept: str, is_stream: bool
) -> None:
    answer = await client.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"accept": accept}
    )
    assert answer.status_code == 200
    if is_stream:
        assert events_in(answer.text) == [
            ("next", {"data": {"__typename": "Query"}}),
            ("complete", None),
        ]
    else:
        assert answer.json() == {"data": {"__typename": "Query"}}


REFUSED = {
    "a syntax error": (ONLY_EVENTS, {"query": "{"}, "BAD_USER_INPUT"),
    "an unknown field": (ONLY_EVENTS, {"query": "{ nope }"}, "BAD_USER_INPUT"),
    "a bad cursor": (ONLY_EVENTS, {"query": LIVE, "variables": {"after": "x"}}, "BAD_CURSOR"),
    "a bad Last-Event-ID": (
        {**ONLY_EVENTS, "last-event-id": "x"},
        {"query": LIVE},
        "BAD_CURSOR",
    ),
    "a wrong variable": (
        ONLY_EVENTS,
        {"query": "query($n: Int) { models(first: $n) { totalCount } }", "variables": {"n": "x"}},
        "BAD_USER_INPUT",
    ),
    "a limit": (
        ONLY_EVENTS,
        {"query": "{" + " ".join(f"a{n}: __typename" for n in range(31)) + "}"},
        "LIMIT_EXCEEDED",
    ),
    "no document": (ONLY_EVENTS, {}, "BAD_USER_INPUT"),
    "no object": (ONLY_EVENTS, [], "BAD_USER_INPUT"),
    "a large body": (ONLY_EVENTS, {"query": "#" + "x" * 300_000}, "LIMIT_EXCEEDED"),
    "a content type": ({**ONLY_EVENTS, "content-type": "text/plain"}, {}, "BAD_USER_INPUT"),
    "a persisted query": (
        ONLY_EVENTS,
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
        "PERSISTED_QUERY_NOT_SUPPORTED",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_is_a_stream_for_a_client_that_takes_nothing_else(
    client: httpx.AsyncClient, name: str
) -> None:
    headers, body, code = REFUSED[name]
    answer = await client.post(
        "/graphql", content=json.dumps(body), headers={"content-type": "application/json"} | headers
    )
    assert answer.status_code == 200  # else clients do not read it, and some send it again
    (kind, result), end = events_in(answer.text)
    assert (kind, end) == ("next", ("complete", None))
    assert result["errors"][0]["extensions"]["code"] == code


async def test_a_mutation_is_executed_once_and_answered_as_a_stream(serve: Serving) -> None:
    async with serve() as client:
        body = {"query": CREATE % "once"}
        answer = await client.post("/graphql", json=body, headers=ONLY_EVENTS)
        [(_, result), _] = events_in(answer.text)
        assert result == {"data": {"createModel": {"model": {"name": "once"}}}}
        assert await count_of_events(client) == 1


async def test_a_mutation_by_get_is_refused_and_not_executed(serve: Serving) -> None:
    async with serve() as client:
        params = {"query": CREATE % "m"}
        answer = await client.get("/graphql", params=params, headers=ONLY_EVENTS)
        [(_, result), _] = events_in(answer.text)
        assert "mutation" in result["errors"][0]["message"]
        answer = await client.get("/graphql", params=params)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert await count_of_events(client) == 0


async def test_a_get_streams_and_resumes_as_an_event_source_does(serve: Serving) -> None:
    """A browser sends the id of the last event, also the one that came before any event."""
    async with serve() as client:
        async with client.stream(
            "GET", "/graphql", params={"query": LIVE}, headers=ONLY_EVENTS
        ) as answer:
            lines = answer.aiter_lines()
            assert await anext(lines) == ":"
            start = (await anext(lines)).removeprefix("id: ")
            assert await anext(lines) == ""
        for name in ("one", "two", "three"):
            await client.post("/graphql", json={"query": CREATE % name})
        found = await seen(client, start, 3)
        assert [name for _, name in found] == ["one", "two", "three"]
        assert await seen(client, found[0][0], 2) == found[1:]
        head = await client.head("/graphql", params={"query": LIVE}, headers=ONLY_EVENTS)
        assert head.headers["content-type"].startswith("text/event-stream")  # and it ends


@pytest.mark.parametrize("argument", ["", "(after: $after)", '(after: "ZXZlbnQ6MA")'])
async def test_the_last_event_id_replaces_the_cursor_of_the_document(
    serve: Serving, argument: str
) -> None:
    head = "subscription($after: String)" if "$" in argument else "subscription"
    document = f"{head} {{ registryChanged{argument} {{ cursor model {{ name }} }} }}"
    async with serve() as client:
        for name in ("one", "two", "three"):
            await client.post("/graphql", json={"query": CREATE % name})
        assert await seen(client, "ZXZlbnQ6MQ", 2, document) == [
            ("ZXZlbnQ6Mg", "two"),
            ("ZXZlbnQ6Mw", "three"),
        ]


@pytest.mark.parametrize(
    ("method", "url", "headers"),
    [
        ("PUT", "/graphql", {}),
        ("PUT", "/graphql/stream", {}),
        ("GET", "/graphql/stream", {}),
        ("POST", "/graphql", {"x-graphql-event-stream-token": "x"}),
        ("GET", "/graphql", {"x-graphql-event-stream-token": "x"}),
    ],
)
async def test_the_single_connection_mode_is_refused(
    serve: Serving, method: str, url: str, headers: dict[str, str]
) -> None:
    async with serve() as client:
        answer = await client.request(method, url, json={"query": CREATE % "m"}, headers=headers)
        assert answer.status_code in (400, 404, 405)
        assert "singleConnection: false" in answer.json()["errors"][0]["message"]
        assert await count_of_events(client) == 0


async def test_subscriptions_of_one_address_are_bounded(serve: Serving) -> None:
    async with serve(subscriptions_per_client_max=1) as client, events(client, LIVE) as stream:
        await client.post("/graphql", json={"query": CREATE % "m"})
        await anext(stream)
        answer = await client.post("/graphql", json={"query": LIVE}, headers=ONLY_EVENTS)
        [(_, result), _] = events_in(answer.text)
        assert result["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


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
        assert (await anext(lines), (await anext(lines))[:3], await anext(lines)) == (
            ":",
            "id:",
            "",
        )
        assert [await anext(lines) for _ in range(4)] == [":", ""] * 2
        await client.post("/graphql", json={"query": CREATE % "awake"})
        async for line in lines:
            if line == "event: next":
                break
        assert "awake" in await anext(lines)


async def test_a_trusted_document_is_followed_by_its_id(serve: Serving, tmp_path: Path) -> None:
    (tmp_path / "live.graphql").write_text(LIVE)
    async with serve(documents=tmp_path) as client:
        await client.post("/graphql", json={"query": CREATE % "followed"})
        params = {"documentId": "live", "variables": '{"after": "ZXZlbnQ6MA"}'}
        async with client.stream("GET", "/graphql", params=params, headers=ONLY_EVENTS) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data"):
                    break
            change = json.loads(line.partition(":")[2])["data"]["registryChanged"]
            assert change["model"] == {"name": "followed"}
