"""Rows that were added to an empty registry, kept to put them into another empty one."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

_TABLES = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"""
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of each table as COPY writes them, and the last value of each sequence."""

    tables: dict[str, bytes]
    sequences: dict[str, int]


def read(url: str) -> Rows:
    """All rows of a database."""
    tables = {}
    with psycopg.connect(url) as connection:
        for (name,) in connection.execute(_TABLES).fetchall():
            copying = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))
            with connection.cursor().copy(copying) as copy:
                tables[name] = b"".join(copy)
        return Rows(tables, dict(connection.execute(_SEQUENCES).fetchall()))


def changed(before: Rows, after: Rows) -> Rows:
    """The rows after, of the tables whose rows have changed."""
    names = [name for name, rows in after.tables.items() if rows != before.tables[name]]
    return Rows({name: after.tables[name] for name in names}, after.sequences)


def write(connection: psycopg.Connection, rows: Rows) -> None:
    """Replace the rows of these tables; no trigger runs, and no reference is checked."""
    connection.execute("SET LOCAL session_replication_role = replica")
    for name, text in rows.tables.items():
        table = sql.Identifier(name)
        connection.execute(sql.SQL("DELETE FROM {}").format(table))
        with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
            copy.write(text)
    for sequence in rows.sequences.items():
        connection.execute("SELECT setval(%s, %s)", sequence)


def are_empty(connection: psycopg.Connection, names: list[str]) -> bool:
    """Whether none of these tables has a row."""
    each = [sql.SQL("EXISTS (SELECT FROM {})").format(sql.Identifier(name)) for name in names]
    has_rows = connection.execute(sql.SQL("SELECT {}").format(sql.SQL(" OR ").join(each)))
    return has_rows.fetchone() == (False,)
