"""How many sockets are open, of all clients, of an address and of a token."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from starlette.responses import PlainTextResponse, Response

from domain.access import Identity
from server.settings_http import SocketSettings


@dataclass(slots=True)
class SocketCounts:
    """The sockets of a process."""

    settings: SocketSettings
    open: int = 0
    by_address: Counter[str] = field(default_factory=Counter)
    by_token: Counter[str] = field(default_factory=Counter)  # by the names of identities

    def refusal(self, address: str) -> Response | None:
        """The response to a handshake that would open one socket too many."""
        settings = self.settings
        if self.open >= settings.sockets_max:
            return PlainTextResponse("Too many sockets are open\n", 503, {"retry-after": "5"})
        if address and self.by_address[address] >= settings.sockets_per_client_max:
            message = "Too many sockets of this address are open\n"
            return PlainTextResponse(message, 429, {"retry-after": "5"})
        return None

    @contextmanager
    def of_client(self, address: str) -> Iterator[None]:
        """Count a socket while the block runs."""
        self.open += 1
        try:
            with _one_more(self.by_address, address):
                yield
        finally:
            self.open -= 1

    def are_too_many_of(self, identity: Identity) -> bool:
        """Whether a socket would be one too many of its token."""
        count_max = self.settings.sockets_per_token_max
        return not identity.is_open and self.by_token[identity.name] >= count_max

    def of_token(self, identity: Identity) -> AbstractContextManager[None]:
        """Count a socket of a token while the block runs."""
        return nullcontext() if identity.is_open else _one_more(self.by_token, identity.name)


@contextmanager
def _one_more(counts: Counter[str], key: str) -> Iterator[None]:
    counts[key] += 1
    try:
        yield
    finally:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]
