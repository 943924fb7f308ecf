"""Cold storage: where the objects of archived versions are kept.

An object is named by the SHA-256 of its bytes: writing it twice is writing it once, and whoever
reads it knows that it is what was written.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import NamedTuple, TypeVar

from archive.folder import NotYet, Unavailable, place

__all__ = ["Cold", "NotYet", "Stored", "Unavailable"]

T = TypeVar("T")

_SUFFIX = ".json.zst"
_AT_ONCE = 8  # calls under way, each in a thread of the store's own
_TIME_LIMIT_S = 4.5  # less than an operation may take by default: the caller is told what it was


class Stored(NamedTuple):
    """An object in cold storage: its address, the SHA-256 of its bytes in hex, how many."""

    uri: str
    sha256: str
    size_bytes: int


class Cold:
    """One store; safe to use from many tasks at once."""

    def __init__(self, url: str, storage_class: str = "GLACIER_IR") -> None:
        self._place = place(url, storage_class)
        self._storage_class = storage_class
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="cold")

    async def put(self, objects: Sequence[bytes]) -> list[Stored]:
        """Keep objects; all are safe when this returns. Raises Unavailable."""

        async def one(data: bytes) -> Stored:
            digest = sha256(data).hexdigest()
            await self._run(lambda: self._place.put(_key(digest), data))
            return Stored(self._place.uri(_key(digest)), digest, len(data))

        return list(await asyncio.gather(*(one(data) for data in objects)))

    async def get(self, uri: str, digest: str, *, ask_back: bool = True) -> bytes:
        """The object with this SHA-256, verified; from `uri` where the store has moved since.

        Raises Unavailable, and NotYet when it is in an archive tier, from which it is asked back.
        """
        data = await self._run(lambda: self._read(uri, digest, ask_back))
        if sha256(data).hexdigest() != digest:
            raise Unavailable("the archive in cold storage is corrupt: its SHA-256 differs")
        return data

    async def delete(self, digest: str) -> None:
        """Forget the object with this SHA-256, if it is there. Raises Unavailable."""
        await self._run(lambda: self._place.delete(_key(digest)))

    def names(self) -> Iterator[tuple[str, int]]:
        """Each object's SHA-256 by its name, and its size in bytes; blocks. Raises Unavailable."""
        for key, size_bytes in self._place.sizes():
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
                raise Unavailable(message) from error

    def _read(self, uri: str, digest: str, ask_back: bool) -> bytes:
        key = _key(digest)
        if uri in ("", self._place.uri(key)):
            return self._place.get(key, ask_back=ask_back)
        try:
            return self._place.get(key, ask_back=ask_back)
        except Unavailable:
            root = uri.removesuffix(f"/{key}")
            if root == uri:
                raise
            return place(root, self._storage_class).get(key, ask_back=ask_back)


def _key(digest: str) -> str:
    """Where an object stands: 256 folders keep each of them small."""
    return f"{digest[:2]}/{digest}{_SUFFIX}"
