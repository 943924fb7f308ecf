"""A client of graphql-transport-ws, and one of server-sent events, as plain as the wire."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import websockets

from server.http.websocket import PROTOCOL

WAIT_S = 20


class Socket:
    """An open socket that speaks JSON."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: object) -> None:
        """Send a value as JSON; text as it is."""
        text = message if isinstance(message, str) else json.dumps(message)
        await self.connection.send(text)

    async def receive(self) -> Any:
        """The next message."""
        async with asyncio.timeout(WAIT_S):
            return json.loads(await self.connection.recv())

    async def subscribe(self, key: str, document: str, **variables: Any) -> None:
        """Begin an operation."""
        payload = {"query": document, "variables": variables}
        await self.send({"id": key, "type": "subscribe", "payload": payload})

    async def alive(self) -> None:
        """Wait until the server has taken all messages so far."""
        await self.send({"type": "ping"})
        assert await self.receive() == {"type": "pong"}

    async def data(self, key: str) -> Any:
        """The data of the next message, which is a result of this operation."""
        message = await self.receive()
        assert (message["id"], message["type"]) == (key, "next"), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def receive_or_close(self) -> Any:
        """The next message, or the code with which the server closes the socket."""
        try:
            return await self.receive()
        except websockets.ConnectionClosed:
            return self.connection.close_code

    async def close_code(self) -> int:
        """The code with which the server closes the socket, after whatever it still sends."""
        async with asyncio.timeout(WAIT_S):
            with suppress(websockets.ConnectionClosed):
                while True:
                    await self.connection.recv()
        assert self.connection.close_code is not None
        return self.connection.close_code


@asynccontextmanager
async def connected(client: httpx.AsyncClient, **options: Any) -> AsyncIterator[Socket]:
    """A socket that has said nothing yet."""
    url = str(client.base_url.join("/graphql")).replace("http", "ws", 1)
    options = {"subprotocols": [PROTOCOL], "proxy": None, **options}
    async with websockets.connect(url, **options) as connection:
        yield Socket(connection)


@asynccontextmanager
async def greeted(client: httpx.AsyncClient) -> AsyncIterator[Socket]:
    """A socket that is ready for operations."""
    async with connected(client) as socket:
        await socket.send({"type": "connection_init"})
        assert await socket.receive() == {"type": "connection_ack"}
        yield socket


@asynccontextmanager
async def events(
    client: httpx.AsyncClient, document: str, **variables: Any
) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """The events of an operation, each its name and its data."""
    body = {"query": document, "variables": variables}
    headers = {"accept": "text/event-stream"}
    async with client.stream("POST", "/graphql", json=body, headers=headers) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        yield events_of(answer)


async def events_of(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """The events of a response as they come, each its name and its data."""
    name = ""
    async for line in answer.aiter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field.startswith("data"):
            yield name, json.loads(value) if value else None
