"""A proxy in front of PostgreSQL that cuts the connection at a chosen statement."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

_READY = b"Z\0\0\0\5"  # PostgreSQL has executed all that it got, and waits for more
_WAIT_S = 20


class Proxy:
    """Cuts each connection that sends `cut_at`, after PostgreSQL has executed it or before."""

    def __init__(self, database_url: str) -> None:
        conninfo = conninfo_to_dict(database_url)
        self._socket = f"{conninfo['host']}/.s.PGSQL.{conninfo.get('port') or 5432}"
        self._database_url = make_url(database_url)
        self.url = ""
        self.cut_at: re.Pattern[bytes] | None = None
        self.is_executed = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection in both directions until one side ends it, or it is cut."""
        from_database, to_database = await asyncio.open_unix_connection(self._socket)
        answering = asyncio.ensure_future(_forward(from_database, writer))
        asking = asyncio.ensure_future(self._ask(reader, to_database, from_database, answering))
        answering.add_done_callback(lambda done: done.cancelled() or asking.cancel())
        await asyncio.wait([answering, asking])
        for end in (writer, to_database):
            end.close()

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answers: asyncio.StreamReader,
        answering: "asyncio.Future[None]",
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                is_cut = self.cut_at is not None and self.cut_at.search(data)
                if is_cut:
                    answering.cancel()
                if not is_cut or self.is_executed:
                    writer.write(data)
                    await writer.drain()
                if is_cut:
                    await asyncio.wait([answering])
                    if self.is_executed:
                        await _until_ready(answers)
                    break
        answering.cancel()

    def address(self, port: int) -> str:
        """The URL of the database behind the proxy."""
        url = self._database_url.set(host="127.0.0.1", port=port, query={})
        return url.render_as_string(hide_password=False)


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


async def _until_ready(answers: asyncio.StreamReader) -> None:
    """Wait until PostgreSQL has executed what it got; what it answers is lost."""
    read = b""
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(_WAIT_S):
            while _READY not in read and (data := await answers.read(65_536)):
                read += data


@asynccontextmanager
async def proxied(database_url: str) -> AsyncIterator[Proxy]:
    """A proxy in front of the database."""
    proxy = Proxy(database_url)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
        proxy.url = proxy.address(server.sockets[0].getsockname()[1])
        yield proxy
