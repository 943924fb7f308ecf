"""How to hold a session's settings behind a connection pooler such as PgBouncer.

A pooler refuses startup options. In session mode a client has a server's session for itself, and
can set it when it connects. In transaction mode each transaction may run in another session: what
must hold is set inside each transaction, and anything else of a session, such as LISTEN or an
advisory lock, needs another URL.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import psycopg
from psycopg import sql

_Connection: TypeAlias = psycopg.AsyncConnection[Any]

_TRIES = 5  # at finding two clients in one session
_WAIT_S = 3.0  # for them together
_CONNECT_TIMEOUT_S = 5
_TIMEOUT = "statement_timeout"
_SELECT_TIMEOUT = """
    SELECT (extract(epoch FROM current_setting('statement_timeout')::interval) * 1000)::bigint
"""
_ZONE = "timezone"  # PostgreSQL reports it, so poolers keep it for each client


class Pooler(StrEnum):
    """What is between the registry and PostgreSQL."""

    NONE = "none"
    SESSION = "session"
    TRANSACTION = "transaction"


@dataclass(frozen=True, slots=True)
class Found:
    """What a URL leads to. `keeps_statements`: prepared statements work in each transaction."""

    pooler: Pooler
    keeps_statements: bool = True


def startup_options(pooler: Pooler, settings: Mapping[str, str]) -> str | None:
    """The startup parameter `options` that sets them for a session; None where it is refused."""
    if pooler is not Pooler.NONE:
        return None
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


async def begin(connection: _Connection, pooler: Pooler, settings: Mapping[str, str]) -> bool:
    """Set up a new connection, in autocommit; returns whether each transaction needs the settings.

    In transaction mode they need not be sent where the role, or the pooler's connect_query, has a
    statement timeout that is as short.
    """
    if pooler is Pooler.NONE:
        return False
    if pooler is Pooler.SESSION:
        await connection.execute(_set(settings, is_local=False), prepare=False)
        return False
    await connection.execute(_set({_ZONE: settings[_ZONE]}, is_local=False), prepare=False)
    cursor = await connection.execute(_SELECT_TIMEOUT, prepare=False)
    ((timeout_ms,),) = await cursor.fetchall()
    return not 0 < timeout_ms <= int(settings[_TIMEOUT])


def transaction_settings(settings: Mapping[str, str]) -> sql.SQL:
    """The statement that sets them for the rest of a transaction."""
    return _set({k: v for k, v in settings.items() if k != _ZONE}, is_local=True)


def _set(settings: Mapping[str, str], *, is_local: bool) -> sql.SQL:
    calls = (f"set_config('{name}', '{value}', {is_local})" for name, value in settings.items())
    return sql.SQL("SELECT " + ", ".join(calls))


def refuses_options(error: BaseException) -> bool:
    """Whether a pooler has refused a connection for its startup options."""
    return "unsupported startup parameter" in str(error)


async def detect(url: str) -> Found:
    """What a URL leads to, by two connections to it.

    A pooler gives its clients process numbers of its own. In transaction mode, a client's next
    transaction runs in the session that another client has just left. A pooler that keeps
    prepared statements gives them names of its own. Raises psycopg.OperationalError.
    """
    async with await _connected(url) as one, await _connected(url) as two:
        if one.info.backend_pid == await _session(one):
            return Found(Pooler.NONE)
        with suppress(TimeoutError):  # in session mode the second may wait for the first
            async with asyncio.timeout(_WAIT_S):
                for _ in range(_TRIES):
                    if await _share_a_session(one, two):
                        return Found(Pooler.TRANSACTION, await _keeps_statements(one))
    return Found(Pooler.SESSION)


async def _connected(url: str) -> _Connection:
    return await psycopg.AsyncConnection.connect(
        url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S
    )


async def _share_a_session(one: _Connection, two: _Connection) -> bool:
    left = await _session(one)
    async with two.transaction():
        return await _session(two) == left or await _session(one) != left


async def _session(connection: _Connection) -> int:
    cursor = await connection.execute("SELECT pg_backend_pid()", prepare=False)
    ((pid,),) = await cursor.fetchall()
    return int(pid)


async def _keeps_statements(connection: _Connection) -> bool:
    """Whether a prepared statement has another name than psycopg gave it; leaves none behind."""
    statement = "SELECT name FROM pg_prepared_statements WHERE statement LIKE '%registry probe%'"
    try:
        async with connection.transaction():
            names = await (await connection.execute(statement, prepare=True)).fetchall()
            await connection.execute("DEALLOCATE ALL")
    except psycopg.errors.DuplicatePreparedStatement:  # of another client of this session
        return False
    return bool(names) and not any(name.startswith("_pg3_") for (name,) in names)
