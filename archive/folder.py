"""Cold storage in a folder. Every call blocks."""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from archive.objects import StoreUnavailable

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600  # archives hold values that the API hides from some

_PROBE, _PROBE_BYTES = ".writable", 4_096  # the file that a check writes


class FileStore:
    """Objects as files, for the server's own user only.

    A put writes the whole file or nothing, and flushes it to the disk.
    """

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
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            for folder in (self._folder, target.parent):
                folder.mkdir(_FOLDER_MODE, exist_ok=True)
            try:
                _write_to_disk(part, target, data)
            finally:
                part.unlink(missing_ok=True)
            _flush_folder(target.parent)
        except OSError as error:
            raise StoreUnavailable(f"cold storage cannot be written: {error.strerror}") from error

    def get(self, key: str, *, request_restore: bool) -> bytes:
        """Read a file; a folder has no archive tiers, so nothing is ever pending."""
        try:
            return _read_regular(self._folder / key)
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

    def delete_unfinished(self, age_s: float) -> int:
        """Delete the temporary files of killed writers that were last written before `age_s`.

        A writer holds a lock on its file, which the system releases when it is killed. Files that
        cannot be locked or deleted stay.
        """
        written_before = time.time() - age_s
        parts = self._folder.glob("*/.*.part")
        return sum(_delete_unused(part, written_before) for part in parts)

    def check(self) -> None:
        """Write a small file and delete it; a folder that is not there yet must be possible."""
        try:
            if not self._folder.exists():
                _check_parent(self._folder)
                return
            probe = self._folder / _PROBE
            try:
                _write_probe(probe)
            finally:
                probe.unlink(missing_ok=True)  # another process may have deleted it
        except OSError as error:
            raise StoreUnavailable(f"cold storage cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Nothing: a folder has no connections."""


def _read_regular(file: Path) -> bytes:
    """The bytes of a file; without waiting for a writer, as a FIFO in its place would."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StoreUnavailable("the archive in cold storage is not a regular file")
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read()


def _write_probe(probe: Path) -> None:
    with open(probe, "wb", opener=lambda path, flags: os.open(path, flags, _FILE_MODE)) as opened:
        opened.write(bytes(_PROBE_BYTES))
        opened.flush()
        os.fsync(opened.fileno())


def _check_parent(folder: Path) -> None:
    """Raise an OSError unless this folder, which does not exist, can be made."""
    parent = next(each for each in folder.parents if each.exists())
    if not os.access(parent, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _delete_unused(part: Path, written_before: float) -> bool:
    """Delete a temporary file whose writer has ended; true when it is deleted.

    The lock alone does not tell: a writer takes it after it has made the file.
    """
    with suppress(OSError), part.open("rb") as opened:
        if os.fstat(opened.fileno()).st_mtime > written_before:
            return False
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.unlink()
        return True
    return False


def _write_to_disk(part: Path, target: Path, data: bytes) -> None:
    with open(part, "xb", opener=lambda path, flags: os.open(path, flags, _FILE_MODE)) as opened:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(opened, fcntl.LOCK_EX)
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
        part.replace(target)  # under the lock


def _flush_folder(folder: Path) -> None:
    """Flush a rename in the folder, so that it survives a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
