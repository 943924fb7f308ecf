"""The number of connections, and what they may hold in memory together."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from server.ops.connections import HeldBytes
from tests.server.wire import QUERY, WAIT_S, Connection, head, held, request, waiting

Serve = Callable[..., Any]
LARGE = "{ __schema { types { name description fields { name description } } } }"


class Holder:
    """A connection that only counts how often it was ended."""

    idle_since = None

    def __init__(self) -> None:
        self.ended = 0

    def close_idle(self) -> None:
        raise AssertionError("it is not idle")

    def overload(self) -> None:
        self.ended += 1


def test_who_has_held_for_the_longest_time_ends_first() -> None:
    bytes_, holders = HeldBytes(100), [Holder() for _ in range(4)]
    for holder in holders[:3]:
        bytes_.hold(holder, 30)
    bytes_.hold(holders[0], 40)  # more, but still the oldest
    assert [each.ended for each in holders] == [0, 0, 0, 0]
    bytes_.hold(holders[3], 30)
    assert [each.ended for each in holders] == [1, 0, 0, 0]
    assert (bytes_.total, bytes_.ended_count) == (90, 1)
    bytes_.hold(holders[0], 0)  # it has left already
    bytes_.hold(holders[1], 0)
    assert bytes_.total == 60
    bytes_.hold(holders[3], 101)
    assert [each.ended for each in holders] == [1, 0, 1, 1]
    assert bytes_.total == 0


async def test_an_idle_connection_is_closed_for_a_new_one(
    serve_bytes: Serve, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve_bytes(connections_max=3) as site:
        busy, oldest, idle = [await site.connected() for _ in range(3)]
        for each in (busy, oldest, idle):
            await each.ask(request(QUERY))
        with held(database_url):
            await busy.send(request(QUERY))
            await waiting(database_url, 1)
            new = await site.connected()
            assert await oldest.is_closed()
        assert (await busy.answer()).status == 200
        for each in (idle, new):
            assert (await each.ask(request(QUERY))).status == 200
        lines = [line for line in caplog.records if line.name == "connections"]
        assert [line.levelno for line in lines] == [logging.WARNING]
        metrics = await idle.ask(head(None, method="GET", path="/metrics"))
        assert b'registry_connections_ended_total{reason="evicted"} 1.0' in metrics.body


async def test_a_connection_is_refused_when_all_others_are_busy(
    serve_bytes: Serve, database_url: str
) -> None:
    async with serve_bytes(connections_max=2) as site:
        busy = [await site.connected() for _ in range(2)]
        with held(database_url):
            for each in busy:
                await each.send(request(QUERY.replace("5", str(4 + busy.index(each)))))
            await waiting(database_url, 1, or_more=True)
            refused = await site.connected()
            answer = await refused.answer()
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert answer.body["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
            assert await refused.is_closed()
        for each in busy:
            assert (await each.answer()).status == 200


HALF = {
    "known length": head(20_000) + b" " * 18_000,
    "chunks": head(None, "Content-Type: application/json", "Transfer-Encoding: chunked")
    + b"4e20\r\n"
    + b" " * 18_000,
}


@pytest.mark.parametrize("name", HALF)
async def test_the_oldest_unfinished_bodies_end_when_all_are_too_many(
    serve_bytes: Serve, name: str
) -> None:
    async with serve_bytes(received_bytes_max=100_000) as site:
        halves = [await site.connected() for _ in range(8)]
        for half in halves:
            await half.send(HALF[name])
        ended = [await _is_ended(half) for half in halves]
        kept = ended.count(False)
        assert ended == [True] * (8 - kept) + [False] * kept
        assert 2 <= kept <= 5  # those of 18 KB that fit, twice where two buffers hold them
        assert (await (await site.connected()).ask(request(QUERY))).status == 200


async def _is_ended(connection: Connection) -> bool:
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(0.2):
            told = await connection.reader.read(50)
            assert not told or told.startswith(b"HTTP/1.1 503 ")
            return True
    return False


async def test_clients_that_do_not_read_end_when_their_responses_are_too_large(
    serve_bytes: Serve,
) -> None:
    ask = request(LARGE) * 1_000  # so many that they fill the buffers of the system
    async with serve_bytes(unsent_bytes_max=200_000) as site:
        for _ in range(4):
            (await site.connected()).writer.write(ask)
        async with asyncio.timeout(WAIT_S):
            while not await _overloaded(await site.connected()):  # noqa: ASYNC110  # only it tells
                await asyncio.sleep(0.1)
        assert (await (await site.connected()).ask(request(QUERY))).status == 200


async def _overloaded(connection: Connection) -> float:
    metrics = await connection.ask(head(None, method="GET", path="/metrics"))
    start, lines = (
        b'registry_connections_ended_total{reason="overloaded"}',
        metrics.body.splitlines(),
    )
    [line] = [each for each in lines if each.startswith(start)]
    return float(line.split()[-1])


async def test_requests_of_a_client_that_does_not_read_wait(serve_bytes: Serve) -> None:
    """It gets all responses, in order, once it reads."""
    count = 400
    asks = b"".join(request(LARGE.replace("{", f"{{ a{n}: __typename", 1)) for n in range(count))
    async with serve_bytes() as site:
        connection = await site.connected()
        connection.writer.write(asks)
        await asyncio.sleep(1)
        for number in range(count):
            assert f"a{number}" in (await connection.answer()).body["data"]


async def test_a_client_that_goes_while_nothing_is_read_is_noticed(
    serve_bytes: Serve, database_url: str
) -> None:
    async with serve_bytes(operation_timeout_ms=15_000) as site:
        connection = await site.connected()
        await connection.ask(request(QUERY))
        with held(database_url):
            await connection.send(request(QUERY), request(QUERY) * 1_000)
            await waiting(database_url, 1)
            await asyncio.sleep(0.2)
            connection.writer.close()
            async with asyncio.timeout(4):
                await waiting(database_url, 0)
