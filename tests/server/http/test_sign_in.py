"""Where tokens are required: the sign-in page, GraphiQL behind it, and the other paths."""

import re
from base64 import b64encode
from hashlib import sha256

import httpx
import pytest

from db.postgres.engine import Database
from domain.access import Role
from tests import factories
from tests.server.conftest import Serving, on_every_path

HTML = {"accept": "text/html,application/xhtml+xml"}
GUARDED = ("/metrics", "/schema.graphql")


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def scripts(answer: httpx.Response) -> list[str]:
    """The hashes of the inline scripts of a page."""
    found = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digests = (sha256(script.encode()).digest() for script in found)
    return [f"'sha256-{b64encode(digest).decode()}'" for digest in digests]


@pytest.mark.parametrize("sent", [None, "mrk_zzzzzzzz_wrong", "nonsense"])
async def test_a_browser_without_a_valid_token_gets_a_page_that_says_nothing(
    serve: Serving, sent: str | None
) -> None:
    async with serve(require_tokens=True) as client:
        headers = HTML | (bearer(sent) if sent else {})
        answer = await client.get("/graphql", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["cache-control"] == "no-store"
        for word in ("graphiql", "registry.js", "version", "schema", "models", "/static"):
            assert word not in answer.text.lower()
        policy = dict(
            part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
        )
        assert scripts(answer)
        assert set(scripts(answer)) <= set(policy["script-src"].split())
        assert "unsafe" not in policy["script-src"]
        assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")
        assert policy["form-action"] == "'none'"  # the token cannot get into a URL


async def test_with_a_token_the_same_address_is_graphiql(serve: Serving, db: Database) -> None:
    token = await factories.token(db, Role.READER)
    async with serve(require_tokens=True) as client:
        signed_in = await client.get("/graphql", headers=HTML | bearer(token))
        refused = await client.get("/graphql", headers=HTML)
    async with serve() as client:
        opened = await client.get("/graphql", headers=HTML)
    assert signed_in.status_code == opened.status_code == 200
    assert signed_in.text == opened.text
    assert "GraphiQL" in opened.text
    assert scripts(opened) == [
        each for each in scripts(opened) if each in refused.headers["content-security-policy"]
    ]  # GraphiQL's page comes into the sign-in page, under its policy


async def test_a_query_of_a_browser_is_refused_as_any_other(serve: Serving) -> None:
    async with serve(require_tokens=True) as client:
        answer = await client.get("/graphql?query={__typename}", headers=HTML)
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_metrics_and_the_schema_need_a_token(serve: Serving, db: Database) -> None:
    token = await factories.token(db, Role.READER)
    async with serve(require_tokens=True) as client:
        for path in GUARDED:
            for headers in ({}, bearer("mrk_zzzzzzzz_wrong")):
                refused = await client.get(path, headers=headers)
                assert refused.status_code == 401
                assert refused.headers["cache-control"] == "no-store"
                assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            answer = await client.get(path, headers=bearer(token))
            assert answer.status_code == 200
            assert "private" in answer.headers["cache-control"]
            assert "authorization" in answer.headers["vary"]
    async with serve() as client:
        for path in GUARDED:
            assert (await client.get(path)).status_code == 200


async def test_probes_are_open_and_say_no_more_than_they_must(serve: Serving) -> None:
    async with serve(require_tokens=True) as client:
        alive = await client.get("/healthz")
        ready = await client.get("/readyz")
    assert alive.json() == {"status": "ok"}
    assert (ready.status_code, set(ready.json())) == (200, {"status", "migration", "checks"})
    parts = {"database", "migration", "listener", "coldStorage", "jobs"}
    assert set(ready.json()["checks"]) <= parts


@on_every_path
async def test_answers_to_a_credential_are_private(serve: Serving, db: Database) -> None:
    token = await factories.token(db, Role.READER)
    path = "/graphql?query={models{totalCount}}"
    async with serve(cache_max_age_s=30) as client:
        for headers, control in (({}, "max-age=30"), (bearer(token), "private, max-age=30")):
            answer = await client.get(path, headers=headers)
            assert answer.headers["cache-control"] == control
            assert "authorization" in answer.headers["vary"]
            known = {"if-none-match": answer.headers["etag"]}
            unchanged = await client.get(path, headers=headers | known)
            assert unchanged.status_code == 304
            assert unchanged.headers["cache-control"] == control
