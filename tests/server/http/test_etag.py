"""ETag, 304 and Cache-Control: a client is told that what it holds is still true."""

import httpx
import pytest

from db.postgres.engine import Database
from tests import factories
from tests.server.conftest import Serving, on_every_path

pytestmark = on_every_path

GRAPHQL = "application/graphql-response+json"
QUERY = {"query": "{ models { nodes { name } } }"}
ONE = {"query": '{ model(by: {name: "a"}) { name description } }'}
UPDATE = "mutation($i: UpdateModelInput!) { updateModel(input: $i) { userErrors { code } } }"


async def _get(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await client.get("/graphql", params=QUERY, headers=headers)


async def test_a_get_is_304_until_something_is_written(serve: Serving, db: Database) -> None:
    await factories.model(db, name="a")
    async with serve() as client:
        first = await _get(client)
        assert first.headers["cache-control"] == "no-cache"
        assert not first.headers["etag"].startswith("W/")
        condition = {"if-none-match": first.headers["etag"]}
        for ask in (client.get, client.head):
            same = await ask("/graphql", params=QUERY, headers=condition)
            assert (same.status_code, same.content) == (304, b"")
            for name in ("etag", "cache-control", "vary"):
                assert same.headers[name] == first.headers[name]
            assert "date" in same.headers
            assert not {"content-type", "content-encoding", "content-length"} & set(same.headers)
            assert same.headers["x-request-id"] != first.headers["x-request-id"]
        await factories.model(db, name="b")
        new = await client.get("/graphql", params=QUERY, headers=condition)
        assert (new.status_code, len(new.json()["data"]["models"]["nodes"])) == (200, 2)
        assert new.headers["etag"] != first.headers["etag"]


async def test_a_write_elsewhere_does_not_change_a_tag(serve: Serving, db: Database) -> None:
    """Each write makes the response anew; while its body is the same, so is its tag."""
    model = await factories.model(db, name="a")
    async with serve() as client:
        first = await client.get("/graphql", params=ONE)
        condition = {"if-none-match": first.headers["etag"]}
        for name in ("b", "c"):
            await factories.model(db, name=name)
            same = await client.get("/graphql", params=ONE, headers=condition)
            assert (same.status_code, same.headers["etag"]) == (304, first.headers["etag"])
        given = {"model": {"id": model.node_id}, "description": "new"}
        done = await client.post("/graphql", json={"query": UPDATE, "variables": {"i": given}})
        assert done.json() == {"data": {"updateModel": {"userErrors": []}}}
        new = await client.get("/graphql", params=ONE, headers=condition)
        assert new.json()["data"]["model"]["description"] == "new"
        assert new.headers["etag"] != first.headers["etag"]


async def test_a_list_of_tags_a_weak_tag_and_a_star_are_understood(serve: Serving) -> None:
    async with serve() as client:
        tag = (await _get(client)).headers["etag"]
        for condition in (f'"other", {tag}', f'W/{tag} , "other"', f'"a","b",{tag}', "*"):
            known = await _get(client, **{"if-none-match": condition})
            assert (known.status_code, known.headers["etag"]) == (304, tag)
        for condition in ('"other"', 'W/"other"', tag.strip('"'), '"*"', tag[:-1], ""):
            assert (await _get(client, **{"if-none-match": condition})).status_code == 200


async def test_head_has_the_headers_of_get(serve: Serving) -> None:
    async with serve() as client:
        got = await _get(client)
        told = await client.head("/graphql", params=QUERY)
        assert (told.status_code, told.content) == (200, b"")
        for headers in (got.headers, told.headers):
            del headers["date"], headers["x-request-id"]
        assert told.headers == got.headers


async def test_each_media_type_has_a_tag_of_its_own(serve: Serving) -> None:
    async with serve() as client:
        newer = await _get(client, accept=GRAPHQL)
        older = await _get(client, accept="application/json")
        assert newer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
        assert older.headers["content-type"] == "application/json; charset=utf-8"
        assert (
            newer.headers["vary"]
            == older.headers["vary"]
            == "accept, accept-encoding, authorization, registry-revision"
        )
        assert newer.content == older.content
        assert newer.headers["etag"] != older.headers["etag"]
        again = await _get(client, **{"accept": GRAPHQL, "if-none-match": older.headers["etag"]})
        assert again.status_code == 200


async def test_a_post_is_answered_whatever_its_client_holds(serve: Serving) -> None:
    async with serve(cache_max_age_s=60) as client:
        for _ in range(3):
            tag = (await _get(client)).headers["etag"]
            for condition in (tag, "*"):
                headers = {"if-none-match": condition}
                again = await client.post("/graphql", json=QUERY, headers=headers)
                assert (again.status_code, again.json()["data"]["models"]["nodes"]) == (200, [])
                assert "max-age" not in again.headers.get("cache-control", "")


@pytest.mark.parametrize("max_age_s", [0, 5])
async def test_errors_have_no_tag_and_are_not_stored(serve: Serving, max_age_s: int) -> None:
    partial = "{ __typename models(first: 0) { totalCount } }"
    async with serve(cache_max_age_s=max_age_s) as client:
        for document in ("{", "{ nope }", "mutation { nope }", partial):
            for _ in range(3):
                params = {"query": document}
                answer = await client.get("/graphql", params=params, headers={"if-none-match": "*"})
                assert answer.json()["errors"]
                assert "etag" not in answer.headers
                assert answer.headers.get_list("cache-control") == ["no-store"]


async def test_a_response_may_be_kept_for_the_time_of_the_setting(serve: Serving) -> None:
    async with serve(cache_max_age_s=5) as client:
        first = await _get(client)
        assert first.headers["cache-control"] == "max-age=5"
        same = await _get(client, **{"if-none-match": first.headers["etag"]})
        assert (same.status_code, same.headers["cache-control"]) == (304, "max-age=5")


async def test_what_depends_on_outcomes_is_never_kept_unasked(serve: Serving) -> None:
    filtered = "query($f: BindingFilter) { bindings(filter: $f) { totalCount } }"
    variables = '{"f": {"healthStates": ["HEALTHY"]}}'
    async with serve(cache_max_age_s=5) as client:
        for params in (
            {"query": "{ bindings { nodes { health { state } } } }"},
            {"query": filtered, "variables": variables},
            {"query": "{ retentionStats { active } }"},
        ):
            for _ in range(2):
                answer = await client.get("/graphql", params=params)
                assert "errors" not in answer.json()
                assert answer.headers["cache-control"] == "no-cache"
