"""A running issuer, and a verifier of its tokens."""

from collections.abc import Callable, Iterator

import pytest

from server.access.oidc import OidcVerifier
from server.settings import Settings
from tests.server.access import issuer as issuers
from tests.server.access.issuer import Issuer

Verifies = Callable[..., OidcVerifier]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer of this test's own."""
    with issuers.issuing() as running:
        yield running


class Clock:
    """A clock for the age of keys that only the test moves."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """The clock of the test's verifier."""
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
