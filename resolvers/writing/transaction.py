"""How every mutation writes: one transaction in the caller's name, refused as a whole or kept."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from db.tables import IdempotencyKey
from db.writes import idempotency, single_statement, transactions
from domain import ids
from domain.problems import NotFound, Problem, Refused
from resolvers import nodes
from resolvers.context import Info

T = TypeVar("T")
Work = Callable[[Any], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Recalled:
    """The ids that the first call with the same idempotency key gave."""

    ids: list[str]


async def write(info: Info, work: Work[T], *, action: str = "") -> T:
    """What `work` gives, in a transaction of its own that the audit log signs with the caller."""
    context = info.context
    return await transactions.run(
        context.db, work, context.actor, request_id=context.request_id, action=action
    )


async def update_row(
    info: Info, table: Any, key: UUID, expected_revision: int | None, values: dict[str, Any]
) -> Any:
    """A row with new values, in a transaction of its own that the audit log signs."""
    caller = single_statement.Caller(info.context.actor, info.context.request_id)
    return await single_statement.update(
        info.context.db, table, key, expected_revision, values, caller
    )


async def write_once(
    info: Info, operation: str, input: Any, work: Work[Sequence[Any]]
) -> Sequence[Any]:
    """The rows that `work` makes, or made when it ran first under the input's idempotency key."""
    made = await write_or_recall(
        info, operation, input, work, lambda rows: [row.node_id for row in rows]
    )
    return await _rows(info, made.ids) if isinstance(made, Recalled) else made


async def write_or_recall(
    info: Info,
    operation: str,
    input: Any,
    work: Work[T],
    ids_of: Callable[[T], list[str]],
) -> "T | Recalled":
    """What `work` makes, or the ids kept when it ran first under the input's idempotency key."""
    if input.idempotency_key is None:
        return await write(info, work)
    key = _key(info, operation, input)

    async def once(session: Any) -> T | Recalled:
        kept = await idempotency.claim(session, key)
        if kept is not None:
            return Recalled(kept)
        made = await work(session)
        await idempotency.keep(session, key, ids_of(made))
        return made

    return await write(info, once)


def refuse_if(problems: Iterable[Problem]) -> None:
    """Refuse with all the problems, if there is one."""
    found = tuple(problems)
    if found:
        raise Refused(*found)


def key_of(prefix: str, text: str, *path: str) -> UUID:
    """The key behind an id that a write names; refused as not found when it can be none."""
    key = ids.decode(prefix, text)
    if key is None:
        raise Refused(NotFound(f"no object has the id {text[:64]!r}", path or ("id",)))
    return key


def _key(info: Info, operation: str, input: Any) -> IdempotencyKey:
    return IdempotencyKey(
        actor=info.context.actor,
        operation=operation,
        key=input.idempotency_key,
        input_hash=sha256(repr(input).encode(errors="surrogatepass")).hexdigest(),
    )


async def _rows(info: Info, kept: list[str]) -> list[Any]:
    rows = await nodes.by_ids(info, kept)  # type: ignore[arg-type]  # ids are text
    if rows[0] is None:
        message = "what this key made first has been deleted since"
        raise Refused(NotFound(message, ("idempotencyKey",)))
    return [row for row in rows if row is not None]
