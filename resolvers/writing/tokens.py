"""Mutations of tokens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID, uuid4

import strawberry

from db.tables import Token
from db.writes import tokens
from db.writes.tokens import IssuedToken
from domain import ids, rules
from domain.access import GRACE_MINUTES_MAX, TOKENS_FRESH_S, Role
from domain.problems import Invalid, NotFound, Problem, Refused
from resolvers.arguments import IDEMPOTENCY_KEY, describe, input_type, optional, required
from resolvers.context import Info
from resolvers.writing.transaction import refuse_if_any, write

GRACE_MINUTES = 60
_SHOWN_ONCE = " The result of a retry has the token and no secret, which is stored nowhere."


@input_type("A new token.")
class CreateTokenInput:
    name: str = required(
        "Unique for ever, also after the token is revoked: the audit log names it `token:<name>`. A"
        " lower-case letter or digit, then lower-case letters, digits and . _ -, up to 63"
        " characters."
    )
    role: Role = required("What its bearers may do.")
    expires_at: datetime | None = optional(
        "When it stops being valid, in the future; null: it is valid until it is revoked."
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY + _SHOWN_ONCE)


@input_type("A token that gets another secret.")
class RotateTokenInput:
    token: strawberry.ID = required("The token's ID.")
    grace_minutes: int = optional(
        f"For how many minutes the secrets before are valid, at most; 0 to {GRACE_MINUTES_MAX:,}"
        " (7 days). 0: they end at once.",
        default=GRACE_MINUTES,
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY + _SHOWN_ONCE)


@input_type("A token that is to be valid no more.")
class RevokeTokenInput:
    id: strawberry.ID = required("The token's ID.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


class ShownToken(NamedTuple):
    """A token and its new secret; None for a repeated call."""

    token: Token
    secret: str | None


async def create(
    info: Info, input: Annotated[CreateTokenInput, describe("The token.")]
) -> ShownToken:
    """Issue a token; its secret is in this response, and can never be read again."""
    refuse_if_any(input, rules.breaches({"name": input.name}, {"name": rules.token_name}))

    async def issue(session: Any) -> IssuedToken:
        return await tokens.create(session, input.name, input.role, input.expires_at)

    return await _issued(info, input, issue)


async def rotate(
    info: Info, input: Annotated[RotateTokenInput, describe("The token, and the time to change.")]
) -> ShownToken:
    """Give a token another secret; the one before is valid for `graceMinutes` more.

    The new secret is in this response, and can never be read again. Name, role and expiry stay.
    INVALID_STATE for a token that is revoked or has expired.
    """
    refuse_if_any(input, _grace_problems(input.grace_minutes))
    grace = timedelta(minutes=input.grace_minutes)

    async def issue(session: Any) -> IssuedToken:
        return await tokens.rotate(session, _key(input.token, "token"), grace)

    async with _known_everywhere():
        return await _issued(info, input, issue)


async def revoke(info: Info, input: Annotated[RevokeTokenInput, describe("The token.")]) -> Token:
    """Revoke a token for ever: no server accepts it any more, and its streams and sockets end.

    INVALID_STATE for a token that was revoked before. The last ADMIN token can be revoked, too:
    `registry token create` makes another one.
    """
    refuse_if_any(input)

    async def revoke_token(session: Any) -> Token:
        return await tokens.revoke(session, _key(input.id, "id"))

    async with _known_everywhere():
        return await write(info, input, revoke_token, action=tokens.REVOKED)


async def _issued(
    info: Info, input: Any, issue: Callable[[Any], Awaitable[IssuedToken]]
) -> ShownToken:
    """Issue a secret in a transaction; only the call whose mark is stored shows it."""
    secret, mark = "", uuid4().hex

    async def issue_and_mark(session: Any) -> tuple[Token, str]:
        nonlocal secret
        token, secret = await issue(session)
        return token, mark

    token, first_mark = await write(info, input, issue_and_mark)
    return ShownToken(token, secret if first_mark == mark else None)


@asynccontextmanager
async def _known_everywhere() -> AsyncIterator[None]:
    """Leave the block when every process has to look at the tokens again before it accepts a
    secret; also when the block is refused, as the token may have been revoked just before."""
    try:
        yield
    except Refused:
        await asyncio.sleep(TOKENS_FRESH_S)
        raise
    await asyncio.sleep(TOKENS_FRESH_S)


def _grace_problems(minutes: int) -> list[Problem]:
    if 0 <= minutes <= GRACE_MINUTES_MAX:
        return []
    message = f"graceMinutes must be from 0 to {GRACE_MINUTES_MAX}"
    return [Invalid(message, ("graceMinutes",))]


def _key(id: str, field: str) -> UUID:
    key = ids.decode(ids.TOKEN, id)
    if key is None:
        raise Refused(NotFound("the token does not exist", (field,)))
    return key
