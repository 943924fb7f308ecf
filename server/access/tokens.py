"""The valid tokens of the registry, which each process keeps in memory.

It asks whether their revision has changed when it asked longer ago than TOKENS_FRESH_S, and before
it refuses a secret. So a new token is known at once, and a request costs no statement of its own. A
revocation returns after that time: no request that arrives later is let in, by any process.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from hmac import compare_digest
from math import inf
from time import monotonic, time
from typing import NamedTuple

from db.postgres.batching import Batcher
from db.postgres.reader import Source
from db.reads import tokens
from db.reads.data_version import DataVersion, DataVersionReader
from db.reads.tokens import ValidSecret
from domain import actors, token_secrets
from domain.access import TOKENS_FRESH_S, Identity, Role

_START_S = 2.0  # for the first reading

_log = logging.getLogger(__name__)

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

    def __init__(self, source: Source, data_versions: DataVersionReader) -> None:
        self._source = source
        self._data_versions = data_versions
        self._revision: int | None = None
        self._secrets: Mapping[bytes, Sequence[KnownSecret]] = {}
        self._identities: Mapping[bytes, Identity] = {}  # by the hashes of secrets
        self.readings = 0  # how often the tokens were read
        self.on_change: Callable[[], None] = lambda: None  # called when they were read again
        self._fresh_until = 0.0  # a time of time.monotonic()
        self._loads: Batcher[int, None] = Batcher(self._load, in_flight_max=1, wait_s=None)

    def is_current(self, identity: Identity, reading: int) -> bool:
        """Whether the bearer that was found in a reading of the tokens is let in without asking."""
        is_fresh = reading == self.readings and monotonic() < self._fresh_until
        return is_fresh and identity.expires_at > time()

    async def identity(self, secret: bytes) -> Identity | None:
        """The bearer of a valid secret. It awaits futures only (server/execution/in_flight.py)."""
        if monotonic() < self._fresh_until:
            found = self._find(secret)
            if found is not None:
                return found
        await self.renewed()
        return self._find(secret)

    async def load(self) -> None:
        """Read the tokens at the start, so that the first callers are known; when the database is
        away, they are read later."""
        try:
            async with asyncio.timeout(_START_S):
                await self.renewed()
        except Exception as error:
            _log.warning("the tokens are read later: %s", type(error).__name__)

    def is_known(self, secret: bytes) -> bool:
        """Whether the secret was valid when the tokens were loaded.

        It takes as long for a prefix that no token has.
        """
        return len(secret) == token_secrets.LENGTH and self._find(secret) is not None

    def _find(self, secret: bytes) -> Identity | None:
        secret_hash = token_secrets.hash_of(secret)
        for known in self._secrets.get(secret[_PREFIX], _NO_SECRETS):
            if compare_digest(known.secret_hash, secret_hash):
                return known.identity if known.identity.expires_at > time() else None
        return None

    def known(self, identity: Identity) -> Identity | None:
        """The bearer of the same secret, by what was read last; None when it is valid no more."""
        return self._identities.get(identity.secret_hash)

    async def renewed(self) -> DataVersion:
        """The data version now; the tokens are read again if they have changed."""
        began_at = monotonic()
        version = await self._data_versions.current()
        assert version is not None  # its batch has only this key
        if version.tokens_revision != self._revision:
            await self._loads.join(version.tokens_revision)
        self._fresh_until = max(self._fresh_until, began_at + TOKENS_FRESH_S)
        return version

    async def _load(self, revisions: Sequence[int]) -> dict[int, None]:
        """Read all valid secrets; they are at least as new as the revisions."""
        found: dict[bytes, list[KnownSecret]] = {}
        for each in await tokens.valid_secrets(self._source):
            secrets = found.setdefault(each.prefix.encode(), [])
            secrets.append(KnownSecret(each.secret_hash, _identity(each)))
        self._secrets, self._revision = found, max(revisions)
        self.readings += 1
        every = (known for secrets in found.values() for known in secrets)
        self._identities = {known.secret_hash: known.identity for known in every}
        self.on_change()
        return dict.fromkeys(revisions)


def is_ours(credential: bytes) -> bool:
    """Whether a bearer token has the form of this registry's tokens."""
    return credential.startswith(_MARK)


def _identity(secret: ValidSecret) -> Identity:
    expires_at = inf if secret.expires_at is None else secret.expires_at.timestamp()
    actor = actors.token(secret.name)
    hashed = secret.secret_hash
    return Identity(actor, secret.role, secret.token_id, expires_at, secret_hash=hashed)
