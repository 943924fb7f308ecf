"""Sessions: the open streams and sockets of callers, which end when the caller's access ends.

A session ends when its secret is revoked, replaced or expired, or when the issuer has withdrawn the
key of its token. While there are sessions, the process looks once a second whether tokens have
changed, and at once when its event feed says so; the issuer's keys are read in time.
Before each result of a stream it looks again: nothing that was committed after a revocation is
delivered.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from http import HTTPStatus
from math import inf
from time import monotonic, time
from typing import TYPE_CHECKING, TypeVar

from db.postgres.errors import is_unavailable
from db.reads.data_version import DataVersion
from db.tables import AuditEvent
from domain.access import Identity
from domain.audit_enums import EntityKind
from resolvers.errors import UNAUTHENTICATED
from resolvers.event_broker import EventBroker
from server.access.tokens import Tokens
from server.errors import HttpError

if TYPE_CHECKING:
    from server.access.oidc import OidcVerifier

_PERIOD_S = 1.0  # between two looks at the tokens
_TRUST_S = 0.1  # for earlier events no second look is needed, for so long
_RETRY_S = 0.2  # while the database is away

ResultT = TypeVar("ResultT")

_log = logging.getLogger(__name__)


class AccessEnded(HttpError):
    """The caller of a stream or socket may do nothing any more."""

    def __init__(self) -> None:
        message = (
            "The token is no longer valid: it or its key was revoked or replaced, or has expired"
        )
        super().__init__(HTTPStatus.UNAUTHORIZED, message, UNAUTHENTICATED)


class Session:
    """One stream or socket, and what is known of its caller's access."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.looked_at = -inf  # by monotonic(), when the tokens were read last
        self.revision = -1  # of the registry then
        self._has_ended = False
        self._timer: asyncio.Timeout | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the caller's access has ended."""
        return self._has_ended or self.identity.expires_at <= time()

    @asynccontextmanager
    async def until_end(self) -> AsyncIterator[None]:
        """Run the block until it ends; raises AccessEnded when the caller's access ends before."""
        if self.has_ended:
            raise AccessEnded
        timer = self._timer = asyncio.timeout_at(self._deadline())
        try:
            async with timer:
                yield
        except TimeoutError:
            if not timer.expired():
                raise
            raise AccessEnded from None
        finally:
            self._timer = None

    def update(self, identity: Identity | None) -> None:
        """Note what is known of the caller now; None ends the session."""
        if identity is None:
            self._has_ended = True
        else:
            self.identity = identity
        if self._timer is not None and not self._timer.expired():
            self._timer.reschedule(self._deadline())

    def _deadline(self) -> float | None:
        """By the clock of the event loop; None: there is none."""
        now = asyncio.get_running_loop().time()
        if self._has_ended:
            return now
        expires_at = self.identity.expires_at
        return None if expires_at == inf else now + expires_at - time()


class Sessions:
    """The sessions of this process; a receiver of the event broker."""

    def __init__(
        self, tokens: Tokens, broker: EventBroker, oidc: "OidcVerifier | None" = None
    ) -> None:
        self._tokens = tokens
        self._oidc = oidc
        self._open: set[Session] = set()
        self._are_there = asyncio.Event()
        self._wake = asyncio.Event()
        tokens.on_change = self._update
        if oidc is not None:
            oidc.on_change = self._update
        broker.receivers.add(self)

    @contextmanager
    def opened(self, identity: Identity) -> Iterator[Session]:
        """A session of this caller while the block runs."""
        session = Session(identity)
        if not (identity.secret_hash or identity.key_hash):
            yield session
            return
        session.update(self._known(identity))  # what is known may be newer than the identity
        self._open.add(session)
        self._are_there.set()
        try:
            yield session
        finally:
            self._open.discard(session)
            if not self._open:
                self._are_there.clear()

    async def while_allowed(
        self,
        results: AsyncGenerator[ResultT, None],
        identity: Identity,
        sequence: Callable[[], int | None],
    ) -> AsyncGenerator[ResultT, None]:
        """The results until the caller's access ends; then raises AccessEnded.

        `sequence()` is the sequence number of the last result, if that is an event.
        """
        if not identity.secret_hash and identity.expires_at == inf:
            async for result in results:
                yield result
            return
        with self.opened(identity) as session:
            while True:
                async with session.until_end():
                    try:
                        result = await anext(results)
                    except StopAsyncIteration:
                        return
                    await self._check(session, sequence())
                yield result

    async def _check(self, session: Session, sequence: int | None) -> None:
        """Raise AccessEnded when the caller's access has ended by now.

        An event that was committed before the last look needs no other look for a while. While the
        database is away, it waits.
        """
        is_known = sequence is not None and sequence <= session.revision
        if session.identity.secret_hash and not (
            is_known and monotonic() < session.looked_at + _TRUST_S
        ):
            began_at = monotonic()
            version = await self._version()
            session.looked_at, session.revision = began_at, version.revision
        if session.has_ended:
            raise AccessEnded

    async def run(self) -> None:
        """Look at the tokens while there are sessions; never ends."""
        while True:
            await self._are_there.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(_PERIOD_S):
                    await self._wake.wait()
            self._wake.clear()
            try:
                if self._oidc is not None and not self._oidc.are_keys_usable():
                    self._update()
                await self._version()
            except Exception:
                _log.exception("the tokens cannot be read")

    def put(self, events: Sequence[AuditEvent]) -> None:
        """Look at the tokens when one has changed."""
        if any(event.kind is EntityKind.TOKEN for event in events):
            self._wake.set()

    def end(self) -> None:
        """The server stops, and with it the streams."""

    async def _version(self) -> DataVersion:
        """The data version, and with it the tokens; waits while the database is away."""
        while True:
            try:
                return await self._tokens.renewed()
            except Exception as error:
                if not (isinstance(error, TimeoutError) or is_unavailable(error)):
                    raise
                await asyncio.sleep(_RETRY_S)

    def _update(self) -> None:
        for session in self._open:
            session.update(self._known(session.identity))

    def _known(self, identity: Identity) -> Identity | None:
        """The caller by what is known now; None when its token is valid no more."""
        if identity.secret_hash:
            return self._tokens.known(identity)
        return identity if self._oidc is not None and self._oidc.accepts(identity) else None
