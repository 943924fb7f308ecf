"""The parts of access of one application, and what runs of them while it serves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from db.postgres.engine import Database
from db.reads.data_version import DataVersionReader
from resolvers.event_broker import EventBroker
from server.access import oidc_loading
from server.access.authentication import Authentication
from server.access.rate_limits import Clock
from server.access.sessions import Sessions
from server.access.tokens import Tokens
from server.access.uses import TokenUses
from server.ops import background
from server.settings import Settings

if TYPE_CHECKING:
    from server.access.oidc import OidcVerifier


class Access(NamedTuple):
    """Who callers are, which of their streams and sockets are open, and when tokens are used."""

    tokens: Tokens
    authentication: Authentication
    sessions: Sessions
    uses: TokenUses
    oidc: "OidcVerifier | None"

    @classmethod
    def of(
        cls,
        settings: Settings,
        database: Database,
        data_versions: DataVersionReader,
        broker: EventBroker,
        clock: Clock,
    ) -> "Access":
        """The access to one registry."""
        tokens, uses = Tokens(database.reader, data_versions), TokenUses(database)
        oidc = oidc_loading.verifier(settings, clock)
        authentication = Authentication(settings, tokens, uses, oidc, clock)
        return cls(tokens, authentication, Sessions(tokens, broker, oidc), uses, oidc)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch tokens, note their uses, and load keys, while the block runs."""
        await self.tokens.load()
        async with (
            background.running(self.sessions.run(), self.uses.run()),
            oidc_loading.running(self.oidc),
        ):
            yield
        await self.uses.stop()
