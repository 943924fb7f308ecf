"""Wrong credentials: an address may send so many; right ones from there are let in all the same."""

import asyncio
from collections import Counter

import httpx
import pytest

from db.postgres.engine import Database
from server.access.rate_limits import Buckets, WrongCredentials
from server.settings import Settings
from tests import factories
from tests.server.access.conftest import Clock
from tests.server.access.test_authentication import code, post
from tests.server.conftest import Serving, on_every_path
from tests.server.sockets import connected

ONE = "{ models { totalCount } }"
WRONG = [f"mrk_{'a' * 8}_{'b' * 43}", "mrk_short", "eyJhbGciOiJub25lIn0.e30."]


async def used_up(client: httpx.AsyncClient) -> httpx.Response:
    """The first response that says that too many were wrong."""
    for number in range(10):
        refused = await post(client, ONE, WRONG[number % len(WRONG)])
        if refused.status_code != 401:
            return refused
    raise AssertionError("Each wrong credential was looked up")


@on_every_path
async def test_too_many_wrong_ones_are_not_looked_up(
    serve_at: Serving, db: Database, clock: Clock
) -> None:
    right = await factories.token(db)
    async with serve_at(wrong_credentials_per_minute=4) as client:
        assert (await post(client, ONE, right)).status_code == 200
        refused = await used_up(client)
        assert (refused.status_code, code(refused)) == (429, "RATE_LIMITED")
        assert refused.headers["retry-after"] == "15"
        for wrong in (*WRONG, f"{right[:-1]}!", right[:13]):
            assert (await post(client, ONE, wrong)).status_code == 429
        assert (await post(client, ONE, right)).status_code == 200
        assert (await post(client, ONE)).status_code == 401  # none was sent
        later = await factories.token(db)
        assert (await post(client, ONE, later)).status_code == 429
        clock.now_s += 30
        assert (await post(client, ONE, later)).status_code == 200


async def test_a_socket_with_one_wrong_credential_too_many_is_told_to_come_later(
    serve_at: Serving,
) -> None:
    async with serve_at(wrong_credentials_per_minute=2) as client:
        await used_up(client)
        async with connected(client) as socket:
            payload = {"authorization": f"Bearer {WRONG[0]}"}
            await socket.send({"type": "connection_init", "payload": payload})
            assert await socket.close_code() == 1013


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address(first: str, second: str, is_one: bool) -> None:
    settings = Settings(_env_file=None, wrong_credentials_per_minute=1)
    wrong = WrongCredentials(settings, Clock())
    assert wrong.take(first) == 0
    assert wrong.take(first) > 0
    assert (wrong.take(second) > 0) is is_one


async def test_wrong_ones_at_once_do_not_pass_the_limit(
    serve_at: Serving, db: Database, clock: Clock
) -> None:
    """Each is counted before it is looked up; a known one is let in, and a wrong one is refused."""
    right = await factories.token(db)
    async with serve_at(wrong_credentials_per_minute=4) as client:
        wrong = [f"mrk_{'a' * 8}_{number:043}" for number in range(40)]
        secrets = [secret for each in wrong for secret in (each, right)]
        answers = await asyncio.gather(*(post(client, ONE, secret) for secret in secrets))
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {200: 40, 401: 4, 429: 36}


async def test_right_ones_that_are_new_are_not_counted(serve_at: Serving, db: Database) -> None:
    async with serve_at(wrong_credentials_per_minute=2) as client:
        for _ in range(5):
            secret = await factories.token(db)
            assert (await post(client, ONE, secret)).status_code == 200


def test_what_is_given_back_can_be_taken_again(clock: Clock) -> None:
    buckets = Buckets(2, clock)
    assert [buckets.take("a", 1) for _ in range(2)] == [0, 0]
    buckets.give_back("a", 1)
    assert (buckets.left("a"), buckets.take("a", 1)) == (1, 0)
    clock.now_s += 1_000
    buckets.give_back("a", 1)
    assert buckets.left("a") == 2
