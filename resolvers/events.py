"""Live events: the subscription, and what is pushed to its subscribers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from db.reads import audit, data_version, models
from db.tables import AuditEvent, Model
from domain import ids
from domain.enums import AuditAction, EntityKind
from resolvers import event_cursors
from resolvers.arguments import describe, input_type, optional
from resolvers.context import Info
from resolvers.errors import BAD_CURSOR, UNAVAILABLE, RequestError
from resolvers.event_broker import EventBroker, Wanted
from resolvers.parents import attributes
from resolvers.reference_inputs import ModelRef


@input_type("All given conditions must hold; a list means any of its values.")
class ChangeFilter:
    models: list[ModelRef] | None = optional(
        "Changes of one of these models, and of what belongs to it. A name is looked up once."
    )
    kinds: list[EntityKind] | None = optional("Changes of these kinds of things.")
    actions: list[AuditAction] | None = optional("Changes in which one of these was done.")


@dataclass(frozen=True, slots=True)
class RegistryEvent:
    """An event on its way to a subscriber."""

    event: AuditEvent

    @property
    def cursor(self) -> str:
        """Its place in the stream."""
        return event_cursors.encode(self.event.sequence)

    @property
    def model_id(self) -> UUID | None:
        """The model that it is about, or whose version, binding, price or alias it is about."""
        return self.event.model_id


async def registry_changed(
    info: Info,
    filter: Annotated[ChangeFilter | None, describe("Only changes that meet all of this.")] = None,
    after: Annotated[
        str | None, describe("The last cursor that was received; without it, from now on.")
    ] = None,
) -> AsyncIterator[RegistryEvent]:
    """Every committed change, optionally of some models and kinds; resumes after a cursor."""
    broker: EventBroker | None = info.context.events
    if broker is None:
        raise RequestError("No live events are to be had here", UNAVAILABLE)
    place = await _place(info, after)
    wanted = await _wanted(info, filter)
    return _pushed(info, broker, place, wanted)


async def changed_models(info: Info, parents: list[RegistryEvent]) -> list[Model | None]:
    """The model that changed, or whose version, binding, price or alias did; null when gone."""
    keys = list(dict.fromkeys(row.model_id for row in parents if row.model_id is not None))
    found = await models.by_ids(info.context.db.reader, keys, attributes(info))
    return [found.get(row.model_id) if row.model_id else None for row in parents]


async def _pushed(
    info: Info, broker: EventBroker, place: int, wanted: Wanted
) -> AsyncIterator[RegistryEvent]:
    reader = info.context.db.reader

    async def read(sequence: int, count: int) -> list[AuditEvent]:
        return await audit.after(reader, sequence, count)

    async for event in broker.events(read, place, wanted):
        yield RegistryEvent(event)


async def _place(info: Info, after: str | None) -> int:
    last = await data_version.revision(info.context.db.reader)
    if after is None:
        return last
    place = event_cursors.decode(after)
    if place > last:
        message = "after: this registry has not come so far; the cursor is of another one"
        raise RequestError(message, BAD_CURSOR)
    return place


async def _wanted(info: Info, filter: ChangeFilter | None) -> Wanted:
    if filter is None:
        return lambda _: True
    sets: dict[str, set[Any]] = {}
    if filter.models is not None:
        sets["model_id"] = await _model_ids(info, filter.models)
    if filter.kinds is not None:
        sets["kind"] = set(filter.kinds)
    if filter.actions is not None:
        sets["action"] = set(filter.actions)
    tests = tuple(sets.items())
    return lambda event: all(getattr(event, name) in allowed for name, allowed in tests)


async def _model_ids(info: Info, refs: list[ModelRef]) -> set[UUID]:
    """The models' keys; an id may be of one that is gone, whose events are still there."""
    names = [ref.name for ref in refs if ref.name is not None]
    found = await models.by_names(info.context.db.reader, names)
    keys = {row.id for row in found.values()}
    for name in names:
        if name not in found:
            raise RequestError(f"filter.models: no model is named {name[:200]!r}")
    for ref in refs:
        if ref.id is not None:
            key = ids.decode(ids.MODEL, ref.id)
            if key is None:
                raise RequestError(f"filter.models: {ref.id[:64]!r} is not a model's id")
            keys.add(key)
    return keys
