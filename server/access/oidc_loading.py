"""OpenID Connect, loaded only where it is configured: it takes 13 MB of a process."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from server.settings_oidc import OidcSettings

if TYPE_CHECKING:
    from server.access.oidc import OidcVerifier


def verifier(settings: OidcSettings, clock: Callable[[], float]) -> "OidcVerifier | None":
    """The verifier of the configured issuer's tokens; None without an issuer."""
    if settings.oidc_issuer is None:
        return None
    from server.access.oidc import OidcVerifier  # noqa: PLC0415  # see above

    return OidcVerifier(settings, clock)


@asynccontextmanager
async def running(verifier: "OidcVerifier | None") -> AsyncIterator[None]:
    """The issuer's keys are read at the start of the block, and no more after it."""
    if verifier is None:
        yield
        return
    verifier.start()
    try:
        yield
    finally:
        await verifier.close()
