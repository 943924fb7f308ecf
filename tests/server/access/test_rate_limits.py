"""Points: each caller has so many a minute, whatever it asks by whatever transport."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from db.postgres.engine import Database
from domain.access import Role
from server.access import rate_limits
from server.access.rate_limits import Buckets
from tests import factories
from tests.server.access.conftest import FROM_THE_START, LIVE, Clock, opened
from tests.server.access.test_authentication import bearer, code, post
from tests.server.conftest import Path, Serving, Twice, on_every_path
from tests.server.sockets import connected

TEN = "{ models(first: 100) { nodes { name } } }"  # points
ONE = "{ models { totalCount } }"
CREATE = """mutation($labels: [LabelInput!]) {
    createModel(input: {name: "%s", task: CHAT, labels: $labels}) { model { name } } }"""


def times(path: Path) -> int:
    """How often the client sends each request."""
    return 2 if path.transport is Twice else 1


def test_a_bucket_is_full_at_first_and_refilled_continuously(clock: Clock) -> None:
    buckets = Buckets(60, clock)
    assert (buckets.take("a", 60), buckets.left("a")) == (0, 0)
    assert buckets.take("a", 3) == pytest.approx(3)
    assert buckets.take("b", 1) == 0
    clock.now_s += 2.5
    assert (buckets.left("a"), buckets.left("b")) == (2, 60)
    assert buckets.wait_s("a", 3) == pytest.approx(0.5)
    clock.now_s += 0.5
    assert (buckets.take("a", 3), buckets.full_in_s("a")) == (0, pytest.approx(60))
    clock.now_s += 1_000
    assert buckets.left("a") == 60
    assert buckets.take("a", 61) == pytest.approx(1)


def test_the_bucket_that_was_used_least_recently_is_forgotten(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "BUCKETS_MAX", 2)
    buckets = Buckets(10, clock)
    for key in ("a", "b", "a", "c"):
        buckets.take(key, 4)
    assert [buckets.left(key) for key in ("a", "b", "c")] == [2, 10, 6]


@on_every_path
async def test_each_answer_has_its_cost_until_there_are_no_points_left(
    serve_at: Serving, db: Database, path: Path, clock: Clock
) -> None:
    secret, other = await factories.token(db), await factories.token(db)
    async with serve_at(points_per_minute=60) as client:
        for _ in range(6 // times(path)):
            answer = await post(client, TEN, secret)
            assert answer.json() == {
                "data": {"models": {"nodes": []}},
                "extensions": {"cost": {"nodes": 100, "points": 10}},
            }
        refused = await post(client, "{ nope", secret)  # nothing of it is read
        assert (refused.status_code, code(refused)) == (429, "RATE_LIMITED")
        assert "All 60 points of a minute are used; try again in 1 s" in refused.text
        for _ in range(2):
            refused = await post(client, TEN, secret)  # its points are known
            assert "costs 10, and 0 of 60 a minute are left; try again in 10 s" in refused.text
            assert refused.headers["retry-after"] == "10"
        assert (await post(client, TEN, other)).status_code == 200
        clock.now_s += 4
        refused = await post(client, TEN, secret)  # it takes a point each time that it is sent
        wait_s = 6 + times(path)
        message = f"costs 10, and {10 - wait_s} of 60 a minute are left; try again in {wait_s} s"
        assert message in refused.text
        assert refused.headers["retry-after"] == str(wait_s)
        assert refused.json()["errors"][0]["extensions"]["retryAfter"] == wait_s
        clock.now_s += wait_s + 10 * (times(path) - 1)
        assert (await post(client, TEN, secret)).status_code == 200


@on_every_path
async def test_an_answer_that_the_client_has_already_costs_as_much(
    serve_at: Serving, db: Database, path: Path
) -> None:
    secret = await factories.token(db)
    async with serve_at(points_per_minute=60) as client:
        headers = bearer(secret)
        url = client.base_url.join("/graphql").copy_add_param("query", TEN)
        statuses = []
        for _ in range(6 // times(path) + 1):
            answer = await client.get(url, headers=headers)
            headers["if-none-match"] = answer.headers.get("etag", "")
            statuses.append(answer.status_code)
        assert statuses == [200, *[304] * (6 // times(path) - 1), 429]


@on_every_path
async def test_a_refused_mutation_changes_nothing(
    serve_at: Serving, db: Database, path: Path, clock: Clock
) -> None:
    secret = await factories.token(db, Role.EDITOR)
    labels = [{"key": f"k{number}", "value": ""} for number in range(25)]
    async with serve_at(points_per_minute=24) as client:

        async def create(name: str) -> httpx.Response:
            body = {"query": CREATE % name, "variables": {"labels": labels}}
            # one transport of the paths would send it twice
            async with httpx.AsyncClient(base_url=client.base_url, timeout=30) as once:
                return await once.post("/graphql", json=body, headers=bearer(secret))

        created = await create("first")
        assert created.json()["data"]["createModel"]["model"] == {"name": "first"}
        # a root field, a payload with a model, and 25 items
        assert created.json()["extensions"]["cost"] == {"nodes": 1, "points": 10 + 1 + 3}
        refused = await create("second")
        assert (refused.status_code, code(refused)) == (429, "RATE_LIMITED")
        assert "data" not in refused.json()
        clock.now_s += 60
        names = await post(client, "{ models { nodes { name } } }", secret)
        assert names.json()["data"]["models"]["nodes"] == [{"name": "first"}]


@on_every_path
async def test_refused_operations_cost_one_point_each(
    serve_at: Serving, db: Database, path: Path
) -> None:
    secret = await factories.token(db)
    refusals = {"{ nope": 400, "{ nope }": 400, CREATE % "a": 403, LIVE: 406}
    async with serve_at(points_per_minute=len(refusals) * times(path)) as client:
        client.headers["accept"] = "application/graphql-response+json"
        for query, status in refusals.items():
            assert (await post(client, query, secret)).status_code == status
        refused = await post(client, "{ nope", secret)
        assert (refused.status_code, code(refused)) == (429, "RATE_LIMITED")


@on_every_path
async def test_an_operation_of_more_points_than_a_minute_has_can_never_run(
    serve_at: Serving, db: Database
) -> None:
    secret = await factories.token(db)
    async with serve_at(points_per_minute=9) as client:
        refused = await post(client, TEN, secret)
        assert code(refused) == "LIMIT_EXCEEDED"
        assert "costs 10 points, and can never run: a caller has 9 a minute" in refused.text
        assert (await post(client, ONE, secret)).status_code == 200


async def test_a_gateway_has_points_of_its_own_and_zero_is_no_limit(
    serve_at: Serving, db: Database
) -> None:
    reader, gateway = await factories.token(db), await factories.token(db, Role.GATEWAY)
    async with serve_at(points_per_minute=2, gateway_points_per_minute=0) as client:
        assert (await post(client, ONE, reader)).json()["extensions"]
        assert code(await post(client, ONE, reader)) == "RATE_LIMITED"
        for _ in range(5):
            answer = await post(client, TEN, gateway)
            assert answer.content == b'{"data":{"models":{"nodes":[]}}}'


@on_every_path
async def test_a_caller_without_a_credential_is_not_charged(serve: Serving) -> None:
    async with serve(points_per_minute=1) as client:
        for _ in range(5):
            answer = await post(client, TEN)
            assert answer.content == b'{"data":{"models":{"nodes":[]}}}'


async def test_operations_of_a_socket_are_charged(serve_at: Serving, db: Database) -> None:
    secret = await factories.token(db)
    async with serve_at(points_per_minute=30) as client, connected(client) as socket:
        await opened(socket, secret)
        await socket.subscribe("1", TEN)
        payload = (await socket.receive())["payload"]
        assert payload["extensions"] == {"cost": {"nodes": 100, "points": 10}}
        assert (await socket.receive())["type"] == "complete"
        await socket.subscribe("2", LIVE)
        await socket.alive()
        await socket.subscribe("5", TEN)
        assert [(await socket.receive())["type"] for _ in range(2)] == ["next", "complete"]
        for key, query in (("3", TEN), ("4", LIVE)):
            await socket.subscribe(key, query)
            message = await socket.receive()
            assert (message["id"], message["type"]) == (key, "error")
            extensions = message["payload"][0]["extensions"]
            assert (extensions["code"], extensions["retryAfter"]) == ("RATE_LIMITED", 20)


async def test_the_first_result_of_a_subscription_has_its_cost(
    serve_at: Serving, db: Database
) -> None:
    secret = await factories.token(db)
    async with serve_at() as client, connected(client) as socket:
        await opened(socket, secret)
        # after a cursor: nothing tells a client when a subscription over a WebSocket has started
        await socket.subscribe("1", FROM_THE_START)
        shown = []
        for _ in range(2):
            await factories.model(db)
            shown.append((await socket.receive())["payload"].get("extensions"))
        assert shown == [{"cost": {"nodes": 1, "points": 10}}, None]


async def test_event_streams_are_charged(serve_at: Serving, db: Database) -> None:
    secret = await factories.token(db)
    headers = {**bearer(secret), "accept": "text/event-stream"}
    async with serve_at(points_per_minute=10) as client:
        request = client.build_request("POST", "/graphql", json={"query": LIVE}, headers=headers)
        stream = await client.send(request, stream=True)
        assert (await anext(stream.aiter_bytes())).startswith(b":")
        refused = await client.post("/graphql", json={"query": LIVE}, headers=headers)
        assert refused.status_code == 200  # clients of event streams read the body of no other
        assert '"code":"RATE_LIMITED","retryAfter":6' in refused.text
        await stream.aclose()


@on_every_path
async def test_the_viewer_sees_what_is_left(serve_at: Serving, db: Database, path: Path) -> None:
    secret = await factories.token(db)
    query = "{ viewer { rateLimit { limit remaining resetAt cost } } }"
    async with serve_at(points_per_minute=60) as client:
        for number in (1, 2):
            answer = await post(client, query, secret)
            shown = answer.json()["data"]["viewer"]["rateLimit"]
            full_in_s = datetime.fromisoformat(shown.pop("resetAt")) - datetime.now(UTC)
            assert timedelta(0) < full_in_s <= timedelta(seconds=number * times(path))
            assert shown == {"limit": 60, "remaining": 60 - number * times(path), "cost": 1}


async def test_a_caller_that_is_not_charged_has_no_limit(serve: Serving) -> None:
    async with serve() as client:
        answer = await post(client, "{ viewer { rateLimit { limit } } }")
        assert answer.json() == {"data": {"viewer": {"rateLimit": None}}}
