"""The issuer's keys: rotated, withdrawn, slow, absent, too large; and how often it is asked."""

import asyncio
import json
from threading import Event
from typing import Any

import pytest

from server.access import oidc_fetching
from server.access.oidc import OidcVerifier
from server.access.oidc_fetching import BYTES_MAX
from server.access.oidc_key_set import KEYS_MAX, IssuerError
from server.access.oidc_keys import FRESH_S, PAUSE_S, USABLE_S, WAITING_MAX
from server.errors import HttpError
from tests.server.access.conftest import Clock, Verifies
from tests.server.access.issuer import DISCOVERY, JWKS, Answer, Issuer, jwk


async def outcome(verifier: OidcVerifier, token: bytes) -> int | str:
    """The name that a token proves, or the status with which it is refused."""
    try:
        return (await verifier.identity(token)).name
    except HttpError as error:
        return error.status


async def settled(issuer: Issuer, verifier: OidcVerifier, count: int) -> None:
    """Wait until the keys were read so often, and the reading has ended."""
    while issuer.reading_count < count or verifier.is_reading:  # noqa: ASYNC110  # the test's own
        await asyncio.sleep(0.01)


async def test_a_rotated_key_works_without_a_restart(
    issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    old, new = issuer.token(), issuer.token("ES256", "second")
    assert await outcome(verifier, old) == "oidc:jane"
    issuer.show(jwk("ES256", "second"))
    clock.now_s += PAUSE_S
    assert await outcome(verifier, new) == "oidc:jane"
    assert await outcome(verifier, old) == 401  # its key was withdrawn, though it was verified
    assert issuer.reading_count == 2


async def test_random_key_ids_cost_one_reading_in_ten_seconds(
    issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    good = issuer.token()
    assert await outcome(verifier, good) == "oidc:jane"
    for number in range(100):
        assert await outcome(verifier, issuer.token(kid=f"random-{number}")) == 401
    assert issuer.reading_count == 1
    clock.now_s += PAUSE_S
    flood = [outcome(verifier, issuer.token(kid=f"other-{number}")) for number in range(50)]
    assert set(await asyncio.gather(*flood)) == {401}
    assert issuer.reading_count == 2
    assert await outcome(verifier, good) == "oidc:jane"


async def test_callers_share_the_first_reading(issuer: Issuer, verifier: OidcVerifier) -> None:
    tokens = [issuer.token(sub=f"caller-{number}") for number in range(50)]
    names = await asyncio.gather(*(outcome(verifier, token) for token in tokens))
    assert names == [f"oidc:caller-{number}" for number in range(50)]
    assert issuer.asked == [DISCOVERY, JWKS]


async def test_old_keys_are_used_while_new_ones_are_read(
    issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    token = issuer.token()
    assert await outcome(verifier, token) == "oidc:jane"
    clock.now_s += FRESH_S
    held = issuer.answers[JWKS].held = Event()
    assert await outcome(verifier, token) == "oidc:jane"
    assert await outcome(verifier, issuer.token(sub="joe")) == "oidc:joe"
    held.set()
    await settled(issuer, verifier, 2)
    clock.now_s += FRESH_S - 1
    assert await outcome(verifier, token) == "oidc:jane"
    assert issuer.reading_count == 2


async def test_old_keys_are_used_for_an_hour_while_the_issuer_is_down(
    issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    token, unknown = issuer.token(exp=4_000_000_000), issuer.token(kid="new")
    assert await outcome(verifier, token) == "oidc:jane"
    issuer.answers[JWKS].status = 500
    clock.now_s = USABLE_S - 1
    assert await outcome(verifier, token) == "oidc:jane"
    assert await outcome(verifier, unknown) == 503  # it may be of a new key
    assert await outcome(verifier, token) == "oidc:jane"
    clock.now_s = USABLE_S
    assert await outcome(verifier, token) == 503  # its key may have been withdrawn
    issuer.answers[JWKS].status = 200
    assert await outcome(verifier, token) == 503  # it is not asked each time
    clock.now_s += PAUSE_S
    assert await outcome(verifier, token) == "oidc:jane"
    assert await outcome(verifier, unknown) == 401


async def test_an_issuer_that_is_down_is_not_asked_each_time(
    issuer: Issuer, verifies: Verifies, clock: Clock
) -> None:
    down = "http://127.0.0.1:9"  # the discard port, where nothing listens
    verifier = verifies(oidc_issuer=down)
    token = issuer.token(iss=down)
    with pytest.raises(HttpError, match="its issuer's keys cannot be read; try again") as caught:
        await verifier.identity(token)
    assert (caught.value.status, caught.value.code) == (503, "UNAVAILABLE")
    assert caught.value.headers["retry-after"] == "10"
    assert [await outcome(verifier, token) for _ in range(5)] == [503] * 5
    issuer.answers[DISCOVERY].status = 503
    verifier, token = verifies(), issuer.token()
    assert [await outcome(verifier, token) for _ in range(5)] == [503] * 5
    assert issuer.asked == [DISCOVERY]
    issuer.answers[DISCOVERY].status = 200
    clock.now_s += PAUSE_S
    assert await outcome(verifier, token) == "oidc:jane"


async def test_few_wait_for_a_slow_issuer_and_not_for_long(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    held = issuer.answers[JWKS].held = Event()
    token = issuer.token()
    waiting = [asyncio.ensure_future(outcome(verifier, token)) for _ in range(WAITING_MAX)]
    await asyncio.sleep(0)
    assert await outcome(verifier, token) == 503  # at once
    assert not any(each.done() for each in waiting)
    assert set(await asyncio.gather(*waiting)) == {503}  # after 3 s
    held.set()
    await verifier.close()


async def test_a_caller_that_goes_away_does_not_end_the_reading(
    issuer: Issuer, verifier: OidcVerifier
) -> None:
    held = issuer.answers[JWKS].held = Event()
    token = issuer.token()
    first, second = (asyncio.ensure_future(outcome(verifier, token)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    held.set()
    assert await second == "oidc:jane"
    assert issuer.reading_count == 1


async def test_a_stopped_verifier_reads_no_more(issuer: Issuer, verifier: OidcVerifier) -> None:
    held = issuer.answers[JWKS].held = Event()
    verifier.start()
    assert verifier.is_reading
    await verifier.close()
    assert not verifier.is_reading
    held.set()


BIG = json.dumps({"keys": [jwk("RS256", "first")], "padding": "x" * 10_000_000}).encode()
UNUSABLE: dict[str, Answer] = {
    "of 10 MB": Answer(BIG),
    "one byte too large": Answer(BIG[:BYTES_MAX] + b"}"),
    "not JSON": Answer(b"<html>"),
    "not an object": Answer(b"[]"),
    "without keys": Answer(b"{}"),
    "keys that are no list": Answer(b'{"keys": {"first": 1}}'),
    "nested deeply": Answer(b'{"keys": ' + b"[" * 100_000),
    "an error": Answer(b"", 404),
    "compressed": Answer(b"x", headers={"Content-Encoding": "gzip"}),
    "too many": Answer(json.dumps({"keys": [jwk("RS256", "first")] * (KEYS_MAX + 1)}).encode()),
}


@pytest.mark.parametrize("name", UNUSABLE)
async def test_keys_that_cannot_be_used(name: str, issuer: Issuer, verifier: OidcVerifier) -> None:
    issuer.answers[JWKS] = UNUSABLE[name]
    assert await outcome(verifier, issuer.token()) == 503


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(
    status: int, issuer: Issuer, verifier: OidcVerifier, clock: Clock
) -> None:
    issuer.answers["/moved"] = issuer.answers[JWKS]
    issuer.answers[JWKS] = Answer(b"", status, {"Location": issuer.url + "/moved"})
    assert await outcome(verifier, issuer.token()) == 503
    issuer.answers["/elsewhere"] = issuer.answers[DISCOVERY]
    issuer.answers[DISCOVERY] = Answer(b"", status, {"Location": issuer.url + "/elsewhere"})
    clock.now_s += PAUSE_S
    assert await outcome(verifier, issuer.token()) == 503
    assert issuer.asked == [DISCOVERY, JWKS, DISCOVERY]


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "http://issuer.example/keys"},
        {"jwks_uri": "/keys"},
        {"jwks_uri": ["/keys"]},
        {"jwks_uri": "https://\u0000"},
        {"jwks_uri": "https://[/"},
    ],
)
async def test_a_configuration_that_cannot_be_used(
    changed: dict[str, Any], issuer: Issuer, verifier: OidcVerifier
) -> None:
    configuration = json.loads(issuer.answers[DISCOVERY].body) | changed
    issuer.answers[DISCOVERY] = Answer(json.dumps(configuration).encode())
    assert await outcome(verifier, issuer.token()) == 503
    assert issuer.asked == [DISCOVERY]


def test_an_issuer_with_tls_has_no_keys_without_it() -> None:
    document = b'{"issuer": "https://issuer.example", "jwks_uri": "http://127.0.0.1/keys"}'
    with pytest.raises(IssuerError, match="names no https:// URL of its keys"):
        oidc_fetching.url_of_keys(document, "https://issuer.example")


async def test_the_url_of_the_keys_can_be_set(issuer: Issuer, verifies: Verifies) -> None:
    del issuer.answers[DISCOVERY]
    verifier = verifies(oidc_jwks_url=issuer.url + JWKS)
    assert await outcome(verifier, issuer.token()) == "oidc:jane"
    assert issuer.asked == [JWKS]


async def test_a_wrong_proxy_is_logged_and_no_error_of_the_caller(
    issuer: Issuer,
    verifier: OidcVerifier,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "nonsense://127.0.0.1:1")
    assert await outcome(verifier, issuer.token()) == 503
    assert "Unknown scheme for proxy URL" in caplog.messages[-1]
    assert issuer.asked == []


async def test_a_log_line_says_why_the_keys_cannot_be_read(
    issuer: Issuer, verifier: OidcVerifier, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.answers[JWKS].status = 418
    assert await outcome(verifier, issuer.token()) == 503
    assert caplog.messages[-1] == (
        "cannot read the keys of the OpenID Connect issuer: it answered with status 418"
    )
