"""Tokens of an issuer over real HTTP and WebSocket, beside those of the registry."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event

import httpx
import pytest

from db.postgres.engine import Database
from domain.access import Role
from server.access.oidc_keys import FRESH_S, USABLE_S
from tests import factories
from tests.server.access.conftest import LIVE, Clock
from tests.server.access.issuer import JWKS, Issuer, jwk
from tests.server.conftest import Serving, on_every_path
from tests.server.sockets import Socket, connected, events

COUNT = "{ models { totalCount } }"
CREATE = 'mutation { createModel(input: {name: "%s", task: CHAT}) { model { name } } }'
ACTORS = "{ auditEvents { nodes { actor } } }"


async def post(client: httpx.AsyncClient, query: str, token: bytes | str) -> httpx.Response:
    text = token if isinstance(token, str) else token.decode()
    headers = {"authorization": f"Bearer {text}"}
    return await client.post("/graphql", json={"query": query}, headers=headers)


def error(response: httpx.Response) -> tuple[int, str, str]:
    """The status, the code and the message of a refusal."""
    (first,) = response.json()["errors"]
    return response.status_code, first["extensions"]["code"], first["message"]


@on_every_path
async def test_a_token_of_the_issuer_is_an_actor(serve: Serving, issuer: Issuer) -> None:
    editor, reader = issuer.token(sub="auth0|5f7c"), issuer.token(groups=["everyone"])
    async with serve(require_tokens=True, **issuer.settings()) as client:
        for token in (editor, reader):
            counted = (await post(client, COUNT, token)).json()
            assert counted["data"] == {"models": {"totalCount": 0}}
        created = await post(client, CREATE % "by-oidc", editor)
        assert created.json()["data"]["createModel"] is not None
        assert error(await post(client, CREATE % "other", reader)) == (
            403,
            "FORBIDDEN",
            "Mutation.createModel needs the role EDITOR; the caller has the role READER",
        )
        events = (await post(client, ACTORS, reader)).json()["data"]["auditEvents"]["nodes"]
        assert {event["actor"] for event in events} == {"oidc:auth0|5f7c"}
    assert issuer.reading_count == 1


@on_every_path
async def test_a_wrong_token_is_refused_before_anything_is_parsed(
    serve: Serving, issuer: Issuer
) -> None:
    refused = {
        issuer.token(exp=1): "The token is not valid: it has expired",
        issuer.token(aud="other"): "The token is not valid: its audience is not registry",
        issuer.token(kid="unknown"): "The token is not valid: the issuer has no such key",
        b"opaque": "The token is not valid: it is no signed JSON Web Token",
        issuer.token(p="x" * 13_000): "The token is not valid: it has more than 16384 bytes",
    }
    async with serve(**issuer.settings()) as client:
        for token, message in refused.items():
            for query in (COUNT, "{ nope"):
                response = await post(client, query, token)
                assert error(response) == (401, "UNAUTHENTICATED", message)
                assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
                assert token.decode() not in response.text
        no_role = await post(client, COUNT, issuer.token(groups=["other"]))
        assert error(no_role)[:2] == (403, "FORBIDDEN")
        long = await post(client, COUNT, b"x" * 2**20)
        assert long.status_code in (401, 431)  # by the limit of tokens, or that of heads before it


@on_every_path
async def test_a_key_that_is_withdrawn_ends_its_tokens(serve: Serving, issuer: Issuer) -> None:
    old, new = issuer.token(), issuer.token("ES256", "second")
    async with serve(require_tokens=True, **issuer.settings()) as client:
        assert (await post(client, COUNT, old)).status_code == 200
        assert (await post(client, COUNT, new)).status_code == 401
    issuer.show(jwk("ES256", "second"))
    async with serve(require_tokens=True, **issuer.settings()) as client:
        assert (await post(client, COUNT, new)).status_code == 200
        assert (await post(client, COUNT, old)).status_code == 401


@pytest.mark.parametrize("is_withdrawn", [True, False])
async def test_a_key_that_is_withdrawn_ends_open_streams_and_sockets(
    serve_at: Serving, issuer: Issuer, clock: Clock, is_withdrawn: bool
) -> None:
    """Else, as when the issuer is down for too long, nobody knows whether the key is withdrawn."""
    issuer.show(jwk("RS256", "first"), jwk("ES256", "second"))
    old, new = (
        f"Bearer {token.decode()}" for token in (issuer.token(), issuer.token("ES256", "second"))
    )

    @asynccontextmanager
    async def greeted(authorization: str) -> AsyncIterator[Socket]:
        headers = {"authorization": authorization}
        async with connected(client, additional_headers=headers) as socket:
            await socket.send({"type": "connection_init"})
            assert await socket.receive() == {"type": "connection_ack"}
            yield socket

    async with serve_at(**issuer.settings()) as client:
        client.headers["authorization"] = old
        async with events(client, LIVE) as stream, greeted(old) as socket, greeted(new) as other:
            if is_withdrawn:
                issuer.show(jwk("ES256", "second"))
                clock.now_s += FRESH_S
            else:
                issuer.answers[JWKS].status = 500
                clock.now_s += USABLE_S
            ended = [event async for event in stream]
            assert ended[0][1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            assert await socket.close_code() == 4403
            if is_withdrawn:
                await other.alive()
            else:
                assert await other.close_code() == 4403


@on_every_path
async def test_an_issuer_that_is_down_stops_only_its_own_tokens(
    serve: Serving, issuer: Issuer, db: Database
) -> None:
    ours = await factories.token(db, Role.READER)
    issuer.answers[JWKS].status = 500
    async with serve(require_tokens=True, **issuer.settings()) as client:
        for _ in range(3):
            down = await post(client, COUNT, issuer.token())
            assert error(down)[:2] == (503, "UNAVAILABLE")
            assert down.headers["retry-after"] == "10"
            assert (await post(client, COUNT, ours)).status_code == 200


@on_every_path
async def test_callers_of_the_registry_do_not_wait_for_a_slow_issuer(
    serve: Serving, issuer: Issuer, db: Database
) -> None:
    ours, held = await factories.token(db, Role.READER), Event()
    issuer.answers[JWKS].held = held
    async with serve(require_tokens=True, **issuer.settings()) as client:
        waiting = asyncio.ensure_future(post(client, COUNT, issuer.token()))
        assert (await post(client, COUNT, ours)).status_code == 200
        assert not waiting.done()
        held.set()
        assert (await waiting).status_code == 200


async def test_every_path_takes_a_token_of_the_issuer(serve: Serving, issuer: Issuer) -> None:
    tokens = {
        issuer.token(groups=["everyone"]): 200,
        issuer.token(exp=1): 401,
        issuer.token(groups=["other"]): 403,
    }
    async with serve(require_tokens=True, **issuer.settings()) as client:
        for token, status in tokens.items():
            headers = {"authorization": f"bearer {token.decode()}"}
            for path in ("/schema.graphql", "/metrics", "/graphql?query={models{totalCount}}"):
                assert (await client.get(path, headers=headers)).status_code == status, path
            headers["accept"] = "text/event-stream"
            body = {"query": "subscription { registryChanged { cursor } }"}
            request = client.stream("POST", "/graphql", json=body, headers=headers)
            async with request as stream:
                if status == 200:
                    assert stream.status_code == 200
                else:
                    expected = "UNAUTHENTICATED" if status == 401 else "FORBIDDEN"
                    assert expected in (await stream.aread()).decode()


async def test_without_an_issuer_only_our_tokens_are_known(serve: Serving, issuer: Issuer) -> None:
    async with serve() as client:
        message = "The token is none of this registry: its tokens begin with `mrk_`"
        refused = error(await post(client, COUNT, issuer.token()))
        assert refused == (401, "UNAUTHENTICATED", message)


@pytest.mark.parametrize("place", ["handshake", "connection_init"])
async def test_a_socket_takes_tokens_of_the_issuer(
    serve: Serving, issuer: Issuer, place: str
) -> None:
    @asynccontextmanager
    async def opened(token: bytes) -> AsyncIterator[Socket]:
        credential = {"authorization": f"Bearer {token.decode()}"}
        headers, payload = (credential, {}) if place == "handshake" else ({}, credential)
        async with connected(client, additional_headers=headers) as socket:
            await socket.send({"type": "connection_init", "payload": payload})
            yield socket

    unsigned = b"eyJhbGciOiJub25lIn0." + issuer.token().split(b".")[1] + b"."
    wrong = (issuer.token(exp=1), issuer.token(groups=["other"]), unsigned, b"opaque")
    async with serve(require_tokens=True, **issuer.settings()) as client:
        async with opened(issuer.token(sub="socket")) as socket:
            assert (await socket.receive())["type"] == "connection_ack"
            await socket.subscribe("1", CREATE % "by-socket")
            created = {"createModel": {"model": {"name": "by-socket"}}}
            assert await socket.data("1") == created
        for token in wrong:
            async with opened(token) as socket:
                assert await socket.close_code() == 4403
        events = (await post(client, ACTORS, issuer.token())).json()["data"]["auditEvents"]
        assert {node["actor"] for node in events["nodes"]} == {"oidc:socket"}


async def test_a_socket_is_told_to_come_again_when_the_issuer_is_down(
    serve: Serving, issuer: Issuer
) -> None:
    issuer.answers[JWKS].status = 500
    async with (
        serve(require_tokens=True, **issuer.settings()) as client,
        connected(client) as socket,
    ):
        payload = {"authorization": f"Bearer {issuer.token().decode()}"}
        await socket.send({"type": "connection_init", "payload": payload})
        assert await socket.close_code() == 1013


async def test_a_socket_with_a_token_of_1_mb_is_closed(serve: Serving, issuer: Issuer) -> None:
    async with serve(**issuer.settings()) as client:
        for size in (60_000, 2**20):
            async with connected(client) as socket:
                payload = {"authorization": "Bearer " + "x" * size}
                await socket.send({"type": "connection_init", "payload": payload})
                assert await socket.close_code() == 4403
        async with asyncio.timeout(20):
            while not issuer.reading_count:  # noqa: ASYNC110  # the start does not wait for it
                await asyncio.sleep(0.01)
    assert issuer.reading_count == 1
