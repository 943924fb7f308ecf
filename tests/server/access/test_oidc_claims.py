"""Which role a token gives."""

from typing import Any

import pytest

from domain.access import Role
from server.access.oidc_claims import RoleMissing, TokenRefused, identity
from server.settings import Settings

ROLES = "ml-platform = EDITOR, everyone=READER,admins = ADMIN , gateways = GATEWAY"


def role(claims: dict[str, Any], claim: str = "groups", **given: Any) -> Role:
    """The role that the claims give."""
    settings = Settings(
        _env_file=None,
        oidc_issuer="https://issuer.example",
        oidc_audience="registry",
        **{"oidc_role_claim": claim, "oidc_roles": ROLES, **given},
    )
    return identity({"sub": "jane", "exp": 1, **claims}, settings).role


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("ml-platform", Role.EDITOR),
        (["ml-platform"], Role.EDITOR),
        (["everyone", "ml-platform", "gateways"], Role.EDITOR),
        (["other", "everyone"], Role.READER),
        (["gateways", "everyone"], Role.GATEWAY),
        (["everyone", "admins", "ml-platform"], Role.ADMIN),
    ],
)
def test_the_highest_role_counts(values: object, expected: Role) -> None:
    assert role({"groups": values}) is expected


@pytest.mark.parametrize(
    "values",
    ["", "ML-PLATFORM", "ml-platform ", "other admins", "admins,everyone", [], ["other"], None],
)
def test_values_are_compared_exactly(values: object) -> None:
    with pytest.raises(RoleMissing, match="its claim `groups` has no value that gives one"):
        role({"groups": values})
    assert role({"groups": values}, oidc_default_role="READER") is Role.READER


def test_a_claim_that_is_absent_gives_the_default_role() -> None:
    with pytest.raises(RoleMissing):
        role({})
    assert role({}, oidc_default_role="GATEWAY") is Role.GATEWAY
    assert role({"groups": "everyone"}, oidc_default_role="GATEWAY") is Role.READER
    assert role({}, "", oidc_roles="", oidc_default_role="READER") is Role.READER


def test_a_path_leads_into_objects() -> None:
    claims = {"realm_access": {"roles": ["everyone", "admins"]}, "other": "everyone"}
    assert role(claims, "realm_access.roles") is Role.ADMIN
    for path in ("realm_access.none", "realm_access.roles.0", "other.roles", "none.roles", "."):
        with pytest.raises(RoleMissing):
            role(claims, path)
    with pytest.raises(TokenRefused, match="its claim `realm_access` is neither a text nor"):
        role(claims, "realm_access")


def test_a_name_with_dots_is_found_before_a_path() -> None:
    name = "https://registry.example/roles"
    assert role({name: ["admins"]}, name) is Role.ADMIN
    assert role({"a.b": "everyone", "a": {"b": "admins"}}, "a.b") is Role.READER


def test_scopes_are_words() -> None:
    assert role({"scope": "openid everyone admins"}, "scope") is Role.ADMIN
    assert role({"scp": "everyone"}, "scp") is Role.READER
    assert role({"scp": ["everyone"]}, "scp") is Role.READER


def test_a_comma_in_a_value_is_escaped() -> None:
    roles = r"CN=ml\,OU=groups = EDITOR, repo:octo/models:ref:refs/heads/main = ADMIN"
    assert role({"groups": ["CN=ml,OU=groups"]}, oidc_roles=roles) is Role.EDITOR
    given = {"sub": "repo:octo/models:ref:refs/heads/main"}
    assert role(given, "sub", oidc_roles=roles) is Role.ADMIN
