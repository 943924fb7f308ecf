"""How many sockets and subscriptions may be open with one token."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from db.postgres.engine import Database
from tests import factories
from tests.server.access.conftest import FROM_THE_START, opened
from tests.server.access.test_authentication import bearer
from tests.server.conftest import Serving
from tests.server.sockets import connected

SSE = {"accept": "text/event-stream"}
BODY = {"query": FROM_THE_START}


async def test_a_token_has_so_many_sockets(serve: Serving, db: Database) -> None:
    secret, other = await factories.token(db), await factories.token(db)
    async with serve(require_tokens=True, sockets_per_token_max=1) as client:
        async with connected(client) as first, connected(client) as second:
            await opened(first, secret)
            payload = {"authorization": f"Bearer {secret}"}
            await second.send({"type": "connection_init", "payload": payload})
            assert await second.close_code() == 4429
            assert second.connection.close_reason == "Too many sockets of this token are open"
            async with connected(client) as third:
                await opened(third, other)
        async with connected(client) as again:
            await opened(again, secret)


@asynccontextmanager
async def streamed(client: httpx.AsyncClient, headers: dict[str, str]) -> AsyncIterator[None]:
    """An event stream that is counted: its first event has come."""
    async with client.stream("POST", "/graphql", json=BODY, headers=SSE | headers) as stream:
        received, parts = b"", stream.aiter_bytes()
        while b"event: next" not in received:
            received += await anext(parts)  # httpx ends the stream when nothing refers to `parts`
        assert b"errors" not in received
        yield


async def refused(client: httpx.AsyncClient, headers: dict[str, str]) -> str:
    return (await client.post("/graphql", json=BODY, headers=SSE | headers)).text


async def test_sockets_and_event_streams_of_a_token_share_its_subscriptions(
    serve: Serving, db: Database
) -> None:
    own, other = bearer(await factories.token(db)), bearer(await factories.token(db))
    limits = {"subscriptions_per_token_max": 2, "subscriptions_per_client_max": 1}
    async with serve(**limits) as client, connected(client) as socket:
        await opened(socket, own["authorization"].removeprefix("Bearer "))
        await factories.model(db)
        await socket.subscribe("1", FROM_THE_START)
        await socket.data("1")
        async with streamed(client, own):
            message = "At most 2 subscriptions of this token can be open at once"
            assert message in await refused(client, own)
            await socket.subscribe("2", FROM_THE_START)
            while (error := await socket.receive())["id"] == "1":
                pass  # more events
            assert (error["id"], error["type"]) == ("2", "error")
            assert error["payload"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
            async with streamed(client, other), streamed(client, {}):
                assert "At most 1 subscriptions of one address" in await refused(client, {})
