"""Checks that cold storage holds the archive of every archived version."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from archive import format
from archive.store import ArchiveStore, RestorePending, StoreUnavailable
from domain import ids


class ArchivedVersion(NamedTuple):
    """What the registry records of a version's archive."""

    id: UUID
    content_hash: str
    uri: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Damage:
    """An archive that cannot be restored."""

    version_id: str
    uri: str
    problem: str


@dataclass(slots=True)
class Report:
    """The result; `unreferenced` has the SHA-256 of each object that no version refers to."""

    sound: int = 0
    size_bytes: int = 0
    waiting: int = 0  # in a tier that takes hours to read, and of the recorded size
    problems: list[Damage] = field(default_factory=list)
    unreferenced: set[str] = field(default_factory=set)


async def verify(
    store: ArchiveStore,
    versions: AsyncIterator[ArchivedVersion],
    parse: Callable[[dict[str, Any]], object],
) -> Report:
    """Read all archives and list all objects; `parse` raises Corrupt as it would in a restore.

    Raises StoreUnavailable when the objects cannot be listed.
    """
    report, sizes = Report(), dict(store.sizes())
    async for version in versions:
        size_bytes = sizes.pop(version.sha256, None)
        try:
            data = await store.read(version.uri, version.sha256, request_restore=False)
            parse(format.unpack(data, version.id, version.content_hash))
        except RestorePending:
            if size_bytes == version.size_bytes:
                report.waiting += 1
                continue
            problem = "the archive has another size"
        except (StoreUnavailable, format.Corrupt) as error:
            problem = str(error)
        else:
            report.sound += 1
            report.size_bytes += version.size_bytes
            continue
        version_id = ids.encode(ids.VERSION, version.id)
        report.problems.append(Damage(version_id, version.uri, problem))
    report.unreferenced = set(sizes)
    return report
