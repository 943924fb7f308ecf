"""What a refusal is on each transport, as docs/access.md says, and what else is executed."""

from typing import Any

import httpx
import orjson

from db.postgres.engine import Database
from domain.access import Role
from tests import factories
from tests.server.conftest import Serving

STREAM = {"accept": "text/event-stream"}
READ = "{ models(first: 100) { nodes { name } } }"  # 10 points; a refusal costs 1
WRITE = 'mutation { createModel(input: {name: "a", task: CHAT}) { model { name } } }'
PURGE = """mutation {
    before: createModel(input: {name: "b", task: CHAT}) { model { name } }
    applyRetention(input: {purgeArchivedBefore: "2020-01-01T00:00:00Z"}) { run { id } }
    after: createModel(input: {name: "c", task: CHAT}) { model { name } } }"""


async def _asked(client: httpx.AsyncClient, secret: str, query: str, **headers: str) -> Any:
    headers["authorization"] = f"Bearer {secret}"
    return await client.post("/graphql", json={"query": query}, headers=headers)


def _code(text: str) -> str:
    answer = orjson.loads(text.partition("data: ")[2].partition("\n")[0] or text)
    return str(answer["errors"][0]["extensions"]["code"])


async def test_a_refusal_has_its_status_but_in_an_event_stream(
    serve: Serving, db: Database
) -> None:
    reader = await factories.token(db)
    async with serve(require_tokens=True, points_per_minute=12) as client:
        for secret, query, status, code in (
            ("mrk_none", READ, 401, "UNAUTHENTICATED"),
            (reader, WRITE, 403, "FORBIDDEN"),
            (reader, READ, 200, None),
            (reader, READ, 429, "RATE_LIMITED"),
        ):
            plain = await _asked(client, secret, query)
            assert plain.status_code == status
            if code is not None:
                assert _code(plain.text) == code
                stream = await _asked(client, secret, query, **STREAM)
                assert stream.status_code == 200
                assert stream.headers["content-type"].startswith("text/event-stream")
                assert stream.text.startswith("event: next\n")
                assert _code(stream.text) == code


async def test_a_forbidden_field_of_an_input_refuses_its_field_alone(
    serve: Serving, db: Database
) -> None:
    editor = await factories.token(db, Role.EDITOR)
    async with serve(require_tokens=True) as client:
        answer = await _asked(client, editor, PURGE)
        told = answer.json()
    assert answer.status_code == 200
    assert [error["extensions"]["code"] for error in told["errors"]] == ["FORBIDDEN"]
    assert told["errors"][0]["path"] == ["applyRetention"]
    assert told["data"]["before"]["model"] == {"name": "b"}
    assert told["data"]["after"]["model"] == {"name": "c"}


async def test_only_messages_before_the_scan_repeat_what_was_sent(
    serve: Serving, db: Database
) -> None:
    secret = "sk-proj-" + "abc123def"
    document = (
        "mutation ($i: CreateModelInput!) { createModel(input: $i) { userErrors { message } } }"
    )
    model = {"name": "d", "task": "CHAT"}
    editor = await factories.token(db, Role.EDITOR)
    headers = {"authorization": f"Bearer {editor}"}
    async with serve(require_tokens=True) as client:
        for more, is_repeated in (
            ({"description": secret}, False),
            ({"labels": [{"key": "a", "value": secret}]}, False),
            ({secret: "x"}, True),
            ({"task": secret}, True),
        ):
            body = {"query": document, "variables": {"i": {**model, **more}}}
            answer = await client.post("/graphql", json=body, headers=headers)
            assert "must not hold a secret" in answer.text or "errors" in answer.json()
            assert (secret in answer.text) is is_repeated, answer.text
