"""ETag and 304: a client is told that what it holds is still true."""

import httpx

from db.postgres.engine import Database
from tests import factories
from tests.server.conftest import Serving

GRAPHQL = "application/graphql-response+json"
QUERY = {"query": "{ models { nodes { name } } }"}


async def _tagged(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    """The answer to a GET that has come before, so that it has a tag."""
    for _ in range(2):
        answer = await client.get("/graphql", params=QUERY, headers=headers)
    return answer


async def test_a_get_is_304_until_something_is_written(serve: Serving, db: Database) -> None:
    await factories.model(db, name="a")
    async with serve() as client:
        first = await _tagged(client)
        assert first.headers["cache-control"] == "private, no-cache"
        condition = {"if-none-match": first.headers["etag"]}
        same = await client.get("/graphql", params=QUERY, headers=condition)
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == first.headers["etag"]
        assert same.headers["vary"] == "accept"
        assert same.headers["x-request-id"] != first.headers["x-request-id"]
        await factories.model(db, name="b")
        new = await client.get("/graphql", params=QUERY, headers=condition)
        assert (new.status_code, len(new.json()["data"]["models"]["nodes"])) == (200, 2)
        assert new.headers["etag"] != first.headers["etag"]


async def test_a_write_elsewhere_does_not_change_a_tag(serve: Serving, db: Database) -> None:
    """Each write makes the response anew; while its body is the same, so is its tag."""
    query = {"query": '{ model(by: {name: "a"}) { name description } }'}
    model = await factories.model(db, name="a")
    async with serve() as client:
        for _ in range(2):
            first = await client.get("/graphql", params=query)
        condition = {"if-none-match": first.headers["etag"]}
        for name in ("b", "c"):
            await factories.model(db, name=name)
            same = await client.get("/graphql", params=query, headers=condition)
            assert (same.status_code, same.headers["etag"]) == (304, first.headers["etag"])
        update = (
            "mutation($i: UpdateModelInput!) { updateModel(input: $i) { userErrors { code } } }"
        )
        given = {"model": {"id": model.node_id}, "description": "new"}
        done = await client.post("/graphql", json={"query": update, "variables": {"i": given}})
        assert done.json() == {"data": {"updateModel": {"userErrors": []}}}
        new = await client.get("/graphql", params=query, headers=condition)
        assert new.json()["data"]["model"]["description"] == "new"
        assert new.headers["etag"] != first.headers["etag"]


async def test_a_list_of_tags_and_one_without_its_w_are_understood(serve: Serving) -> None:
    async with serve() as client:
        tag = (await _tagged(client)).headers["etag"]
        for condition in (f'"other", {tag}', tag.removeprefix("W/")):
            headers = {"if-none-match": condition}
            assert (await client.get("/graphql", params=QUERY, headers=headers)).status_code == 304
        headers = {"if-none-match": '"other"'}
        assert (await client.get("/graphql", params=QUERY, headers=headers)).status_code == 200


async def test_the_same_answer_is_kept_for_both_media_types(serve: Serving) -> None:
    async with serve() as client:
        newer = await _tagged(client, accept=GRAPHQL)
        older = await _tagged(client, accept="application/json")
        assert newer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
        assert older.headers["content-type"] == "application/json; charset=utf-8"
        assert newer.headers["vary"] == older.headers["vary"] == "accept"
        assert newer.content == older.content


async def test_a_post_is_answered_whatever_its_client_holds(serve: Serving) -> None:
    async with serve() as client:
        for _ in range(2):
            answer = await client.post("/graphql", json=QUERY)
        headers = {"if-none-match": answer.headers["etag"]}
        again = await client.post("/graphql", json=QUERY, headers=headers)
        assert (again.status_code, again.content) == (200, answer.content)


async def test_errors_and_new_requests_have_no_tag(serve: Serving) -> None:
    async with serve() as client:
        assert "etag" not in (await client.get("/graphql", params=QUERY)).headers
        for document in ("{", "{ nope }", "{ models(first: 0) { totalCount } }"):
            for _ in range(3):
                answer = await client.get("/graphql", params={"query": document})
                assert answer.json()["errors"]
                assert "etag" not in answer.headers
