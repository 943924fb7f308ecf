"""The settings of OpenID Connect: whose tokens are accepted, and which role each gives."""

import re
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationInfo, field_validator

from domain.access import Role
from server.settings_base import SettingsPart, is_loopback, setting

# Asymmetric ones only: with HS256, for example, the issuer's public key would be the secret.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
T = TypeVar("T")
_COMMA = re.compile(r"(?<!\\),")  # not the one of `\,`


class OidcSettings(SettingsPart):
    """The part of the settings that is about OpenID Connect."""

    oidc_issuer: str | None = setting(
        None,
        "Issuer of OpenID Connect whose tokens are accepted, exactly as in their claim `iss`: an"
        " `https://` URL, or `http://` on a loopback address.",
    )
    oidc_audience: str = setting(
        "",
        "Audiences, of which a token must name one in its claim `aud`: `registry, https://api`.",
        validate_default=True,
    )
    oidc_role_claim: str = setting(
        "",
        "Claim that tells the role: a name, or a path such as `realm_access.roles`.",
    )
    oidc_roles: str = setting(
        "",
        "Roles by values of that claim: `ml-platform = EDITOR, everyone = READER`; the highest one"
        " counts. A comma in a value is written as `\\,`.",
        validate_default=True,
    )
    oidc_default_role: Role | None = setting(
        None,
        "Role of a token that has none by its claim; without it, such a token is refused.",
        validate_default=True,
    )
    oidc_jwks_url: str | None = setting(
        None,
        "URL of the issuer's keys; by default that which the issuer names in its"
        " `/.well-known/openid-configuration`.",
    )
    oidc_algorithms: str = setting(
        ", ".join(ALGORITHMS), "Algorithms of signatures that are accepted."
    )
    oidc_browser_client_id: str = setting(
        "",
        "Client id by which the dashboard signs people in at the issuer: a public client, with PKCE"
        " and the redirect URI `https://<host>/sign-in`. Without it, people need a token.",
        pattern=r"^[ -~]*$",
    )
    oidc_browser_scopes: str = setting(
        "openid",
        "Scopes that the dashboard asks the issuer for: `openid api://registry/.default`.",
        pattern=r"^[!#-\[\]-~]+( +[!#-\[\]-~]+)*$",
    )
    oidc_resource: str | None = setting(
        None,
        "URL by which clients know this registry, without a path: `https://registry.example.com`."
        " Refusals with status 401 name its metadata.",
    )
    oidc_clock_skew_s: int = setting(
        60, "Seconds by which the issuer's clock may differ from this one.", ge=0, le=600
    )

    @field_validator("oidc_issuer", "oidc_jwks_url", "oidc_resource")
    @classmethod
    def _is_safe_url(cls, url: str | None) -> str | None:
        if url is not None and not is_safe(url):
            raise ValueError(
                "must be an https:// URL without a user, a password or a fragment; http:// is for"
                " loopback addresses"
            )
        return url

    @field_validator("oidc_resource")
    @classmethod
    def _has_no_path(cls, url: str | None) -> str | None:
        if url is not None and any(urlsplit(url)[2:]):
            raise ValueError("must have no path, as in https://registry.example.com")
        return url

    @field_validator(
        "oidc_audience",
        "oidc_role_claim",
        "oidc_roles",
        "oidc_default_role",
        "oidc_jwks_url",
        "oidc_browser_client_id",
        "oidc_resource",
    )
    @classmethod
    def _is_of_an_issuer(cls, value: T, info: ValidationInfo) -> T:
        if value and info.data.get("oidc_issuer", "invalid") is None:
            raise ValueError("needs an issuer, in REGISTRY_OIDC_ISSUER")
        return value

    @field_validator("oidc_audience")
    @classmethod
    def _names_an_audience(cls, line: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") is not None and not _items(line):
            raise ValueError("is needed beside REGISTRY_OIDC_ISSUER: tokens for others are refused")
        return line

    @field_validator("oidc_roles")
    @classmethod
    def _are_roles(cls, line: str, info: ValidationInfo) -> str:
        has_roles, has_claim = bool(roles_of(line)), bool(info.data.get("oidc_role_claim", line))
        if has_roles and not has_claim:
            raise ValueError("needs the name of a claim, in REGISTRY_OIDC_ROLE_CLAIM")
        if has_claim and not has_roles:
            raise ValueError("is needed beside REGISTRY_OIDC_ROLE_CLAIM")
        return line

    @field_validator("oidc_default_role", mode="before")
    @classmethod
    def _gives_a_role(cls, role: object, info: ValidationInfo) -> object:
        if role is None and info.data.get("oidc_issuer") and not info.data.get("oidc_roles", "-"):
            raise ValueError("or REGISTRY_OIDC_ROLES is needed beside REGISTRY_OIDC_ISSUER")
        return role

    @field_validator("oidc_algorithms")
    @classmethod
    def _are_algorithms(cls, line: str) -> str:
        names = _items(line)
        if not names or not set(names) <= set(ALGORITHMS):
            raise ValueError(f"must name some of {', '.join(ALGORITHMS)}")
        return line

    @property
    def oidc_audience_list(self) -> list[str]:
        """The audiences, of which a token must name one."""
        return _items(self.oidc_audience)

    @property
    def oidc_browser_scope_list(self) -> list[str]:
        """The scopes that the dashboard asks for."""
        return self.oidc_browser_scopes.split()

    @property
    def oidc_role_map(self) -> dict[str, Role]:
        """The role that each value of the claim gives."""
        return roles_of(self.oidc_roles)

    @property
    def oidc_algorithm_list(self) -> list[str]:
        """The algorithms that are accepted."""
        return _items(self.oidc_algorithms)


def roles_of(line: str) -> dict[str, Role]:
    """The roles by values, from `value = ROLE, ...`; raises ValueError."""
    roles: dict[str, Role] = {}
    for item in filter(None, map(str.strip, _COMMA.split(line))):
        escaped, _, role = item.rpartition("=")
        value = escaped.strip().replace("\\,", ",")
        if not value or role.strip() not in Role.__members__:
            raise ValueError(f"{item!r} must be a value, `=` and one of {', '.join(Role)}")
        if value in roles:
            raise ValueError(f"{value!r} has two roles")
        roles[value] = Role(role.strip())
    return roles


def is_safe(url: str) -> bool:
    """Whether nobody on the way can change what is read from the URL; it has no secret in it."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError when it is not a number
    except ValueError:
        return False
    if not parts.hostname or parts.fragment or "@" in parts.netloc or not url.isascii():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def _items(line: str) -> list[str]:
    return [item.strip() for item in line.split(",") if item.strip()]
