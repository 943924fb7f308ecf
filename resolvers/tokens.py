"""The caller, and the fields of tokens."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from db.reads import tokens
from db.tables import Token
from domain.access import Identity, RateLimit, Role
from resolvers import connections
from resolvers.context import Info
from resolvers.orders import BY_NAME
from resolvers.parents import attributes, loaded


@dataclass(frozen=True, slots=True)
class Viewer:
    """A caller, as it sees itself; `token_id` is None for one without a token of this registry.

    `rate_limit` is None for one whose points are not counted.
    """

    name: str
    role: Role
    token_id: UUID | None
    rate_limit: RateLimit | None


async def viewer(info: Info) -> Viewer:
    """The caller: its name in the audit log, its role, and the tokens that it may see."""
    identity = info.context.identity
    return Viewer(identity.name, identity.role, identity.token_id, info.context.rate_limit)


async def tokens_of_viewers(info: Info, parents: list[Viewer]) -> list[Token | None]:
    """The token that the caller has sent; null without one, and for one of an identity provider."""
    load = partial(tokens.by_ids, attributes=attributes(info))
    return await loaded(info, [row.token_id for row in parents], load)


async def last_uses(info: Info, parents: list[Token]) -> list[datetime | None]:
    """When it was last used, up to a minute late; null before its first use.

    A server writes uses about once a minute, and when it stops; one that is killed forgets those of
    the last minute.
    """
    uses = await loaded(info, [row.id for row in parents], tokens.uses_by_tokens)
    return [None if use is None else use.last_used_at for use in uses]


def visible(identity: Identity) -> dict[str, Any]:
    """The condition on the tokens that a caller may see."""
    if identity.may(Role.ADMIN):
        return {}
    return {"ids": [] if identity.token_id is None else [identity.token_id]}


token_pages = connections.of_caller(
    tokens.LISTING,
    Viewer,
    "The tokens that the caller may see, sorted by name: all for an ADMIN, its own for any other.",
    default=BY_NAME,
    conditions=visible,
)
