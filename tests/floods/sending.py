"""Floods of bytes: what a generator yields, on several connections at once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeAlias

BLOCK = 65_536
CONNECTIONS = 8

Chunks: TypeAlias = Callable[[], Iterator[bytes]]


class Sending:
    """Sends what a generator yields on several connections, each opened anew when it has ended.

    `greeting` is sent first on each, and answered before the rest follows.
    """

    def __init__(self, chunks: Chunks, *, reads: bool, greeting: bytes = b"") -> None:
        self.chunks = chunks
        self.reads = reads
        self.greeting = greeting

    def __call__(self, port: int, seconds: float) -> None:
        asyncio.run(self._run(port, seconds))

    async def _run(self, port: int, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(self._repeat(port) for _ in range(CONNECTIONS)))

    async def _repeat(self, port: int) -> None:
        while True:
            with suppress(OSError):
                await self._connection(port)
            await asyncio.sleep(0.01)

    async def _connection(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=BLOCK)
        if self.greeting:
            writer.write(self.greeting)
            await reader.read(BLOCK)
        tasks = [asyncio.ensure_future(self._send(writer))]
        if self.reads:
            tasks.append(asyncio.ensure_future(self._read(reader)))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            writer.transport.abort()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        for chunk in self.chunks():
            writer.write(chunk)
            await writer.drain()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while await reader.read(BLOCK):
            pass
