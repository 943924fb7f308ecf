"""How far a server is in the log of changes, and which log it follows, in SQL."""

from datetime import datetime
from typing import NamedTuple

from db.postgres.pool import Connection, ConnectionPool
from db.postgres.reader import sql_rows

# A position counts the bytes of the write-ahead log. What was committed before a statement on the
# primary lies before the position that the statement finds: it is flushed by then.
_PRIMARY = """
SELECT system_identifier, ('x' || left(pg_walfile_name(flushed), 8))::bit(32)::int, version_num,
    revision, (flushed - '0/0')::bigint
FROM pg_control_system(), alembic_version, registry_state, (
    SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_flush_lsn() END AS flushed OFFSET 0
) AS log
"""
# The control file has the timeline of the last restart point; that of the stream is newer, but only
# roles with pg_read_all_stats see it. The revision is of the statement's snapshot, which is taken
# before the position is read.
_STANDBY = """
SELECT pg_is_in_recovery(), system_identifier, coalesce(received_tli, timeline_id)::int,
    version_num, revision, (pg_last_wal_replay_lsn() - '0/0')::bigint, pg_postmaster_start_time(),
    coalesce(inet_server_addr()::text, '')
FROM alembic_version, registry_state, pg_control_system(), pg_control_checkpoint()
    LEFT JOIN pg_stat_wal_receiver ON true
"""


class Log(NamedTuple):
    """The log that a server writes or follows: `timeline` grows with each promotion."""

    system: int
    timeline: int
    migration: str


class PrimaryState(NamedTuple):
    """What the primary has flushed: every commit that was acknowledged before it was asked."""

    log: Log
    revision: int
    position: int


class StandbyState(NamedTuple):
    """What a standby has replayed; `started_at` and `address` are those of its process."""

    log: Log
    revision: int
    position: int
    started_at: datetime
    address: str

    def is_before(self, later: "StandbyState") -> bool:
        """Whether the later state is of the same process, which has gone forward since."""
        is_same = (self.started_at, self.address) == (later.started_at, later.address)
        return is_same and self.log.system == later.log.system and self.position <= later.position


class NoPrimary(Exception):
    """The server is a standby."""


class NoStandby(Exception):
    """The server is not in recovery: it was promoted, or never followed another one."""


async def primary(pool: ConnectionPool) -> PrimaryState:
    """The state of the primary; raises NoPrimary."""
    async with pool.connection() as connection:
        ((system, timeline, *rest),) = await sql_rows(connection, _PRIMARY)
    migration, revision, position = rest
    if position is None:
        raise NoPrimary("it is a standby")
    return PrimaryState(Log(system, timeline, migration), revision, position)


async def standby(connection: Connection) -> StandbyState:
    """The state of a replica; raises NoStandby."""
    ((is_standby, system, timeline, migration, *rest),) = await sql_rows(connection, _STANDBY)
    if not is_standby:
        raise NoStandby("it is not in recovery: it was promoted, or follows no other server")
    return StandbyState(Log(system, timeline, migration), *rest)
