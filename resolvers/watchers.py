"""Watchers: states that many subscribers follow, such as a route, each computed once for all.

There is one watcher for all subscribers that give equal input. It computes its state anew when a
change of the registry may concern it, when the state says that it changes by time, and after a
while in any case. One task computes what is due, several states at once.

A subscriber has no queue: a slow one gets the newest state, and misses those in between.
"""

import asyncio
import logging
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from db.postgres import errors as database
from db.tables import AuditEvent
from domain.audit_enums import EntityKind
from resolvers.errors import UNAVAILABLE, RequestError
from resolvers.event_broker import NOBODY, Client, EventBroker

_BATCH = 50  # states that are computed at once
_PAUSE_S = 0.05  # between two computations of a state, whatever changes
_SAFETY_S = 30.0  # after this time it is computed in any case
_LATE_S = 0.005  # so much after a time the database's clock has reached it
_COMPUTE_MAX_S = 10.0
_FIRST_WAIT_S = 5.0  # for the first state, when the database does not answer
_RETRY_MIN_S, _RETRY_MAX_S = 0.1, 5.0  # when the database is away; doubles each time

_FAILED = "Unexpected error; the server's log has the cause. Subscribe again"

_log = logging.getLogger(__name__)

InputT = TypeVar("InputT")
StateT = TypeVar("StateT")


class Computed(NamedTuple, Generic[StateT]):
    """A state, and when it may change.

    `model_id` is the model that it is about, and `revision` the registry's when it was computed.
    `change_s` are the seconds after which it changes by time, or may change.
    """

    state: StateT
    etag: str
    model_id: UUID
    revision: int
    change_s: float = inf


# One result for each input; an error ends the watcher, and all its subscribers get it.
Compute: TypeAlias = Callable[
    [Sequence[InputT]], Awaitable[Sequence[Computed[StateT] | RequestError]]
]


@dataclass(slots=True, eq=False)
class _Watcher(Generic[InputT, StateT]):
    """What is known of one input; times are of monotonic()."""

    input: InputT
    subscriber_count: int = 0
    wanted_at: float = 0.0  # when it is to be computed next
    computed: Computed[StateT] | None = None
    computed_from: float = -inf  # when that computation began
    error: RequestError | None = None  # it has ended
    fresh: asyncio.Event = field(default_factory=asyncio.Event)  # set with each computation
    changed: asyncio.Event = field(default_factory=asyncio.Event)  # set when the etag changes

    def publish(self, computed: Computed[StateT], began: float) -> None:
        """Take a new state, and wake the subscribers that it concerns."""
        is_changed = self.computed is None or self.computed.etag != computed.etag
        self.computed, self.computed_from = computed, began
        wait_s = min(computed.change_s + _LATE_S, _SAFETY_S)
        self.want(monotonic() + wait_s)
        self.fresh.set()
        self.fresh = asyncio.Event()
        if is_changed:
            self._wake()

    def end(self, error: RequestError) -> None:
        """End every subscription with this error."""
        self.error = error
        self.fresh.set()
        self._wake()

    def _wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    def want(self, at: float = 0.0) -> None:
        """Compute it at this time, or before."""
        self.wanted_at = min(self.wanted_at, at)

    @property
    def due_at(self) -> float:
        """When it is wanted, but not before the pause is over."""
        return max(self.wanted_at, self.computed_from + _PAUSE_S)

    def raise_if_ended(self) -> None:
        """Raise the error that has ended it: a new one, as each raise adds to its traceback."""
        if self.error is not None:
            raise RequestError(self.error.message, (self.error.extensions or {})["code"])


class Watchers(Generic[InputT, StateT]):
    """The states that subscribers of this process follow.

    The event broker counts and limits the subscribers; there are no more watchers than those.
    """

    def __init__(self, broker: EventBroker, compute: Compute[InputT, StateT]) -> None:
        self._broker = broker
        self._compute = compute
        self._watchers: dict[Hashable, _Watcher[InputT, StateT]] = {}
        self._wake = asyncio.Event()
        self._arrived: dict[UUID | None, int] = {}  # during a computation
        self._retry_s = _RETRY_MIN_S
        self._is_stopping = False
        broker.receivers.add(self)

    @property
    def count(self) -> int:
        """How many different states are followed."""
        return len(self._watchers)

    def put(self, events: Sequence[AuditEvent]) -> None:
        """Compute what these events may concern."""
        newest = _newest(events)
        self._arrived |= newest
        self._want(self._watchers.values(), newest)

    def end(self) -> None:
        """End every subscription: the server stops."""
        self._is_stopping = True
        for watcher in self._watchers.values():
            watcher.end(_stopping())

    async def check(self, key: Hashable, input: InputT, client: Client = NOBODY) -> None:
        """Raise the error that a subscription with this input would end with at once."""
        self._broker.raise_if_full(client)
        watcher = self._watchers.get(key)
        if watcher is None or watcher.computed is None:
            [computed] = await self._compute([input])
            if isinstance(computed, Exception):
                raise computed

    async def states(
        self, key: Hashable, input: InputT, client: Client = NOBODY
    ) -> AsyncGenerator[StateT, None]:
        """The state now, then the newest one each time its etag has changed.

        `key` is equal for equal inputs. The first state is computed after this call. Never ends by
        itself; raises RequestError when there is no such state any more, or the server stops.
        """
        if self._is_stopping:
            raise _stopping()
        began = monotonic()
        with self._broker.subscription(client):
            await self._broker.wait_for_start()
            with self._joined(key, input) as watcher:
                await _first(watcher, began)
                etag: str | None = None
                while True:
                    changed = watcher.changed
                    watcher.raise_if_ended()
                    assert watcher.computed is not None  # the first one was waited for
                    if watcher.computed.etag == etag:
                        await changed.wait()
                    else:
                        etag = watcher.computed.etag
                        yield watcher.computed.state

    async def run(self) -> None:
        """Compute each state when it is due; never ends."""
        while True:
            self._wake.clear()
            now = monotonic()
            due = [one for one in self._watchers.values() if one.due_at <= now]
            if due:
                await self._renew(sorted(due, key=lambda one: one.due_at)[:_BATCH])
                continue
            next_at = min((one.due_at for one in self._watchers.values()), default=inf)
            with suppress(TimeoutError):
                async with asyncio.timeout(None if next_at == inf else next_at - now):
                    await self._wake.wait()

    async def _renew(self, watchers: Sequence[_Watcher[InputT, StateT]]) -> None:
        began = monotonic()
        self._arrived = {}
        for watcher in watchers:
            watcher.wanted_at = inf  # what is wanted from now on is wanted again
        try:
            async with asyncio.timeout(_COMPUTE_MAX_S):
                results = await self._compute([watcher.input for watcher in watchers])
        except Exception as error:
            self._failed(watchers, error)
            return
        self._retry_s = _RETRY_MIN_S
        for watcher, result in zip(watchers, results, strict=True):
            if isinstance(result, RequestError):
                self._drop(watcher, result)
            else:
                watcher.publish(result, began)
        self._want(watchers, self._arrived)  # they may be about another model than before

    def _failed(self, watchers: Sequence[_Watcher[InputT, StateT]], error: Exception) -> None:
        """Try again when the database is away; any other error ends the subscriptions."""
        if not _is_temporary(error):
            _log.error("what is followed cannot be computed", exc_info=error)
            for watcher in watchers:
                self._drop(watcher, RequestError(_FAILED, UNAVAILABLE))
            return
        _log.warning(
            "%d subscribed states wait for the database: %s", len(watchers), type(error).__name__
        )
        for watcher in watchers:
            watcher.want(monotonic() + self._retry_s)
        self._retry_s = min(2 * self._retry_s, _RETRY_MAX_S)

    def _drop(self, watcher: _Watcher[InputT, StateT], error: RequestError) -> None:
        self._watchers = {key: one for key, one in self._watchers.items() if one is not watcher}
        watcher.end(error)

    def _want(
        self, watchers: Iterable[_Watcher[InputT, StateT]], newest: Mapping[UUID | None, int]
    ) -> None:
        for watcher in watchers:
            computed = watcher.computed
            if computed is not None and computed.revision < max(
                newest.get(computed.model_id, -1), newest.get(None, -1)
            ):
                watcher.want()
                self._wake.set()

    @contextmanager
    def _joined(self, key: Hashable, input: InputT) -> Iterator[_Watcher[InputT, StateT]]:
        watcher = self._watchers.get(key)
        if watcher is None:
            watcher = self._watchers[key] = _Watcher(input)
        watcher.subscriber_count += 1
        watcher.want()  # the subscriber must see all that was committed before it came
        self._wake.set()
        try:
            yield watcher
        finally:
            watcher.subscriber_count -= 1
            if not watcher.subscriber_count and self._watchers.get(key) is watcher:
                del self._watchers[key]


def _is_temporary(error: Exception) -> bool:
    return (
        isinstance(error, TimeoutError)
        or database.is_unavailable(error)
        or database.is_statement_timeout(error)
    )


def _stopping() -> RequestError:
    return RequestError("This server is stopping; subscribe again", UNAVAILABLE)


async def _first(watcher: _Watcher[Any, Any], since: float) -> None:
    """Wait for a state that was computed since then, or for the end."""
    try:
        async with asyncio.timeout(_FIRST_WAIT_S):
            while watcher.computed_from < since and watcher.error is None:
                await watcher.fresh.wait()
    except TimeoutError:
        raise RequestError("The database cannot be reached; try again", UNAVAILABLE) from None


def _newest(events: Iterable[AuditEvent]) -> dict[UUID | None, int]:
    """The last sequence number of each model; that of providers, which any model may use, as None.

    Other events that belong to no model are of catalogs and retention runs: no state depends on
    them.
    """
    return {
        event.model_id: event.sequence
        for event in events
        if event.model_id is not None or event.kind == EntityKind.PROVIDER
    }
