"""`registry serve`: the database if there is none, the migrations, the catalog, the server."""

import gc
import os
import signal
import socket
from types import FrameType
from typing import Annotated, Any

import typer

from server.commands import databases
from server.commands.failures import FAILED, USAGE, Failure
from server.commands.listening import bound
from server.settings import Settings, is_loopback, setting_name

_WS_BYTES_MAX = 65_536  # uvicorn would take 16 MiB


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes.")] = None,
    reload: Annotated[
        bool, typer.Option("--reload", help="Restart when the code changes.")
    ] = False,
    migrate: Annotated[
        bool,
        typer.Option("--migrate", help="Migrate a database of your own too, and fill a new one."),
    ] = False,
) -> None:
    """Serve the registry; without DATABASE_URL on an embedded PostgreSQL, migrated and filled."""
    given: dict[str, Any] = {"host": host, "port": port, "workers": workers}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    _refuse_open_by_accident(settings)
    stop_cleanly()
    with (
        bound(settings.host, settings.port, settings.workers) as listening,
        databases.opened(settings) as url,
    ):
        if migrate or settings.database_url is None:
            _prepare(url, settings)
        _announce(settings, listening)
        _warn_of_connections(settings, url)
        _run(settings, url, listening, reload)


def stop_cleanly() -> None:
    """Make SIGINT and SIGTERM unwind this process, so that each block's end is reached; exit 0."""

    def stop(_: int, __: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # impatience must not cut the database's stop
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _refuse_open_by_accident(settings: Settings) -> None:
    if not settings.allow_open and not is_loopback(settings.host):
        raise Failure(
            f"{setting_name('host')}: others can reach {settings.host}, and there is no access "
            f"control; set {setting_name('allow_open')}=true if that is meant",
            USAGE,
        )


def _prepare(url: str, settings: Settings) -> None:
    import asyncio

    from db.postgres.engine import Database
    from server.commands.import_ import first_catalog

    if databases.unready(url):  # else Alembic's 11 MB would stay in this process for nothing
        from db.postgres import migrate

        migrate.upgrade(url)
    if settings.first_catalog == "none":
        return

    async def fill() -> None:
        database = Database(url)
        try:
            await first_catalog(database)
        finally:
            await database.close()

    asyncio.run(fill())


def _announce(settings: Settings, listening: socket.socket) -> None:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    port = listening.getsockname()[1]
    typer.echo(f"Model Registry on http://{host}:{port}/graphql  (Ctrl-C stops it)", err=True)
    warning = "It runs open: whoever reaches this address may read it."
    typer.echo(typer.style(warning, dim=True), err=True)


def _warn_of_connections(settings: Settings, url: str) -> None:
    from db.postgres import engine
    from server.ops import jobs

    if not settings.prepared_statements:
        return  # behind PgBouncer the connections are its own, and so is the number of them
    each = settings.pool_limits.total + jobs.CONNECTIONS_MAX * settings.jobs
    wanted, room = settings.workers * each, engine.room(url)
    if wanted > room:
        names = ", ".join(map(setting_name, ("read_connections_max", "write_connections_max")))
        warning = (
            f"{names}: workers may make {wanted} connections, the database takes {room}; under"
            " load some will wait, or be UNAVAILABLE"
        )
        typer.echo(typer.style(warning, fg="yellow"), err=True)


def _run(settings: Settings, url: str, listening: socket.socket, reload: bool) -> None:
    import uvicorn
    from uvicorn.supervisors import ChangeReload, Multiprocess

    # Worker processes make the application from the environment, as from_environment() says.
    os.environ.update(_environment(settings, url))
    config = uvicorn.Config(
        "server.app:from_environment",
        factory=True,
        workers=settings.workers,
        reload=reload,
        loop="uvloop",
        http="server.http.protocol:Protocol",
        ws="websockets-sansio",
        ws_max_size=_WS_BYTES_MAX,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing here reads who the client is
        timeout_graceful_shutdown=settings.shutdown_timeout_s,
    )
    server = uvicorn.Server(config)
    if reload:
        ChangeReload(config, target=server.run, sockets=[listening]).run()
    elif settings.workers > 1:
        Multiprocess(config, sockets=[listening]).run()
    else:
        gc.disable()  # until the application is there: server/__main__.py, server/app.py
        server.run(sockets=[listening])
        if not server.started:
            raise Failure("The server did not start; the lines above say why", FAILED)


def _environment(settings: Settings, url: str) -> dict[str, str]:
    given: dict[str, Any] = settings.model_dump(exclude_none=True, exclude={"database_url"})
    values = {setting_name(name): str(value) for name, value in given.items()}
    return {**values, setting_name("database_url"): url}
