"""Representations of a response: its media type, its content coding, and the ETag of each.

A strong ETag differs for each representation of a resource, so the digest of the body has a suffix
for the newer media type and for the content coding. Source: RFC 9110, section 8.8.3
"""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from hashlib import blake2b
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from backports import zstd
from cachetools import LRUCache

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"

CODED_BYTES_MIN = 4_096  # a smaller body fits into three packets anyhow

# Measured with 186 KB of JSON: zstd 1 makes 44 KB of it in 0.2 ms, gzip 3 makes 52 KB in 1.4 ms;
# zstd 6 takes 1.1 ms for 42 KB, gzip 6 takes 2.9 ms for 47 KB.
_COMPRESS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "zstd": partial(zstd.compress, level=1),
        "gzip": partial(gzip.compress, compresslevel=3, mtime=0),  # equal bytes for an equal ETag
    }
)
CODINGS = tuple(_COMPRESS)  # the cheaper one first

_AT_ONCE_BYTES = 16_384  # a larger body is compressed in a thread; this takes gzip 0.1 ms
_OVERHEAD_BYTES = 300  # of a kept body

_Key: TypeAlias = tuple[bytes, str]  # an ETag and a coding


class Accepted(NamedTuple):
    """What a client accepts: a media type, and a content coding for bodies of so many bytes.

    `known_tags` is the If-None-Match of a GET: the ETags of the responses that the client has. With
    `is_private`, it has a credential: no cache may give the response to another client.
    """

    media: str = JSON
    coding: str = ""
    coded_bytes_min: int = CODED_BYTES_MIN
    is_get: bool = False
    known_tags: bytes = b""
    is_private: bool = False

    def knows(self, tag: bytes) -> bool:
        """Whether the client has the response with this ETag; weak tags count as RFC 9110 says."""
        known = self.known_tags
        return bool(known) and (tag in known or known.strip() == b"*")


ANY = Accepted()


def digest_tag(body: bytes) -> bytes:
    """The ETag of a body as JSON without a coding: a write elsewhere does not change it."""
    return b'"%b"' % blake2b(body, digest_size=12).hexdigest().encode()


@lru_cache(maxsize=2_000)
def tag_of(tag: bytes, media: str, coding: str) -> bytes:
    """The ETag of a representation, from that of the body."""
    suffix = ("-graphql" if media == GRAPHQL else "") + (coding and f"-{coding}")
    return b'%b%b"' % (tag[:-1], suffix.encode()) if suffix else tag


class CodedBodies:
    """Compressed bodies, kept by ETag, so that a body is compressed once for all who poll it.

    The least recently used ones leave when they exceed a number of bytes.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._kept: LRUCache[_Key, bytes] = LRUCache(
            bytes_max, getsizeof=lambda body: len(body) + _OVERHEAD_BYTES
        )
        self._running: dict[_Key, asyncio.Future[bytes]] = {}
        self._thread = ThreadPoolExecutor(1, "compression")

    async def get(self, tag: bytes, body: bytes, coding: str) -> bytes:
        """The body in a coding; without an ETag it is not kept. Awaits futures only."""
        key = (tag, coding)
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        if len(body) <= _AT_ONCE_BYTES:
            coded = _COMPRESS[coding](body)
        else:
            coded = await (self._running.get(key) or self._started(key, body))
        if tag and len(coded) + _OVERHEAD_BYTES <= self._bytes_max:
            self._kept[key] = coded
        return coded

    def _started(self, key: _Key, body: bytes) -> asyncio.Future[bytes]:
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._thread, _COMPRESS[key[1]], body)
        if key[0]:
            self._running[key] = running
            running.add_done_callback(lambda _: self._running.pop(key, None))
        return running

    @property
    def size_bytes(self) -> int:
        """About what the kept bodies take in memory."""
        return int(self._kept.currsize)
