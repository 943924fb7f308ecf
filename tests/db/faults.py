"""Faults of a real PostgreSQL: frozen, read-only, ended connections."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil  # type: ignore[import-untyped]  # its stubs are a separate package
import psycopg


def database_name(url: str) -> str:
    """The name in the URL of a test's database."""
    return url.partition("?")[0].rpartition("/")[2]


def postmaster_of(url: str) -> psutil.Process:
    """The main process of the PostgreSQL behind a URL."""
    with psycopg.connect(url) as connection:
        return psutil.Process(connection.info.backend_pid).parent()


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """Stop PostgreSQL's main process and all others of it with SIGSTOP: nothing is answered."""
    postmaster = postmaster_of(url)
    processes = [postmaster, *postmaster.children(recursive=True)]
    try:
        for process in processes:
            _signal(process, signal.SIGSTOP)
        yield
    finally:
        for process in processes:
            _signal(process, signal.SIGCONT)


def _signal(process: psutil.Process, number: int) -> None:
    with suppress(ProcessLookupError):  # a backend may have ended meanwhile
        os.kill(process.pid, number)


def set_read_only(postgres_url: str, url: str, *, is_on: bool) -> None:
    """Make new sessions of a database read-only, or not; those that are open keep their mode."""
    name = database_name(url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        change = "SET default_transaction_read_only = on" if is_on else "RESET ALL"
        connection.execute(f"ALTER DATABASE {name} {change}")


def end_connections(postgres_url: str, url: str) -> int:
    """Terminate every connection to a database; their number."""
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        return len(connection.execute(ended, [database_name(url)]).fetchall())
