"""Runs the change of a mutation in one transaction, in the caller's name."""

from collections.abc import Awaitable, Callable, Iterable
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from db.tables import IdempotencyKey
from db.tables.columns import VersionedRow
from db.writes import idempotency, single_statement, transactions
from domain import ids
from domain.problems import NotFound, Problem, Refused
from resolvers import nodes
from resolvers.context import Info

T = TypeVar("T")
RowT = TypeVar("RowT", bound=VersionedRow)
Change = Callable[[Any], Awaitable[T]]  # takes the transaction's session; may run several times


async def write(info: Info, change: Change[T], *, action: str = "") -> T:
    """The result of a change, in a transaction that the audit log signs with the caller."""
    context = info.context
    return await transactions.run(
        context.db, change, context.actor, request_id=context.request_id, action=action
    )


async def update_row(
    info: Info, table: type[RowT], prefix: str, input: Any, values: dict[str, Any]
) -> RowT:
    """The row of an input's id with new values, in one statement that the audit log signs."""
    key = decode_id(prefix, input.id)
    caller = single_statement.Caller(info.context.actor, info.context.request_id)
    return await single_statement.update(
        info.context.db, table, key, input.expected_revision, values, caller
    )


def node_ids(rows: Iterable[Any]) -> list[str]:
    """The ids of rows, to be stored with an idempotency key."""
    return [row.node_id for row in rows]


async def rows_by_node_ids(info: Info, node_ids: list[str]) -> list[Any]:
    """The rows of a first call, as they are now; refused when the first of them was deleted."""
    rows = await nodes.by_ids(info, node_ids)  # type: ignore[arg-type]  # ids are text
    if rows[0] is None:
        message = "the first call with this key created an object that has been deleted since"
        raise Refused(NotFound(message, ("idempotencyKey",)))
    return [row for row in rows if row is not None]


async def write_once(
    info: Info,
    operation: str,
    input: Any,
    change: Change[T],
    ids_of: Callable[[Any], list[str]] = node_ids,
    recall: Callable[[Info, list[str]], Awaitable[Any]] = rows_by_node_ids,
) -> T:
    """The result of a change, or of the first call with the input's idempotency key.

    `ids_of` gives the ids to store with the key; `recall` gives the result that such ids stand for.
    """
    if input.idempotency_key is None:
        return await write(info, change)
    key = IdempotencyKey(
        actor=info.context.actor,
        operation=operation,
        key=input.idempotency_key,
        input_hash=sha256(repr(input).encode(errors="surrogatepass")).hexdigest(),
    )

    async def claim_and_change(session: Any) -> T:
        claimed = await idempotency.claim(session, key)
        result = await change(session)
        claimed.result_ids = ids_of(result)
        return result

    try:
        return await write(info, claim_and_change)
    except idempotency.RepeatedCall as repeated:
        first_result: T = await recall(info, repeated.result_ids)
        return first_result


def refuse_if_any(problems: Iterable[Problem]) -> None:
    """Raise Refused with all the problems, if there are any."""
    every = tuple(problems)
    if every:
        raise Refused(*every)


def decode_id(prefix: str, text: str, *path: str) -> UUID:
    """The key behind an id in an input; refused as NOT_FOUND when it is not an id of this type."""
    key = ids.decode(prefix, text)
    if key is None:
        raise Refused(NotFound(f"there is no object with the id {text[:64]!r}", path or ("id",)))
    return key
