"""Runs transactions: repeats them on conflicts, and turns constraint violations into problems."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from db.postgres import errors
from db.postgres.engine import Database
from db.writes import conflicts
from domain.actors import Actor
from domain.problems import Refused

T = TypeVar("T")
Work = Callable[[AsyncSession], Awaitable[T]]

_TRIES_MAX = 8
_PAUSE_S = 0.005  # the longest before the second try; doubles each time, and is random


async def run(
    database: Database, work: Work[T], actor: Actor, *, request_id: str = "", action: str = ""
) -> T:
    """The result of `work` in a transaction of its own, which is rolled back if `work` raises.

    `work` may run several times, so it must change nothing but the database. Raises Refused with
    the problems that the caller can solve, including constraint violations.
    """

    async def attempt() -> T:
        async with database.write(actor, request_id=request_id, action=action) as session:
            return await work(session)

    return await retried(database, attempt)


async def retried(database: Database, attempt: Callable[[], Awaitable[T]]) -> T:
    """The result of a transaction, which is repeated when it conflicts with a concurrent one.

    Once, too, when it was read-only: perhaps its connection was opened while the database was.
    """
    for number in range(_TRIES_MAX):
        try:
            return await attempt()
        except (DBAPIError, psycopg.Error) as error:
            if number == 0 and errors.is_read_only(error):
                continue
            if not conflicts.is_worth_retrying(error) or number == _TRIES_MAX - 1:
                await _refuse(database, error)
                raise
            pause_s = random.uniform(0, _PAUSE_S * 2**number)  # noqa: S311  not a secret
            await asyncio.sleep(pause_s)
    raise AssertionError("the last attempt returns or raises")


async def tried(work: Awaitable[T]) -> tuple[T | None, str]:
    """The result of work that follows a commit, or why the database did not do it, in a line.

    For what somebody else does later: what is committed must not be told as a failure. A stop is
    one, also where an error of the database has taken its place.
    """
    try:
        return await work, ""
    except Exception as error:
        if not errors.is_of_database(error):
            raise
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        return None, errors.reason(error)


async def _refuse(database: Database, error: Exception) -> None:
    problem = await conflicts.problem_of(database.reader, error)
    if problem is not None:
        raise Refused(problem) from error
