"""The time from a change to thousands of subscribers of one route: `python -m bench.followers`.

One server process on an embedded PostgreSQL, and one model with 20 bindings. All subscribers send
the same document and variables. The writer changes the weight of a binding, which changes the
order of the candidates, and waits until the last subscriber has the new route.
"""

import argparse
import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import psycopg
import websockets
from websockets import Subprotocol

from bench.servers import Server, running, serve_command
from db.postgres import embedded, migrate
from db.postgres.engine import Database
from db.tables import ProviderBinding
from tests import factories

_PROTOCOL = Subprotocol("graphql-transport-ws")
_PER_SOCKET = 100  # subscriptions on a WebSocket
_BINDINGS = 20
_WEIGH = "UPDATE provider_bindings SET weight = %s, revision = revision + 1 WHERE id = %s"
DOCUMENT = """subscription {
  routeChanged(input: {model: {name: "m"}, limit: 20}) {
    etag
    candidates { rank expectedCost binding { id endpoint url provider { slug kind } } }
    excluded { reason retryAt binding { id } }
  }
}"""


_LIMITS = {
    "REGISTRY_SUBSCRIPTIONS_MAX": "100000",
    "REGISTRY_SUBSCRIPTIONS_PER_CLIENT_MAX": "100000",
    "REGISTRY_SOCKETS_PER_CLIENT_MAX": "1000",
}


async def _filled(url: str) -> ProviderBinding:
    """The binding that is changed, of the model's only version."""
    database = Database(url)
    version = await factories.version(database, await factories.model(database, name="m"))
    rows = [
        await factories.binding(database, version, weight=number) for number in range(_BINDINGS)
    ]
    await database.close()
    return rows[0]


async def _subscribed(stack: AsyncExitStack, address: str, count: int) -> Any:
    """A WebSocket with so many subscriptions."""
    connecting = websockets.connect(address, subprotocols=[_PROTOCOL], proxy=None)
    socket = await stack.enter_async_context(connecting)
    await socket.send('{"type": "connection_init"}')
    await socket.recv()
    for key in range(count):
        payload = {"query": DOCUMENT}
        await socket.send(json.dumps({"id": str(key), "type": "subscribe", "payload": payload}))
    return socket


async def _receive(socket: Any, count: int) -> float:
    """The time at which the last of so many routes has arrived."""
    for _ in range(count):
        message = await socket.recv()
        assert '"data"' in message, message
    return perf_counter()


async def measure(url: str, address: str, subscribers: int, changes: int) -> None:
    """Print how long the last subscriber waits after each change."""
    binding = await _filled(url)
    async with AsyncExitStack() as stack:
        began, counts = perf_counter(), [_PER_SOCKET] * (subscribers // _PER_SOCKET)
        sockets = [await _subscribed(stack, address, count) for count in counts]
        await asyncio.gather(*map(_receive, sockets, counts))
        print(f"{subscribers} subscribers have their first route: {perf_counter() - began:.2f} s")
        seconds = []
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as writer:
            for number in range(changes):
                waiting = [
                    asyncio.ensure_future(_receive(socket, count))
                    for socket, count in zip(sockets, counts, strict=True)
                ]
                await writer.execute(_WEIGH, (1_000 if number % 2 == 0 else 0, binding.id))
                committed = perf_counter()
                seconds.append(max(await asyncio.gather(*waiting)) - committed)
                await asyncio.sleep(0.2)
        print(
            f"{changes} changes to {subscribers} subscribers: until the last one has it, median"
            f" {1_000 * median(seconds):.0f} ms, at most {1_000 * max(seconds):.0f} ms"
        )


def main() -> None:
    """Measure on a temporary database."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subscribers", type=int, default=2_000)
    parser.add_argument("--changes", type=int, default=20)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder, embedded.running(Path(folder) / "data") as url:
        migrate.upgrade(url)
        server = Server("followers", "registry", serve_command(1), environment=_LIMITS)
        with running(server, url, Path(folder)) as served:
            address = served.url.replace("http", "ws", 1)
            asyncio.run(measure(url, address, arguments.subscribers, arguments.changes))


if __name__ == "__main__":
    main()
