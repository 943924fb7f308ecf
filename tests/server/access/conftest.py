"""A running issuer and a verifier of its tokens, and a registry that goes by a test's clock."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server import app
from server.access.oidc import OidcVerifier
from server.settings import Settings
from tests.server.access import issuer as issuers
from tests.server.access.issuer import Issuer
from tests.server.conftest import Path, Serving, running
from tests.server.sockets import Socket

LIVE = "subscription { registryChanged { cursor } }"
FROM_THE_START = 'subscription { registryChanged(after: "ZXZlbnQ6MA") { cursor } }'

Verifies = Callable[..., OidcVerifier]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer of this test's own."""
    with issuers.issuing() as running:
        yield running


class Clock:
    """A clock that only the test moves."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """The clock of the test's verifier, and of the rates of its registry."""
    return Clock()


@pytest.fixture
def verifies(issuer: Issuer, clock: Clock) -> Verifies:
    """Makes a verifier, with the settings given."""

    def made(**given: object) -> OidcVerifier:
        settings = Settings(_env_file=None, **issuer.settings(**given))
        return OidcVerifier(settings, clock)

    return made


@pytest.fixture
def verifier(verifies: Verifies) -> OidcVerifier:
    """A verifier with usual settings."""
    return verifies()


@pytest.fixture
def serve_at(database_url: str, path: Path, clock: Clock) -> Serving:
    """Serves the registry with the settings given, by the test's clock."""

    def serving(**given: Any) -> Any:
        settings = Settings(_env_file=None, require_tokens=True, **path.settings, **given)
        application = app.build(settings, database_url, clock)
        return running(application, path.transport, path.http)

    return serving


async def opened(socket: Socket, secret: str) -> None:
    """Send a token on a new socket; it is let in."""
    authorization = f"Bearer {secret}"
    await socket.send({"type": "connection_init", "payload": {"authorization": authorization}})
    assert (await socket.receive())["type"] == "connection_ack"
