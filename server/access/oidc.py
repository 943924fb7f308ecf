"""Verifies the tokens of an OpenID Connect issuer.

A signature is checked once for each token: the identity is kept under the token's SHA-256 until it
expires, or the issuer's keys change.

Source: https://www.rfc-editor.org/rfc/rfc8725 (JSON Web Token best practices)
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from time import monotonic, time
from typing import Any

import jwt
from cachetools import LRUCache
from jwt import PyJWK
from jwt import exceptions as wrong

from domain.access import Identity
from resolvers.errors import FORBIDDEN, UNAVAILABLE
from server.access import oidc_claims, oidc_key_set
from server.access.oidc_claims import RoleMissing, TokenRefused
from server.access.oidc_key_set import IssuerError
from server.access.oidc_keys import PAUSE_S, IssuerKeys
from server.access.refusals import unauthenticated
from server.errors import HttpError
from server.settings_oidc import OidcSettings

TOKEN_BYTES_MAX = 16_384  # a token with 200 groups has 10 KB
IDENTITIES_MAX = 4_096
_TYPES = ("", "jwt", "at+jwt")  # not, for example, the logout tokens of the same issuer
_OPTIONS: jwt.types.Options = {
    "require": ["exp", "iss", "aud", "sub"],
    "verify_jti": False,  # nothing is done with it
}


class OidcVerifier:
    """Identifies the bearers of one issuer's tokens."""

    def __init__(self, settings: OidcSettings, clock: Callable[[], float] = monotonic) -> None:
        self._settings = settings
        self._identities: LRUCache[bytes, Identity] = LRUCache(IDENTITIES_MAX)
        self._keys = IssuerKeys(settings, clock, self._forget)
        self.on_change: Callable[[], None] = lambda: None  # called when the issuer's keys changed

    def start(self) -> None:
        """Read the issuer's keys now, so that the first request need not wait for them."""
        self._keys.are_usable()

    @property
    def is_reading(self) -> bool:
        """Whether the issuer's keys are read now."""
        return self._keys.is_reading

    async def close(self) -> None:
        """Stop reading the issuer's keys."""
        await self._keys.close()

    async def identity(self, token: bytes) -> Identity:
        """The identity that a token proves.

        Raises HttpError: 401 for a token that proves none, 403 for one that gives no role, and 503
        when the issuer's keys cannot be read. It awaits futures only.
        """
        try:
            if len(token) > TOKEN_BYTES_MAX:
                raise TokenRefused(f"it has more than {TOKEN_BYTES_MAX} bytes")
            digest = sha256(token).digest()
            known = self._known(digest)
            if known is not None and self._keys.are_usable():
                return known
            claims, key = await self._verified(token)
            found = oidc_claims.identity(claims, self._settings)
        except TokenRefused as refused:
            raise unauthenticated(f"The token is not valid: {refused}") from None
        except RoleMissing as missing:
            message = f"The token is valid, but gives no role: {missing}"
            headers = {"cache-control": "no-store"}
            raise HttpError(HTTPStatus.FORBIDDEN, message, FORBIDDEN, headers) from None
        except IssuerError as error:
            raise _unavailable() from error
        self._identities[digest] = found._replace(key_hash=oidc_key_set.hash_of(key))
        return self._identities[digest]

    def is_known(self, token: bytes) -> bool:
        """Whether the token was verified before, and has not expired."""
        return len(token) <= TOKEN_BYTES_MAX and self._known(sha256(token).digest()) is not None

    def are_keys_usable(self) -> bool:
        """Whether the issuer's keys are new enough; in time, they are read again."""
        return self._keys.are_usable()

    def accepts(self, identity: Identity) -> bool:
        """Whether the key is still valid that has signed a verified token."""
        return self._keys.are_usable() and self._keys.has(identity.key_hash)

    def _forget(self) -> None:
        self._identities.clear()
        self.on_change()

    def _known(self, digest: bytes) -> Identity | None:
        known = self._identities.get(digest)
        return known if known is not None and time() < known.expires_at else None

    async def _verified(self, token: bytes) -> tuple[dict[str, Any], PyJWK]:
        """The claims of a token, after all checks of it, and the key that has signed it.

        Raises TokenRefused or IssuerError.
        """
        try:
            header = jwt.get_unverified_header(token)
        except wrong.InvalidTokenError:
            raise TokenRefused("it is no signed JSON Web Token") from None
        algorithm = self._algorithm(header)
        keys = await self._keys.find(header.get("kid"), algorithm)
        if not keys:
            raise TokenRefused("the issuer has no such key")
        for key in keys:
            try:
                return self._decoded(token, key), key
            except wrong.InvalidSignatureError:
                continue  # with the next key of this id
            except wrong.InvalidTokenError as error:
                raise TokenRefused(self._reason(error)) from None
        raise TokenRefused("its signature is wrong")

    def _algorithm(self, header: Mapping[str, Any]) -> str:
        """The algorithm that a token names, if it is allowed, and the token is of a usual type."""
        algorithm, kind = header.get("alg"), header.get("typ", "")
        if algorithm not in self._settings.oidc_algorithm_list:
            allowed = self._settings.oidc_algorithms
            raise TokenRefused(f"its signature is not by one of the algorithms {allowed}")
        if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in _TYPES:
            raise TokenRefused("its type is not JWT or at+jwt")
        return str(algorithm)

    def _decoded(self, token: bytes, key: PyJWK) -> dict[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            options=_OPTIONS,
            audience=self._settings.oidc_audience_list,
            issuer=self._settings.oidc_issuer,
            leeway=self._settings.oidc_clock_skew_s,
        )

    def _reason(self, error: wrong.InvalidTokenError) -> str:
        """What is wrong with a token whose signature is right."""
        if isinstance(error, wrong.MissingRequiredClaimError):
            return f"it has no claim `{error.claim}`"
        reasons = {
            wrong.ExpiredSignatureError: "it has expired",
            wrong.ImmatureSignatureError: "it is not valid yet",
            wrong.InvalidIssuerError: f"its issuer is not {self._settings.oidc_issuer}",
            wrong.InvalidAudienceError: f"its audience is not {self._settings.oidc_audience}",
            wrong.InvalidSubjectError: "its claim `sub` is no text",
        }
        return reasons.get(type(error), "a claim of time in it is no number")


def _unavailable() -> HttpError:
    message = "The token cannot be checked: its issuer's keys cannot be read; try again"
    headers = {"retry-after": str(PAUSE_S), "cache-control": "no-store"}
    return HttpError(HTTPStatus.SERVICE_UNAVAILABLE, message, UNAVAILABLE, headers)
