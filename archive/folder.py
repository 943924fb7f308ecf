"""The places of cold storage, and the one that is a folder. Every call blocks."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

from archive.urls import check


class StoreUnavailable(Exception):
    """The store does not answer, or does not hold what it should; the text is for the caller."""


class RestorePending(Exception):
    """The object is on its way back from an archive tier, and can be read from `at` on."""

    def __init__(self, storage_class: str, at: datetime) -> None:
        when = at.strftime("%Y-%m-%dT%H:%MZ")
        super().__init__(f"its archive is on its way back from {storage_class}: retry at {when}")
        self.at = at


class ObjectStore(Protocol):
    """Bytes by key; each call raises StoreUnavailable when the place does not do as it is asked."""

    def uri(self, key: str) -> str:
        """The address of an object."""

    def put(self, key: str, data: bytes) -> None:
        """Keep an object; it is safe when this returns."""

    def get(self, key: str, *, request_restore: bool) -> bytes:
        """An object's bytes. Raises RestorePending when they must be brought back first."""

    def delete(self, key: str) -> None:
        """Forget an object, if it is there."""

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Every object's key, and its size in bytes."""


class FileStore:
    """Objects as files; each is written whole or not at all, and is on the disk when put."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.expanduser().resolve()

    def uri(self, key: str) -> str:
        """A `file:///` URI."""
        return f"file://{quote(str(self._folder / key))}"

    def put(self, key: str, data: bytes) -> None:
        """Write beside, flush to the disk, then rename: no reader sees half a file."""
        target = self._folder / key
        beside = target.with_name(f".{uuid4().hex}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write_to_disk(beside, data)
                beside.replace(target)
            finally:
                beside.unlink(missing_ok=True)
            _flush_folder(target.parent)
        except OSError as error:
            raise StoreUnavailable(f"cold storage cannot be written: {error.strerror}") from error

    def get(self, key: str, *, request_restore: bool) -> bytes:
        """Read a file; folders have no tier to ask back from."""
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
        """The files, folder by folder; what a killed writer left behind is not among them."""
        for file in self._folder.glob("*/[!.]*"):
            with suppress(FileNotFoundError):  # purged meanwhile
                yield str(file.relative_to(self._folder)), file.stat().st_size


def open_store(url: str, storage_class: str) -> ObjectStore:
    """The place that a `file:///folder` or `s3://bucket/prefix` URL names; ValueError if none."""
    check(url)
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FileStore(Path(unquote(parts.path)))
    from archive.s3 import S3Store  # noqa: PLC0415  # boto3 takes 10 MB, and 30 ms of the start

    prefix = parts.path.strip("/")
    return S3Store(parts.netloc, f"{prefix}/" if prefix else "", storage_class)


def _write_to_disk(file: Path, data: bytes) -> None:
    with file.open("xb") as written:
        written.write(data)
        written.flush()
        os.fsync(written.fileno())


def _flush_folder(folder: Path) -> None:
    """Make a rename in the folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
