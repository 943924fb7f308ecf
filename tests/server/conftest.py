"""The application on a real port of this machine, in the test's own event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import httpx
import psycopg
import pytest
import uvicorn
from starlette.types import ASGIApp

from db import embedded
from server import app
from server.settings import Settings

Serving: TypeAlias = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def running(application: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that uvicorn serves on a free port."""
    # asyncio turns Nagle's 40 ms off for sockets that say IPPROTO_TCP, not for those that imply it.
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(application, http="httptools", log_config=None, access_log=False)
    )
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        yield client
    server.should_exit = True
    await serving


@pytest.fixture
def serve(database_url: str) -> Serving:
    """Serves the registry on this test's database, with the settings given."""

    def serving(**given: Any) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        settings = Settings(_env_file=None, **given)
        return running(app.build(settings, database_url))

    return serving


@pytest.fixture(scope="session")
async def client(postgres_url: str, template: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an empty registry as it is by default, for tests that change nothing in it."""
    name = "served_to_all"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = postgres_url.replace(f"/{embedded.DATABASE}?", f"/{name}?")
    async with running(app.build(Settings(_env_file=None), url)) as connected:
        yield connected
