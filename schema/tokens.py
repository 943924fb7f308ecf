"""The types Viewer and Token."""

from datetime import datetime

import resolvers.tokens
from db import tables
from domain import access
from domain.access import Role
from schema.fields import attribute, batched, fresh, type_of
from schema.nodes import Node
from schema.pages import Connection


@type_of(
    tables.Token,
    "A token for the API, without its secrets. `node`, `nodes` and AuditEvent.subject show tokens"
    " to an ADMIN only; any other caller reads its own as `viewer { token }`.",
)
class Token(Node):
    name: str = attribute("Unique for ever; the audit log names the token `token:<name>`.")
    role: Role = attribute("What its bearers may do.")
    prefix: str = attribute(
        "The second part of its secrets, by which they can be told from others."
    )
    created_at: datetime = attribute("When it was created.")
    expires_at: datetime | None = attribute(
        "When it stops being valid, or has stopped; null: until it is revoked."
    )
    rotated_at: datetime | None = attribute(
        "When it last got another secret; null while it has its first one."
    )
    revoked_at: datetime | None = attribute("When it was revoked; null: it was not.")
    last_used_at: datetime | None = fresh(batched(resolvers.tokens.last_uses, "id"))


@type_of(
    access.RateLimit,
    "The points of a caller, which each process of the server counts for itself; see"
    " ServiceLimits.pointsPerMinute. They come back continuously.",
)
class RateLimit:
    limit: int = attribute("Those of a minute.")
    remaining: int = attribute("Those that are left.")
    reset_at: datetime = attribute("When all of them are there again, if none is used.")
    cost: int = attribute("Those of this operation.")


@type_of(resolvers.tokens.Viewer, "The caller of this operation.")
class Viewer:
    name: str = attribute("Its name in the audit log; see AuditEvent.actor.")
    role: Role = attribute("What it may do.")
    rate_limit: RateLimit | None = attribute(
        "Its points; null for a caller that is not charged, such as one without a credential."
    )
    token: Token | None = batched(resolvers.tokens.tokens_of_viewers, "token_id")
    tokens: Connection[Token] = batched(resolvers.tokens.token_pages)
