"""The secrets of tokens: `mrk_<prefix>_<secret>`, of which the database has only the SHA-256."""

import secrets
import string
from hashlib import sha256
from typing import NamedTuple

MARK = "mrk_"
PREFIX_LENGTH = 8
_PREFIX_CHARACTERS = string.ascii_lowercase + string.digits
_SECRET_BYTES, _SECRET_CHARACTERS = 32, 43
LENGTH = len(MARK) + PREFIX_LENGTH + len("_") + _SECRET_CHARACTERS


class NewSecret(NamedTuple):
    """A new secret: its text, which is shown once, and its hash, which is stored."""

    text: str
    secret_hash: bytes


def new_prefix() -> str:
    """The part of a token's secrets that is stored and shown, by which the token is found."""
    return "".join(secrets.choice(_PREFIX_CHARACTERS) for _ in range(PREFIX_LENGTH))


def new(prefix: str) -> NewSecret:
    """A new secret of the token with this prefix."""
    text = f"{MARK}{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    return NewSecret(text, hash_of(text.encode()))


def hash_of(secret: bytes) -> bytes:
    """The SHA-256 of a whole secret. It is random, so that no salt or slow hash is needed."""
    return sha256(secret).digest()
