"""The context of an operation, which every resolver gets."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import strawberry

from archive.store import ArchiveStore
from db.postgres.engine import Database
from db.postgres.reader import Reader
from domain.access import Identity, RateLimit
from domain.actors import Actor
from domain.outcomes import WriteOutcome
from resolvers.event_broker import NOBODY, Client, EventBroker
from resolvers.event_cursors import StreamPosition
from resolvers.loaders import Loaders
from resolvers.service import Service
from resolvers.watchers import Watchers


@dataclass(slots=True, kw_only=True)
class Context:
    """The context of one operation; on a socket, of each operation and each event.

    All reads of a query use `reader`, which may be that of a replica: one source for the whole
    query, so that no statement sees an older state than the one before. Writes, and what belongs
    to them, use `db`: the primary.

    `outcomes` has what is known of the writes of a mutation's fields that were started, by response
    key.
    """

    db: Database
    service: Service
    identity: Identity
    request_id: str = ""
    events: EventBroker | None = None  # None where there is no event stream, such as in a script
    routes: Watchers[Any, Any] | None = None  # None there, too
    store: ArchiveStore | None = None  # None without cold storage
    loaders: Loaders = field(default_factory=Loaders)
    outcomes: dict[str, WriteOutcome] = field(default_factory=dict)
    client: Client = NOBODY  # whose a subscription is
    rate_limit: RateLimit | None = None  # of a caller whose points are counted
    position: StreamPosition | None = None  # of a subscription, where the transport has cursors
    revision: int | None = None  # of the registry, if it was read before all other data
    source: Reader | None = None  # of the reads of a query; None: the primary

    @property
    def reader(self) -> Reader:
        """Reads what a query shows."""
        return self.source or self.db.reader

    @property
    def actor(self) -> Actor:
        """The caller in the audit log."""
        return self.identity.name

    def mark_unfinished_writes_unknown(self) -> None:
        """After a cancellation that did not end the field that runs: it may yet be committed."""
        for key, outcome in self.outcomes.items():
            if outcome is WriteOutcome.NOT_COMMITTED:
                self.outcomes[key] = WriteOutcome.UNKNOWN


Info: TypeAlias = strawberry.Info[Context, Any]

# Returns one value per parent, in their order; see schema.fields.batched.
Batch: TypeAlias = Callable[..., Awaitable[list[Any]]]
