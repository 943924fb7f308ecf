"""Tokens: their life, what of them is stored, and who sees them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from db.writes import tokens as token_writes
from domain import ids, token_secrets
from domain.access import Identity, Role
from tests import factories
from tests.graphql import SCHEMA, GraphQL, context
from tests.resolvers.writing.mutations import call, codes, user_errors

NOW = datetime.now(UTC)
VIEWER = """{ viewer { name role token { name lastUsedAt }
    tokens(first: 2) { totalCount nodes { id name role } } } }"""


def _rows(url: str, query: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


async def _as(gql: GraphQL, identity: Identity, document: str, **variables: Any) -> Any:
    surroundings = context(gql.db, identity=identity)
    result = await SCHEMA.execute(document, variable_values=variables, context_value=surroundings)
    assert result.errors is None, result.errors
    return result.data


async def test_neither_a_secret_nor_its_hash_is_stored_elsewhere(
    gql: GraphQL, database_url: str
) -> None:
    """Not in the audit log, and not with the idempotency keys."""
    created = await call(gql, "createToken", name="ci", role="EDITOR", idempotencyKey="k")
    key = {"token": created["token"]["id"], "idempotencyKey": "k"}
    rotated = await call(gql, "rotateToken", **key)
    stored = {row for (row,) in _rows(database_url, "SELECT secret_hash FROM token_secrets")}
    secrets = [created["secret"], rotated["secret"]]
    assert stored == {token_secrets.hash_of(secret.encode()) for secret in secrets}
    for secret in secrets:
        assert secret.startswith(f"mrk_{created['token']['prefix']}_")
    for table in ("idempotency_keys", "audit_events", "tokens"):
        text = json.dumps(_rows(database_url, f"SELECT to_jsonb(t) FROM {table} t"))
        assert text != "[]"
        for secret in secrets:
            assert secret[13:] not in text
            assert token_secrets.hash_of(secret.encode()).hex() not in text


async def test_names_are_unique_for_ever_and_safe_in_logs(gql: GraphQL) -> None:
    created = await call(gql, "createToken", name="ci", role="READER")
    await call(gql, "revokeToken", id=created["token"]["id"])
    (error,) = await user_errors(gql, "createToken", name="ci", role="READER")
    assert (error["code"], error["path"]) == ("ALREADY_EXISTS", ["name"])
    assert error["existing"] == {"__typename": "Token", "id": created["token"]["id"]}
    for name in ("", "CI", "a b", "a\nb", "-a", "a:b", "ü", "a" * 64, "a%b"):
        problems = await codes(gql, "createToken", name=name, role="READER")
        assert problems == [("INVALID", "name")], name
    await call(gql, "createToken", name="a" * 63, role="READER")


async def test_a_token_needs_a_future(gql: GraphQL) -> None:
    past = (NOW - timedelta(seconds=1)).isoformat()
    new = {"name": "ci", "role": "READER"}
    assert await codes(gql, "createToken", **new, expiresAt=past) == [("INVALID", "expiresAt")]


async def test_a_revoked_or_expired_token_stays_so(gql: GraphQL, database_url: str) -> None:
    created = await call(gql, "createToken", name="ci", role="READER")
    id = created["token"]["id"]
    revoked = await call(gql, "revokeToken", id=id)
    assert revoked["token"]["revokedAt"] is not None
    assert _rows(database_url, "SELECT * FROM token_secrets") == []
    (error,) = await user_errors(gql, "revokeToken", id=id)
    assert error["message"].startswith("the token was revoked at ")
    assert await codes(gql, "rotateToken", token=id) == [("INVALID_STATE", "token")]
    await factories.token(gql.db, name="old", expires_at=NOW - timedelta(seconds=1))
    ((old,),) = _rows(database_url, "SELECT id FROM tokens WHERE name = 'old'")
    old_id = ids.encode(ids.TOKEN, old)
    assert await codes(gql, "rotateToken", token=old_id) == [("INVALID_STATE", "token")]
    for wrong in ("", "tok_1", f"mdl_{'0' * 32}", f"tok_{'0' * 32}"):
        assert await codes(gql, "revokeToken", id=wrong) == [("NOT_FOUND", "id")]
        assert await codes(gql, "rotateToken", token=wrong) == [("NOT_FOUND", "token")]


async def test_a_rotation_shortens_what_older_secrets_have_left(
    gql: GraphQL, database_url: str
) -> None:
    created = await call(gql, "createToken", name="ci", role="READER")
    id = created["token"]["id"]

    async def rotated(minutes: int) -> list[int | None]:
        """The minutes that each secret has left, the newest one's last."""
        await call(gql, "rotateToken", token=id, graceMinutes=minutes)
        left = "SELECT round(extract(epoch FROM expires_at - now()) / 60)::int FROM token_secrets"
        return [row for (row,) in _rows(database_url, f"{left} ORDER BY expires_at NULLS LAST")]

    assert await rotated(60) == [60, None]
    assert await rotated(10) == [10, 10, None]
    assert await rotated(60) == [10, 10, 60, None]
    assert await rotated(0) == [None]
    for minutes in (-1, 7 * 24 * 60 + 1):
        problems = await codes(gql, "rotateToken", token=id, graceMinutes=minutes)
        assert problems == [("INVALID", "graceMinutes")]
    for _ in range(token_writes.SECRETS_MAX - 1):
        await rotated(60)
    assert await codes(gql, "rotateToken", token=id) == [("LIMIT_EXCEEDED", "graceMinutes")]
    assert await rotated(0) == [None]


async def test_there_are_only_so_many_tokens(gql: GraphQL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_writes, "TOKENS_MAX", 2)
    first = await call(gql, "createToken", name="a", role="READER")
    await call(gql, "createToken", name="b", role="READER")
    problems = await codes(gql, "createToken", name="c", role="READER")
    assert problems == [("LIMIT_EXCEEDED", "name")]
    await call(gql, "revokeToken", id=first["token"]["id"])
    await call(gql, "createToken", name="c", role="READER")


async def test_an_admin_sees_all_tokens_and_others_their_own(gql: GraphQL) -> None:
    made = [(await call(gql, "createToken", name=name, role="READER"))["token"] for name in "abc"]
    key = ids.decode(ids.TOKEN, made[1]["id"])
    own = Identity("token:b", Role.READER, key)
    node = "query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"
    subject = "{ auditEvents(filter: {kinds: [TOKEN]}, first: 1) { nodes { subject { id } } } }"

    seen = (await _as(gql, own, VIEWER))["viewer"]
    assert (seen["name"], seen["role"]) == ("token:b", "READER")
    assert seen["token"] == {"name": "b", "lastUsedAt": None}
    assert seen["tokens"]["totalCount"] == 1
    assert [each["name"] for each in seen["tokens"]["nodes"]] == ["b"]
    assert await _as(gql, own, node, id=made[0]["id"]) == {"node": None, "nodes": [None]}
    (event,) = (await _as(gql, own, subject))["auditEvents"]["nodes"]
    assert event["subject"] is None

    of_provider = Identity("oidc:ann", Role.EDITOR)
    seen = (await _as(gql, of_provider, VIEWER))["viewer"]
    assert (seen["token"], seen["tokens"]) == (None, {"totalCount": 0, "nodes": []})

    with gql.statements() as statements:
        seen = (await gql(VIEWER))["viewer"]
    assert len(statements) == 2  # of three tokens as of one: the page and its total
    assert [each["name"] for each in seen["tokens"]["nodes"]] == ["a", "b"]
    assert seen["tokens"]["totalCount"] == 3
    found = {"id": made[0]["id"]}
    assert await gql(node, id=made[0]["id"]) == {"node": found, "nodes": [found]}
    (event,) = (await gql(subject))["auditEvents"]["nodes"]
    assert event["subject"] == {"id": made[2]["id"]}
