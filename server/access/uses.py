"""When tokens were used: noted in memory, and written about once a minute.

So a request costs no write. A process that is killed forgets the uses of the last minute.
"""

import asyncio
import logging
from datetime import UTC, datetime
from time import time
from uuid import UUID

from db.postgres.engine import Database
from db.writes import token_uses
from domain.access import Identity

_PERIOD_S = 60.0
_STOP_S = 2.0  # to write the last ones

_log = logging.getLogger(__name__)


class TokenUses:
    """The uses of tokens that are not written yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[UUID, float] = {}  # by token, a Unix time

    def note(self, identity: Identity) -> None:
        """Note that the caller's token, if it has one, is used now."""
        if identity.token_id is not None:
            self._noted[identity.token_id] = time()

    async def run(self) -> None:
        """Write the uses once a minute; never ends."""
        while True:
            await asyncio.sleep(_PERIOD_S)
            await self.write()

    async def write(self) -> None:
        """Write the uses; those that cannot be written are kept for the next time."""
        if not self._noted:
            return
        noted, self._noted = self._noted, {}
        uses = {key: datetime.fromtimestamp(at, UTC) for key, at in noted.items()}
        try:
            await token_uses.note(self._database, uses)
        except Exception as error:
            self._noted = noted | self._noted
            _log.warning("the uses of tokens wait to be written: %s", type(error).__name__)

    async def stop(self) -> None:
        """Write the last uses, unless that takes long."""
        try:
            async with asyncio.timeout(_STOP_S):
                await self.write()
        except TimeoutError:
            _log.warning("the uses of tokens in the last minute are not written")
