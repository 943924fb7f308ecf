"""The time from a commit to its subscribers: `python -m bench.events`.

One server process on an embedded PostgreSQL, 100 subscribers on WebSockets, and one writer in this
process that commits one change after the other: with pauses for the latency, without for the rate.
"""

import argparse
import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter

import psycopg
import websockets
from websockets import Subprotocol

from bench.servers import Server, running, serve_command
from db.postgres import embedded, migrate

PROTOCOL = Subprotocol("graphql-transport-ws")
START = "ZXZlbnQ6MA"  # the cursor before the first event
DOCUMENT = 'subscription { registryChanged(after: "%s") { cursor event { kind action } %s } }'
INSERT = (
    "INSERT INTO models (id, revision, name, task, retention_keep)"
    " VALUES (uuidv7(), 1, %s, 'CHAT', 3)"
)


async def subscribed(stack: AsyncExitStack, address: str, selection: str) -> object:
    """A WebSocket with one subscription."""
    socket = await stack.enter_async_context(
        websockets.connect(address, subprotocols=[PROTOCOL], proxy=None, compression=None)
    )
    await socket.send('{"type": "connection_init"}')
    await socket.recv()
    payload = {"query": DOCUMENT % (START, selection)}
    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
    return socket


async def arrivals(socket: object, count: int) -> list[float]:
    """The arrival times of the next events."""
    times = []
    for _ in range(count):
        message = await socket.recv()  # type: ignore[attr-defined]  # a websockets connection
        times.append(perf_counter())
        assert '"data"' in str(message), message
    return times


async def run(
    url: str, sockets: list[object], first: int, count: int, pause_s: float
) -> tuple[list[float], float]:
    """The latency in ms of each event on each socket, and the seconds until the last one."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as writer:
        receiving = [asyncio.ensure_future(arrivals(socket, count)) for socket in sockets]
        began, commits = perf_counter(), []
        for number in range(first, first + count):
            await writer.execute(INSERT, (f"m{number}",))
            commits.append(perf_counter())
            await asyncio.sleep(pause_s)
        received = await asyncio.gather(*receiving)
    latencies = [
        1_000 * (arrived - committed)
        for times in received
        for arrived, committed in zip(times, commits, strict=True)
    ]
    return latencies, perf_counter() - began


async def measure(url: str, address: str, subscribers: int, events: int) -> None:
    """Print latency and rate, without and with a field that is read from the database."""
    first = 0
    for selection in ("", "model { name }"):
        async with AsyncExitStack() as stack:
            sockets = [await subscribed(stack, address, selection) for _ in range(subscribers)]
            await asyncio.gather(*(arrivals(socket, first) for socket in sockets))
            for name, pause_s in (("10 commits per second", 0.1), ("back to back", 0.0)):
                latencies, elapsed_s = await run(url, sockets, first, events, pause_s)
                first += events
                rate, p99_ms = events / elapsed_s, quantiles(latencies, n=100)[98]
                print(
                    f"{subscribers} subscribers, {name}{', with ' * bool(selection)}{selection}: "
                    f"{rate:.0f} events/s, {subscribers * rate:.0f} pushes/s,"
                    f" median {median(latencies):.1f} ms, p99 {p99_ms:.1f} ms"
                )


def main() -> None:
    """Measure on a temporary database."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--events", type=int, default=200)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder, embedded.running(Path(folder) / "data") as url:
        migrate.upgrade(url)
        server = Server("events", "registry", serve_command(1))
        with running(server, url, Path(folder)) as served:
            address = served.url.replace("http", "ws", 1)
            asyncio.run(measure(url, address, arguments.subscribers, arguments.events))


if __name__ == "__main__":
    main()
