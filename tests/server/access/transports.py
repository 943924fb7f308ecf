"""Sends one operation as one caller over each transport, and tells how it was answered."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, TypeAlias

import httpx

from tests.server.access.operations_of_fields import Cell
from tests.server.sockets import connected, events_of

Json: TypeAlias = dict[str, Any]
# The response to an operation of a caller with this secret; an empty one is no caller's.
Send: TypeAlias = Callable[[httpx.AsyncClient, str, Cell], Awaitable[Json]]

_STREAM = "text/event-stream"
CLOSED: Json = {"errors": [{"extensions": {"code": "UNAUTHENTICATED"}}]}  # of a socket, by 4403


def bearer(secret: str) -> dict[str, str]:
    """The header of a caller."""
    return {"authorization": f"Bearer {secret}"} if secret else {}


async def post(client: httpx.AsyncClient, secret: str, cell: Cell) -> Json:
    """A POST."""
    body = {"query": cell.document}
    return _json(await client.post("/graphql", json=body, headers=bearer(secret)))


async def get(client: httpx.AsyncClient, secret: str, cell: Cell) -> Json:
    """A GET."""
    query = {"query": cell.document}
    return _json(await client.get("/graphql", params=query, headers=bearer(secret)))


async def by_document(client: httpx.AsyncClient, secret: str, cell: Cell) -> Json:
    """A trusted document by its hash."""
    body = {"documentId": f"sha256:{sha256(cell.document.encode()).hexdigest()}"}
    return _json(await client.post("/graphql", json=body, headers=bearer(secret)))


async def stream(client: httpx.AsyncClient, secret: str, cell: Cell) -> Json:
    """The first event of a stream that a POST asks for."""
    headers = {**bearer(secret), "accept": _STREAM}
    body = {"query": cell.document}
    async with client.stream("POST", "/graphql", json=body, headers=headers) as response:
        return await _first(response)


async def stream_by_get(client: httpx.AsyncClient, secret: str, cell: Cell) -> Json:
    """The first event of a stream that a GET asks for."""
    headers = {**bearer(secret), "accept": _STREAM}
    query = {"query": cell.document}
    async with client.stream("GET", "/graphql", params=query, headers=headers) as response:
        return await _first(response)


async def socket_by_handshake(client: httpx.AsyncClient, secret: str, cell: Cell) -> Json:
    """A WebSocket whose handshake has the credential."""
    return await _over_socket(client, cell, bearer(secret), {})


async def socket_by_init(client: httpx.AsyncClient, secret: str, cell: Cell) -> Json:
    """A WebSocket whose connection_init has the credential."""
    return await _over_socket(client, cell, {}, bearer(secret))


async def _over_socket(
    client: httpx.AsyncClient, cell: Cell, headers: dict[str, str], payload: dict[str, str]
) -> Json:
    async with connected(client, additional_headers=headers) as socket:
        await socket.send({"type": "connection_init", "payload": payload})
        greeting = await socket.receive_or_close()
        if greeting == 4403:
            return CLOSED
        assert greeting == {"type": "connection_ack"}
        await socket.subscribe("1", cell.document)
        message = await socket.receive()
        return {"errors": message["payload"]} if message["type"] == "error" else message["payload"]


async def _first(response: httpx.Response) -> Json:
    if response.headers["content-type"].startswith("application/"):
        await response.aread()
        return _json(response)
    async for name, data in events_of(response):
        if name == "next":
            return dict(data)
    raise AssertionError("a stream without a result")


def _json(response: httpx.Response) -> Json:
    answer: Json = response.json()
    code = answer["errors"][0]["extensions"]["code"] if "errors" in answer else None
    # HTTP says the same as the body
    assert (response.status_code == 401) == (code == "UNAUTHENTICATED"), response.text
    assert (response.status_code == 403) == (code == "FORBIDDEN"), response.text
    return answer
