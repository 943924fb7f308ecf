"""graphql-transport-ws: the protocol, its limits, and what a socket survives."""

import asyncio
from contextlib import suppress

import httpx
import psycopg
import pytest
import websockets

from server.http import websocket
from tests.server.conftest import Serving
from tests.server.sockets import connected, greeted
from tests.server.wire import waiting

# From the very first event on: nothing tells a client when its subscription has begun.
LIVE = 'subscription { registryChanged(after: "ZXZlbnQ6MA") { cursor model { name } } }'
CREATE = 'mutation { createModel(input: {name: "%s", task: CHAT}) { model { name } } }'


async def test_queries_mutations_and_subscriptions_share_a_socket(serve: Serving) -> None:
    async with serve() as client, greeted(client) as socket:
        await socket.subscribe("live", LIVE)
        await socket.subscribe("write", CREATE % "gpt-4o")
        found = sorted([await socket.receive() for _ in range(3)], key=lambda m: m["id"])
        live, *write = found
        assert live["payload"]["data"]["registryChanged"]["model"] == {"name": "gpt-4o"}
        assert [message["type"] for message in write] == ["next", "complete"]
        await socket.subscribe("write", "query($n: Int) { models(first: $n) { totalCount } }", n=1)
        assert await socket.data("write") == {"models": {"totalCount": 1}}


async def test_a_mistake_ends_its_operation_and_no_other(serve: Serving) -> None:
    async with serve() as client, greeted(client) as socket:
        await socket.subscribe("live", LIVE)
        for document, code in {
            "{": "BAD_USER_INPUT",
            "{ nope }": "BAD_USER_INPUT",
            "subscription { registryChanged(after: 1) { cursor } }": "BAD_USER_INPUT",
            'subscription { registryChanged(after: "x") { cursor } }': "BAD_CURSOR",
            "{" + " ".join(f"a{n}: __typename" for n in range(31)) + "}": "LIMIT_EXCEEDED",
            "subscription { "
            + LIVE.partition("{")[2][:-1]
            + " again: registryChanged { cursor } }": ("BAD_USER_INPUT"),
        }.items():
            await socket.subscribe("bad", document)
            answer = await socket.receive()
            assert (answer["id"], answer["type"]) == ("bad", "error"), answer
            assert answer["payload"][0]["extensions"]["code"] == code, answer
            assert answer["payload"][0]["extensions"]["requestId"]
        await client.post("/graphql", json={"query": CREATE % "still-live"})
        assert (await socket.data("live"))["registryChanged"]["model"] == {"name": "still-live"}


async def test_a_payload_that_is_no_request_is_an_error_of_its_operation(
    client: httpx.AsyncClient,
) -> None:
    async with greeted(client) as socket:
        for payload in (None, [], "x", {}, {"query": 1}, {"query": "{__typename}", "variables": 1}):
            await socket.send({"id": "1", "type": "subscribe", "payload": payload})
            assert (await socket.receive())["type"] == "error"


async def test_a_completed_operation_sends_no_more_and_frees_its_id(serve: Serving) -> None:
    async with serve() as client, greeted(client) as socket:
        await socket.subscribe("1", LIVE)
        await socket.send({"id": "1", "type": "complete"})
        await socket.send({"id": "unknown", "type": "complete"})
        await socket.alive()
        await client.post("/graphql", json={"query": CREATE % "unheard"})
        await socket.subscribe("1", "{ __typename }")
        assert await socket.data("1") == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("[]", 4400),
        ("1", 4400),
        ("null", 4400),
        ("{", 4400),
        ("[" * 2_000, 4400),
        ("{}", 4400),
        ('{"type": 1}', 4400),
        ('{"type": "start", "id": "1"}', 4400),  # of the older protocol
        ('{"type": "subscribe"}', 4400),
        ('{"type": "subscribe", "id": ""}', 4400),
        ('{"type": "connection_init"}', 4429),
    ],
)
async def test_what_the_protocol_does_not_know_closes_the_socket(
    client: httpx.AsyncClient, message: str, code: int
) -> None:
    async with greeted(client) as socket:
        await socket.send(message)
        assert await socket.close_code() == code


async def test_bytes_close_the_socket(client: httpx.AsyncClient) -> None:
    async with greeted(client) as socket:
        await socket.connection.send(b"{}")
        assert await socket.close_code() == 4400


async def test_an_id_in_use_closes_the_socket(client: httpx.AsyncClient) -> None:
    async with greeted(client) as socket:
        await socket.subscribe("1", LIVE)
        await socket.subscribe("1", LIVE)
        assert await socket.close_code() == 4409


async def test_nothing_is_answered_before_the_greeting(client: httpx.AsyncClient) -> None:
    async with connected(client) as socket:
        await socket.alive()
        await socket.subscribe("1", "{ __typename }")
        assert await socket.close_code() == 4401


async def test_who_does_not_greet_is_closed(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "_INIT_WAIT_S", 0.05)
    async with connected(client) as socket:
        assert await socket.close_code() == 4408


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"]])
async def test_other_protocols_are_not_spoken(
    client: httpx.AsyncClient, protocols: list[str] | None
) -> None:
    async with connected(client, subprotocols=protocols) as socket:
        assert await socket.close_code() == 4406


@pytest.mark.parametrize(
    ("origin", "is_welcome"), [("http://evil.example", False), ("null", False), ("own", True)]
)
async def test_a_page_of_another_site_gets_no_socket(
    client: httpx.AsyncClient, origin: str, is_welcome: bool
) -> None:
    """A browser sends cookies and reaches localhost for any page; only we can say no."""
    origin = str(client.base_url).rstrip("/") if origin == "own" else origin
    if is_welcome:
        async with connected(client, origin=origin) as socket:
            await socket.alive()
        return
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connected(client, origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_sockets_and_their_operations_are_bounded(serve: Serving) -> None:
    async with serve(sockets_max=1, socket_operations_max=2) as client:
        async with greeted(client) as socket:
            with pytest.raises(websockets.InvalidStatus) as refused:
                async with connected(client):
                    pass
            assert refused.value.response.status_code == 503
            for key in ("1", "2", "3"):
                await socket.subscribe(key, LIVE)
            answer = await socket.receive()
            assert (answer["id"], answer["type"]) == ("3", "error")
            assert answer["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        async with asyncio.timeout(10):
            while True:
                try:
                    async with greeted(client):
                        return
                except websockets.InvalidStatus:
                    await asyncio.sleep(0.01)


async def test_subscriptions_are_bounded_over_all_sockets(serve: Serving) -> None:
    async with (
        serve(subscriptions_max=1) as client,
        greeted(client) as one,
        greeted(client) as other,
    ):
        await one.subscribe("1", LIVE)
        await client.post("/graphql", json={"query": CREATE % "m"})
        await one.data("1")
        await other.subscribe("2", LIVE)
        answer = await other.receive()
        assert answer["type"] == "error"
        assert answer["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_a_mutation_goes_on_without_its_client(serve: Serving, database_url: str) -> None:
    async with serve() as client:
        with psycopg.connect(database_url) as holder:
            holder.execute(  # of the name, until the client has gone
                "INSERT INTO models (id, revision, name, task, retention_keep)"
                " VALUES (gen_random_uuid(), 1, 'kept', 'CHAT', 3)"
            )
            async with greeted(client) as socket:
                await socket.subscribe("1", CREATE % "kept")
                await waiting(database_url, 1, or_more=True)
                await socket.send({"id": "1", "type": "complete"})
                await socket.alive()
            holder.rollback()
        async with asyncio.timeout(10):
            while True:
                found = await client.post("/graphql", json={"query": "{ models { totalCount } }"})
                if found.json() == {"data": {"models": {"totalCount": 1}}}:
                    return
                await asyncio.sleep(0.01)


async def test_subscribers_of_one_document_get_what_their_variables_ask_for(
    serve: Serving,
) -> None:
    document = LIVE.replace("subscription", "subscription($named: Boolean!)", 1).replace(
        "name }", "id name @include(if: $named) }"
    )
    async with serve() as client, greeted(client) as socket:
        for key, named in (("a", True), ("b", True), ("c", False)):
            await socket.subscribe(key, document, named=named)
        await client.post("/graphql", json={"query": CREATE % "m"})
        found = {message["id"]: message for message in [await socket.receive() for _ in "abc"]}
        changed = {key: found[key]["payload"]["data"]["registryChanged"]["model"] for key in found}
        assert changed["a"] == changed["b"] == {**changed["c"], "name": "m"}


async def test_sockets_and_subscriptions_of_one_address_are_bounded(
    serve: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        serve(sockets_per_client_max=1, subscriptions_per_client_max=1) as client,
        greeted(client) as socket,
    ):
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with connected(client):
                pass
        assert refused.value.response.status_code == 429
        assert "without completing handshake" not in caplog.text
        await client.post("/graphql", json={"query": CREATE % "m"})
        await socket.subscribe("1", LIVE)
        await socket.data("1")
        await socket.subscribe("2", LIVE)
        answer = await socket.receive()
        assert (answer["id"], answer["type"]) == ("2", "error")
        assert answer["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        await socket.send({"id": "1", "type": "complete"})
        await socket.alive()
        await socket.subscribe("2", LIVE)  # what has ended is counted no more
        await socket.data("2")


async def test_a_persisted_query_is_refused_as_apollo_does(client: httpx.AsyncClient) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    async with greeted(client) as socket:
        payload: dict[str, object] = {"extensions": extensions}
        await socket.send({"id": "1", "type": "subscribe", "payload": payload})
        answer = await socket.receive()
        assert answer["type"] == "error"
        [error] = answer["payload"]
        assert error["message"] == "PersistedQueryNotSupported"
        assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_SUPPORTED"
        payload = {"query": "{ __typename }", "extensions": extensions}
        await socket.send({"id": "1", "type": "subscribe", "payload": payload})
        assert await socket.data("1") == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("limits", "message", "count"),
    [
        ({"socket_messages_per_s": 5}, '{"type": "ping"}', 100),
        ({"socket_bytes_per_s": 65_536}, '{"type": "pong", "payload": "%s"}' % ("x" * 60_000), 10),
    ],
)
async def test_a_socket_that_floods_is_closed_and_no_other(
    serve: Serving, limits: dict[str, int], message: str, count: int
) -> None:
    async with serve(**limits) as client, greeted(client) as other, greeted(client) as socket:
        with suppress(websockets.ConnectionClosed):
            for _ in range(count):
                await socket.send(message)
        assert await socket.close_code() == 4429
        await other.alive()


async def test_a_message_in_too_many_fragments_closes_the_socket(serve: Serving) -> None:
    async with serve(socket_messages_per_s=10_000) as client, greeted(client) as socket:
        with suppress(websockets.ConnectionClosed):
            await socket.connection.send(["{", *[" "] * 3_000, "}"])
        assert await socket.close_code() == 4429
