"""`registry worker`: background jobs in a process of their own."""

from typing import TYPE_CHECKING

from server.commands import databases, signals

if TYPE_CHECKING:  # a command imports only what it needs: `registry --help` stays fast
    from db.postgres.engine import Database

_EXIT_S = 30.0  # after a signal: for the running job, the connections and an embedded PostgreSQL


def worker() -> None:
    """Run background jobs until stopped, for servers that have REGISTRY_JOBS=false."""
    import asyncio
    from contextlib import closing, suppress

    from archive.store import ArchiveStore
    from server.commands import paths, pooled
    from server.ops import background, jobs, log_level, logs
    from server.settings import Settings
    from server.telemetry import switch

    settings = Settings()
    logs.configure(settings)
    paths.check_archives(settings)
    signals.exit_on_stop()
    telemetry = switch.start()
    store = ArchiveStore(settings.archive_location, settings.archive_storage_class)
    with databases.connectable(settings) as url, closing(store):
        pooled.check(settings)

        async def run(database: "Database") -> None:
            app = jobs.build(database, store, settings, settings.listen_url or url)
            task = asyncio.create_task(jobs.run(app, can_listen=settings.can_listen))

            def stop() -> None:
                signals.exit_within(_EXIT_S)
                task.cancel()

            for number in signals.STOP_SIGNALS:
                # an exception raised in the event loop would cancel the queue's tasks one by one
                asyncio.get_running_loop().add_signal_handler(number, stop)
            with suppress(asyncio.CancelledError):
                async with background.running(log_level.follow(settings)):
                    await task

        databases.with_database(url, run, settings.pool_limits)
        if telemetry is not None:
            telemetry.stop()
        signals.ignore_stop()
