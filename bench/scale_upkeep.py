"""Upkeep of a large database: VACUUM, what autovacuum does by itself, and the last migration."""

import time
from typing import Any

import psycopg

from bench import scale_sql
from bench.terminal import progress
from db.postgres import migrate

_CHANGED = """
    UPDATE provider_bindings SET weight = weight WHERE id IN (
        SELECT id FROM provider_bindings LIMIT (SELECT ceil({share}) FROM provider_bindings))
"""
# The default settings: autovacuum vacuums a table after changes of 50 rows and 20% of it.
_MAINTENANCE = {
    "VACUUM (ANALYZE)": "VACUUM (ANALYZE)",
    # without triggers, so that it is the table's own upkeep
    "no triggers": "SET session_replication_role = replica",
    "100,000 bindings changed": _CHANGED.format(share="least(100000, count(*))"),
    "VACUUM provider_bindings after it": "VACUUM provider_bindings",
    "25% of the bindings changed": _CHANGED.format(share="count(*) * 0.25"),
}
_AUTOVACUUM = """
    SELECT autovacuum_count, n_dead_tup, total_autovacuum_time / 1000
    FROM pg_stat_user_tables WHERE relname = 'provider_bindings'
"""


def measure(url: str, wait_s: float) -> dict[str, Any]:
    """The seconds of each statement, of the last migration down and up, and autovacuum's work."""
    progress("Upkeep")
    before = _autovacuum(url)
    took: dict[str, Any] = scale_sql.statements(url, _MAINTENANCE)
    del took["no triggers"]
    took["autovacuum"] = _waited(url, before[0], wait_s)
    took["last migration down"] = scale_sql.seconds(lambda: migrate.downgrade(url, "-1"))
    took["last migration up"] = scale_sql.seconds(lambda: migrate.upgrade(url))
    return took


def _waited(url: str, count: int, wait_s: float) -> dict[str, float | None]:
    """Seconds until autovacuum has vacuumed the bindings, and those that it worked."""
    began = time.monotonic()
    _, dead_rows, worked_s = _autovacuum(url)
    while time.monotonic() - began < wait_s:
        done, _, worked_after_s = _autovacuum(url)
        if done > count:
            ended_s = time.monotonic() - began
            return {"dead_rows": dead_rows, "after": ended_s, "worked": worked_after_s - worked_s}
        time.sleep(1)
    return {"dead_rows": dead_rows, "after": None, "worked": None}


def _autovacuum(url: str) -> tuple[int, int, float]:
    with psycopg.connect(url) as connection:
        ((count, dead_rows, worked_s),) = connection.execute(_AUTOVACUUM).fetchall()
    return count, dead_rows, worked_s
