"""The registry of cases.world: the first one of a run is made, and all others are its rows.

To make one by mutations takes 0.2 s, and hundreds of tests begin with one.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar, cast

import psycopg

from tests.db import kept_rows
from tests.db.kept_rows import Rows
from tests.graphql import GraphQL

T = TypeVar("T")
_FIRST = ("models", "providers", "tokens", "audit_events")  # an empty registry has no row of them


@dataclass(frozen=True, slots=True)
class _Kept:
    made: object
    rows: Rows
    were_empty: list[str]  # the tables that have rows only now
    archive: bytes
    archive_uri: str


_kept: list[_Kept] = []


async def made_once(gql: GraphQL, make: Callable[[GraphQL], Awaitable[T]]) -> T:
    """What `make` returned the first time, and the rows that it made, in an empty registry.

    In a registry that is not empty, it is made once more.
    """
    async with await gql.db.connect() as connected:
        url = connected.info.dsn
    if not _kept:
        before = kept_rows.read(url)
        made = await make(gql)
        if not any(before.tables[name] for name in _FIRST):
            _kept.append(await _keep(gql, url, before, made))
        return made
    with psycopg.connect(url) as connection:
        if kept_rows.are_empty(connection, _kept[0].were_empty):
            await _put(gql, connection, _kept[0])
            return cast(T, _kept[0].made)
    return await make(gql)


async def _keep(gql: GraphQL, url: str, before: Rows, made: object) -> _Kept:
    rows = kept_rows.changed(before, kept_rows.read(url))
    with psycopg.connect(url) as connection:
        archives = "SELECT archive_uri, archive_hash FROM model_versions WHERE archive_uri <> ''"
        ((uri, digest),) = connection.execute(archives).fetchall()
    assert gql.store
    archive = await gql.store.read(uri, digest)
    return _Kept(
        made, rows, [name for name in rows.tables if not before.tables[name]], archive, uri
    )


async def _put(gql: GraphQL, connection: psycopg.Connection, kept: _Kept) -> None:
    assert gql.store
    (stored,) = await gql.store.write([kept.archive])
    old, new = kept.archive_uri.encode(), stored.uri.encode()
    tables = {name: rows.replace(old, new) for name, rows in kept.rows.tables.items()}
    kept_rows.write(connection, Rows(tables, kept.rows.sequences))
