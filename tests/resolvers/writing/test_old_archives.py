"""Archives that earlier code wrote are restored, and archived again to the same bytes.

The new bytes may only have a salt, and more columns, those that were added later.
The objects in tests/archive/format_1 were written by commit 304db09: `plain` has every field of a
version, of its bindings and of their prices; `large_integer` has a number that orjson cannot write.
"""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backports import zstd
from psycopg.types.json import Jsonb

from archive.format import pack
from domain import ids
from tests.graphql import GraphQL
from tests.resolvers.writing.mutations import call

OBJECTS = Path(__file__).resolve().parents[2] / "archive" / "format_1"


@pytest.mark.parametrize("name", ["plain", "large_integer"])
async def test_an_old_archive_is_restored_completely(
    gql: GraphQL, database_url: str, tmp_path: Path, name: str
) -> None:
    data = (OBJECTS / f"{name}.json.zst").read_bytes()
    text = zstd.decompress(data)
    content = json.loads(text)
    version_id = ids.encode(ids.VERSION, UUID(content["version"]["id"]))
    file = tmp_path / "cold" / sha256(data).hexdigest()[:2] / f"{sha256(data).hexdigest()}.json.zst"
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
    with psycopg.connect(database_url, autocommit=True) as connection:
        _insert_archived(connection, content, file.as_uri(), data)
        await call(gql, "restoreVersion", version={"id": version_id})
        for table, row in _written_by_restore(content):
            query = f"UPDATE {table} SET revision = %(revision)s, updated_at = %(updated_at)s"
            assert connection.execute(f"{query} WHERE id = %(id)s", row).rowcount == 1
    archived = await call(gql, "archiveVersion", version={"id": version_id})
    again = json.loads(_decompressed(archived["version"]["archive"]["storageUri"]))
    packed = zstd.decompress(pack(_without_later_columns(again, content), b""))
    salts = rb' {4}"salt": "[0-9a-f]+",\n'
    assert re.sub(salts, b"", packed) == text
    assert again["about"].keys() == content["about"].keys() | {"salt"}


def _without_later_columns(value: Any, old: Any) -> Any:
    """The value with only those fields that the old value has."""
    match old:
        case dict():
            return {name: _without_later_columns(value[name], old[name]) for name in old}
        case list():
            return [_without_later_columns(*both) for both in zip(value, old, strict=True)]
        case _:
            return value


def _decompressed(uri: str) -> bytes:
    return zstd.decompress(Path(uri.removeprefix("file://")).read_bytes())


def _written_by_restore(content: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The rows that a restore gives the next revision, as they were when they were archived."""
    bindings = [("provider_bindings", binding) for binding in content["bindings"]]
    return [("model_versions", content["version"]), *bindings]


def _insert_archived(
    connection: psycopg.Connection[Any], content: dict[str, Any], uri: str, data: bytes
) -> None:
    """The rows that an archived version leaves in the database."""
    provider = content["bindings"][0]["provider"]
    connection.execute(
        "INSERT INTO providers (id, revision, slug, name, kind)"
        " VALUES (%(id)s, 1, %(slug)s, %(name)s, 'OPENAI')",
        provider,
    )
    version = {
        **content["version"],
        "metadata": None,
        "revision": content["version"]["revision"] + 1,
        "status_before_archive": content["version"]["status"],
        "status": "ARCHIVED",
        "archived_at": "2026-11-27T07:00:00Z",
        "archive_reason": "MANUAL",
        "archive_uri": uri,
        "archive_hash": sha256(data).hexdigest(),
        "archive_size_bytes": len(data),
    }
    for table, row in (("models", content["model"]), ("model_versions", version)):
        columns = ", ".join(row)
        query = f"INSERT INTO {table} ({columns}) SELECT {columns}"
        connection.execute(f"{query} FROM jsonb_populate_record(NULL::{table}, %s)", [Jsonb(row)])
