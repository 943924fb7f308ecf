"""Values that consist of several columns of a row."""

from dataclasses import dataclass
from datetime import datetime

from domain.enums import ArchiveReason


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a model."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class ArchiveInfo:
    """The archive of a version, and when it may be purged."""

    archived_at: datetime
    reason: ArchiveReason
    storage_uri: str
    content_hash: str
    size_bytes: int
    purge_after: datetime | None


@dataclass(frozen=True, slots=True)
class VersionHold:
    """A hold on a version: it is neither archived nor purged."""

    reason: str
    actor: str
    at: datetime
