"""Cold storage in a folder. Every call blocks."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from archive.objects import StoreUnavailable


class FileStore:
    """Objects as files. A put writes the whole file or nothing, and flushes it to the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.expanduser().resolve()

    def uri(self, key: str) -> str:
        """A `file:///` URI."""
        return f"file://{quote(str(self._folder / key))}"

    def put(self, key: str, data: bytes) -> None:
        """Write a temporary file, flush it, then rename it: no reader sees half a file."""
        target = self._folder / key
        part = target.with_name(f".{uuid4().hex}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write_to_disk(part, data)
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
            _flush_folder(target.parent)
        except OSError as error:
            raise StoreUnavailable(f"cold storage cannot be written: {error.strerror}") from error

    def get(self, key: str, *, request_restore: bool) -> bytes:
        """Read a file; a folder has no archive tiers, so nothing is ever pending."""
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError as error:
            raise StoreUnavailable("the archive is missing from cold storage") from error
        except OSError as error:
            raise StoreUnavailable(f"cold storage cannot be read: {error.strerror}") from error

    def delete(self, key: str) -> None:
        """Remove a file."""
        try:
            (self._folder / key).unlink(missing_ok=True)
        except OSError as error:
            raise StoreUnavailable(f"cold storage cannot be written: {error.strerror}") from error

    def sizes(self) -> Iterator[tuple[str, int]]:
        """The files; the temporary files of killed writers are left out."""
        for file in self._folder.glob("*/[!.]*"):
            with suppress(FileNotFoundError):  # another process has just deleted it
                yield str(file.relative_to(self._folder)), file.stat().st_size


def _write_to_disk(file: Path, data: bytes) -> None:
    with file.open("xb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())


def _flush_folder(folder: Path) -> None:
    """Flush a rename in the folder, so that it survives a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
