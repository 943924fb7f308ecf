"""The archive format: equal values give equal bytes, and nothing but an archive is read."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from backports import zstd

from archive import format
from archive.format import Corrupt

OBJECTS = Path(__file__).with_name("format_1")  # written by commit 304db09
VERSION_ID, CONTENT_HASH = UUID(int=1), "0" * 64
KEY = bytes(range(32))
SALT = re.compile(rb'    "salt": "([0-9a-f]{32})",\n')
CONTENT: dict[str, Any] = {
    "version": {"id": str(VERSION_ID), "content_hash": CONTENT_HASH, "metadata": {"b": 1, "a": 2}}
}


def _unsalted(data: bytes) -> bytes:
    text, count = SALT.subn(b"", zstd.decompress(data))
    assert count == 1
    return text


@pytest.mark.parametrize("name", ["plain", "large_integer"])
def test_an_old_object_is_read_and_written_again_to_the_same_bytes(name: str) -> None:
    data = (OBJECTS / f"{name}.json.zst").read_bytes()
    version = json.loads(zstd.decompress(data))["version"]
    content = format.unpack(data, UUID(version["id"]), version["content_hash"])
    assert content["version"] == version
    assert _unsalted(format.pack(content, KEY)) == zstd.decompress(data)


def test_the_order_of_keys_does_not_matter() -> None:
    reordered = {"version": dict(reversed(CONTENT["version"].items()))}
    assert format.pack(reordered, KEY) == format.pack(CONTENT, KEY)
    assert format.unpack(format.pack(CONTENT, KEY), VERSION_ID, CONTENT_HASH) == CONTENT


def test_nobody_can_make_the_object_without_the_key() -> None:
    """Its hash is shown to callers who may not see all of the content."""
    other = {"version": {**CONTENT["version"], "metadata": {}}}
    packed = [format.pack(CONTENT, KEY), format.pack(CONTENT, bytes(32)), format.pack(other, KEY)]
    salts = {SALT.findall(zstd.decompress(each))[0] for each in packed}
    assert len(salts) == 3


PACKED = format.pack(CONTENT, KEY)
TEXT = zstd.decompress(PACKED)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "incomplete"),
        (PACKED[:-9], "incomplete"),
        (PACKED * 2, "followed by other data"),
        (b"x" + PACKED[1:], "cannot be read"),
        (zstd.compress(b"[]"), "cannot be read"),
        (zstd.compress(b"{}"), "cannot be read"),
        (zstd.compress(TEXT[:-9]), "cannot be read"),
        (zstd.compress(TEXT.replace(b'Version": 1', b'Version": 2')), "unknown format"),
        (zstd.compress(TEXT.replace(CONTENT_HASH.encode(), b"1" * 64)), "of another version"),
        (zstd.compress(TEXT.replace(str(VERSION_ID).encode(), b"1")), "of another version"),
    ],
)
def test_anything_else_is_corrupt(data: bytes, problem: str) -> None:
    with pytest.raises(Corrupt, match=problem):
        format.unpack(data, VERSION_ID, CONTENT_HASH)
