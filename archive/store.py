"""Cold storage: the objects of archived versions.

The name of an object is the SHA-256 of its bytes: writing it twice gives one object, and a reader
can check that the bytes are the ones that were written.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

from archive import threads, urls
from archive.folder import FileStore
from archive.objects import ObjectStore, RestorePending, StoreUnavailable

__all__ = ["ArchiveStore", "RestorePending", "StoreUnavailable", "StoredObject"]

T = TypeVar("T")

_SUFFIX = ".json.zst"
_CALLS_MAX = 8  # concurrent calls, each in a thread; one that hangs counts until it returns
_UNFINISHED_S = 3_600  # no writer takes that long
_TIMEOUT_S = 4.5  # below the default timeout of an operation, so that the caller learns the cause


class StoredObject(NamedTuple):
    """An object in cold storage: its address, the SHA-256 of its bytes in hex, its size."""

    uri: str
    sha256: str
    size_bytes: int


class ArchiveStore:
    """The objects in one folder or bucket; tasks may use it concurrently."""

    def __init__(self, url: str, storage_class: str = "GLACIER_IR") -> None:
        self._objects = open_store(url, storage_class)
        self._storage_class = storage_class
        self._limit = asyncio.Semaphore(_CALLS_MAX)
        self._is_checking = False

    async def write(self, objects: Sequence[bytes]) -> list[StoredObject]:
        """Store objects; all are safe when this returns. Raises StoreUnavailable."""

        async def write_one(data: bytes) -> StoredObject:
            digest = sha256(data).hexdigest()
            await self._run(lambda: self._objects.put(_key(digest), data))
            return StoredObject(self._objects.uri(_key(digest)), digest, len(data))

        return list(await asyncio.gather(*(write_one(data) for data in objects)))

    async def read(self, uri: str, digest: str, *, request_restore: bool = True) -> bytes:
        """The object with this SHA-256, verified; from `uri` if this store does not have it.

        Raises StoreUnavailable, and RestorePending while an archive tier restores the object.
        """
        data = await self._run(lambda: self._get(uri, digest, request_restore))
        if sha256(data).hexdigest() != digest:
            raise StoreUnavailable("the archive in cold storage is corrupt: its SHA-256 differs")
        return data

    async def delete(self, digest: str) -> None:
        """Delete the object with this SHA-256, if it exists. Raises StoreUnavailable."""
        await self._run(lambda: self._objects.delete(_key(digest)))

    def sizes(self) -> Iterator[tuple[str, int]]:
        """The SHA-256 and the size in bytes of each object; blocks. Raises StoreUnavailable."""
        for key, size_bytes in self._objects.sizes():
            yield key.rpartition("/")[2].removesuffix(_SUFFIX), size_bytes

    async def delete_unfinished(self, age_s: float = _UNFINISHED_S) -> int:
        """Delete what killed writers left, if it is older than `age_s`; the number of files.

        Raises StoreUnavailable.
        """
        return await self._run(lambda: self._objects.delete_unfinished(age_s))

    async def check(self) -> None:
        """Raise StoreUnavailable unless the store can be reached, and a folder also be written.

        One check runs at a time: a store that hangs keeps one thread, not one for each check.
        """
        if self._is_checking:
            raise StoreUnavailable("cold storage has not answered since the last check")
        self._is_checking = True
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await threads.start(self._objects.check, on_end=self._end_check)
        except TimeoutError as error:
            message = f"cold storage does not answer within {_TIMEOUT_S} s"
            raise StoreUnavailable(message) from error

    def _end_check(self) -> None:
        self._is_checking = False

    def close(self) -> None:
        """Close idle connections, without waiting for calls that still run."""
        self._objects.close()

    async def _run(self, call: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                await self._limit.acquire()
                return await threads.start(call, on_end=self._limit.release)
        except TimeoutError as error:
            message = f"cold storage does not answer within {_TIMEOUT_S} s"
            raise StoreUnavailable(message) from error

    def _get(self, uri: str, digest: str, request_restore: bool) -> bytes:
        key = _key(digest)
        try:
            return self._objects.get(key, request_restore=request_restore)
        except StoreUnavailable:
            root = uri.removesuffix(f"/{key}")
            if root == uri or uri == self._objects.uri(key):
                raise
            # the setting has changed since the object was written
            return open_store(root, self._storage_class).get(key, request_restore=request_restore)


def open_store(url: str, storage_class: str) -> ObjectStore:
    """The store of a `file:///folder` or `s3://bucket/prefix` URL; ValueError for any other."""
    urls.check(url)
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FileStore(Path(unquote(parts.path)))
    from archive.s3 import S3Store  # noqa: PLC0415  # boto3 takes 10 MB, and 30 ms of the start

    prefix = parts.path.strip("/")
    return S3Store(parts.netloc, f"{prefix}/" if prefix else "", storage_class)


def _key(digest: str) -> str:
    """The key of an object: 256 folders keep each of them small."""
    return f"{digest[:2]}/{digest}{_SUFFIX}"
