"""The application on a real port of this machine, in the test's own event loop."""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from itertools import count
from typing import Any, NamedTuple, TypeAlias

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from server import app
from server.cli import main
from server.http.protocol import Protocol
from server.http.socket_protocol import SocketProtocol
from server.settings import Settings
from server.settings_base import setting_name
from tests.db.clones import cloned
from tests.server.wire import Site

# Jobs change data each minute, whatever a test does meanwhile; those that test them start them.
_NO_JOBS = {"jobs": False}
Serving: TypeAlias = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


_LOOK_S = 0.002
_FREED_EVERY = 50  # a collection takes half a second, and 1,000 servers are 1 GB
_stopped = count(1)


class Twice(httpx.AsyncHTTPTransport):
    """Sends each request twice and returns the second response, which may be a cached one."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if isinstance(request.stream, httpx.ByteStream):
            first = await super().handle_async_request(request)
            await first.aread()
            await first.aclose()
        return await super().handle_async_request(request)


class Server(uvicorn.Server):
    """Starts and stops without the pauses of uvicorn's own, which take 0.2 s of each such test."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_serving = asyncio.Event()
        self._stops = asyncio.Event()

    def stop(self) -> None:
        """End what `serve` does."""
        self.should_exit = True
        self._stops.set()

    async def main_loop(self) -> None:
        """Called once the server has started."""
        self.is_serving.set()
        while not await self.on_tick(0):  # sets the date of responses
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stops.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Called once the server is to stop; waits until all connections have ended."""
        if self.config.timeout_graceful_shutdown:
            return await super().shutdown(sockets)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  # no event
            await asyncio.sleep(_LOOK_S)
        await self.lifespan.shutdown()


class Path(NamedTuple):
    """How the server answers, and how the client sends."""

    settings: dict[str, Any]
    transport: type[httpx.AsyncHTTPTransport] = httpx.AsyncHTTPTransport
    http: str | type[asyncio.Protocol] = Protocol


PATHS = {
    "asgi": Path({}, http="httptools"),
    "cached responses": Path({}, Twice),
    "direct path": Path({"response_cache_bytes_max": 0}, Twice),
    "executor": Path({"compiled_plans": False, "response_cache_bytes_max": 0}),
}
# marks tests, or a module of them, that run on every path
on_every_path = pytest.mark.parametrize("path", PATHS, indirect=True, scope="session")


@pytest.fixture(scope="session")
def path(request: pytest.FixtureRequest) -> Path:
    """The default one, unless a test is marked with `on_every_path`."""
    return PATHS[getattr(request, "param", "asgi")]


@asynccontextmanager
async def running(
    application: ASGIApp,
    transport: type[httpx.AsyncHTTPTransport] = httpx.AsyncHTTPTransport,
    http: Any = Protocol,
    port: int = 0,
    **options: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that uvicorn serves, on a free port unless one is given."""
    listening = _bound(port)
    server = Server(
        uvicorn.Config(
            application,
            http=http,
            ws=SocketProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            **options,
        )
    )
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    starting = asyncio.ensure_future(server.is_serving.wait())
    await asyncio.wait((starting, serving), return_when=asyncio.FIRST_COMPLETED)
    if serving.done():  # it could not start
        starting.cancel()
        await serving
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        # nothing is encrypted here, and reading all certificates takes as long as 10 requests
        plain = transport(verify=False)
        async with httpx.AsyncClient(base_url=address, timeout=30, transport=plain) as client:
            yield client
    finally:
        server.stop()
        await serving
        if not next(_stopped) % _FREED_EVERY:
            # each start keeps all that lives from garbage collection, so also the servers before it
            gc.unfreeze()
            gc.collect()


def _bound(port: int) -> socket.socket:
    # asyncio turns Nagle's 40 ms off for sockets that say IPPROTO_TCP, not for those that imply it.
    bound = socket.socket(proto=socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


@pytest.fixture
def serve(database_url: str, path: Path) -> Serving:
    """Serves the registry on this test's database, with the settings given."""

    def serving(**given: Any) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        settings = Settings(_env_file=None, **{**_NO_JOBS, **path.settings, **given})
        return running(app.build(settings, database_url), path.transport, path.http)

    return serving


@pytest.fixture(scope="session")
async def client(postgres_url: str, template: str, path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an empty registry as it is by default, for tests that change nothing in it."""
    settings = Settings(_env_file=None, **{**_NO_JOBS, **path.settings})
    with cloned(postgres_url, template) as url:
        async with running(app.build(settings, url), path.transport, path.http) as connected:
            yield connected


@pytest.fixture
def serve_bytes(database_url: str) -> Callable[..., Any]:
    """Serves the registry on this test's database, with the settings given, as a wire.Site."""

    @asynccontextmanager
    async def serving(keep_alive_s: int = 5, **given: Any) -> AsyncIterator[Site]:
        site = Site()
        given = {**_NO_JOBS, "response_cache_bytes_max": 0, "statement_timeout_ms": 60_000} | given
        application = app.build(Settings(_env_file=None, **given), database_url)

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            site.asgi_count += scope["type"] == "http"
            await application(scope, receive, send)

        async with running(counted, timeout_keep_alive=keep_alive_s) as client:
            assert client.base_url.port is not None
            site.port = client.base_url.port
            yield site
        await site.close()

    return serving


class Result(NamedTuple):
    """The exit code and the output of a command."""

    returncode: int
    stdout: str
    stderr: str


Registry: TypeAlias = Callable[..., Result]


@pytest.fixture
def registry(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Registry]:
    """Runs a short command in this process: a new process would need 0.6 s for imports."""

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # commands that serve configure the logging of their process
    monkeypatch.setattr(logging.root, "handlers", [*logging.root.handlers])
    monkeypatch.setattr(logging.root, "level", logging.root.level)

    def run(*arguments: str, **variables: str) -> Result:
        for name in Settings.model_fields:
            monkeypatch.delenv(setting_name(name), raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["registry", *arguments])
        with pytest.raises(SystemExit) as exit_:
            main()
        return Result(int(str(exit_.value.code)), *capsys.readouterr())

    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)
