"""Concurrent writers, each on a connection of its own: no update is lost, no conflict is shown."""

import asyncio
import random
from typing import Any

import psycopg
import pytest

from tests.graphql import GraphQL
from tests.resolvers.writing.cases import World, binding_input, hash_of, world
from tests.resolvers.writing.mutations import call, codes
from tests.soak import replay
from tests.soak.soak import check

VERBS = (
    "publish",
    "describe",
    "guarded",
    "point",
    "rename",
    "roll_back",
    "price",
    "withdraw",
    "replace",
)


SELECTED = {
    "createModel": "model { id }",
    "updateModel": "model { id revision }",
    "deleteModel": "deletedVersions",
    "createVersion": "version { id number }",
    "updateVersion": "version { id revision }",
    "deleteVersion": "deletedId",
    "setPrice": "price { inputPer1k }",
    "withdrawPrice": "binding { id }",
    "setAlias": "alias { name }",
    "rollbackAlias": "alias { name }",
}


async def _payload(gql: GraphQL, mutation: str, **input: Any) -> dict[str, Any]:
    """The payload; it selects only values that the transaction itself has read."""
    name = mutation[0].upper() + mutation[1:]
    errors = """userErrors { code path ... on AlreadyExistsError { existing { id } }
        ... on RevisionMismatchError { currentRevision current { id } } }"""
    document = (
        f"mutation ($input: {name}Input!)"
        f" {{ {mutation}(input: $input) {{ {SELECTED[mutation]} {errors} }} }}"
    )
    payload: dict[str, Any] = (await gql(document, input=input))[mutation]
    return payload


async def _act(w: World, verb: str, n: int, luck: random.Random) -> dict[str, Any]:
    gql, model = w.gql, {"id": w.model}
    if verb == "publish":
        input = {"version": f"9.0.{n}", "contentHash": hash_of(1_000 + n), "region": "eu"}
        more = {"bindings": [binding_input(n)], "alias": luck.choice(["canary", "production"])}
        return await _payload(gql, "createVersion", model=model, **input, **more)
    if verb == "describe":
        return await _payload(gql, "updateModel", model={"id": w.model}, description=f"by {n}")
    if verb == "guarded":
        input = {"expectedRevision": n % 4 + 1, "description": f"guarded {n}"}
        return await _payload(gql, "updateModel", model={"id": w.model}, **input)
    if verb == "point":
        version = {"id": luck.choice([w.first, w.second, w.draft])}
        return await _payload(gql, "setAlias", model=model, alias="production", version=version)
    if verb == "rename":
        return await _payload(gql, "updateVersion", version={"id": w.draft}, region=f"eu-{n}")
    if verb == "roll_back":
        return await _payload(gql, "rollbackAlias", model=model, alias="production")
    if verb == "price":
        return await _payload(
            gql, "setPrice", binding={"id": w.binding}, price={"inputPer1k": str(n)}
        )
    if verb == "withdraw":
        return await _withdraw(w)
    force = {"force": True, "version": {"id": luck.choice([w.first, w.draft])}}
    return await _payload(gql, "deleteVersion", **force)


async def _withdraw(w: World) -> dict[str, Any]:
    """Withdraw the price that is in effect, if there is one."""
    document = "query ($id: ID!) { binding(id: $id) { price { id } } }"
    binding = (await w.gql(document, id=w.binding))["binding"]
    price = binding["price"] if binding else None
    return await _payload(w.gql, "withdrawPrice", price=price["id"] if price else w.price)


@pytest.mark.parametrize("seed", range(8))
async def test_any_interleaving_of_writers_can_be_replayed(
    gql: GraphQL, database_url: str, seed: int
) -> None:
    """The audit log has each acknowledged write, and each event starts where the last one ended."""
    luck = random.Random(seed)
    verbs = luck.choices(VERBS, k=luck.randrange(8, 32))
    w = await world(gql)
    payloads = await asyncio.gather(
        *(_act(w, verb, n, random.Random(n)) for n, verb in enumerate(verbs))
    )
    replay.check(database_url)
    check(database_url, [])
    _revisions_rise(database_url)
    _descriptions_are_there(database_url, verbs, payloads)


def _revisions_rise(url: str) -> None:
    """Each row's revisions go up by one with every event that changes it."""
    query = """SELECT kind, subject_id, subject_name, changes -> 'revision' FROM audit_events
        WHERE changes ? 'revision' AND action NOT IN ('CREATED', 'DELETED') ORDER BY sequence"""
    with psycopg.connect(url) as connection:
        for kind, _, _, (before, after) in connection.execute(query):
            assert after == (before or 0) + 1, kind


def _descriptions_are_there(url: str, verbs: list[str], payloads: list[dict[str, Any]]) -> None:
    """Every acknowledged description is in the log, and no refused one."""
    query = "SELECT changes #>> '{description,1}' FROM audit_events WHERE changes ? 'description'"
    with psycopg.connect(url) as connection:
        logged = sorted(text for (text,) in connection.execute(query))
    prefixes = {"describe": "by", "guarded": "guarded"}
    acknowledged = [
        f"{prefixes[verb]} {n}"
        for n, verb in enumerate(verbs)
        if verb in prefixes and not payloads[n]["userErrors"]
    ]
    assert logged == sorted(acknowledged)


async def test_version_numbers_have_no_gaps(gql: GraphQL, database_url: str) -> None:
    w = await world(gql)
    created = await asyncio.gather(*(_act(w, "publish", n, random.Random(n)) for n in range(25)))
    numbers = sorted(payload["version"]["number"] for payload in created)
    assert numbers == list(range(numbers[0], numbers[0] + 25))
    check(database_url, [])


async def test_of_concurrent_writers_with_a_revision_one_wins(gql: GraphQL) -> None:
    w = await world(gql)
    input = {"model": {"id": w.model}, "expectedRevision": 1}
    payloads = await asyncio.gather(
        *(_payload(gql, "updateModel", **input, description=str(n)) for n in range(12))
    )
    winners = [p["model"] for p in payloads if p["model"]]
    assert [model["revision"] for model in winners] == [2]
    for payload in payloads:
        for error in payload["userErrors"]:
            assert (error["code"], error["currentRevision"]) == ("REVISION_MISMATCH", 2)
            assert error["current"]["id"] == w.model


async def test_of_concurrent_moves_with_an_expected_version_one_wins(gql: GraphQL) -> None:
    w = await world(gql)
    input = {"model": {"id": w.model}, "alias": "production", "expectedVersion": w.second}
    payloads = await asyncio.gather(
        *(_payload(gql, "setAlias", **input, version={"id": w.draft}) for _ in range(8))
    )
    assert sum(payload["alias"] is not None for payload in payloads) == 1


async def test_of_concurrent_creations_with_one_name_one_wins(gql: GraphQL) -> None:
    payloads = await asyncio.gather(
        *(_payload(gql, "createModel", name="same", task="CHAT") for _ in range(8))
    )
    created = [payload["model"]["id"] for payload in payloads if payload["model"]]
    errors = [error for payload in payloads for error in payload["userErrors"]]
    assert len(created) == 1
    assert {error["existing"]["id"] for error in errors} == set(created)
    assert {error["code"] for error in errors} == {"ALREADY_EXISTS"}


async def test_concurrent_deletions_delete_once(gql: GraphQL, database_url: str) -> None:
    w = await world(gql)
    deleting = [
        _payload(gql, "deleteVersion", version={"id": w.first}, force=True) for _ in range(3)
    ]
    going = [_payload(gql, "deleteModel", model={"id": w.model}, force=True) for _ in range(3)]
    moving = [
        _act(w, verb, 7, random.Random(7)) for verb in ("point", "publish", "price", "roll_back")
    ]
    payloads = await asyncio.gather(*deleting, *moving, *going)
    assert sum(payload.get("deletedVersions") is not None for payload in payloads) == 1
    replay.check(database_url)


@pytest.mark.parametrize("attempt", range(3))
async def test_a_deleted_version_never_takes_a_concurrent_alias_with_it(
    gql: GraphQL, attempt: int
) -> None:
    """Either the alias is set first and the deletion is refused, or there is no version to name."""
    w = await world(gql)
    deleting = _payload(gql, "deleteVersion", version={"id": w.draft})
    input = {"model": {"id": w.model}, "alias": "canary", "version": {"id": w.draft}}
    deleted, pointed = await asyncio.gather(deleting, _payload(gql, "setAlias", **input))
    assert (deleted["deletedId"] is None) == (pointed["alias"] is not None)


async def test_a_concurrent_repeated_call_waits_for_the_first_result(gql: GraphQL) -> None:
    w = await world(gql)
    input = {"version": "8.0.0", "contentHash": hash_of(8), "region": "eu", "idempotencyKey": "k"}
    payloads = await asyncio.gather(
        *(call(gql, "createVersion", model={"id": w.model}, **input) for _ in range(6))
    )
    assert len({payload["version"]["id"] for payload in payloads}) == 1
    assert len({payload["version"]["number"] for payload in payloads}) == 1
    other = {**input, "region": "us"}
    assert await codes(gql, "createVersion", model={"id": w.model}, **other) == [
        ("IDEMPOTENCY_CONFLICT", "idempotencyKey")
    ]
