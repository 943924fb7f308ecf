"""The subscription: the audit log as a stream of events, filtered and resumable."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from db.reads import audit, data_version, models
from db.tables import AuditEvent, Model
from domain import ids
from domain.audit_enums import AuditAction, EntityKind
from resolvers import event_cursors
from resolvers.arguments import describe, input_type, optional
from resolvers.context import Context, Info
from resolvers.errors import BAD_CURSOR, UNAVAILABLE, RequestError
from resolvers.event_broker import EventBroker, EventFilter
from resolvers.filters import FILTER_DESCRIPTION
from resolvers.parents import attributes, loaded
from resolvers.reference_inputs import ModelRef


@input_type(FILTER_DESCRIPTION)
class ChangeFilter:
    models: list[ModelRef] | None = optional(
        "Changes of these models and of their versions, bindings, prices and aliases. A name is"
        " looked up once, when the subscription starts; BAD_USER_INPUT when it does not exist."
    )
    kinds: list[EntityKind] | None = optional("Changes of one of these kinds of objects.")
    actions: list[AuditAction] | None = optional("Changes with one of these actions.")


@dataclass(frozen=True, slots=True)
class RegistryEvent:
    """An event as subscribers get it."""

    event: AuditEvent

    @property
    def cursor(self) -> str:
        """The event's position in the stream, as opaque text."""
        return event_cursors.encode(self.event.sequence)

    @property
    def model_id(self) -> UUID | None:
        """The key of the model that the event is about, or that its subject belongs to."""
        return self.event.model_id


async def registry_changed(
    info: Info,
    filter: Annotated[ChangeFilter | None, describe("Only changes that match.")] = None,
    after: Annotated[
        str | None,
        describe(
            "The cursor of the last event that was received, or the `registryRevision` of a query"
            " whose data the events continue; by default, from now on."
        ),
    ] = None,
) -> AsyncIterator[RegistryEvent]:
    """Delivers every committed change that matches, in commit order, each once.

    Resume with `after`: no change is lost or repeated. BAD_CURSOR for a cursor of another registry;
    LIMIT_EXCEEDED, with the cursor to resume from, for a subscriber that is too slow, and when too
    many subscriptions are open; UNAVAILABLE when the server stops.

    To keep a copy of some data, query it together with `service { registryRevision }`, and
    subscribe after that revision: no change is missed. A change that was committed while the query
    ran may be in its data already, and is then delivered once more.
    """
    broker: EventBroker | None = info.context.events
    if broker is None:
        raise RequestError("This server has no event stream", UNAVAILABLE)
    broker.raise_if_full(info.context.client)  # before it costs a statement
    sequence = await _start(info, after)
    matches = await _event_filter(info, filter)
    return _stream(info.context, broker, sequence, matches)


async def changed_models(info: Info, parents: list[RegistryEvent]) -> list[Model | None]:
    """The model that changed, or whose version, binding, price or alias changed.

    Null when it no longer exists, and for changes that belong to no model.
    """
    load = partial(models.by_ids, attributes=attributes(info))
    return await loaded(info, [row.model_id for row in parents], load)


async def _stream(
    context: Context, broker: EventBroker, sequence: int, matches: EventFilter
) -> AsyncIterator[RegistryEvent]:
    read = partial(audit.after, context.db.reader)
    async with aclosing(broker.events(read, sequence, matches, context.client)) as events:
        async for event in events:
            changed = RegistryEvent(event)
            if context.position is not None:
                context.position.cursor = changed.cursor
            yield changed


async def _start(info: Info, after: str | None) -> int:
    """The sequence number after which the stream begins."""
    last = await data_version.revision(info.context.db.reader)
    position, name = info.context.position, "after"
    if position is not None and position.after:
        after, name = position.after, "Last-Event-ID"
    sequence = last if after is None else event_cursors.decode(after, name)
    if sequence > last:
        message = f"{name}: this registry has no such event yet; the cursor is of another registry"
        raise RequestError(message, BAD_CURSOR)
    if position is not None:
        position.cursor = event_cursors.encode(sequence)
    return sequence


async def _event_filter(info: Info, filter: ChangeFilter | None) -> EventFilter:
    if filter is None:
        return lambda _: True
    allowed: dict[str, set[Any]] = {}
    if filter.models is not None:
        allowed["model_id"] = await _model_ids(info, filter.models)
    if filter.kinds is not None:
        allowed["kind"] = set(filter.kinds)
    if filter.actions is not None:
        allowed["action"] = set(filter.actions)
    conditions = tuple(allowed.items())
    return lambda event: all(getattr(event, name) in values for name, values in conditions)


async def _model_ids(info: Info, refs: list[ModelRef]) -> set[UUID]:
    """The models' keys. An id may be of a deleted model: its events are still in the log."""
    names = [ref.name for ref in refs if ref.name is not None]
    by_name = await models.by_names(info.context.db.reader, names)
    keys = {row.id for row in by_name.values()}
    for name in names:
        if name not in by_name:
            raise RequestError(f"filter.models: no model is named {name[:200]!r}")
    for ref in refs:
        if ref.id is not None:
            key = ids.decode(ids.MODEL, ref.id)
            if key is None:
                raise RequestError(f"filter.models: {ref.id[:64]!r} is not a model's id")
            keys.add(key)
    return keys
