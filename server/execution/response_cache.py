"""Responses to repeated queries, kept while the data that they may depend on is unchanged.

An answer is kept with the version (db/reads/data_version.py) that was read before it was made, and
given again only when the version read after the next request has come is the same: so no answer is
older than its request. Counters fed by notifications alone would be faster, and could be stale.
"""

from collections import OrderedDict
from hashlib import blake2b
from typing import NamedTuple

from db.reads.data_version import DataVersion
from resolvers.service import Service

_ANSWER_BYTES_MAX = 1_048_576  # a larger one is not kept: it would drive out hundreds
_ASKED_MAX = 8_000  # requests remembered to have come once, 110 bytes each; fewer can be kept
_OVERHEAD_BYTES = 500  # of an entry beside its key and its body


class CachedResponse(NamedTuple):
    """A body, the version it is true of, its ETag, and the operation's name for the log."""

    version: DataVersion
    body: bytes
    etag: bytes
    operation: str | None


class ResponseCache:
    """The least recently given leave when the kept ones grow beyond a number of bytes."""

    def __init__(self, bytes_max: int, service: Service) -> None:
        self._bytes_max = bytes_max
        # a release may answer the same request, at the same version, in another way
        self._tag_key = blake2b(repr(service).encode(), digest_size=32).digest()
        self._bytes = 0
        self._kept: OrderedDict[bytes, CachedResponse] = OrderedDict()
        self._asked: OrderedDict[int, None] = OrderedDict()

    def is_repeated(self, request: bytes) -> bool:
        """Whether the same request has come lately: only then is its answer worth keeping."""
        if self._bytes_max == 0:
            return False
        key = hash(request)
        if key in self._asked:
            return True
        self._asked[key] = None
        if len(self._asked) > _ASKED_MAX:
            self._asked.popitem(last=False)
        return False

    def get(self, request: bytes) -> CachedResponse | None:
        """What was answered to the same request before."""
        answer = self._kept.get(request)
        if answer is not None:
            self._kept.move_to_end(request)
        return answer

    def keep(
        self, request: bytes, version: DataVersion, body: bytes, operation: str | None
    ) -> CachedResponse:
        """Keep an answer, unless it is too large, instead of an older one to the same request."""
        older = self._kept.get(request)
        if older is not None and older.version == version:
            return older  # kept by one who asked the same at the same time
        told = repr(version).encode() + request
        digest = blake2b(told, digest_size=12, key=self._tag_key).hexdigest()
        # weak: it tells the same, not the same bytes
        answer = CachedResponse(version, body, f'W/"{digest}"'.encode(), operation)
        if len(body) > min(_ANSWER_BYTES_MAX, self._bytes_max):
            return answer
        answer = answer._replace(body=_without_slack(body))
        self._kept.pop(request, None)
        self._bytes += _size(request, answer) - (_size(request, older) if older else 0)
        self._kept[request] = answer
        while self._bytes > self._bytes_max:
            dropped_request, dropped = self._kept.popitem(last=False)
            self._bytes -= _size(dropped_request, dropped)
        return answer

    @property
    def kept_bytes(self) -> int:
        """About what the kept answers take in memory."""
        return self._bytes


def _without_slack(body: bytes) -> bytes:
    """A copy: orjson writes into powers of two from 4 KiB on, and gives nothing back."""
    return bytes(memoryview(body))


def _size(request: bytes, answer: CachedResponse) -> int:
    return len(request) + len(answer.body) + _OVERHEAD_BYTES
