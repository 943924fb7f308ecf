"""Responses to repeated queries, cached while the data that they may depend on is unchanged.

A response is cached with the data version (db/reads/data_version.py) that was read before it was
made. It is used again only when the version that is read after the next request has arrived is the
same, so no response is older than its request. One that depends on reported outcomes expires
besides (observed.py). A version that is only updated by notifications
would be faster to read, and could be stale.
"""

from math import inf
from typing import NamedTuple, TypeAlias

from cachetools import LRUCache

from db.reads.data_version import DataVersion
from planner import CountedCache
from server.execution.representations import CodedBodies, digest_tag

_BODY_BYTES_MAX = 1_048_576  # a larger one is not cached: it would evict hundreds of others
_SEEN_MAX = 8_000  # requests remembered to have come once, 110 bytes each
_OVERHEAD_BYTES = 520  # of an entry beside its key and its body


# Who sees the response, how the request came, and its bytes.
RequestKey: TypeAlias = bytes


class AnsweredOperation(NamedTuple):
    """What is known of an operation without its document: its name for the log, and its cost."""

    name: str | None
    points: int
    nodes: int


class CachedResponse(NamedTuple):
    """A body, the data version it was made from, its ETag, the operation that it answers.

    `expires_at` is a time of time.monotonic().
    """

    version: DataVersion
    body: bytes
    etag: bytes
    operation: AnsweredOperation
    size_bytes: int
    expires_at: float = inf


class ResponseCache:
    """Evicts the least recently used responses when they exceed a number of bytes."""

    def __init__(self, bytes_max: int) -> None:
        self.coded_bodies = CodedBodies(bytes_max // 2)
        self._bytes_max = bytes_max
        self.cache: CountedCache[RequestKey, CachedResponse] = CountedCache(
            bytes_max, getsizeof=lambda response: response.size_bytes
        )
        self._seen: LRUCache[int, None] = LRUCache(_SEEN_MAX)

    def is_repeated(self, request: RequestKey) -> bool:
        """Whether an equal request came lately: only then is its response worth caching."""
        if self._bytes_max == 0:
            return False
        key = hash(request)
        is_repeated = key in self._seen
        self._seen[key] = None
        return is_repeated

    def get(self, request: RequestKey) -> CachedResponse | None:
        """The cached response to an equal request."""
        return self.cache.get(request)

    def put(
        self,
        request: RequestKey,
        version: DataVersion,
        body: bytes,
        operation: AnsweredOperation,
        expires_at: float = inf,
    ) -> CachedResponse:
        """The response with its ETag, cached unless it is too large."""
        older = self.cache.get(request)
        if older and older.version == version and older.expires_at >= expires_at:
            return older  # a concurrent equal request has cached it
        etag = digest_tag(body)
        size_bytes = len(request) + len(body) + _OVERHEAD_BYTES
        response = CachedResponse(version, body, etag, operation, size_bytes, expires_at)
        if len(body) <= _BODY_BYTES_MAX and size_bytes <= self._bytes_max:
            # a copy: orjson's buffers grow by powers of two from 4 KiB on, and do not shrink
            response = response._replace(body=bytes(memoryview(body)))
            self.cache[request] = response
        else:
            self.cache.pop(request, None)
        return response

    @property
    def size_bytes(self) -> int:
        """About what the cached responses take in memory."""
        return int(self.cache.currsize)
