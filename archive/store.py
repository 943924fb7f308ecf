"""Cold storage: where the objects of archived versions are kept.

An object is named by the SHA-256 of its bytes: writing it twice is writing it once, and whoever
reads it knows that it is what was written.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import NamedTuple, TypeVar

from archive.folder import RestorePending, StoreUnavailable, open_store

__all__ = ["ArchiveStore", "RestorePending", "StoreUnavailable", "Stored"]

T = TypeVar("T")

_SUFFIX = ".json.zst"
_AT_ONCE = 8  # calls under way, each in a thread of the store's own
_TIME_LIMIT_S = 4.5  # less than an operation may take by default: the caller is told what it was


class Stored(NamedTuple):
    """An object in cold storage: its address, the SHA-256 of its bytes in hex, how many."""

    uri: str
    sha256: str
    size_bytes: int


class ArchiveStore:
    """One store; safe to use from many tasks at once."""

    def __init__(self, url: str, storage_class: str = "GLACIER_IR") -> None:
        self._objects = open_store(url, storage_class)
        self._storage_class = storage_class
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="cold")

    async def put(self, objects: Sequence[bytes]) -> list[Stored]:
        """Keep objects; all are safe when this returns. Raises StoreUnavailable."""

        async def one(data: bytes) -> Stored:
            digest = sha256(data).hexdigest()
            await self._run(lambda: self._objects.put(_key(digest), data))
            return Stored(self._objects.uri(_key(digest)), digest, len(data))

        return list(await asyncio.gather(*(one(data) for data in objects)))

    async def get(self, uri: str, digest: str, *, request_restore: bool = True) -> bytes:
        """The object with this SHA-256, verified; from `uri` where the store has moved since.

        Raises StoreUnavailable, and RestorePending while an archive tier gives it back.
        """
        data = await self._run(lambda: self._read(uri, digest, request_restore))
        if sha256(data).hexdigest() != digest:
            raise StoreUnavailable("the archive in cold storage is corrupt: its SHA-256 differs")
        return data

    async def delete(self, digest: str) -> None:
        """Forget the object with this SHA-256, if it is there. Raises StoreUnavailable."""
        await self._run(lambda: self._objects.delete(_key(digest)))

    def names(self) -> Iterator[tuple[str, int]]:
        """The SHA-256 and the size in bytes of each object; blocks. Raises StoreUnavailable."""
        for key, size_bytes in self._objects.sizes():
            yield key.rpartition("/")[2].removesuffix(_SUFFIX), size_bytes

    def close(self) -> None:
        """Let the threads end; a call under way is not waited for."""
        self._threads.shutdown(wait=False)

    async def _run(self, call: Callable[[], T]) -> T:
        async with self._turns:
            running = asyncio.get_running_loop().run_in_executor(self._threads, call)
            try:
                async with asyncio.timeout(_TIME_LIMIT_S):
                    return await running
            except TimeoutError as error:
                message = f"cold storage does not answer within {_TIME_LIMIT_S} s"
                raise StoreUnavailable(message) from error

    def _read(self, uri: str, digest: str, request_restore: bool) -> bytes:
        key = _key(digest)
        if uri in ("", self._objects.uri(key)):
            return self._objects.get(key, request_restore=request_restore)
        try:
            return self._objects.get(key, request_restore=request_restore)
        except StoreUnavailable:
            root = uri.removesuffix(f"/{key}")
            if root == uri:
                raise
            return open_store(root, self._storage_class).get(key, request_restore=request_restore)


def _key(digest: str) -> str:
    """Where an object stands: 256 folders keep each of them small."""
    return f"{digest[:2]}/{digest}{_SUFFIX}"
