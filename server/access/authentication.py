"""Authentication: from the credential of a request to an identity, before anything is parsed.

Source: https://www.rfc-editor.org/rfc/rfc6750 (bearer tokens)
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from domain.access import ANONYMOUS, Identity
from server.access import refusals, tokens
from server.access.refusals import unauthenticated
from server.access.tokens import Tokens
from server.access.uses import TokenUses
from server.settings import Settings

if TYPE_CHECKING:
    from server.access.oidc import OidcVerifier

_SCHEME = b"bearer "
_NO_CREDENTIAL = "A token is required: send the header `Authorization: Bearer <token>`"
_NO_BEARER = "The header Authorization must be `Bearer <token>`"
_NOT_OURS = "The token is none of this registry: its tokens begin with `mrk_`"
_NOT_VALID = "The token is not valid: it is unknown, revoked or expired"


class Authentication:
    """Identifies the callers of one registry."""

    def __init__(
        self,
        settings: Settings,
        known_tokens: Tokens,
        uses: TokenUses,
        oidc: "OidcVerifier | None",
    ) -> None:
        self._anonymous = None if settings.require_tokens else ANONYMOUS
        self._tokens = known_tokens
        self._uses = uses
        self._oidc = oidc

    def without_credential(self) -> Identity:
        """The identity of a caller that sends no credential; raises HttpError where one is
        required."""
        if self._anonymous is None:
            raise unauthenticated(_NO_CREDENTIAL, refusals.MISSING)
        return self._anonymous

    async def of_headers(self, headers: Mapping[bytes, bytes]) -> Identity:
        """The identity of a request with these headers; raises HttpError, 401 for a wrong one."""
        credential = headers.get(b"authorization", b"")
        if not credential:
            return self.without_credential()
        return await self.identity(credential)

    async def identity(self, credential: bytes) -> Identity:
        """The identity that the value of a header Authorization proves.

        Raises HttpError, with status 401 for a credential that proves none. It awaits futures only
        (server/execution/in_flight.py).
        """
        bearer = _bearer(credential)
        if not tokens.is_ours(bearer):
            if self._oidc is None:
                raise unauthenticated(_NOT_OURS)
            return await self._oidc.identity(bearer)
        found = await self._tokens.identity(bearer)
        if found is None:
            raise unauthenticated(_NOT_VALID)
        self._uses.note(found)
        return found


def _bearer(credential: bytes) -> bytes:
    """The token in the value of a header Authorization; raises HttpError when it has none."""
    if credential[: len(_SCHEME)].lower() != _SCHEME:
        raise unauthenticated(_NO_BEARER)
    return credential[len(_SCHEME) :].strip()
