"""Who calls, and what each role may do."""

from datetime import datetime
from enum import StrEnum
from math import inf
from typing import NamedTuple
from uuid import UUID

from domain import actors
from domain.actors import Actor

# So long may a process use the tokens that it has read without asking whether they have changed. A
# command or mutation that revokes a token returns only when this time is over: then every process
# refuses the token.
TOKENS_FRESH_S = 0.05
GRACE_MINUTES_MAX = 10_080  # 7 days, for which a secret that was replaced is valid at most


class Role(StrEnum):
    """What a caller may do; each role may do what the roles before it may do.

    - READER: read everything but references to secrets.
    - GATEWAY: also report outcomes, and claim the trials of circuits.
    - EDITOR: also write, and read references to secrets.
    - ADMIN: also issue tokens, and purge archived versions.
    """

    READER = "READER"
    GATEWAY = "GATEWAY"
    EDITOR = "EDITOR"
    ADMIN = "ADMIN"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do what the other one may do."""
        return _RANKS[self] >= _RANKS[other]


_RANKS = {role: rank for rank, role in enumerate(Role)}


class Identity(NamedTuple):
    """A caller that was identified.

    `name` is the actor in the audit log. `token_id` is None for a caller without a token of this
    registry. `expires_at` is a Unix time in seconds. `secret_hash` is that of the
    token's secret that was sent. `key_hash` is that of the issuer's key that has
    signed the caller's token. An identity is `open` when it came without a
    credential to a server that requires none.
    """

    name: Actor
    role: Role
    token_id: UUID | None = None
    expires_at: float = inf
    is_open: bool = False
    secret_hash: bytes = b""
    key_hash: bytes = b""

    def may(self, role: Role) -> bool:
        """Whether the caller may do what this role may do."""
        return self.role.includes(role)

    @property
    def view(self) -> str:
        """Callers with equal views get equal responses to equal requests."""
        return "OPEN" if self.is_open else self.role.value


class RateLimit(NamedTuple):
    """The points of a caller: a minute's, those that are left, when all are there again, and those
    of the operation that asks."""

    limit: int
    remaining: int
    reset_at: datetime
    cost: int


ANONYMOUS = Identity(actors.ANONYMOUS, Role.ADMIN, is_open=True)
