"""Open mode seen from a process that serves: no tokens are required, so only this machine may call.

`registry serve` checks the address before it listens (server/commands/open_mode.py). Here the
address of each connection is checked, because other programs can start the application, too.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from server.errors import HttpError
from server.settings import Settings
from server.settings_base import is_loopback, setting_name

_FORWARDED = (b"x-forwarded-for", b"forwarded")
_NOT_HERE = (
    "This registry requires no tokens, so it answers on loopback addresses only; an operator can"
    f" set {setting_name('require_tokens')}=true"
)
_PROXY = (
    "A request came through a proxy, and this registry requires no tokens: whoever reaches the"
    f" proxy may read, write and delete; {setting_name('require_tokens')}=true ends it"
)

_log = logging.getLogger("access")


@dataclass(slots=True)
class OpenMode:
    """The checks of one process; there is no object where tokens are required, or where
    REGISTRY_ALLOW_OPEN allows every address."""

    is_warned: bool = False

    @classmethod
    def of(cls, settings: Settings) -> "OpenMode | None":
        """The checks that these settings ask for."""
        return None if settings.require_tokens or settings.allow_open else cls()

    def check(self, server: Any) -> None:
        """Raises HttpError for a connection to another address of this machine than loopback.

        `server` is the address of the connection's own end, as ASGI has it.
        """
        if not is_here(server):
            raise HttpError(HTTPStatus.FORBIDDEN, _NOT_HERE)

    def is_new_proxy(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a proxy has passed the request on, and nothing has been said of it yet."""
        return not self.is_warned and any(name in headers for name in _FORWARDED)

    def warn_of_proxy(self, headers: Mapping[bytes, bytes]) -> None:
        """Log a warning for the first request that came through a proxy."""
        if self.is_new_proxy(headers):
            self.is_warned = True
            _log.warning(_PROXY)


@lru_cache(maxsize=64)
def is_here(server: tuple[str, int | None] | None) -> bool:
    """Whether only this machine can reach this end of a connection: loopback, or a Unix socket."""
    return server is None or server[1] is None or is_loopback(server[0])
