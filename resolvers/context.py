"""What every resolver can reach."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import strawberry

from archive.store import ArchiveStore
from db.postgres.engine import Database
from resolvers.event_broker import EventBroker
from resolvers.loaders import Loaders
from resolvers.service import Service


@dataclass(slots=True, kw_only=True)
class Context:
    """One operation's surroundings; a socket makes a new one for each operation and event."""

    db: Database
    service: Service
    request_id: str = ""
    actor: str = "anonymous"
    events: EventBroker | None = None  # None where nothing can be pushed, such as in a script
    store: ArchiveStore | None = None  # None where nothing can be archived
    loaders: Loaders = field(default_factory=Loaders)


Info: TypeAlias = strawberry.Info[Context, Any]

# One value per parent, in their order; see schema.fields.batched.
Batch: TypeAlias = Callable[..., Awaitable[list[Any]]]
