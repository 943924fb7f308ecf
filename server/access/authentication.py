"""Authentication: from the credential of a request to an identity, before anything is parsed.

Source: https://www.rfc-editor.org/rfc/rfc6750 (bearer tokens)
"""

from collections.abc import Mapping
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

from domain.access import ANONYMOUS, Identity
from server.access import refusals, tokens
from server.access.rate_limits import Clock, WrongCredentials, too_many_wrong_credentials
from server.access.refusals import unauthenticated
from server.access.tokens import Tokens
from server.access.uses import TokenUses
from server.errors import HttpError
from server.settings import Settings

if TYPE_CHECKING:
    from server.access.oidc import OidcVerifier

_SCHEME = b"bearer "
_NO_CREDENTIAL = "A token is required: send the header `Authorization: Bearer <token>`"
_NO_BEARER = "The header Authorization must be `Bearer <token>`, with a space between the two"
_NOT_OURS = "The token is none of this registry: its tokens begin with `mrk_`"
_NOT_VALID = "The token is not valid: it is unknown, revoked or expired"


class Connection:
    """What is remembered of the last caller on a connection, so that it is not looked up again."""

    __slots__ = ("credential", "identity", "reading")

    def __init__(self) -> None:
        self.credential = b""
        self.identity: Identity | None = None  # of a token of this registry
        self.reading = 0  # of the tokens, from which it was known


class Authentication:
    """Identifies the callers of one registry."""

    def __init__(
        self,
        settings: Settings,
        known_tokens: Tokens,
        uses: TokenUses,
        oidc: "OidcVerifier | None",
        clock: Clock = monotonic,
    ) -> None:
        self._anonymous = None if settings.require_tokens else ANONYMOUS
        self._tokens = known_tokens
        self._uses = uses
        self._oidc = oidc
        self._resource = settings.oidc_resource
        self._wrong = WrongCredentials(settings, clock)

    def without_credential(self) -> Identity:
        """The identity of a caller that sends no credential; raises HttpError where one is
        required."""
        if self._anonymous is None:
            error = unauthenticated(_NO_CREDENTIAL, refusals.MISSING)
            raise refusals.with_metadata(error, self._resource)
        return self._anonymous

    async def of_headers(self, headers: Mapping[bytes, bytes], client: str) -> Identity:
        """The identity of a request with these headers, from a client's address; raises HttpError,
        401 for a wrong one."""
        return await self.of_credential(headers.get(b"authorization", b""), client)

    async def of_credential(
        self, credential: bytes, client: str, connection: Connection | None = None
    ) -> Identity:
        """The identity that a credential from a client's address proves, or that of no credential.

        Raises HttpError: 401 for a wrong one, and 429, without any look-up, when too many wrong
        ones came from the address. It awaits futures only (server/execution/in_flight.py). The
        last caller on a connection is remembered as long as nothing changes.
        """
        if not credential:
            return self.without_credential()
        if connection is None:
            return await self._looked_up(credential, client)
        identity = connection.identity
        if (
            identity is None
            or connection.credential != credential
            or not self._tokens.is_current(identity, connection.reading)
        ):
            identity = await self._looked_up(credential, client)
            if identity.secret_hash:
                connection.credential, connection.identity = credential, identity
                connection.reading = self._tokens.readings
        return identity

    async def _looked_up(self, credential: bytes, client: str) -> Identity:
        """The same; an unknown credential counts as wrong until it turns out to be right."""
        if self._is_known(credential):
            return await self.identity(credential)
        wait_s = self._wrong.take(client)
        if wait_s:
            raise too_many_wrong_credentials(wait_s)
        is_wrong = False
        try:
            return await self.identity(credential)
        except HttpError as error:
            is_wrong = error.status == HTTPStatus.UNAUTHORIZED
            raise
        finally:
            if not is_wrong:
                self._wrong.give_back(client)

    async def identity(self, credential: bytes) -> Identity:
        """The identity that the value of a header Authorization proves.

        Raises HttpError, with status 401 for a credential that proves none. It awaits futures only
        (server/execution/in_flight.py).
        """
        try:
            return await self._identity(credential)
        except HttpError as error:
            refusals.with_metadata(error, self._resource)
            raise

    async def _identity(self, credential: bytes) -> Identity:
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

    def _is_known(self, credential: bytes) -> bool:
        """Whether a credential was right when it was last looked up; reads nothing."""
        try:
            bearer = _bearer(credential)
        except HttpError:
            return False
        if tokens.is_ours(bearer):
            return self._tokens.is_known(bearer)
        return self._oidc is not None and self._oidc.is_known(bearer)


def _bearer(credential: bytes) -> bytes:
    """The token in the value of a header Authorization; raises HttpError when it has none."""
    if credential[: len(_SCHEME)].lower() != _SCHEME:
        raise unauthenticated(_NO_BEARER)
    return credential[len(_SCHEME) :].strip()
