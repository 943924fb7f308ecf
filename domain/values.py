"""Values that stand inside a row: several columns read as one thing."""

from dataclasses import dataclass
from datetime import datetime

from domain.enums import ArchiveReason


@dataclass(frozen=True, slots=True)
class Label:
    """A key and its value."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class ArchiveInfo:
    """Where an archived version's content went, and when it may be purged."""

    archived_at: datetime
    reason: ArchiveReason
    storage_uri: str
    content_hash: str
    size_bytes: int
    purge_after: datetime | None


@dataclass(frozen=True, slots=True)
class VersionHold:
    """Why, by whom and since when a version is never archived or purged."""

    reason: str
    actor: str
    at: datetime
