"""What this process knows of its parts: the database, the event feed, cold storage and jobs.

`/readyz` shows it, and metrics may read it. The database is looked at for each probe; cold storage
and jobs are looked at in the background, so that no probe waits for them.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from archive.store import ArchiveStore, StoreUnavailable
from db.postgres import access, migration_state
from db.postgres.engine import Database
from db.postgres.errors import is_unavailable
from db.postgres.migration_state import Migration
from db.postgres.reader import Reader
from db.reads import data_version, jobs
from db.reads.listener import ListenerState
from server.errors import code_of
from server.ops.stopping import Stop

Status: TypeAlias = Literal["ok", "read-only", "degraded", "unavailable", "idle", "unknown"]

DATABASE, MIGRATION, LISTENER = "database", "migration", "listener"
COLD_STORAGE, JOBS = "coldStorage", "jobs"
_PERIOD_S = 15.0  # between two looks at cold storage and jobs
_CHECK_S = 5.0  # for the database
_SILENT_S = 15.0  # the event feed reads at least each 5 s
_JOBS_S = 300.0  # a job runs each minute, so with none for so long nobody runs jobs
_DISK_FULL_S = 60.0  # a write that found no space tells of the disk for so long
_DISK_FULL = "a write has found no space on the database's disk: queries are answered"
_READ_ONLY = "the database is read-only: queries are answered, mutations are UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of one part, and when, by monotonic()."""

    status: Status
    reason: str = ""
    fields: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    at: float = field(default_factory=monotonic)

    @property
    def age_s(self) -> float:
        """Seconds since it was found."""
        return monotonic() - self.at

    def shown(self) -> dict[str, Any]:
        """The object in the response."""
        shown = {"status": self.status, "ageSeconds": round(self.age_s, 1), **self.fields}
        return {**shown, "reason": self.reason} if self.reason else shown


@dataclass(slots=True)
class Readiness:
    """The parts of this process, and what is known of each."""

    database: Database
    store: ArchiveStore
    listener: ListenerState = field(default_factory=ListenerState)
    stop: Stop = field(default_factory=Stop)
    checks: dict[str, Check] = field(default_factory=dict)  # in the order of the first look
    revision: int = 0  # of the registry, when the database was looked at last
    _began_at: float = field(default_factory=monotonic)

    async def watch(self) -> None:
        """Look at cold storage and jobs until cancelled."""
        while True:
            await asyncio.gather(self._look_at_store(), self._look_at_jobs())
            await asyncio.sleep(_PERIOD_S)

    async def look_at_database(self) -> None:
        """Look at the database and its migration; takes 5 seconds at most."""
        began_at = monotonic()
        try:
            async with asyncio.timeout(_CHECK_S):
                current, is_read_only, revision = await self._state()
        except Exception as error:
            reason = f"the database does not answer: {code_of(error)}"
            self.checks[DATABASE] = Check("unavailable", reason)
            return
        self.revision = revision or self.revision
        fields = {
            "roundTripMs": round((monotonic() - began_at) * 1_000, 1),
            "isReadOnly": is_read_only,
            "isDiskFull": self._is_disk_full,
        }
        self.checks[DATABASE] = _working(fields)
        head = migration_state.head()
        reason = f"the database is not migrated, this server needs {head}"
        if current is not None:
            reason = "" if current.fits else current.problem
        self.checks[MIGRATION] = Check(
            "unavailable" if reason else "ok",
            reason,
            {"current": current and current.revision, "needed": head},
        )

    @property
    def _is_disk_full(self) -> bool:
        """Whether a write of this process has found no space in the last minute."""
        found_at = self.database.writer.disk_full_at
        return found_at is not None and monotonic() - found_at < _DISK_FULL_S

    def look_at_listener(self) -> None:
        """Look at the event feed, which is read while there are subscribers."""
        state = self.listener
        if not state.is_on:
            self.checks[LISTENER] = Check("idle", "", {"isConnected": False, "lag": 0})
            return
        lag = max(0, self.revision - state.sequence) if state.sequence else 0
        is_silent = monotonic() - state.heard_at > _SILENT_S
        self.checks[LISTENER] = Check(
            "degraded" if is_silent else "ok",
            "the event feed waits for the database" if is_silent else "",
            {"isConnected": state.is_connected, "lag": lag},
            state.heard_at,
        )

    async def _state(self) -> tuple[Migration | None, bool, int | None]:
        """The database's migration, whether it is read-only, and the registry's revision.

        On a connection of its own, so that no request keeps the probe waiting; where the database
        accepts no more connections, on one of those that it has accepted.
        """
        database = self.database
        for source in (database.probe, database.reader):
            try:
                return await _state_of(source)
            except Exception as error:
                if source is database.reader or not is_unavailable(error):
                    raise
            finally:
                await database.probe.pool.close_idle()
        raise AssertionError("the second source returns or raises")

    async def _look_at_store(self) -> None:
        try:
            await self.store.check()
        except StoreUnavailable as error:
            self.checks[COLD_STORAGE] = Check("degraded", str(error))
        else:
            self.checks[COLD_STORAGE] = Check("ok")

    async def _look_at_jobs(self) -> None:
        try:
            async with asyncio.timeout(_CHECK_S):
                state = await jobs.state(self.database.reader)
        except Exception as error:  # the database's own check tells more
            self.checks[JOBS] = Check("unknown", f"the job queue cannot be read: {code_of(error)}")
            return
        found = state.succeeded_s
        fields = {
            "lastSuccessSeconds": None if found is None else round(found, 1),
            "late": state.late,
            "stalled": state.stalled,
        }
        waited_s = monotonic() - self._began_at if found is None else found
        reason = "no job has run for 5 minutes" if waited_s > _JOBS_S else ""
        if state.late or state.stalled:
            reason = f"{state.late} jobs are late, {state.stalled} wait for a process that has died"
        self.checks[JOBS] = Check("degraded" if reason else "ok", reason, fields)


def _working(fields: Mapping[str, object]) -> Check:
    """The check of a database that answers queries, though it may take no writes."""
    if fields["isReadOnly"]:
        return Check("read-only", _READ_ONLY, fields)
    if fields["isDiskFull"]:
        return Check("degraded", _DISK_FULL, fields)
    return Check("ok", "", fields)


async def _state_of(source: Reader) -> tuple[Migration | None, bool, int | None]:
    current = await migration_state.current(source)
    is_read_only = await access.is_read_only(source)
    fits = current is not None and current.fits
    return current, is_read_only, await data_version.revision(source) if fits else None
