"""The faults. Each is a block: what is broken is broken while the block runs."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import psycopg

from deploy.lab import processes
from deploy.lab.faults import disks, lab, seed
from deploy.lab.faults.fault import fault
from deploy.lab.faults.lab import Lab
from deploy.lab.registry import ROOT

_END_BACKENDS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


@fault("stopped", "database stopped at once (SIGINT) for 5 s")
def _stopped(here: Lab) -> Iterator[None]:
    here.database.stop(signal.SIGINT)
    yield
    here.database.start()


@fault("restarted", "database restarted", 0)
def _restarted(here: Lab) -> Iterator[None]:
    here.database.stop(signal.SIGINT)
    here.database.start()
    yield


@fault("stopping", "database told to wait for its clients (SIGTERM) for 5 s, then stopped")
def _stopping(here: Lab) -> Iterator[None]:
    process = here.database.process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    yield
    here.database.stop(signal.SIGINT)
    here.database.start()


@fault("killed", "database killed (SIGKILL), started after 5 s")
def _killed(here: Lab) -> Iterator[None]:
    here.database.kill()
    yield
    here.database.start()


@fault("frozen", "database frozen (SIGSTOP) for 10 s", 10)
def _frozen(here: Lab) -> Iterator[None]:
    here.database.signal_all(signal.SIGSTOP)
    yield
    here.database.signal_all(signal.SIGCONT)


@fault("terminated", "all connections of the database terminated once", 0)
def _terminated(here: Lab) -> Iterator[None]:
    here.database.execute(_END_BACKENDS)
    yield


@fault("terminated-often", "all connections terminated each 0.5 s for 5 s")
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


@fault("read-only", "database read-only (ALTER SYSTEM) for 5 s")
def _read_only(here: Lab) -> Iterator[None]:
    _set(here, "default_transaction_read_only = on")
    yield
    _set(here, "default_transaction_read_only = off")


def _set(here: Lab, setting: str) -> None:
    with psycopg.connect(here.database.url_of("postgres"), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")


@fault("disk-full", "disk of the database full for 8 s", 8)
def _disk_full(here: Lab) -> Iterator[None]:
    with disks.full(here.folder / "disk"):
        yield
    if here.database.process is not None and here.database.process.poll() is not None:
        here.database.start()  # it had ended: an operator starts it


@fault("disk-full-import", "disk full in the middle of `registry import`", 0)
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


@fault("locked", "a table locked (ACCESS EXCLUSIVE) for 10 s", 10)
def _locked(here: Lab) -> Iterator[None]:
    with psycopg.connect(here.database.url) as connection:
        connection.execute("LOCK TABLE models IN ACCESS EXCLUSIVE MODE")
        yield


@fault("too-many", "all connections taken by others for 8 s, after the server lost its own", 8)
def _too_many(here: Lab) -> Iterator[None]:
    others: list[psycopg.Connection[object]] = []
    here.database.execute(_END_BACKENDS)
    with suppress(psycopg.OperationalError):
        while True:
            others.append(psycopg.connect(here.database.url_of("postgres")))
    yield
    for other in others:
        other.close()


@fault("cold-full", "disk of the archives full for 6 s", 6, has_archives=True)
def _cold_full(here: Lab) -> Iterator[None]:
    with disks.full(here.cold):
        yield


@fault("retention-full", "disk of the archives full while retention archives for 6 s", 6)
def _retention_full(here: Lab) -> Iterator[None]:
    """It archives versions of a model of its own; what it could not do, it does afterwards."""
    name = seed.retained(here.registry.url)
    with disks.full(here.cold):
        refused = _retention(here, name)
        yield
    assert refused.returncode == 1, refused.stdout
    assert "Traceback" not in refused.stdout, refused.stdout
    assert _archived(here, name) == 0
    done = _retention(here, name)
    assert done.returncode == 0, done.stdout
    assert _archived(here, name) > 0


def _retention(here: Lab, name: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "server", "retention", "apply", "--model", name, "--yes"]
    variables = {
        **os.environ,
        "DATABASE_URL": here.database_url,
        "REGISTRY_ARCHIVE_URL": here.cold.as_uri(),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=variables,
        cwd=here.folder,
        text=True,
        timeout=60,
        check=False,
    )


def _archived(here: Lab, name: str) -> int:
    """How many versions of a model are archived."""
    with psycopg.connect(here.database_url) as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM model_versions JOIN models ON models.id = model_id"
            " WHERE name = %s AND model_versions.status = 'ARCHIVED'",
            [name],
        ).fetchone() or (0,)
    return int(count)


@fault("cold-refused", "S3 refuses connections for 8 s", 8, lab.S3_BY_PROXY, has_archives=True)
def _cold_refused(here: Lab) -> Iterator[None]:
    assert here.s3_proxy is not None
    here.s3_proxy.stop()
    yield
    here.s3_proxy.start()


@fault("cold-corrupt", "one byte of each archive changed for 6 s", 6, has_archives=True)
def _cold_corrupt(here: Lab) -> Iterator[None]:
    kept = {file: file.read_bytes() for file in here.cold.glob("*/*.zst")}
    for file, data in kept.items():
        file.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    yield
    for file, data in kept.items():
        if file.exists():
            file.write_bytes(data)


@fault("cold-frozen", "S3 does not answer (SIGSTOP) for 10 s", 10, lab.S3, has_archives=True)
def _cold_frozen(here: Lab) -> Iterator[None]:
    assert here.s3 is not None
    os.killpg(here.s3.pid, signal.SIGSTOP)
    yield
    os.killpg(here.s3.pid, signal.SIGCONT)


@fault("cold-slow", "S3 answers in 1 s parts (SIGSTOP and SIGCONT)", 8, lab.S3, has_archives=True)
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


@fault("clock-ahead", "the server's clock 1 h ahead for 5 s", 5, lab.CLOCK)
def _clock_ahead(here: Lab) -> Iterator[None]:
    (here.folder / "clock").write_text("+3600\n")
    yield
    (here.folder / "clock").write_text("+0\n")


@fault("clock-behind", "the server's clock 1 h behind for 5 s", 5, lab.CLOCK)
def _clock_behind(here: Lab) -> Iterator[None]:
    (here.folder / "clock").write_text("-3600\n")
    yield
    (here.folder / "clock").write_text("+0\n")


@fault("database-clock", "the database's clock 1 h behind for 5 s", 5, lab.CLOCK)
def _database_clock(here: Lab) -> Iterator[None]:
    (here.folder / "database-clock").write_text("-3600\n")
    yield
    (here.folder / "database-clock").write_text("+0\n")


@fault(
    "name-unknown", "the database's host name unknown for 5 s, its connections cut", 5, lab.NAMES
)
def _name_unknown(here: Lab) -> Iterator[None]:
    with _without_name(here):
        yield


@fault("name-silent", "the name server silent for 8 s, the connections cut", 8, lab.NAMES)
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
