"""What every object store offers, and how it fails. Every call blocks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol


class StoreUnavailable(Exception):
    """The store does not answer, or does not have the object; the text is for the caller."""


class RestorePending(Exception):
    """The object is being restored from an archive tier, and can be read from `at` on."""

    def __init__(self, storage_class: str, at: datetime) -> None:
        time = at.strftime("%Y-%m-%dT%H:%MZ")
        super().__init__(f"the archive is being restored from {storage_class}: retry at {time}")
        self.at = at


class ObjectStore(Protocol):
    """Bytes by key. Each call raises StoreUnavailable when the store cannot do it."""

    def uri(self, key: str) -> str:
        """The address of an object."""

    def put(self, key: str, data: bytes) -> None:
        """Store an object; it is safe when this returns."""

    def get(self, key: str, *, request_restore: bool) -> bytes:
        """Read an object. Raises RestorePending when it must be restored from a tier first."""

    def delete(self, key: str) -> None:
        """Delete an object, if it exists."""

    def sizes(self) -> Iterator[tuple[str, int]]:
        """The key of every object, and its size in bytes."""

    def delete_unfinished(self, age_s: float) -> int:
        """Delete what killed writers left, if it is older than this; the number of files."""

    def check(self) -> None:
        """Return when the store can be reached and would take an object."""

    def close(self) -> None:
        """Close idle connections."""
