"""archiveVersion, restoreVersion and setVersionHold."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from backports import zstd

from domain.enums import VersionStatus
from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing.cases import binding_input, hash_of, version_facts
from tests.resolvers.writing.mutations import call, codes, user_errors

VERSION = """query ($id: ID!) { version(by: {id: $id}) {
    id number version contentHash region status evalScore costPer1k capabilities metadata createdAt
    model { labels { key value } }
    bindings { nodes {
        id createdAt provider { slug } providerModelId region endpoint config credentialRef status
        priority weight sunsetOn successRate latencyMs
        contextWindow maxOutputTokens capabilities requestsPerMinute tokensPerMinute
        prices { nodes { id inputPer1k outputPer1k cacheReadPer1k effectiveFrom source } }
    } }
} }"""


async def _published(gql: GraphQL) -> str:
    """The id of a version with every field, and with two bindings."""
    await call(gql, "createProvider", slug="acme", name="Acme", kind="OPENAI")
    labels = [{"key": "team", "value": "blue"}]
    await call(gql, "createModel", name="m", task="CHAT", labels=labels)
    created = await call(
        gql,
        "createVersion",
        model={"name": "m"},
        version="1.0.0",
        contentHash=hash_of(1),
        bindings=[binding_input(1), binding_input(2)],
        **version_facts(),
    )
    return str(created["version"]["id"])


async def _seen(gql: GraphQL, id: str) -> dict[str, Any]:
    return (await gql(VERSION, id=id))["version"]


async def test_a_restored_version_equals_the_archived_one(gql: GraphQL) -> None:
    id = await _published(gql)
    before = await _seen(gql, id)
    await call(gql, "archiveVersion", version={"id": id})
    archived = await _seen(gql, id)
    assert archived["status"] == "ARCHIVED"
    assert (archived["bindings"]["nodes"], archived["metadata"]) == ([], None)
    assert archived["contentHash"] == before["contentHash"]
    restored = await call(gql, "restoreVersion", version={"id": id}, expectedRevision=2)
    assert restored["version"]["archive"] is None
    assert restored["version"]["revision"] == 3
    assert await _seen(gql, id) == before


async def test_the_object_agrees_with_the_record_and_is_readable_json(
    gql: GraphQL, tmp_path: Path
) -> None:
    id = await _published(gql)
    record = (await call(gql, "archiveVersion", version={"id": id}))["version"]["archive"]
    (file,) = (tmp_path / "cold").glob("*/*")
    assert record["storageUri"] == file.as_uri()
    assert record["contentHash"] == file.name.removesuffix(".json.zst")
    assert record["sizeBytes"] == str(file.stat().st_size)
    assert record["reason"] == "MANUAL"
    text = zstd.decompress(file.read_bytes()).decode()
    content = json.loads(text)
    assert content["about"]["formatVersion"] == 1
    assert list(content) == sorted(content)
    (price,) = content["bindings"][0]["prices"]
    assert price["input_per_1k"] == "0.0025000000"
    assert content["version"]["cost_per_1k"] == "0.0000000001"


async def test_a_draft_is_restored_as_a_draft(gql: GraphQL) -> None:
    draft = await factories.version(
        gql.db, await factories.model(gql.db), status=VersionStatus.DRAFT
    )
    await call(gql, "archiveVersion", version={"id": draft.node_id})
    restored = await call(gql, "restoreVersion", version={"id": draft.node_id})
    assert restored["version"]["status"] == "DRAFT"


async def test_a_held_aliased_or_archived_version_is_not_archived(gql: GraphQL) -> None:
    model = await factories.model(gql.db)
    held, named = [await factories.version(gql.db, model) for _ in range(2)]
    await call(gql, "setVersionHold", version={"id": held.node_id}, reason="an audit")
    await factories.alias(gql.db, named)
    assert await codes(gql, "archiveVersion", version={"id": held.node_id}) == [
        ("INVALID_STATE", "version")
    ]
    assert await codes(gql, "archiveVersion", version={"id": named.node_id}) == [
        ("IN_USE", "version")
    ]
    await call(gql, "setVersionHold", version={"id": held.node_id})
    await call(gql, "archiveVersion", version={"id": held.node_id})
    assert await codes(gql, "archiveVersion", version={"id": held.node_id}) == [
        ("INVALID_STATE", "version")
    ]
    assert await codes(gql, "restoreVersion", version={"id": named.node_id}) == [
        ("INVALID_STATE", "version")
    ]


async def test_a_hold_has_a_reason_and_an_actor_and_a_second_release_changes_nothing(
    gql: GraphQL,
) -> None:
    version = await factories.version(gql.db, await factories.model(gql.db))
    put = (await call(gql, "setVersionHold", version={"id": version.node_id}, reason="an audit"))[
        "version"
    ]
    assert (put["hold"]["reason"], put["hold"]["actor"], put["revision"]) == (
        "an audit",
        "tests",
        2,
    )
    lifted = [
        (await call(gql, "setVersionHold", version={"id": version.node_id}))["version"]
        for _ in range(2)
    ]
    assert [(each["hold"], each["revision"]) for each in lifted] == [(None, 3), (None, 3)]
    assert await codes(gql, "setVersionHold", version={"id": version.node_id}, reason=" ") == [
        ("INVALID", "reason")
    ]


@pytest.mark.parametrize("harm", ["missing", "corrupt", "another", "cut off"])
async def test_a_missing_or_damaged_object_restores_nothing(
    gql: GraphQL, tmp_path: Path, harm: str
) -> None:
    id = await _published(gql)
    await call(gql, "archiveVersion", version={"id": id})
    before, revision = await _seen(gql, id), await factories.revision(gql.db)
    (file,) = (tmp_path / "cold").glob("*/*")
    data = file.read_bytes()
    file.unlink()
    if harm != "missing":
        changed = {"corrupt": b"x" + data[1:], "another": data * 2, "cut off": data[:-9]}
        file.write_bytes(changed[harm])
    (error,) = await user_errors(gql, "restoreVersion", version={"id": id})
    assert error["code"] == "STORAGE_UNAVAILABLE"
    assert (await _seen(gql, id), await factories.revision(gql.db)) == (before, revision)
    file.write_bytes(data)
    await call(gql, "restoreVersion", version={"id": id})


@pytest.mark.parametrize("place", ["bindings", "prices"])
async def test_a_field_that_the_server_does_not_know_is_not_dropped(
    gql: GraphQL, database_url: str, tmp_path: Path, place: str
) -> None:
    """A newer server may have archived it: an older one refuses, so that nothing is lost."""
    id = await _published(gql)
    await call(gql, "archiveVersion", version={"id": id})
    (file,) = (tmp_path / "cold").glob("*/*")
    content = json.loads(zstd.decompress(file.read_bytes()))
    binding = content["bindings"][0]
    (binding if place == "bindings" else binding["prices"][0])["tier"] = "gold"
    data = zstd.compress(json.dumps(content).encode())
    file.write_bytes(data)
    digest = sha256(data).hexdigest()
    renamed = tmp_path / "cold" / digest[:2] / f"{digest}.json.zst"
    renamed.parent.mkdir(exist_ok=True)
    file.rename(renamed)
    with psycopg.connect(database_url) as connection:
        query = "UPDATE model_versions SET archive_uri = %s, archive_hash = %s"
        connection.execute(query, [renamed.as_uri(), digest])
    before = await _seen(gql, id)
    (error,) = await user_errors(gql, "restoreVersion", version={"id": id})
    assert error["code"] == "STORAGE_UNAVAILABLE"
    assert "this server does not know: tier" in error["message"]
    assert await _seen(gql, id) == before


async def test_a_figure_that_json_cannot_write_is_kept(gql: GraphQL, database_url: str) -> None:
    """The API refuses an infinite latency, the column holds it."""
    id = await _published(gql)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE provider_bindings SET latency_ms = 'Infinity'")
        await call(gql, "archiveVersion", version={"id": id})
        await call(gql, "restoreVersion", version={"id": id})
        query = "SELECT DISTINCT latency_ms FROM provider_bindings"
        assert connection.execute(query).fetchall() == [(float("inf"),)]


async def test_nothing_is_archived_when_cold_storage_fails(gql: GraphQL, tmp_path: Path) -> None:
    id = await _published(gql)
    before = await _seen(gql, id)
    (tmp_path / "cold").write_text("a file where the folder should be")
    (error,) = await user_errors(gql, "archiveVersion", version={"id": id})
    assert error["code"] == "STORAGE_UNAVAILABLE"
    input = {"model": {"name": "m"}, "version": "2.0.0", "contentHash": hash_of(2), "region": "eu"}
    await call(gql, "updateModel", model={"id": await _model_id(gql)}, retentionKeep=1)
    assert await codes(gql, "createVersion", **input, applyRetention=True) == [
        ("STORAGE_UNAVAILABLE", "model")
    ]
    assert await _seen(gql, id) == before


async def test_a_restore_needs_each_provider_by_id_or_by_slug(gql: GraphQL) -> None:
    id = await _published(gql)
    await call(gql, "archiveVersion", version={"id": id})
    provider = (await gql('{ provider(slug: "acme") { id } }'))["provider"]["id"]
    await call(gql, "deleteProvider", provider={"id": provider})
    (error,) = await user_errors(gql, "restoreVersion", version={"id": id})
    assert error["code"] == "INVALID_STATE"
    assert "acme" in error["message"]
    await call(gql, "createProvider", slug="acme", name="Acme", kind="OPENAI")
    await call(gql, "restoreVersion", version={"id": id})
    assert len((await _seen(gql, id))["bindings"]["nodes"]) == 2


async def test_a_new_version_can_archive_older_versions(gql: GraphQL) -> None:
    model = await factories.model(gql.db, retention_keep=2)
    for number in (1, 2):
        await factories.version(gql.db, model, number=number, version=f"{number}.0.0")
    async with gql.db.write("tests") as session:
        counted = await session.get(type(model), model.id)
        assert counted is not None
        counted.last_number = 2
    input = {"model": {"id": model.node_id}, "version": "3.0.0", "region": "eu"}
    more = {"contentHash": hash_of(3), "applyRetention": True, "idempotencyKey": "once"}
    first, again = [await call(gql, "createVersion", **input, **more) for _ in range(2)]
    assert [each["number"] for each in first["archived"]] == [1]
    assert first["archived"][0]["archive"]["reason"] == "RETENTION"
    assert again["archived"][0]["id"] == first["archived"][0]["id"]


async def _model_id(gql: GraphQL) -> str:
    return str((await gql('{ model(by: {name: "m"}) { id } }'))["model"]["id"])
