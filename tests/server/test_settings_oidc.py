"""The settings of OpenID Connect refuse what would let in the wrong callers, or nobody."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.access import Role
from server import settings_text
from server.settings import Settings
from server.settings_oidc import ALGORITHMS

GOOD = {
    "oidc_issuer": "https://issuer.example/realms/main",
    "oidc_audience": "registry, https://api.example",
    "oidc_role_claim": "groups",
    "oidc_roles": "ml = EDITOR",
}


def problems(**given: Any) -> list[str]:
    """What is said of the settings, one line for each wrong variable."""
    try:
        Settings(_env_file=None, **given)
    except ValidationError as error:
        return settings_text.problems(error)
    return []


def test_good_settings() -> None:
    settings = Settings(_env_file=None, **GOOD)
    assert settings.oidc_audience_list == ["registry", "https://api.example"]
    assert settings.oidc_role_map == {"ml": Role.EDITOR}
    assert settings.oidc_algorithm_list == list(ALGORITHMS)
    assert problems() == []


@pytest.mark.parametrize(
    ("changed", "variable", "message"),
    [
        ({"oidc_issuer": "http://issuer.example"}, "ISSUER", "must be an https:// URL"),
        ({"oidc_issuer": "issuer.example"}, "ISSUER", "must be an https:// URL"),
        ({"oidc_issuer": "https://"}, "ISSUER", "must be an https:// URL"),
        ({"oidc_issuer": "https://issuer.example:no"}, "ISSUER", "must be an https:// URL"),
        ({"oidc_issuer": "https://me:secret@issuer.example"}, "ISSUER", "must be an https:// URL"),
        ({"oidc_issuer": "https://issuer.example/#x"}, "ISSUER", "must be an https:// URL"),
        ({"oidc_issuer": "http://127.0.0.1.example"}, "ISSUER", "must be an https:// URL"),
        ({"oidc_jwks_url": "http://issuer.example/keys"}, "JWKS_URL", "must be an https:// URL"),
        ({"oidc_jwks_url": "file:///etc/passwd"}, "JWKS_URL", "must be an https:// URL"),
        ({"oidc_audience": ""}, "AUDIENCE", "is needed beside REGISTRY_OIDC_ISSUER"),
        ({"oidc_audience": " , "}, "AUDIENCE", "is needed beside REGISTRY_OIDC_ISSUER"),
        ({"oidc_roles": "ml"}, "ROLES", "'ml' must be a value, `=` and one of READER, GATEWAY"),
        ({"oidc_roles": "ml = OWNER"}, "ROLES", "'ml = OWNER' must be a value, `=`"),
        ({"oidc_roles": "= ADMIN"}, "ROLES", "'= ADMIN' must be a value, `=`"),
        ({"oidc_roles": "ml=EDITOR, ml=ADMIN"}, "ROLES", "'ml' has two roles"),
        ({"oidc_roles": ""}, "ROLES", "is needed beside REGISTRY_OIDC_ROLE_CLAIM"),
        ({"oidc_role_claim": ""}, "ROLES", "needs the name of a claim"),
        (
            {"oidc_role_claim": "", "oidc_roles": ""},
            "DEFAULT_ROLE",
            "or REGISTRY_OIDC_ROLES is needed beside REGISTRY_OIDC_ISSUER",
        ),
        ({"oidc_default_role": "OWNER"}, "DEFAULT_ROLE", "Input should be 'READER'"),
        ({"oidc_algorithms": "HS256"}, "ALGORITHMS", "must name some of RS256, "),
        ({"oidc_algorithms": "RS256, none"}, "ALGORITHMS", "must name some of RS256, "),
        ({"oidc_algorithms": ","}, "ALGORITHMS", "must name some of RS256, "),
        ({"oidc_resource": "http://registry.example"}, "RESOURCE", "must be an https:// URL"),
        ({"oidc_resource": "https://registry.example/"}, "RESOURCE", "must have no path"),
        ({"oidc_resource": "https://registry.example?a"}, "RESOURCE", "must have no path"),
        ({"oidc_browser_client_id": "a\nb"}, "BROWSER_CLIENT_ID", "String should match"),
        ({"oidc_browser_scopes": ' "'}, "BROWSER_SCOPES", "String should match"),
        ({"oidc_clock_skew_s": 601}, "CLOCK_SKEW_S", "Input should be less than or equal to 600"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, Any], variable: str, message: str) -> None:
    (problem,) = problems(**GOOD | changed)
    assert problem.startswith(f"REGISTRY_OIDC_{variable}: {message}")


@pytest.mark.parametrize(
    "name",
    [
        *("audience", "role_claim", "roles", "default_role", "jwks_url"),
        *("browser_client_id", "resource"),
    ],
)
def test_a_setting_without_an_issuer_is_not_ignored(name: str) -> None:
    values = {**GOOD, "oidc_default_role": "READER", "oidc_jwks_url": "https://issuer.example/k"}
    values |= {"oidc_browser_client_id": "dashboard", "oidc_resource": "https://registry.example"}
    given = {f"oidc_{name}": values[f"oidc_{name}"]}
    assert f"REGISTRY_OIDC_{name.upper()}: needs an issuer, in REGISTRY_OIDC_ISSUER" in "".join(
        problems(**given)
    )


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:9000"])
def test_an_issuer_on_loopback_needs_no_tls(host: str) -> None:
    assert problems(**GOOD | {"oidc_issuer": f"http://{host}"}) == []
