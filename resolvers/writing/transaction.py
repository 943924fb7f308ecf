"""Runs the change of a mutation in one transaction, in the caller's name."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from db.postgres.errors import CommitCancelled, CommitLost
from db.postgres.reader import Source
from db.tables import IdempotencyKey
from db.tables.columns import VersionedRow
from db.writes import idempotency, rows, single_statement, transactions
from domain import rules
from domain.outcomes import WriteOutcome
from domain.problems import Problem, Refused
from resolvers.context import Info
from resolvers.writing import canonical, results, secrets

T = TypeVar("T")
RowT = TypeVar("RowT", bound=VersionedRow)
Change = Callable[[Any], Awaitable[T]]  # takes the transaction's session; may run several times
KeyOf = Callable[[Source], Awaitable[UUID]]  # finds the key of the row that an input names


async def write(
    info: Info,
    input: Any,
    change: Change[T],
    *,
    action: str = "",
    digest: Callable[[Any], str] = canonical.digest,
) -> T:
    """The result of a change, or of the first call with the input's idempotency key.

    The change is a transaction that the audit log signs with the caller. All that depends on the
    database belongs into it: a repeated call must not be refused because of what the first one did.
    What its result can be is in `results.stored`; a repeated call returns a plain tuple for a
    NamedTuple.
    """
    if input.idempotency_key is None:
        return await _run(info, change, action)
    key = _key(info, input, digest)

    async def claim_and_change(session: Any) -> T:
        claimed = await idempotency.claim(session, key)
        result = await change(session)
        claimed.result_ids = results.stored(result)
        await session.flush()
        return result

    try:
        return await _run(info, claim_and_change, action)
    except idempotency.RepeatedCall as repeated:
        return await _recalled(info, repeated.result)  # type: ignore[no-any-return]  # a T was stored


async def first_result(info: Info, input: Any) -> Any:
    """The result of the first call with the input's idempotency key; None if this is the first.

    For a mutation that has to read before its transaction.
    """
    if input.idempotency_key is None:
        return None
    try:
        await idempotency.look_up(info.context.db.reader, _key(info, input))
    except idempotency.RepeatedCall as repeated:
        return await _recalled(info, repeated.result)
    return None


async def update_row(
    info: Info, table: type[RowT], input: Any, key_of: KeyOf, values: dict[str, Any]
) -> RowT:
    """The row that an input names, with new values; without an idempotency key by one statement."""
    context, expected = info.context, input.expected_revision
    if input.idempotency_key is None:
        caller = single_statement.Caller(context.actor, context.request_id)
        key = await key_of(context.db.reader)
        return await _noted(
            info, single_statement.update(context.db, table, key, expected, values, caller)
        )

    async def update(session: Any) -> RowT:
        return await rows.update(session, table, await key_of(session), expected, values)

    return await write(info, input, update)


def refuse_if_any(input: Any, problems: Iterable[Problem] = ()) -> None:
    """Raise Refused if there are problems, or if the input's idempotency key is invalid.

    A secret in the input is a problem, and the only one that is named of its field: the message of
    another could quote it.
    """
    leaks = [*secrets.problems(input)]
    places = [leak.path for leak in leaks]
    every = [*(problem for problem in problems if not _is_about(problem.path, places)), *leaks]
    if input.idempotency_key is not None and ("idempotencyKey",) not in places:
        key = {"idempotency_key": input.idempotency_key}
        every += rules.breaches(key, {"idempotency_key": rules.idempotency_key})
    if every:
        raise Refused(*every)


def _is_about(path: Sequence[str], places: Iterable[Sequence[str]]) -> bool:
    """Whether a path is that of a place, leads to it, or lies in it."""
    return any(
        all(step == other for step, other in zip(path, place, strict=False)) for place in places
    )


async def _run(info: Info, change: Change[T], action: str) -> T:
    context = info.context
    return await _noted(
        info,
        transactions.run(
            context.db, change, context.actor, request_id=context.request_id, action=action
        ),
    )


async def _noted(info: Info, writing: Awaitable[T]) -> T:
    """The result of a write; the context learns that it was committed, or that this is unknown."""
    outcomes, key = info.context.outcomes, str(info.path.key)
    try:
        result = await writing
    except (CommitLost, CommitCancelled):
        outcomes[key] = WriteOutcome.UNKNOWN
        raise
    outcomes[key] = WriteOutcome.COMMITTED
    return result


async def _recalled(info: Info, stored: list[Any]) -> Any:
    info.context.outcomes[str(info.path.key)] = WriteOutcome.COMMITTED  # by the first call
    return await results.recalled(info.context.db.reader, stored)


def _key(info: Info, input: Any, digest: Callable[[Any], str] = canonical.digest) -> IdempotencyKey:
    return IdempotencyKey(
        actor=info.context.actor,
        operation=info.field_name,
        key=input.idempotency_key,
        input_hash=digest(input),
    )
