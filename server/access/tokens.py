"""The valid tokens of the registry, which each process keeps in memory.

A process reads them again when their revision (db/reads/data_version.py) differs from the one that
was read after a request had arrived. So a revoked token is refused by every process from its
commit on, and a request costs no statement of its own.
"""

from collections.abc import Mapping, Sequence
from hmac import compare_digest
from math import inf
from time import time
from typing import NamedTuple

from db.postgres.batching import Batcher
from db.postgres.reader import Source
from db.reads import tokens
from db.reads.tokens import ValidSecret
from domain import actors, token_secrets
from domain.access import Identity, Role

_MARK = token_secrets.MARK.encode()
_PREFIX = slice(len(_MARK), len(_MARK) + token_secrets.PREFIX_LENGTH)


class KnownSecret(NamedTuple):
    """A hash, and whom the secret identifies."""

    secret_hash: bytes
    identity: Identity


# It is compared with the secret of an unknown prefix, so that this takes as long.
_NO_SECRETS = (KnownSecret(bytes(32), Identity(actors.token(""), Role.READER)),)


class Tokens:
    """Identifies the bearers of this registry's tokens."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._revision: int | None = None
        self._secrets: Mapping[bytes, Sequence[KnownSecret]] = {}
        self._loads: Batcher[int, None] = Batcher(self._load, in_flight_max=1, wait_s=None)

    async def identity(self, secret: bytes, revision: int) -> Identity | None:
        """The bearer of a valid secret; `revision` is the tokens' current one."""
        if revision != self._revision:
            await self._loads.join(revision)
        secret_hash = token_secrets.hash_of(secret)
        for known in self._secrets.get(secret[_PREFIX], _NO_SECRETS):
            if compare_digest(known.secret_hash, secret_hash):
                return known.identity if known.identity.expires_at > time() else None
        return None

    async def _load(self, revisions: Sequence[int]) -> dict[int, None]:
        """Read all valid secrets; they are at least as new as the revisions."""
        found: dict[bytes, list[KnownSecret]] = {}
        for each in await tokens.valid_secrets(self._source):
            secrets = found.setdefault(each.prefix.encode(), [])
            secrets.append(KnownSecret(each.secret_hash, _identity(each)))
        self._secrets, self._revision = found, max(revisions)
        return dict.fromkeys(revisions)


def is_ours(credential: bytes) -> bool:
    """Whether a bearer token has the form of this registry's tokens."""
    return credential.startswith(_MARK)


def _identity(secret: ValidSecret) -> Identity:
    expires_at = inf if secret.expires_at is None else secret.expires_at.timestamp()
    return Identity(actors.token(secret.name), secret.role, secret.token_id, expires_at)
