"""Who is let in: over HTTP on every path and over WebSocket, before anything is parsed."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from db.postgres.engine import Database
from domain.access import TOKENS_FRESH_S, Role
from tests import factories
from tests.server.conftest import Serving, on_every_path
from tests.server.sockets import connected

NOW = datetime.now(UTC)
CREATE = 'mutation { createModel(input: {name: "%s", task: CHAT}) { model { name } } }'
PROVIDERS = "{ models { nodes { versions { nodes { bindings { nodes { credentialRef } } } } } } }"


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


async def post(client: httpx.AsyncClient, query: str, secret: str = "") -> httpx.Response:
    headers = bearer(secret) if secret else {}
    return await client.post("/graphql", json={"query": query}, headers=headers)


def code(response: httpx.Response) -> str:
    return str(response.json()["errors"][0]["extensions"]["code"])


@on_every_path
async def test_only_a_valid_token_is_let_in(serve: Serving, db: Database) -> None:
    valid = await factories.token(db)
    wrong = {
        "": "Bearer",
        valid[:-1]: 'Bearer error="invalid_token"',
        f"mrk_zzzzzzzz_{valid[13:]}": 'Bearer error="invalid_token"',
        "mrk_": 'Bearer error="invalid_token"',
        "eyJhbGciOiJub25lIn0.e30.": 'Bearer error="invalid_token"',
        await factories.token(db, revoked_at=NOW): 'Bearer error="invalid_token"',
        await factories.token(db, expires_at=NOW - timedelta(seconds=1)): (
            'Bearer error="invalid_token"'
        ),
    }
    async with serve(require_tokens=True) as client:
        for secret, challenge in wrong.items():
            for query in ("{ models { totalCount } }", "{ nope", "{ __schema { types { name } } }"):
                refused = await post(client, query, secret)
                assert (refused.status_code, code(refused)) == (401, "UNAUTHENTICATED")
                assert refused.headers["www-authenticate"] == challenge
                assert "mrk_z" not in refused.text
        allowed = await post(client, "{ models { totalCount } }", valid)
        assert allowed.json()["data"] == {"models": {"totalCount": 0}}
        by_get = await client.get(
            "/graphql", params={"query": "{ models { totalCount } }"}, headers=bearer(valid)
        )
        assert by_get.json() == allowed.json()
        assert (await client.get("/graphql", params={"query": "{ nope"})).status_code == 401


@on_every_path
async def test_a_role_may_use_what_it_includes(serve: Serving, db: Database) -> None:
    secrets = {role: await factories.token(db, role, name=role.lower()) for role in Role}
    async with serve(require_tokens=True) as client:
        for role, secret in secrets.items():
            created = await post(client, CREATE % role.lower(), secret)
            if role.includes(Role.EDITOR):
                assert created.json()["data"]["createModel"] is not None
                continue
            assert (created.status_code, code(created)) == (403, "FORBIDDEN")
            message = created.json()["errors"][0]["message"]
            assert message == (
                f"Mutation.createModel needs the role EDITOR; the caller has the role {role}"
            )
        events = await post(client, "{ auditEvents { nodes { actor } } }", secrets[Role.READER])
        actors = {node["actor"] for node in events.json()["data"]["auditEvents"]["nodes"]}
        assert {"token:editor", "token:admin"} <= actors


@on_every_path
async def test_a_kept_answer_is_not_shared_across_roles(serve: Serving, db: Database) -> None:
    version = await factories.version(db, await factories.model(db))
    await factories.binding(
        db, version, await factories.provider(db), credential_ref="vault://secret/openai"
    )
    reader, editor = await factories.token(db), await factories.token(db, Role.EDITOR)

    def reference(response: httpx.Response) -> Any:
        (model,) = response.json()["data"]["models"]["nodes"]
        (found,) = model["versions"]["nodes"][0]["bindings"]["nodes"]
        return found["credentialRef"]

    async with serve(require_tokens=True) as client:
        for _ in range(3):
            assert reference(await post(client, PROVIDERS, editor)) == "vault://secret/openai"
            assert reference(await post(client, PROVIDERS, reader)) is None


@on_every_path
async def test_a_revocation_holds_for_all_requests_after_it(
    serve: Serving, db: Database, database_url: str
) -> None:
    secret = await factories.token(db, name="ci")
    async with serve(require_tokens=True) as client:
        for _ in range(3):
            assert (await post(client, "{ models { totalCount } }", secret)).status_code == 200
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE tokens SET revoked_at = now() WHERE name = 'ci'")
        await asyncio.sleep(TOKENS_FRESH_S)
        for _ in range(3):
            assert (await post(client, "{ models { totalCount } }", secret)).status_code == 401


@on_every_path
async def test_a_caller_that_is_remembered_is_refused_when_its_token_expires(
    serve: Serving, db: Database
) -> None:
    expires_at = datetime.now(UTC) + timedelta(seconds=2)
    secret = await factories.token(db, expires_at=expires_at)
    async with serve(require_tokens=True) as client:
        assert (await post(client, "{ __typename }", secret)).status_code == 200
        await asyncio.sleep((expires_at - datetime.now(UTC)).total_seconds() + 0.01)
        assert (await post(client, "{ __typename }", secret)).status_code == 401


async def test_an_open_server_checks_a_credential_that_it_gets(
    serve: Serving, db: Database
) -> None:
    reader = await factories.token(db)
    async with serve() as client:
        assert (await post(client, CREATE % "by-anybody")).json()["data"]
        assert code(await post(client, CREATE % "by-a-reader", reader)) == "FORBIDDEN"
        assert code(await post(client, CREATE % "by-a-stranger", reader + "x")) == "UNAUTHENTICATED"


@pytest.mark.parametrize("place", ["handshake", "connection_init"])
async def test_a_socket_is_closed_without_a_valid_token(
    serve: Serving, db: Database, place: str
) -> None:
    secret = await factories.token(db)
    async with serve(require_tokens=True) as client:
        for given in (secret, "mrk_wrong", ""):
            credential = f"Bearer {given}" if given else ""
            headers = {"authorization": credential} if place == "handshake" and given else {}
            payload = {"Authorization": credential} if place == "connection_init" else {}
            async with connected(client, additional_headers=headers) as socket:
                await socket.send({"type": "connection_init", "payload": payload})
                if given == secret:
                    assert (await socket.receive())["type"] == "connection_ack"
                    await socket.subscribe("1", "{ models { totalCount } }")
                    assert await socket.data("1") == {"models": {"totalCount": 0}}
                    continue
                assert await socket.close_code() == 4403
