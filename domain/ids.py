"""Ids: UUIDv7 inside, `<prefix>_<32 hex digits>` outside."""

from uuid import UUID

import uuid_utils.compat

MODEL = "mdl"
VERSION = "ver"
BINDING = "bnd"
PROVIDER = "prv"
EVENT = "evt"
ALIAS = "als"
RUN = "run"

_HEX_DIGITS = frozenset("0123456789abcdef")


def new() -> UUID:
    """A new key; later keys sort after earlier ones, so an index grows at its end."""
    return uuid_utils.compat.uuid7()


def encode(prefix: str, key: UUID) -> str:
    """The id that clients see."""
    return f"{prefix}_{key.int.to_bytes(16).hex()}"  # key.hex takes twice as long


def decode(prefix: str, text: str) -> UUID | None:
    """The key behind an id of this prefix; None when it is malformed or of another type."""
    kind, _, digits = text.partition("_")
    if kind != prefix or len(digits) != 32 or not _HEX_DIGITS.issuperset(digits):
        return None
    return UUID(hex=digits)


def prefix_of(text: str) -> str:
    """What stands before the underscore; says which table an id belongs to."""
    return text.partition("_")[0]
