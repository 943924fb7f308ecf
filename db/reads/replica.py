"""One read replica: what is known of it, and the source of the queries that it answers."""

import logging
from dataclasses import dataclass, field
from math import inf

from psycopg.conninfo import conninfo_to_dict

from db.postgres.engine import Database, PoolLimits
from db.postgres.pool import Connection, ConnectionPool
from db.postgres.replica_reader import ReplicaReader
from db.reads import replication
from db.reads.data_version import ReadSource
from db.reads.replication import StandbyState

_log = logging.getLogger(__name__)

NOT_ASKED = "it was not asked yet"


class ReplicaChanged(Exception):
    """A new connection leads to another process than the one that was asked, or to an older state.

    As after a restart, and where a URL leads to several servers.
    """


@dataclass(slots=True, eq=False)
class Replica:
    """A replica; times are of time.monotonic(), and `reason` says why it is not used.

    `lag_s` is how far it was behind the primary when both were last asked, in steps of that
    interval. All that was committed before `fresh_until` minus the lag bound is on it.
    """

    name: str  # without user and password
    primary: Database
    database: Database
    reason: str = NOT_ASKED
    state: StandbyState | None = None
    answered_at: float = -inf
    fresh_until: float = -inf
    lag_s: float = inf
    is_ahead: bool = False
    queries: int = 0  # that were given this replica
    failures: int = 0  # after which it was left
    _source: ReadSource | None = None
    _retired: list[ConnectionPool] = field(default_factory=list)
    _monitor: ConnectionPool = field(init=False)

    def __post_init__(self) -> None:
        self._monitor = self.database.read_pool(1, any_connection)

    def is_usable(self, now: float) -> bool:
        """Whether a query may read from it."""
        return not self.reason and now < self.fresh_until

    @property
    def revision(self) -> int:
        """The newest revision that is known to be on it."""
        if self._source is not None:
            return self._source.data_versions.revision
        return self.state.revision if self.state else 0

    @property
    def source(self) -> ReadSource:
        """What queries read from; a new one after it was left."""
        if self._source is None:
            assert self.state is not None  # it is usable
            reader = self.primary.on_replica(self.database, self._check, self._left)
            self._source = ReadSource.of(reader)
            self._source.data_versions.revision = self.state.revision
        return self._source

    async def ask(self) -> StandbyState:
        """Its state now; raises NoStandby, and the driver's errors."""
        while self._retired:
            await self._retired.pop().close()
        async with self._monitor.connection() as connection:
            return await replication.standby(connection)

    def found(self, state: StandbyState) -> None:
        """Take its state; a process that was restarted is left, as it may be older than before."""
        if self.state is not None and not self.state.is_before(state):
            self.leave("it was restarted")
        self.state = state
        if self._source is not None:
            versions = self._source.data_versions
            versions.revision = max(versions.revision, state.revision)

    def judge(self, reason: str) -> None:
        """Use it, or not for this reason; says so when that changes."""
        if reason == self.reason:
            return
        if reason:
            _log.warning("the replica %s is not used: %s", self.name, reason)
        else:
            _log.info("the replica %s is used", self.name)
        self.reason = reason

    def leave(self, reason: str) -> None:
        """Move what reads from it to the primary, and ask again before it is used."""
        if self._source is not None:
            reader = self._source.reader
            assert isinstance(reader, ReplicaReader)  # of on_replica
            reader.end(reason)
        self.state = None
        self.judge(reason)

    async def close(self) -> None:
        """Close every connection to it."""
        if self._source is not None:
            self._retired.append(self._source.reader.pool)
        for pool in (*self._retired, self._monitor):
            await pool.close()

    def _left(self, reason: str, is_down: bool) -> None:
        """Its reader has ended: queries that start now get another one, if it is well."""
        assert self._source is not None  # it is its reader
        self._retired.append(self._source.reader.pool)
        self._source = None
        self.failures += 1
        if is_down:
            self.state = None
            self.judge(reason)
        else:
            _log.info("a query has left the replica %s: %s", self.name, reason)

    async def _check(self, connection: Connection) -> None:
        state = await replication.standby(connection)
        if self.state is None or not self.state.is_before(state):
            text = "a new connection leads to another server, or to one that was restarted"
            if self._source is not None:
                self.leave(text)
            raise ReplicaChanged(text)


def of(url: str, primary: Database, limits: PoolLimits) -> Replica:
    """The replica at a URL, which is not asked yet; its name is that of its host and port."""
    database = Database(url, limits)
    database.statement_observers = primary.statement_observers
    parts = conninfo_to_dict(url)
    name = f"{parts.get('host') or 'localhost'}:{parts.get('port') or 5432}"
    return Replica(name, primary, database)


async def any_connection(_: Connection) -> None:
    """The connection that asks may lead anywhere: its answer says where."""
