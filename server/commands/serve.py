"""`registry serve`: starts the database if needed, migrates and fills it, and serves."""

import gc
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from server.commands import databases, signals
from server.commands.failures import FAILED, USAGE, Failure
from server.setting_names import setting_name

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    import uvicorn

    from db.postgres.engine import Database
    from server.settings import Settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="Number of server processes.")] = None,
    documents: Annotated[
        Path | None,
        typer.Option(help="Trusted documents: a directory of *.graphql files, or a manifest."),
    ] = None,
    reload: Annotated[
        bool, typer.Option("--reload", help="Restart when the code changes.")
    ] = False,
    migrate: Annotated[
        bool,
        typer.Option(
            "--migrate",
            help="Migrate the database of DATABASE_URL too, and fill it when it is new.",
        ),
    ] = False,
) -> None:
    """Serve the registry; without DATABASE_URL on an embedded PostgreSQL, migrated and filled."""
    gc.disable()  # until the application is built: server/__main__.py, server/app.py
    from server.commands import listening, open_mode, pooled
    from server.settings import Settings

    options: dict[str, Any] = {"host": host, "port": port, "workers": workers}
    options["documents"] = documents
    settings = Settings(**{name: value for name, value in options.items() if value is not None})
    _check_documents(settings)
    _check_paths(settings)
    signals.exit_on_stop()
    with listening.bind(settings.host, settings.port, settings.workers) as bound:
        open_mode.check(settings, bound)
        with databases.connectable(settings) as url:
            pooled.check(settings)
            if migrate or settings.database_url is None:
                _prepare(url, settings)
            _announce(settings, bound, url)
            _warn_of_connections(settings, url)
            with _shared_metrics(settings) as ready:
                _run(ready, url, bound, reload)


@contextmanager
def _shared_metrics(settings: "Settings") -> "Iterator[Settings]":
    """The settings, with a directory for the metrics of several processes."""
    if settings.workers == 1 or settings.metrics_dir is not None:
        yield settings
        return
    with TemporaryDirectory(prefix="registry-metrics-") as name:
        yield settings.model_copy(update={"metrics_dir": Path(name)})


def _check_documents(settings: "Settings") -> None:
    """Refuse faulty documents before anything starts; each process prepares its own later."""
    if settings.documents is None:
        return
    import schema
    from server.execution import trusted
    from server.execution.document_files import FaultyDocuments
    from server.execution.documents import Documents

    try:
        trusted.load(settings.documents, Documents(schema.published()._schema, settings))
    except FaultyDocuments as error:
        raise Failure(f"{setting_name('documents')}: {error}", USAGE) from None


def _check_paths(settings: "Settings") -> None:
    from server.commands import paths
    from server.commands.import_ import names_of_models

    if settings.metrics_dir is not None:
        paths.make("metrics_dir", settings.metrics_dir)
    if settings.catalog_aliases is not None:
        names_of_models(settings)
    paths.check_archives(settings)


def _prepare(url: str, settings: "Settings") -> None:
    from db.postgres import migration_state
    from server.commands.import_ import first_catalog

    gc.enable()  # an import of a catalog leaves garbage
    limits = settings.pool_limits
    migration = databases.migration(url, limits)
    if migration is None or migration.revision < migration_state.head():
        databases.upgrade(databases.session_url(settings, url))
    elif not migration.fits:
        raise Failure(f"{setting_name('database_url')}: {migration.problem}", FAILED)

    async def fill(database: "Database") -> None:
        await databases.refresh_prices(database, migration)
        if settings.first_catalog != "none":
            await first_catalog(database, settings)

    if migration is not None or settings.first_catalog != "none":
        databases.with_database(url, fill, limits)
    gc.disable()


def _announce(settings: "Settings", bound: socket.socket, url: str) -> None:
    from server.commands import open_mode

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    port = bound.getsockname()[1]
    address = f"http://{host}:{port}/"
    typer.echo(f"Model Registry on {address}  (Ctrl-C stops it)", err=True)
    typer.echo(f"GraphQL and GraphiQL on {address}graphql", err=True)
    warning = open_mode.warning(settings, bound, url)
    if warning is not None:
        typer.echo(typer.style(warning, fg="yellow"), err=True)


def _warn_of_connections(settings: "Settings", url: str) -> None:
    from db.postgres import engine
    from db.postgres.poolers import Pooler
    from server.ops import later

    if settings.pooler is not Pooler.NONE:
        return  # the pooler opens the connections to PostgreSQL, and limits their number
    per_worker = settings.pool_limits.connections_max + later.JOB_CONNECTIONS_MAX * settings.jobs
    needed, available = settings.workers * per_worker, engine.connection_capacity(url)
    if needed > available:
        names = ", ".join(map(setting_name, ("read_connections_max", "write_connections_max")))
        warning = (
            f"{names}: workers may open {needed} connections, the database allows {available};"
            " under load, requests will wait or fail with UNAVAILABLE"
        )
        typer.echo(typer.style(warning, fg="yellow"), err=True)


def _run(settings: "Settings", url: str, bound: socket.socket, reload: bool) -> None:
    import uvicorn
    from uvicorn.supervisors import ChangeReload, Multiprocess

    from server.commands import supervising
    from server.ops import logs, watchdog

    original = dict(os.environ)
    # Worker processes read the settings from the environment: server.app.from_environment.
    os.environ.update(_environment(settings, url))
    config = _config(settings, reload)
    server = uvicorn.Server(config)
    if reload or settings.workers > 1:
        gc.enable()  # the application is built in other processes
        logs.configure(settings)  # and configures theirs
    if reload:
        ChangeReload(config, target=server.run, sockets=[bound]).run()
    elif settings.workers > 1:
        supervisor = Multiprocess(config, sockets=[bound])
        supervising.be_patient(supervisor)
        supervisor.run()
    else:
        watchdog.on_stall(lambda: _start_again(server, original))
        try:
            server.run(sockets=[bound])
        finally:
            watchdog.stop()
        if not server.started:
            raise Failure("The server did not start; see the lines above", FAILED)


def _config(settings: "Settings", reload: bool) -> "uvicorn.Config":
    import uvicorn

    from server.ops import stopping

    return uvicorn.Config(
        "server.app:from_environment",
        factory=True,
        workers=settings.workers,
        reload=reload,
        loop="uvloop",
        http="server.http.protocol:Protocol",
        ws="server.http.socket_protocol:SocketProtocol",
        ws_max_size=settings.socket_message_bytes_max,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the client's address is not used
        timeout_keep_alive=settings.keep_alive_s,
        # what runs is cancelled before: server/ops/stopping.py
        timeout_graceful_shutdown=settings.shutdown_timeout_s + stopping.SERVER_GRACE_S,
    )


def _start_again(server: "uvicorn.Server", environment: Mapping[str, str]) -> NoReturn:
    """Start this command again in place of this process, as a supervisor would; for one worker.

    An embedded PostgreSQL runs on, and is used again. A process that was told to stop only ends.
    """
    if server.should_exit:
        os._exit(FAILED)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))  # the port is free again
    command = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, command, environment)  # noqa: S606  # it is this command again


def _environment(settings: "Settings", url: str) -> dict[str, str]:
    fields: dict[str, Any] = settings.model_dump(exclude_none=True, exclude={"database_url"})
    values = {setting_name(name): str(value) for name, value in fields.items()}
    return {**values, setting_name("database_url"): url}
