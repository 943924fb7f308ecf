"""Open streams and sockets end when their callers' access ends, in every process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from db.postgres.engine import Database
from domain.access import Role
from resolvers import event_cursors
from tests import factories
from tests.feeds import kill_listeners
from tests.server.conftest import Serving
from tests.server.sockets import WAIT_S, Socket, connected, events
from tests.server.wire import waiting

START = event_cursors.encode(0)
CHANGED = """subscription($after: String) {
  registryChanged(after: $after, filter: {kinds: [MODEL]}) { model { name } } }"""
ALL = "subscription($after: String) { registryChanged(after: $after) { cursor } }"
ROUTE = """subscription { routeChanged(input: {model: {name: "m"}}) { candidates { rank } } }"""
CREATE = (
    "mutation($name: String!) { createModel(input: {name: $name, task: CHAT}) { model { id } } }"
)
ROTATE = """mutation($id: ID!, $grace: Int!) {
  rotateToken(input: {token: $id, graceMinutes: $grace}) { secret userErrors { message } } }"""
REVOKE = "mutation($id: ID!) { revokeToken(input: {id: $id}) { userErrors { message } } }"
VIEWER = "{ viewer { token { id lastUsedAt } } }"


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def post(client: httpx.AsyncClient, secret: str, query: str, **variables: Any) -> Any:
    body = {"query": query, "variables": variables}
    response = await client.post("/graphql", json=body, headers=bearer(secret))
    assert response.status_code == 200, response.text
    assert "errors" not in response.json(), response.text
    return response.json()["data"]


async def id_of(client: httpx.AsyncClient, secret: str) -> str:
    return str((await post(client, secret, VIEWER))["viewer"]["token"]["id"])


@asynccontextmanager
async def greeted(client: httpx.AsyncClient, secret: str) -> AsyncIterator[Socket]:
    async with connected(client, additional_headers=bearer(secret)) as socket:
        await socket.send({"type": "connection_init"})
        assert await socket.receive() == {"type": "connection_ack"}
        yield socket


def code(data: Any) -> str:
    return str(data["errors"][0]["extensions"]["code"])


async def test_a_revocation_by_one_server_ends_the_streams_of_another(
    serve: Serving, db: Database
) -> None:
    secret, admin = await factories.token(db), await factories.token(db, Role.ADMIN)
    async with serve(require_tokens=True) as one, serve(require_tokens=True) as other:
        await factories.version(db, await factories.model(db, name="m"))
        async with AsyncExitStack() as opened:
            other.headers.update(bearer(secret))
            enter = opened.enter_async_context
            streams = [await enter(events(other, CHANGED, after=START)) for _ in range(20)]
            routes = [await enter(events(other, ROUTE)) for _ in range(3)]
            socket, idle = await enter(greeted(other, secret)), await enter(greeted(other, secret))
            admins = await enter(greeted(other, admin))
            for each in (socket, admins):
                await each.subscribe("1", CHANGED, after=START)
            for stream in streams:
                assert (await anext(stream))[1]["data"]["registryChanged"]["model"]
            for route in routes:
                assert "data" in (await anext(route))[1]
            await socket.data("1")

            await post(one, admin, REVOKE, id=await id_of(one, secret))
            await asyncio.gather(*(post(one, admin, CREATE, name=f"late-{n}") for n in range(5)))

            for stream in (*streams, *routes):
                ended = [event async for event in stream]
                assert [name for name, _ in ended] == ["next", "complete"]
                assert code(ended[0][1]) == "UNAUTHENTICATED"
            assert await socket.close_code() == 4403
            assert await idle.close_code() == 4403
            names = {(await admins.data("1"))["registryChanged"]["model"]["name"] for _ in range(6)}
            assert names == {"m", *(f"late-{n}" for n in range(5))}


async def test_each_answer_to_a_revocation_says_that_it_holds(serve: Serving, db: Database) -> None:
    """Also the one that says that the token was revoked just before."""
    admin = await factories.token(db, Role.ADMIN)
    async with serve(require_tokens=True) as one, serve(require_tokens=True) as other:
        for _ in range(10):
            secret = await factories.token(db)
            id = await id_of(other, secret)
            revocations = [asyncio.ensure_future(post(one, admin, REVOKE, id=id)) for _ in range(2)]
            await asyncio.wait(revocations, return_when=asyncio.FIRST_COMPLETED)
            refused = await other.get("/graphql", headers=bearer(secret))
            assert refused.status_code == 401
            first, second = [
                each["revokeToken"]["userErrors"] for each in await asyncio.gather(*revocations)
            ]
            assert len(first) + len(second) == 1


async def test_nothing_that_was_committed_after_a_revocation_is_delivered(
    serve: Serving, db: Database, database_url: str
) -> None:
    """Also when the process learns of it late, as its listening connection is killed."""
    secret = await factories.token(db, name="ci")
    async with serve(require_tokens=True) as client:
        client.headers.update(bearer(secret))
        await factories.model(db, name="before")
        async with events(client, CHANGED, after=START) as stream:
            assert (await anext(stream))[1]["data"]["registryChanged"]["model"]["name"] == "before"
            kill_listeners(database_url)
            with psycopg.connect(database_url) as connection:
                connection.execute("UPDATE tokens SET revoked_at = now() WHERE name = 'ci'")
            for number in range(10):
                await factories.model(db, name=f"after-{number}")
            ended = [event async for event in stream]
        assert [name for name, _ in ended] == ["next", "complete"]
        assert code(ended[0][1]) == "UNAUTHENTICATED"


async def test_an_idle_socket_is_closed_where_nothing_listens(
    serve: Serving, db: Database, database_url: str
) -> None:
    secret = await factories.token(db, name="ci")
    async with serve(require_tokens=True) as client, greeted(client, secret) as socket:
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE tokens SET revoked_at = now() WHERE name = 'ci'")
        assert await socket.close_code() == 4403


async def test_a_mutation_of_a_closed_socket_is_written_as_a_whole(
    serve: Serving, db: Database, database_url: str
) -> None:
    """It waits for a lock while its socket is closed."""
    secret = await factories.token(db, Role.EDITOR, name="ci")
    async with serve(require_tokens=True) as client, greeted(client, secret) as socket:
        async with await psycopg.AsyncConnection.connect(database_url) as locking:
            await locking.execute("LOCK TABLE models IN SHARE MODE")
            await socket.subscribe("1", CREATE, name="late")
            await waiting(database_url, 1, or_more=True)
            with psycopg.connect(database_url) as connection:
                connection.execute("UPDATE tokens SET revoked_at = now() WHERE name = 'ci'")
            assert await socket.close_code() == 4403
        with psycopg.connect(database_url, autocommit=True) as connection:
            count = "SELECT count(*) FROM models WHERE name = 'late'"
            await until(lambda: bool(connection.execute(count).fetchone() == (1,)))
            events_of = "SELECT count(*) FROM audit_events WHERE subject_name = 'late'"
            assert connection.execute(events_of).fetchone() == (1,)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():  # noqa: ASYNC110  # the database has no event for it
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("grace", [0, 1])
async def test_a_rotation_ends_the_streams_of_the_old_secret(
    serve: Serving, db: Database, database_url: str, grace: int
) -> None:
    old, admin = await factories.token(db, name="ci"), await factories.token(db, Role.ADMIN)
    async with serve(require_tokens=True) as one, serve(require_tokens=True) as other:
        id = await id_of(one, old)
        async with greeted(other, old) as socket:
            await socket.subscribe("1", ALL, after=START)
            for _ in range(2):
                await socket.data("1")
            rotated = (await post(one, admin, ROTATE, id=id, grace=grace))["rotateToken"]
            # the events of the two tokens are old: a stream of the new secret passes the rotation
            async with greeted(other, rotated["secret"]) as new:
                await new.subscribe("1", ALL, after=START)
                for _ in range(3):
                    await new.data("1")
                if grace:
                    await socket.data("1")  # the rotation's own event: the old secret is valid
                    with psycopg.connect(database_url) as connection:  # a minute is too long here
                        connection.execute(
                            "UPDATE token_secrets SET expires_at = now() + interval '1.5 s'"
                            " WHERE expires_at IS NOT NULL"
                        )
                assert await socket.close_code() == 4403
                await new.alive()
            assert (await other.get("/graphql", headers=bearer(old))).status_code == 401


async def test_no_stream_outlives_the_expiry_of_its_token(serve: Serving, db: Database) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    secret = await factories.token(db, expires_at=soon)
    async with serve(require_tokens=True) as client, greeted(client, secret) as socket:
        client.headers.update(bearer(secret))
        async with events(client, ALL) as stream:
            ended = [event async for event in stream]
        assert code(ended[0][1]) == "UNAUTHENTICATED"
        assert await socket.close_code() == 4403
        assert datetime.now(UTC) >= soon


async def test_uses_are_written_when_a_server_stops(
    serve: Serving, db: Database, database_url: str
) -> None:
    secret, unused = await factories.token(db, name="ci"), await factories.token(db, name="new")
    before = datetime.now(UTC)
    revision = await factories.revision(db)
    for _ in range(2):
        async with serve(require_tokens=True) as client:
            found = (await post(client, secret, VIEWER))["viewer"]["token"]
    last_used_at = datetime.fromisoformat(found["lastUsedAt"])  # by the first server
    assert before <= last_used_at <= datetime.now(UTC)
    with psycopg.connect(database_url) as connection:
        query = "SELECT name, last_used_at FROM tokens JOIN token_uses ON token_id = id"
        ((name, latest),) = connection.execute(query).fetchall()
    assert (name, unused != secret) == ("ci", True)
    assert latest >= last_used_at
    assert await factories.revision(db) == revision
