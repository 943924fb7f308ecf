"""Ids: UUIDv7 keys in the database, `<prefix>_<32 hex digits>` in the API."""

from uuid import UUID

import uuid_utils.compat

MODEL = "mdl"
VERSION = "ver"
BINDING = "bnd"
PROVIDER = "prv"
PRICE = "prc"
ALIAS = "als"
EVENT = "evt"
RUN = "run"
CATALOG = "cat"
ENTRY = "ent"
TOKEN = "tok"  # noqa: S105  a prefix, not a secret

_HEX_DIGITS = frozenset("0123456789abcdef")


def new() -> UUID:
    """A new key. Later keys sort after earlier ones, so an index grows at its end."""
    return uuid_utils.compat.uuid7()


def encode(prefix: str, key: UUID) -> str:
    """The id that clients see."""
    return f"{prefix}_{key.int.to_bytes(16).hex()}"  # key.hex takes twice as long


def decode(prefix: str, text: str) -> UUID | None:
    """The key of an id with this prefix; None when the id is malformed or of another type."""
    kind, _, digits = text.partition("_")
    if kind != prefix or len(digits) != 32 or not _HEX_DIGITS.issuperset(digits):
        return None
    return UUID(hex=digits)


def prefix_of(text: str) -> str:
    """The part before the underscore, which names the id's type."""
    return text.partition("_")[0]
