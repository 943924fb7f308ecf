"""Compressed bodies are made once, and take a bounded number of bytes."""

import asyncio
import gzip

from server.execution.representations import CodedBodies, digest_tag

BODY = b'{"data":"%b"}' % (b"some text " * 5_000)


def _numbered(number: int) -> bytes:
    return b'{"data":%d,"rest":"%b"}' % (number, bytes(range(35, 91)) * 100)


async def test_a_body_with_a_tag_is_compressed_once() -> None:
    bodies, tag = CodedBodies(100_000), digest_tag(BODY)
    together = await asyncio.gather(*(bodies.get(tag, BODY, "gzip") for _ in range(20)))
    assert gzip.decompress(together[0]) == BODY
    assert all(coded is together[0] for coded in together)
    assert await bodies.get(tag, BODY, "gzip") is together[0]


async def test_equal_bodies_are_equal_bytes_in_a_coding() -> None:
    for coding in ("gzip", "zstd"):
        first, second = [await CodedBodies(0).get(b"", BODY, coding) for _ in range(2)]
        assert first == second


async def test_the_kept_bodies_are_bounded_and_the_latest_stay() -> None:
    bodies = CodedBodies(5_000)
    tags = [digest_tag(_numbered(number)) for number in range(50)]
    for number, tag in enumerate(tags):
        coded = await bodies.get(tag, _numbered(number), "zstd")
        assert bodies.size_bytes <= 5_000
    assert await bodies.get(tags[-1], b"not needed", "zstd") is coded


async def test_nothing_is_kept_without_a_tag_or_without_room() -> None:
    for bodies, tag in ((CodedBodies(100_000), b""), (CodedBodies(0), b'"a"')):
        assert gzip.decompress(await bodies.get(tag, BODY, "gzip")) == BODY
        assert bodies.size_bytes == 0
