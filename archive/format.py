"""Archive objects: a version with its bindings and prices, as compressed canonical JSON.

Sorted keys, UTF-8, amounts as decimal strings, times as ISO 8601. `zstd -dc <object>` shows an
object to a person; docs/retention.md describes it.

The API shows the hash of an object to callers who may not see all that is in it. Each object has a
salt, so that nobody can make it from a guess and compare the hashes. The salt is made from a key of
the registry and the content, so that equal content is one object.
"""

import hmac
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from backports import zstd

FORMAT, FORMAT_VERSION = "model-registry/version", 1

_ABOUT = {
    "format": FORMAT,
    "formatVersion": FORMAT_VERSION,
    "schema": "a version with its model's and providers' names; bindings hold their prices",
    "units": "amounts in USD per 1,000 tokens, latency in milliseconds, times in UTC",
}
_READABLE = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_SALT_BYTES = 16
_BYTES_MAX = 64 * 1024 * 1024  # decompressed; a typical archive has a few KiB


class Corrupt(Exception):
    """The bytes are not an archive of the version that this code can read."""


def pack(content: Mapping[str, Any], key: bytes) -> bytes:
    """An archive object with this content, plain JSON values; only the key's holder can make it."""
    salt = hmac.digest(key, _dumped(content), "sha256")[:_SALT_BYTES]
    about = {**_ABOUT, "salt": salt.hex()}
    return zstd.compress(_dumped({"about": about, **content}))


def unpack(data: bytes, version_id: UUID, content_hash: str) -> dict[str, Any]:
    """The content of this version's archive object. Raises Corrupt if it is anything else."""
    try:
        content: dict[str, Any] = json.loads(_decompressed(data))
        about, version = content.pop("about"), content["version"]
        if about["format"] != FORMAT or about["formatVersion"] != FORMAT_VERSION:
            raise Corrupt(f"the archive has an unknown format: {about}")
        if version["id"] != str(version_id) or version["content_hash"] != content_hash:
            raise Corrupt("the archive is of another version")
        return content
    except (zstd.ZstdError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt("the archive cannot be read") from error


def _dumped(content: Any) -> bytes:
    try:
        return orjson.dumps(content, option=_READABLE)
    except orjson.JSONEncodeError:  # integers beyond 64 bits, which JSON columns may hold
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, indent=2, allow_nan=False)
        return text.encode() + b"\n"


def _decompressed(data: bytes) -> bytes:
    decompressor = zstd.ZstdDecompressor()
    text = decompressor.decompress(data, max_length=_BYTES_MAX)
    if not decompressor.eof or decompressor.unused_data:
        raise Corrupt("the archive is incomplete, too large, or followed by other data")
    return text
