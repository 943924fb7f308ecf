"""The issuer's keys, kept in memory: how old they may be, and how often the issuer is asked."""

import asyncio
import logging
from collections.abc import Callable

from jwt import PyJWK

from server.access import oidc_fetching
from server.access.oidc_key_set import IssuerError, KeySet
from server.settings_oidc import OidcSettings

FRESH_S = 600  # then the keys are read again, while requests use the old ones
USABLE_S = 3_600  # then no request uses them: the issuer may have withdrawn one
PAUSE_S = 10  # between two readings, whatever the ids of keys in tokens
WAITING_MAX = 64  # requests that wait for a reading; a flood of tokens cannot hold up all others

_log = logging.getLogger(__name__)


class IssuerKeys:
    """The keys of one issuer. `on_change` is called when they are others than before."""

    def __init__(
        self, settings: OidcSettings, clock: Callable[[], float], on_change: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._on_change = on_change
        self._key_set = KeySet()
        self._fresh_until = self._usable_until = self._paused_until = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._is_reachable = True
        self._waiting_count = 0

    @property
    def is_reading(self) -> bool:
        """Whether the issuer is asked now."""
        return self._reading is not None

    def has(self, key_hash: bytes) -> bool:
        """Whether the issuer still has a key, as far as is known."""
        return key_hash in self._key_set.hashes

    def are_usable(self) -> bool:
        """Whether the keys are new enough; in time, they are read again in the background."""
        now = self._clock()
        if now >= self._fresh_until and now >= self._paused_until:
            self._read_once()
        return now < self._usable_until

    async def find(self, kid: str | None, algorithm: str) -> tuple[PyJWK, ...]:
        """The keys that may have made a signature; none if the issuer has no such key.

        Raises IssuerError when the issuer cannot be asked. It awaits futures only
        (server/execution/in_flight.py).
        """
        if self.are_usable() and (found := self._key_set.find(kid, algorithm)):
            return found
        if self._reading is not None or self._clock() >= self._paused_until:
            await self._read()
        if not self.are_usable():
            raise IssuerError("it has not answered yet")
        found = self._key_set.find(kid, algorithm)
        if not found and not self._is_reachable:
            raise IssuerError("it did not answer, and may have a new key")
        return found

    async def _read(self) -> None:
        if self._waiting_count >= WAITING_MAX:
            raise IssuerError("too many requests wait for it")
        self._waiting_count += 1
        try:
            await asyncio.shield(self._read_once())
        finally:
            self._waiting_count -= 1

    def _read_once(self) -> asyncio.Task[None]:
        """The task that reads the keys; all share it."""
        if self._reading is None:
            self._reading = asyncio.get_running_loop().create_task(self._replace())
        return self._reading

    async def _replace(self) -> None:
        try:
            key_set = await oidc_fetching.fetch(self._settings)
        except Exception as error:  # such as a wrong HTTPS_PROXY; callers are told to try again
            self._is_reachable = False
            unexpected = None if isinstance(error, IssuerError) else error
            _log.warning(
                "cannot read the keys of the OpenID Connect issuer: %s", error, exc_info=unexpected
            )
        else:
            self._is_reachable = True
            self._fresh_until = self._clock() + FRESH_S
            self._usable_until = self._clock() + USABLE_S
            if key_set.document != self._key_set.document:
                self._key_set = key_set
                self._on_change()
        finally:
            self._paused_until = self._clock() + PAUSE_S
            self._reading = None

    async def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])
            self._reading = None  # a task that has not begun cannot say that it has ended
