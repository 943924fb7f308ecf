"""Which keys of a JSON Web Key Set are used."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm

from server.access import oidc_key_set
from server.access.oidc import OidcVerifier
from server.access.oidc_key_set import KeySet
from server.errors import HttpError
from server.settings_oidc import ALGORITHMS
from tests.server.access.conftest import Verifies
from tests.server.access.issuer import Issuer, jwk, private_key


def read(*keys: object) -> KeySet:
    """A key set of these keys, for all algorithms."""
    return oidc_key_set.read(json.dumps({"keys": keys}).encode(), ALGORITHMS)


def names(key_set: KeySet) -> list[tuple[str, str]]:
    """The ids and algorithms of the usable keys."""
    return sorted(name for name, keys in key_set.keys.items() for _ in keys)


def private_jwk() -> dict[str, Any]:
    """A key that the issuer should have kept to itself."""
    shown = ECAlgorithm.to_jwk(private_key("ES256"), as_dict=True)
    return {**shown, "kid": "first"}


@pytest.mark.parametrize(
    "key",
    [
        jwk("RS256", "first", use="enc"),
        jwk("RS256", "first", use=None, key_ops=["encrypt"]),
        jwk("RS256", "first", key_ops="verify"),
        jwk("RS256", "first", alg="RSA-OAEP", use=None, key_ops=None),
        jwk("RS256", "first", alg="ES256"),
        jwk("RS256", "first", alg="HS256"),
        jwk("RS256", "first", alg=7),
        jwk("RS256", "first", bits=1_024),
        jwk("RS256", "first", n="AQAB"),
        jwk("RS256", "first", n="A" * 100_000),
        jwk("RS256", "first", n=7),
        jwk("RS256", "first", n=None),
        jwk("RS256", "first", e=None),
        jwk("RS256", "first", e="AA"),
        jwk("RS256", "first", kty="EC"),
        jwk("RS256", "first", kty=["RSA"]),
        jwk("ES256", "first", x=None),
        jwk("ES256", "first", x="AQAB"),
        jwk("ES256", "first", y=jwk("ES256", "first")["x"]),  # no point of the curve
        jwk("ES256", "first", crv="P-384"),
        jwk("ES256", "first", crv="secp256k1", alg="ES256K"),
        jwk("EdDSA", "first", crv="X25519"),
        jwk("EdDSA", "first", x="AQAB"),
        private_jwk(),
        {},
        [],
        "key",
        None,
    ],
)
def test_a_key_that_cannot_be_used_is_left_out(key: object) -> None:
    assert names(read(key, jwk("ES384", "good"))) == [("good", "ES384")]


def test_a_key_without_an_algorithm_is_for_all_of_its_kind() -> None:
    bare = read(jwk("RS256", "first", alg=None, use=None, key_ops=None))
    of_rsa = ("PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
    assert names(bare) == [("first", name) for name in of_rsa]
    assert names(read(jwk("ES512", "first", alg=None))) == [("first", "ES512")]
    document = json.dumps({"keys": [jwk("RS256", "first", alg=None)]}).encode()
    assert names(oidc_key_set.read(document, ["PS256", "ES256"])) == [("first", "PS256")]


def test_without_an_id_only_a_single_key_is_found() -> None:
    one = read(jwk("RS256", "first"), jwk("ES256", "second"))
    assert len(one.find(None, "RS256")) == 1
    assert one.find(None, "ES384") == ()
    two = read(jwk("RS256", "first"), jwk("RS256", "second", number=1))
    assert two.find(None, "RS256") == ()
    nameless = jwk("RS256", "first")
    del nameless["kid"]
    assert len(read(nameless).find(None, "RS256")) == 1
    assert read(nameless).find("first", "RS256") == ()


async def test_a_token_without_a_key_id(issuer: Issuer, verifies: Verifies) -> None:
    token = issuer.token(kid=None)
    assert (await verifies().identity(token)).name == "oidc:jane"
    issuer.show(jwk("RS256", "first"), jwk("RS256", "second", number=1))
    with pytest.raises(HttpError, match="the issuer has no such key"):
        await verifies().identity(token)


async def test_two_keys_may_have_one_id(issuer: Issuer, verifier: OidcVerifier) -> None:
    issuer.show(
        jwk("RS256", "first", number=1), jwk("RS256", "first"), jwk("ES256", "first", use="enc")
    )
    for number in (0, 1):
        token = issuer.token(number=number, sub=f"of-key-{number}")
        assert (await verifier.identity(token)).name == f"oidc:of-key-{number}"
    with pytest.raises(HttpError, match="its signature is wrong"):
        await verifier.identity(issuer.token(number=2))


_MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "use", "kid", "key_ops", "d"])
_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text("AZaz09-_=é", max_size=8),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(
        ["RSA", "EC", "OKP", "P-256", "P-521", "Ed25519", "Ed448", "AQAB", *ALGORITHMS]
    ),
)


@given(
    st.sampled_from(["RS256", "ES256", "ES512", "EdDSA", "Ed448"]),
    st.dictionaries(_MEMBERS, _VALUES, max_size=4),
)
def test_no_key_breaks_the_others(algorithm: str, changed: dict[str, Any]) -> None:
    broken = {**jwk(algorithm, "broken"), **changed}
    assert ("good", "ES384") in names(read(broken, jwk("ES384", "good")))
