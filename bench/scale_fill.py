"""Fills a database by the synthetic import, and multiplies it by copies that PostgreSQL makes.

The import shows what loading costs, audit log included. Copies show what reading costs: they have
the rows and the indexes of an import, but no events in the audit log, for their triggers are off.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import sql

from bench.terminal import progress

# A copy is older by 2^32 ms: its UUIDv7s lie before those of the last copy, in one piece.
_AGE_S = 2**32 / 1000
_OLDER = """
CREATE FUNCTION pg_temp.older(id uuid, copies int) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN (lpad(to_hex(('x' || substr(id::text, 1, 4))::bit(16)::int - copies), 4, '0')
    || substr(id::text, 5))::uuid
"""
TABLES = ("models", "model_versions", "provider_bindings", "prices")
_IDS = ("id", "model_id", "version_id", "binding_id")
_TIMES = ("created_at", "updated_at")
_CHANGED = {
    ("models", "name"): "name || '-c' || {copy}",
    ("model_versions", "content_hash"): "encode(sha256(({copy} || content_hash)::bytea), 'hex')",
    ("provider_bindings", "provider_model_id"): "provider_model_id || '-c' || {copy}",
}
_COLUMNS = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'
    ORDER BY ordinal_position
"""
# Indexes that no constraint owns; those of a key stay, so that a wrong copy fails.
_INDEXES = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = ANY(%s::regclass[])
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)
    ORDER BY 1
"""


def multiply(url: str, times: int) -> Mapping[str, float]:
    """Make `times` - 1 copies of all rows; the seconds of copies, of indexes and of a VACUUM."""
    took: dict[str, float] = {}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute("SET statement_timeout = 0")
        connection.execute(_OLDER)
        if times > 1:
            indexes = connection.execute(_INDEXES, [list(TABLES)]).fetchall()
            for name, _ in indexes:
                connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
            with _timed(took, "copies"):
                _copy(connection, times)
            with _timed(took, "indexes"):
                for name, definition in indexes:
                    progress(f"  index {name}")
                    connection.execute(definition)
        with _timed(took, "vacuum"):
            connection.execute(f"VACUUM (ANALYZE) {', '.join((*TABLES, 'audit_events'))}")
    return took


def _copy(connection: psycopg.Connection, times: int) -> None:
    """Copies of the rows that are there; copies lie before them, by their older ids."""
    for table in TABLES:
        columns = [name for (name,) in connection.execute(_COLUMNS, [table])]
        first = connection.execute(f"SELECT min(id::text) FROM {table}").fetchone()
        assert first is not None
        for copy in range(times - 1, 0, -1):  # the oldest first, as the rows of a registry grew
            progress(f"  copying {table}: {copy} left")
            statement = sql.SQL(
                "INSERT INTO {table} ({columns})"
                " SELECT {values} FROM {table} t WHERE t.id >= {first}"
            ).format(
                table=sql.Identifier(table),
                columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
                values=sql.SQL(", ").join(_value(table, column, copy) for column in columns),
                first=sql.Literal(first[0]),
            )
            connection.execute(statement)


def _value(table: str, column: str, copy: int) -> sql.Composable:
    parts = {"column": sql.Identifier("t", column), "copy": sql.Literal(copy)}
    if changed := _CHANGED.get((table, column)):
        return sql.SQL(changed).format(**parts)
    if column in _IDS:
        return sql.SQL("pg_temp.older({column}, {copy})").format(**parts)
    if column in _TIMES:
        return sql.SQL("{column} - make_interval(secs => {age})").format(
            **parts, age=sql.Literal(_AGE_S * copy)
        )
    return parts["column"]


@contextmanager
def _timed(took: dict[str, float], name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    took[name] = time.monotonic() - began
