"""What a soak runs on: PostgreSQL, PgBouncer and a server of two processes, in a folder."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from db.postgres import migrate
from deploy.lab import pgbouncer, postgres, processes, registry
from deploy.lab.pgbouncer import PgBouncer
from deploy.lab.postgres import Postgres
from deploy.lab.registry import Registry

_READY_S = 60.0
WORKERS = 2


@dataclass(slots=True)
class Lab:
    """The components, and the folder of cold storage."""

    folder: Path
    database: Postgres
    pooler: PgBouncer
    served: Registry

    @property
    def archives(self) -> Path:
        """The folder of cold storage."""
        return self.folder / "registry" / "data" / "archives"

    @property
    def temporary(self) -> Path:
        """The folder of the server's temporary files."""
        return self.folder / "registry" / "tmp"

    def workers(self) -> list[psutil.Process]:
        """The processes that answer requests, the oldest first."""
        children = psutil.Process(self.served.process.pid).children()
        found = [each for each in children if _is_worker(each)]
        return sorted(found, key=lambda each: each.create_time())

    def is_ready(self) -> bool:
        """Whether the server answers, and has all its processes."""
        return len(self.workers()) == WORKERS and registry.answers(f"{self.served.url}/readyz", 2)

    def wait_until_ready(self) -> float:
        """Wait until both processes answer, and return the seconds that it took.

        A connection may reach either process, so several answers in a row count.
        """
        began = time.monotonic()
        for _ in range(5):
            processes.wait_until(self.is_ready, "the registry", _READY_S)
        return time.monotonic() - began


@contextmanager
def running(folder: Path) -> Iterator[Lab]:
    """The lab for the length of the block; the registry has its first catalog."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres.running(folder / "postgres"))
        migrate.upgrade(database.url)  # not through PgBouncer
        pooler = stack.enter_context(pgbouncer.running(folder / "pgbouncer", database.url))
        temporary = folder / "registry" / "tmp"
        temporary.mkdir(parents=True)
        variables = {
            "REGISTRY_POOLER": "transaction",
            "REGISTRY_PREPARED_STATEMENTS": "false",  # Debian 12 has PgBouncer 1.18
            "REGISTRY_LISTEN_URL": database.url,
            "REGISTRY_FIRST_CATALOG": "genai-prices",
            "REGISTRY_LOG_LEVEL": "warning",
            "TMPDIR": str(temporary),
        }
        served = stack.enter_context(
            registry.serving(
                folder / "registry",
                pooler.url,
                *("--workers", str(WORKERS)),
                variables=variables,
            )
        )
        lab = Lab(folder, database, pooler, served)
        lab.wait_until_ready()
        yield lab


def kill_youngest_worker(lab: Lab) -> None:
    """Kill a process of the server; the oldest one lives on, so that its memory can be followed."""
    lab.workers()[-1].send_signal(signal.SIGKILL)


def _is_worker(process: psutil.Process) -> bool:
    """Neither Python's own helper of several processes, nor one that has just ended."""
    try:
        return "resource_tracker" not in " ".join(process.cmdline())
    except psutil.Error:
        return False
