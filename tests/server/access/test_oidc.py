"""Which tokens of an issuer prove an identity, and what is said of the others."""

import asyncio
import base64
import hmac
import json
import time
from typing import Any

import pytest

from domain import actors
from domain.access import Identity, Role
from server.access.oidc import TOKEN_BYTES_MAX, OidcVerifier
from server.errors import HttpError
from tests.server.access.conftest import Verifies
from tests.server.access.issuer import Issuer, jwk, public_pem

NO_JWT = "it is no signed JSON Web Token"
WRONG_SIGNATURE = "its signature is wrong"
NO_KEY = "the issuer has no such key"
SUBJECT = "its claim `sub` is no text of 1 to 255 characters"
NO_TIME = "a claim of time in it is no number"


async def refusal(verifier: OidcVerifier, token: bytes) -> str:
    """What is wrong with a token, which is answered with 401."""
    with pytest.raises(HttpError) as caught:
        await verifier.identity(token)
    error = caught.value
    assert (error.status, error.code) == (401, "UNAUTHENTICATED")
    assert error.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert str(error).startswith("The token is not valid: ")
    return str(error).removeprefix("The token is not valid: ")


def segment(value: object) -> bytes:
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed448"),
)


@pytest.mark.parametrize("names_algorithm", [True, False])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_good_token_proves_its_subject(
    algorithm: str, names_algorithm: bool, issuer: Issuer, verifier: OidcVerifier
) -> None:
    issuer.show(jwk(algorithm, "first", **({} if names_algorithm else {"alg": None})))
    claims = issuer.claims()
    token = issuer.token(algorithm, **claims)
    expected = Identity(actors.oidc("jane"), Role.EDITOR, None, claims["exp"] + 60.0)
    found = await verifier.identity(token)
    assert (found._replace(key_hash=b""), len(found.key_hash)) == (expected, 32)
    assert await verifier.identity(token) == found  # from memory
    assert issuer.reading_count == 1


async def test_an_algorithm_that_is_not_allowed_is_refused(
    issuer: Issuer, verifies: Verifies
) -> None:
    issuer.show(jwk("RS256", "first", alg=None), jwk("ES256", "second"))
    verifier = verifies(oidc_algorithms="PS256, ES256")
    refused = "its signature is not by one of the algorithms PS256, ES256"
    assert await refusal(verifier, issuer.token("RS256")) == refused
    assert (await verifier.identity(issuer.token("PS256"))).name == "oidc:jane"
    assert (await verifier.identity(issuer.token("ES256", "second"))).name == "oidc:jane"
    # the key is one of RSA
    assert await refusal(verifier, issuer.token("ES256", "first")) == NO_KEY


def signed_with_hmac(issuer: Issuer, secret: bytes) -> bytes:
    """A token of HS256."""
    header = segment({"alg": "HS256", "typ": "JWT", "kid": "first"})
    signed = header + b"." + segment(issuer.claims())
    signature = base64.urlsafe_b64encode(hmac.digest(secret, signed, "sha256")).rstrip(b"=")
    return signed + b"." + signature


async def test_unsigned_and_symmetric_tokens_are_refused(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    header, claims, signature = issuer.token().split(b".")
    symmetric = "its signature is not by one of the algorithms RS256, RS384, RS512, PS256, "
    for name in ("none", "None", "NONE", "", 7, None, ["RS256"]):
        head = segment({"alg": name, "kid": "first"})
        for end in (b"", signature):
            refused = await refusal(verifier, head + b"." + claims + b"." + end)
            assert refused.startswith(symmetric), name
    no_algorithm = segment({"kid": "first"}) + b"." + claims + b"." + signature
    assert (await refusal(verifier, no_algorithm)).startswith(symmetric)
    forged = signed_with_hmac(issuer, public_pem())
    assert (await refusal(verifier, forged)).startswith(symmetric)
    assert await refusal(verifier, header + b"." + claims + b".") == WRONG_SIGNATURE


async def test_a_symmetric_key_of_the_issuer_is_not_used(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    secret = b"0123456789abcdef0123456789abcdef"
    key = {"kty": "oct", "kid": "first", "k": base64.urlsafe_b64encode(secret).decode()}
    issuer.show({**key, "alg": "HS256"}, {**key, "alg": "RS256"})
    refused = await refusal(verifier, signed_with_hmac(issuer, secret))
    assert refused.startswith("its signature is not by one of the algorithms")
    assert await refusal(verifier, issuer.token()) == NO_KEY


async def test_a_changed_token_is_refused(issuer: Issuer, verifier: OidcVerifier) -> None:
    header, _, signature = issuer.token().split(b".")
    raised = segment(issuer.claims(groups=["admins"]))
    assert await refusal(verifier, b".".join((header, raised, signature))) == WRONG_SIGNATURE
    other = issuer.token(number=1)  # a key with the same id that is not the issuer's
    assert await refusal(verifier, other) == WRONG_SIGNATURE


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"aud": "other"}, "its audience is not registry"),
        ({"aud": ["other", "third"]}, "its audience is not registry"),
        ({"aud": None}, "it has no claim `aud`"),
        ({"aud": []}, "it has no claim `aud`"),
        ({"aud": {"registry": 1}}, "its audience is not registry"),
        ({"aud": ["registry", 7]}, "its audience is not registry"),
        ({"iss": None}, "it has no claim `iss`"),
        ({"sub": None}, "it has no claim `sub`"),
        ({"sub": 7}, "its claim `sub` is no text"),
        ({"sub": ["jane"]}, "its claim `sub` is no text"),
        ({"sub": ""}, SUBJECT),
        ({"sub": "jane\ud800"}, SUBJECT),
        ({"sub": "j" * 256}, SUBJECT),
        ({"exp": None}, "it has no claim `exp`"),
        ({"exp": "tomorrow"}, NO_TIME),
        ({"exp": [4_000_000_000]}, NO_TIME),
        ({"exp": "4000000000"}, "its claim `exp` is no number"),
        ({"exp": True}, "it has expired"),
        ({"exp": float("nan")}, NO_TIME),
        ({"exp": float("inf")}, NO_TIME),
        ({"exp": -1e300}, "it has expired"),
        ({"nbf": "soon"}, NO_TIME),
        ({"iat": {}}, NO_TIME),
        ({"groups": 7}, "its claim `groups` is neither a text nor a list of texts"),
        ({"groups": True}, "its claim `groups` is neither a text nor a list of texts"),
        ({"groups": {"admins": 1}}, "its claim `groups` is neither a text nor a list of texts"),
        ({"groups": ["admins", 7]}, "its claim `groups` is neither a text nor a list of texts"),
        ({"groups": [["admins"]]}, "its claim `groups` is neither a text nor a list of texts"),
    ],
)
async def test_claims_that_are_wrong(
    changed: dict[str, Any], reason: str, issuer: Issuer, verifier: OidcVerifier
) -> None:
    assert await refusal(verifier, issuer.token(**changed)) == reason


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("auth0|5f7c8ec7c33c6c004bbafe82", "oidc:auth0|5f7c8ec7c33c6c004bbafe82"),
        ("repo:octo/models:environment:prod eu", "oidc:repo:octo/models:environment:prod%20eu"),
        ("jane\nrole=ADMIN", "oidc:jane%0Arole=ADMIN"),
        ("j\u00e4ne\u202e\x00", "oidc:j%C3%A4ne%E2%80%AE%00"),
        ("token:ci", "oidc:token:ci"),
    ],
)
async def test_a_subject_cannot_look_like_another_actor(
    subject: str, name: str, issuer: Issuer, verifier: OidcVerifier
) -> None:
    assert (await verifier.identity(issuer.token(sub=subject))).name == name


async def test_another_issuer_is_refused(issuer: Issuer, verifier: OidcVerifier) -> None:
    for name in ("https://other.example", issuer.url + "/", issuer.url.upper()):
        assert await refusal(verifier, issuer.token(iss=name)) == f"its issuer is not {issuer.url}"


async def test_the_clocks_may_differ_by_the_skew(issuer: Issuer, verifies: Verifies) -> None:
    now = int(time.time())
    verifier, exact = verifies(), verifies(oidc_clock_skew_s=0)
    assert (await verifier.identity(issuer.token(exp=now - 30))).expires_at == now + 30
    assert await verifier.identity(issuer.token(nbf=now + 30, iat=now + 30))
    assert await refusal(exact, issuer.token(exp=now - 30)) == "it has expired"
    assert await refusal(exact, issuer.token(nbf=now + 30)) == "it is not valid yet"
    assert await refusal(exact, issuer.token(iat=now + 30)) == "it is not valid yet"
    assert await refusal(verifier, issuer.token(exp=now - 90)) == "it has expired"
    assert await refusal(verifier, issuer.token(nbf=now + 120)) == "it is not valid yet"


async def test_a_known_token_expires(issuer: Issuer, verifies: Verifies) -> None:
    verifier, expires = verifies(oidc_clock_skew_s=0), int(time.time()) + 2
    token = issuer.token(exp=expires)
    assert (await verifier.identity(token)).expires_at == expires
    await asyncio.sleep(expires - time.time())
    assert await refusal(verifier, token) == "it has expired"


async def test_a_time_after_all_calendars_is_bounded(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    assert (await verifier.identity(issuer.token(exp=10**300))).expires_at < 253_402_301_000


@pytest.mark.parametrize(
    "token",
    [
        b"",
        b".",
        b"..",
        b"a.b.c",
        b"a.b.c.d.e",
        b"ya29.opaque",
        b"\xff\xfe.\x00.\x80",
        "ä.ö.ü".encode(),
        b"e30.e30.e30",  # no algorithm
        b"W10.e30.e30",  # its header is a list
        b"bnVsbA.e30.e30",
        b" " * 100,
        b"." * 10_000,
    ],
)
async def test_garbage_is_refused(token: bytes, issuer: Issuer, verifier: OidcVerifier) -> None:
    assert await refusal(verifier, token)
    assert issuer.asked == []  # it takes no work of the issuer


async def test_a_deeply_nested_header_is_refused(issuer: Issuer, verifier: OidcVerifier) -> None:
    nested = base64.urlsafe_b64encode(b"[" * 11_000).rstrip(b"=")[:14_000]
    assert await refusal(verifier, nested + b".e30.e30") == NO_JWT
    assert issuer.asked == []


async def test_a_long_token_is_refused_by_its_length(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    refused = f"it has more than {TOKEN_BYTES_MAX} bytes"
    assert await refusal(verifier, issuer.token(padding="x" * 16_384)) == refused
    assert await refusal(verifier, b"x" * 2**20) == refused
    assert (await verifier.identity(issuer.token(padding="x" * 11_000))).name == "oidc:jane"


@pytest.mark.parametrize("name", ["logout+jwt", "secevent+jwt", "JOSE", 7, ["JWT"]])
async def test_a_token_of_another_type_is_refused(
    name: Any, issuer: Issuer, verifier: OidcVerifier
) -> None:
    head = segment({"alg": "RS256", "kid": "first", "typ": name})
    _, claims, signature = issuer.token().split(b".")
    refused = await refusal(verifier, b".".join((head, claims, signature)))
    assert refused == "its type is not JWT or at+jwt"


@pytest.mark.parametrize("name", ["JWT", "jwt", "at+jwt", "application/at+jwt", None])
async def test_usual_types_are_accepted(
    name: str | None, issuer: Issuer, verifier: OidcVerifier
) -> None:
    token = issuer.token(headers={"typ": name})
    assert (await verifier.identity(token)).name == "oidc:jane"


@pytest.mark.parametrize(
    "header",
    [
        {"kid": 7},
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"jwk": {"kty": "oct"}, "kid": "other"},  # a key that the token brings is not used
        {"jku": "http://127.0.0.1:1/keys", "kid": "other"},
    ],
)
async def test_headers_that_are_not_followed(
    header: dict[str, Any], issuer: Issuer, verifier: OidcVerifier
) -> None:
    head = segment({"alg": "RS256", "kid": "first", **header})
    _, claims, signature = issuer.token().split(b".")
    assert await refusal(verifier, b".".join((head, claims, signature))) in (NO_JWT, NO_KEY)
