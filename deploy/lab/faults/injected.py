"""The faults. Each is a block: what is broken is broken while the block runs."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Event, Thread
from typing import NamedTuple, TypeAlias

import psutil  # type: ignore[import-untyped]  # its stubs are a separate package
import psycopg

from deploy.lab import processes
from deploy.lab.faults import disks, lab
from deploy.lab.faults.lab import Lab, Setup
from deploy.lab.registry import ROOT

Inject: TypeAlias = Callable[[Lab], AbstractContextManager[None]]

_END_BACKENDS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


class Fault(NamedTuple):
    """One fault: what is said of it, how long it lasts, and what it needs."""

    what: str
    inject: Inject
    seconds: float
    setup: Setup = lab.PLAIN
    has_archives: bool = False  # versions are archived and restored meanwhile
    breaks_a_process: bool = False  # its connections are lost, and nobody answers on them


FAULTS: dict[str, Fault] = {}


def _fault(
    name: str, what: str, seconds: float = 5.0, setup: Setup = lab.PLAIN, **more: bool
) -> Callable[[Callable[[Lab], Iterator[None]]], None]:
    def add(inject: Callable[[Lab], Iterator[None]]) -> None:
        FAULTS[name] = Fault(what, contextmanager(inject), seconds, setup, **more)

    return add


@_fault("stopped", "database stopped at once (SIGINT) for 5 s")
def _stopped(here: Lab) -> Iterator[None]:
    here.database.stop(signal.SIGINT)
    yield
    here.database.start()


@_fault("restarted", "database restarted", 0)
def _restarted(here: Lab) -> Iterator[None]:
    here.database.stop(signal.SIGINT)
    here.database.start()
    yield


@_fault("stopping", "database told to wait for its clients (SIGTERM) for 5 s, then stopped")
def _stopping(here: Lab) -> Iterator[None]:
    process = here.database.process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    yield
    here.database.stop(signal.SIGINT)
    here.database.start()


@_fault("killed", "database killed (SIGKILL), started after 5 s")
def _killed(here: Lab) -> Iterator[None]:
    here.database.kill()
    yield
    here.database.start()


@_fault("frozen", "database frozen (SIGSTOP) for 10 s", 10)
def _frozen(here: Lab) -> Iterator[None]:
    here.database.signal_all(signal.SIGSTOP)
    yield
    here.database.signal_all(signal.SIGCONT)


@_fault("terminated", "all connections of the database terminated once", 0)
def _terminated(here: Lab) -> Iterator[None]:
    here.database.execute(_END_BACKENDS)
    yield


@_fault("terminated-often", "all connections terminated each 0.5 s for 5 s")
def _terminated_often(here: Lab) -> Iterator[None]:
    is_over = Event()

    def repeat() -> None:
        while not is_over.wait(0.5):
            here.database.execute(_END_BACKENDS)

    thread = Thread(target=repeat)
    thread.start()
    yield
    is_over.set()
    thread.join()


@_fault("read-only", "database read-only (ALTER SYSTEM) for 5 s")
def _read_only(here: Lab) -> Iterator[None]:
    _set(here, "default_transaction_read_only = on")
    yield
    _set(here, "default_transaction_read_only = off")


def _set(here: Lab, setting: str) -> None:
    with psycopg.connect(here.database.url_of("postgres"), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")


@_fault("disk-full", "disk of the database full for 8 s", 8)
def _disk_full(here: Lab) -> Iterator[None]:
    with disks.full(here.folder / "disk"):
        yield
    if here.database.process is not None and here.database.process.poll() is not None:
        here.database.start()  # it had ended: an operator starts it


@_fault("disk-full-import", "disk full in the middle of `registry import`", 0)
def _disk_full_import(here: Lab) -> Iterator[None]:
    size = ("--models", "3000", "--versions", "4", "--bindings", "2", "--seed", "1")
    command = [sys.executable, "-m", "server", "import", "synthetic", *size]
    variables = {**os.environ, "DATABASE_URL": here.database_url, "PYTHONPATH": str(ROOT)}
    with (here.folder / "import.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=variables, cwd=here.folder)
        _until_it_writes(here)
        with disks.full(here.folder / "disk"):
            yield
            code = process.wait(60)
    lines = (here.folder / "import.log").read_text().splitlines()
    assert code == 1, lines
    assert "no space left" in lines[-1], lines
    assert "Traceback" not in "".join(lines)


def _until_it_writes(here: Lab) -> None:
    """Wait until the import holds a lock of its transaction that writes."""
    query = (
        "SELECT 1 FROM pg_stat_activity WHERE backend_xid IS NOT NULL"
        " AND xact_start < now() - interval '300 milliseconds'"
    )
    processes.wait_until(lambda: here.database.execute(query), "the import", timeout_s=60)


@_fault("locked", "a table locked (ACCESS EXCLUSIVE) for 10 s", 10)
def _locked(here: Lab) -> Iterator[None]:
    with psycopg.connect(here.database.url) as connection:
        connection.execute("LOCK TABLE models IN ACCESS EXCLUSIVE MODE")
        yield


@_fault("too-many", "all connections taken by others for 8 s, after the server lost its own", 8)
def _too_many(here: Lab) -> Iterator[None]:
    others: list[psycopg.Connection[object]] = []
    here.database.execute(_END_BACKENDS)
    with suppress(psycopg.OperationalError):
        while True:
            others.append(psycopg.connect(here.database.url_of("postgres")))
    yield
    for other in others:
        other.close()


@_fault("cold-full", "disk of the archives full for 6 s", 6, has_archives=True)
def _cold_full(here: Lab) -> Iterator[None]:
    with disks.full(here.cold):
        yield


@_fault("cold-corrupt", "one byte of each archive changed for 6 s", 6, has_archives=True)
def _cold_corrupt(here: Lab) -> Iterator[None]:
    kept = {file: file.read_bytes() for file in here.cold.glob("*/*.zst")}
    for file, data in kept.items():
        file.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    yield
    for file, data in kept.items():
        if file.exists():
            file.write_bytes(data)


@_fault("cold-frozen", "S3 does not answer (SIGSTOP) for 10 s", 10, lab.S3, has_archives=True)
def _cold_frozen(here: Lab) -> Iterator[None]:
    assert here.s3 is not None
    os.killpg(here.s3.pid, signal.SIGSTOP)
    yield
    os.killpg(here.s3.pid, signal.SIGCONT)


@_fault("cold-slow", "S3 answers in 1 s parts (SIGSTOP and SIGCONT)", 8, lab.S3, has_archives=True)
def _cold_slow(here: Lab) -> Iterator[None]:
    assert here.s3 is not None
    is_over, group = Event(), here.s3.pid

    def repeat() -> None:
        while not is_over.is_set():
            os.killpg(group, signal.SIGSTOP)
            time.sleep(1)
            os.killpg(group, signal.SIGCONT)
            time.sleep(0.1)

    thread = Thread(target=repeat)
    thread.start()
    yield
    is_over.set()
    thread.join()


@_fault("clock-ahead", "the server's clock 1 h ahead for 5 s", 5, lab.CLOCK)
def _clock_ahead(here: Lab) -> Iterator[None]:
    (here.folder / "clock").write_text("+3600\n")
    yield
    (here.folder / "clock").write_text("+0\n")


@_fault("clock-behind", "the server's clock 1 h behind for 5 s", 5, lab.CLOCK)
def _clock_behind(here: Lab) -> Iterator[None]:
    (here.folder / "clock").write_text("-3600\n")
    yield
    (here.folder / "clock").write_text("+0\n")


@_fault("database-clock", "the database's clock 1 h behind for 5 s", 5, lab.CLOCK)
def _database_clock(here: Lab) -> Iterator[None]:
    (here.folder / "database-clock").write_text("-3600\n")
    yield
    (here.folder / "database-clock").write_text("+0\n")


@_fault(
    "name-unknown", "the database's host name unknown for 5 s, its connections cut", 5, lab.NAMES
)
def _name_unknown(here: Lab) -> Iterator[None]:
    with _without_name(here):
        yield


@_fault("name-silent", "the name server silent for 8 s, the connections cut", 8, lab.NAMES)
def _name_silent(here: Lab) -> Iterator[None]:
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.77", 53))
        with _without_name(here):
            yield


@contextmanager
def _without_name(here: Lab) -> Iterator[None]:
    hosts = here.folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    here.database.execute(_END_BACKENDS)
    yield
    hosts.write_text(f"127.0.0.1 localhost {lab.HOST}\n")


@_fault(
    "worker-killed",
    "one of two worker processes killed (SIGKILL)",
    0,
    lab.WORKERS,
    breaks_a_process=True,
)
def _worker_killed(here: Lab) -> Iterator[None]:
    here.workers()[0].kill()
    yield


@_fault(
    "worker-frozen",
    "one of two worker processes frozen (SIGSTOP) for good",
    0,
    lab.WORKERS,
    breaks_a_process=True,
)
def _worker_frozen(here: Lab) -> Iterator[None]:
    here.workers()[0].suspend()
    yield


@_fault("rolling-restart", "both workers replaced one after the other (SIGHUP)", 15, lab.WORKERS)
def _rolling_restart(here: Lab) -> Iterator[None]:
    here.registry.process.send_signal(signal.SIGHUP)
    yield


@_fault("embedded-killed", "the embedded PostgreSQL killed (SIGKILL)", 0, lab.EMBEDDED)
def _embedded_killed(here: Lab) -> Iterator[None]:
    for process in _embedded(here):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    yield


@_fault("embedded-frozen", "the embedded PostgreSQL frozen (SIGSTOP) for 10 s", 10, lab.EMBEDDED)
def _embedded_frozen(here: Lab) -> Iterator[None]:
    frozen = _embedded(here)
    for process in frozen:
        process.suspend()
    yield
    for process in frozen:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def _embedded(here: Lab) -> list[psutil.Process]:
    """The processes of the server's own PostgreSQL, the main one first."""
    file = here.folder / "registry" / "data" / "postgres" / "postmaster.pid"
    main = psutil.Process(int(file.read_text().split("\n", 1)[0]))
    return [main, *main.children(recursive=True)]
