"""From the claims of a verified token to an identity: its name and its role."""

import re
from collections.abc import Mapping
from typing import Any

from domain import actors
from domain.access import Identity, Role
from server.settings_oidc import OidcSettings

SUBJECT_LENGTH_MAX = 255  # by OpenID Connect
_SUBJECT = re.compile(rf"[^\ud800-\udfff]{{1,{SUBJECT_LENGTH_MAX}}}")  # no half of a character
_WRONG_SUBJECT = f"its claim `sub` is no text of 1 to {SUBJECT_LENGTH_MAX} characters"
_OF_WORDS = ("scope", "scp")  # claims whose text is a list of words, by RFC 9068
_LATEST = 253_402_300_799  # the last second of the year 9999


class TokenRefused(Exception):
    """A token proves no identity; the message says what is wrong with it."""


class RoleMissing(Exception):
    """A valid token gives no role; the message says why."""


def identity(claims: Mapping[str, Any], settings: OidcSettings) -> Identity:
    """The identity that verified claims prove; raises TokenRefused or RoleMissing.

    It expires when the token does, after the clock skew that is allowed.
    """
    subject, expires = claims.get("sub"), claims.get("exp")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise TokenRefused(_WRONG_SUBJECT)
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise TokenRefused("its claim `exp` is no number")
    expires_at = float(min(expires, _LATEST)) + settings.oidc_clock_skew_s
    return Identity(actors.oidc(subject), _role(claims, settings), None, expires_at)


def _role(claims: Mapping[str, Any], settings: OidcSettings) -> Role:
    """The highest role of the claim's values, else the default one."""
    roles = settings.oidc_role_map
    given = {roles[value] for value in _values(claims, settings.oidc_role_claim) if value in roles}
    found = next((role for role in reversed(Role) if role in given), settings.oidc_default_role)
    if found is None:
        raise RoleMissing(f"its claim `{settings.oidc_role_claim}` has no value that gives one")
    return found


def _values(claims: Mapping[str, Any], path: str) -> list[str]:
    """The texts of the claim at a path; raises TokenRefused when they are no texts."""
    value = _at(claims, path)
    if isinstance(value, str) and path in _OF_WORDS:
        value = value.split()
    values = value if isinstance(value, list) else [] if value is None else [value]
    texts = [each for each in values if isinstance(each, str)]
    if len(texts) < len(values):
        raise TokenRefused(f"its claim `{path}` is neither a text nor a list of texts")
    return texts


def _at(claims: Mapping[str, Any], path: str) -> object:
    """The claim with this name, which may have dots in it, else the one at this path."""
    if path in claims:
        return claims[path]
    value: object = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
