"""The read replicas: which of them a query may read from, by what all servers say of themselves.

The lag of a replica is measured by positions in the log, and by the clock of this process alone:
the primary is asked for its position again and again, and a replica that has replayed the position
of a moment has all that was committed before it. docs/decisions/0044-read-replicas.md
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from math import inf
from time import monotonic
from typing import NamedTuple

import psycopg

from db.postgres.engine import Database
from db.reads import replication
from db.reads.data_version import ReadSource
from db.reads.replica import Replica, any_connection
from db.reads.replication import Log, PrimaryState

_ASK_S = 0.5  # between two questions to a server, at most
_RETRY_MAX_S = 5.0  # the longest pause before one that has failed is asked again
_ANSWER_S = 1.0
_TURN_S = 1.0  # for which a process reads from one replica: its queries run as batches
_WAIT_S = 0.002  # before a replica is asked again whether it has a revision; grows
_HISTORY_MAX = 2_000


class ReplicaLimits(NamedTuple):
    """How far a replica may be behind, and how long a read waits for it to have a revision."""

    lag_max_s: float = 5.0
    wait_s: float = 0.1


class Asked(NamedTuple):
    """The position of the primary, and a time before it was asked."""

    at: float
    position: int


class Replicas:
    """The replicas of one primary, as this process sees them."""

    def __init__(
        self,
        primary: ReadSource,
        database: Database,
        replicas: Iterable[Replica],
        limits: ReplicaLimits,
    ) -> None:
        self.primary = primary
        self.all = tuple(replicas)
        self.limits = limits
        self.waits = 0  # of reads that asked for a revision which no replica was known to have
        self.vain_waits = 0  # after which the primary was read
        self.is_primary_away = False
        self._monitor = database.read_pool(1, any_connection)
        self._ask_s = min(_ASK_S, limits.lag_max_s / 4)
        self._history: deque[Asked] = deque(maxlen=_HISTORY_MAX)
        self._log: Log | None = None  # of the primary
        self._chosen: Replica | None = None
        self._chosen_until = -inf
        self._turn = 0

    def source(self) -> ReadSource:
        """What a query reads from: a replica that is within the lag bound, or else the primary."""
        now = monotonic()
        replica = self._chosen
        if replica is None or now >= self._chosen_until or not replica.is_usable(now):
            usable = self._usable()
            if not usable:
                return self.primary
            self._turn += 1
            replica = self._chosen = usable[self._turn % len(usable)]
            self._chosen_until = now + _TURN_S
        replica.queries += 1
        return replica.source

    def source_with(self, revision: int) -> ReadSource | None:
        """What has this revision, as far as is known; None when that must be waited for."""
        source = self.source()
        if source is self.primary or source.data_versions.revision >= revision:
            return source
        return next((r.source for r in self._usable() if r.revision >= revision), None)

    async def awaited(self, revision: int) -> ReadSource:
        """A replica that has this revision soon, or else the primary."""
        self.waits += 1
        pause_s = _WAIT_S
        with suppress(TimeoutError, psycopg.Error, OSError):
            async with asyncio.timeout(self.limits.wait_s):
                while near := self._near():
                    await asyncio.gather(*(each.source.data_versions.current() for each in near))
                    source = self.source_with(revision)
                    if source is not None:
                        return source
                    await asyncio.sleep(pause_s)
                    pause_s *= 1.5
        self.vain_waits += 1
        return self.primary

    async def run(self) -> None:
        """Ask all servers again and again; never ends."""
        await asyncio.gather(self._follow_primary(), *map(self._follow, self.all))

    async def close(self) -> None:
        """Close every connection."""
        await self._monitor.close()
        for replica in self.all:
            await replica.close()
            await replica.database.close()

    def _usable(self) -> list[Replica]:
        now = monotonic()
        return [replica for replica in self.all if replica.is_usable(now)]

    def _near(self) -> list[Replica]:
        """The replicas that may have a new revision before a read has waited too long."""
        lag_max_s = self.limits.wait_s + self._ask_s
        return [replica for replica in self._usable() if replica.lag_s <= lag_max_s]

    async def _follow_primary(self) -> None:
        while True:
            began_at = monotonic()
            try:
                async with asyncio.timeout(_ANSWER_S):
                    state = await replication.primary(self._monitor)
            except Exception:
                self.is_primary_away = True
            else:
                self.is_primary_away = False
                self._take(state, began_at)
            for replica in self.all:
                self._judge(replica)
            await asyncio.sleep(self._ask_s)

    def _take(self, state: PrimaryState, began_at: float) -> None:
        if self._log is None or self._log[:2] != state.log[:2]:
            self._history.clear()  # positions of another log say nothing
        self._log = state.log
        self._history.append(Asked(began_at, state.position))
        for replica in self.all:
            if replica.state is not None and replica.answered_at < began_at:
                replica.is_ahead = replica.state.position > state.position

    async def _follow(self, replica: Replica) -> None:
        pause_s = self._ask_s
        while True:
            try:
                async with asyncio.timeout(_ANSWER_S):
                    replica.found(await replica.ask())
            except Exception as error:
                replica.leave(_reason(error))
                pause_s = min(2 * pause_s, _RETRY_MAX_S)
            else:
                pause_s = self._ask_s
                replica.answered_at = monotonic()
                self._judge(replica)
            await asyncio.sleep(pause_s)

    def _judge(self, replica: Replica) -> None:
        """Decide whether a replica is used; while the primary is away, nothing can be newer."""
        if replica.state is None:
            return
        self._measure(replica)
        replica.judge(self._objection(replica, replica.state.log))

    def _measure(self, replica: Replica) -> None:
        state = replica.state
        if state is None or not self._history:
            return
        reached = (one.at for one in reversed(self._history) if one.position <= state.position)
        covered_until = next(reached, -inf)
        newest = self._history[-1].at
        replica.lag_s = newest - covered_until
        is_bounded = not self.is_primary_away
        replica.fresh_until = covered_until + self.limits.lag_max_s if is_bounded else inf

    def _objection(self, replica: Replica, log: Log) -> str:
        """Why a replica is not used; empty if it is."""
        own = self._log
        if own is None:
            return "the primary has not answered yet"
        if log.system != own.system:
            return "it follows another system than the primary"
        if log.timeline != own.timeline:
            return f"it is on timeline {log.timeline}, the primary on {own.timeline}"
        if log.migration != own.migration:
            return f"it is at migration {log.migration}, the primary at {own.migration}"
        if replica.is_ahead:
            return "it has replayed what the primary has not written: it followed another one"
        if (
            replica.lag_s == inf
            and self._history[-1].at - self._history[0].at < self.limits.lag_max_s
        ):
            return "it has yet to replay what the primary has written"
        if replica.lag_s > self.limits.lag_max_s:
            return f"it is more than {self.limits.lag_max_s:g} s behind the primary"
        return ""


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"it does not answer within {_ANSWER_S:g} s"
    return str(error).strip().partition("\n")[0] or type(error).__name__
