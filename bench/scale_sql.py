"""What PostgreSQL says of a large database: sizes, log, cache, vacuum, dumps."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import psycopg

from db.postgres import embedded
from deploy.lab import postgres

_SIZES = """
    SELECT relname, greatest(reltuples, 0)::bigint, pg_table_size(oid), pg_indexes_size(oid)
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    ORDER BY pg_total_relation_size(oid) DESC LIMIT 8
"""
_INDEX_SIZES = """
    SELECT c.relname, pg_relation_size(c.oid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = 'public'::regnamespace ORDER BY 2 DESC LIMIT 12
"""
_BLOCKS = "SELECT blks_hit, blks_read FROM pg_stat_database WHERE datname = current_database()"

SETTLE_S = 1.1  # backends report their counters once a second
_PRECISE_S = 1.0  # shorter measurements show that everything works, and no figures


def is_precise(seconds: float) -> bool:
    """Whether a measurement of so many seconds gives figures."""
    return seconds >= _PRECISE_S


def settle_s(seconds: float) -> float:
    """The wait for counters after a measurement of so many seconds."""
    return SETTLE_S if is_precise(seconds) else 0.0


@dataclass(frozen=True, slots=True)
class TableSize:
    """A table: its rows as of the last ANALYZE, and the bytes of its rows and of its indexes."""

    name: str
    rows: int
    table_bytes: int
    index_bytes: int


def sizes(url: str) -> list[TableSize]:
    """The largest tables, largest first."""
    with psycopg.connect(url) as connection:
        return [TableSize(*row) for row in connection.execute(_SIZES).fetchall()]


def index_sizes(url: str) -> dict[str, int]:
    """The bytes of the largest indexes, largest first."""
    with psycopg.connect(url) as connection:
        return dict(connection.execute(_INDEX_SIZES).fetchall())


def total_bytes(url: str) -> int:
    """The bytes of the database."""
    with psycopg.connect(url) as connection:
        ((size,),) = connection.execute("SELECT pg_database_size(current_database())").fetchall()
    return int(size)


@contextmanager
def counting(url: str, into: dict[str, float], settle_s: float = SETTLE_S) -> Iterator[None]:
    """Add what the block did: bytes of WAL, and the share of blocks that were in shared_buffers.

    Without `settle_s` the blocks of the last second are missing.
    """
    wal, hit, read = _counters(url)
    began = time.monotonic()
    yield
    into["seconds"] = time.monotonic() - began
    time.sleep(settle_s)
    wal_after, hit_after, read_after = _counters(url)
    into["wal_bytes"] = wal_after - wal
    blocks = (hit_after - hit) + (read_after - read)
    into["blocks"] = blocks
    into["hit_share"] = (hit_after - hit) / blocks if blocks else 1.0


def _counters(url: str) -> tuple[int, int, int]:
    with psycopg.connect(url) as connection:
        ((wal,),) = connection.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").fetchall()
        ((hit, read),) = connection.execute(_BLOCKS).fetchall()
    return int(wal), hit, read


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def statements(url: str, texts: Mapping[str, str]) -> dict[str, float]:
    """The seconds that each statement takes, by name."""
    took = {}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
        for name, text in texts.items():
            took[name] = seconds(lambda text=text: connection.execute(text))
    return took


def figures(url: str) -> dict[str, Any]:
    """The bytes of the database, of its largest tables and of its largest indexes."""
    return {
        "bytes": total_bytes(url),
        "tables": [asdict(each) for each in sizes(url)],
        "indexes": index_sizes(url),
    }


def backups(url: str) -> dict[str, dict[str, float]]:
    """Seconds and bytes of pg_dump in its compressed format, and of pg_basebackup as it is."""
    dump = ("pg_dump", "-Fc", "-Z", "1", "-d", url)
    base = ("pg_basebackup", "-d", url, "-D", "-", "-Ft", "-X", "fetch", "-c", "fast")
    found = {}
    for command in (dump, (*base, "--no-manifest")):
        took_s, written = _piped([str(embedded.BINARIES / command[0]), *command[1:]])
        found[command[0]] = {"seconds": round(took_s, 1), "bytes": written}
    return found


def _piped(command: list[str]) -> tuple[float, int]:
    began, written = time.monotonic(), 0
    user = postgres.system_user()
    with subprocess.Popen(command, stdout=subprocess.PIPE, user=user) as process:
        assert process.stdout is not None
        while block := process.stdout.read(2**20):
            written += len(block)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed: {process.returncode}")
    return time.monotonic() - began, written
