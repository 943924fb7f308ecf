"""Whether cold storage holds what the registry says: every archive, read and checked."""

from dataclasses import dataclass, field
from uuid import UUID

from archive import format
from archive.store import ArchiveStore, RestorePending, StoreUnavailable
from db.postgres.engine import Database
from db.reads.versions import archived_after
from db.tables import ModelVersion

_BATCH = 500  # versions read at once


@dataclass(frozen=True, slots=True)
class Found:
    """An archive that cannot be restored."""

    version_id: str
    uri: str
    problem: str


@dataclass(slots=True)
class Report:
    """What was found; `unreferenced` are names of objects that no version refers to."""

    sound: int = 0
    size_bytes: int = 0
    waiting: int = 0  # in a tier that takes hours to read, and of the size they should have
    problems: list[Found] = field(default_factory=list)
    unreferenced: set[str] = field(default_factory=set)


async def verify(database: Database, store: ArchiveStore) -> Report:
    """Read all archives and list all objects. Raises StoreUnavailable when listing fails."""
    report, there = Report(), dict(store.names())
    last: UUID | None = UUID(int=0)
    while last is not None:
        versions = await archived_after(database.reader, last, _BATCH)
        for version in versions:
            await _check(version, store, there, report)
        last = versions[-1].id if versions else None
    report.unreferenced = set(there)
    return report


async def _check(
    version: ModelVersion, store: ArchiveStore, there: dict[str, int], report: Report
) -> None:
    """Check one version's archive, and take it off the list of objects."""
    digest, uri = version.archive_hash or "", version.archive_uri or ""
    size_bytes = there.pop(digest, None)
    try:
        format.unpack(await store.get(uri, digest, request_restore=False), version)
    except RestorePending:
        if size_bytes == version.archive_size_bytes:
            report.waiting += 1
        else:
            report.problems.append(Found(version.node_id, uri, "the archive has another size"))
    except (StoreUnavailable, format.Corrupt) as error:
        report.problems.append(Found(version.node_id, uri, str(error)))
    else:
        report.sound += 1
        report.size_bytes += version.archive_size_bytes or 0
