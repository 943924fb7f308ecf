"""A client that writes raw bytes."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import psycopg

WAIT_S = 20
QUERY = "{ models(first: 5) { nodes { name } } }"
CREATE = """mutation { createModel(input: {name: "a", task: CHAT}) { userErrors { code } } }"""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any


class Connection:
    """A connection of a client that writes raw bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *parts: bytes) -> None:
        """Send each part as a TCP segment."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0.03)

    async def answer(self) -> Answer:
        """Read the next response."""
        async with asyncio.timeout(WAIT_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().splitlines()
            headers = dict(line.split(": ", 1) for line in head[1:-1])
            body = await self.reader.readexactly(int(headers["content-length"]))
        is_json = "json" in headers["content-type"]
        return Answer(int(head[0].split()[1]), headers, json.loads(body) if is_json else body)

    async def ask(self, *parts: bytes) -> Answer:
        await self.send(*parts)
        return await self.answer()

    async def is_closed(self) -> bool:
        async with asyncio.timeout(WAIT_S):
            return await self.reader.read() == b""


class Site:
    """A served registry; `asgi_count` counts the requests of the ASGI application."""

    def __init__(self) -> None:
        self.asgi_count = 0
        self.port = 0
        self.connections: list[Connection] = []

    async def connected(self) -> Connection:
        made = Connection(*await asyncio.open_connection("127.0.0.1", self.port))
        self.connections.append(made)
        return made

    async def close(self) -> None:
        for connection in self.connections:
            connection.writer.close()
            with suppress(ConnectionError):
                await connection.writer.wait_closed()


def head(length: int | None, *lines: str, method: str = "POST", path: str = "/graphql") -> bytes:
    """A head; with a length it announces a JSON body."""
    default = ["Host: localhost"]
    if length is not None:
        default += [f"Content-Length: {length}", "Content-Type: application/json"]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *default, *lines, "", ""]).encode()


def request(query: str, *lines: str, **variables: Any) -> bytes:
    body = json.dumps({"query": query, "variables": variables}).encode()
    return head(len(body), *lines) + body


async def left_behind(site: Site, database_url: str) -> None:
    """Leaves a mutation behind that waits for a lock, and whose client has gone."""
    connection = await site.connected()
    await connection.ask(request(CREATE.replace("CHAT", "CHAX")))
    await connection.send(request(CREATE))
    await waiting(database_url, 1)
    connection.writer.close()


@contextmanager
def held(database_url: str, table: str = "models") -> Iterator[None]:
    """Locks a table: statements that use it wait until the end of the block.

    Who is answered meanwhile has not asked the database for its rows. `table` may name a mode, too.
    """
    with psycopg.connect(database_url) as connection:
        connection.execute(f"LOCK TABLE {table}")
        yield
        connection.rollback()


async def waiting(database_url: str, count: int, *, or_more: bool = False) -> None:
    """Returns when this number of statements in this database wait for a lock."""
    reading = (
        "SELECT state, wait_event, now() - query_start, left(query, 200)"
        " FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    end = asyncio.get_running_loop().time() + WAIT_S
    # a transaction would see one snapshot of the activity for its whole life
    with psycopg.connect(database_url, autocommit=True) as observer:
        while True:
            found = observer.execute(reading).fetchall()
            if len(found) == count or (or_more and len(found) > count):
                return
            assert asyncio.get_running_loop().time() < end, found
            await asyncio.sleep(0.02)
