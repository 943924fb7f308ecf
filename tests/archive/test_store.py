"""Cold storage behaves the same in a folder and behind an S3 API, which moto serves."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from moto.server import ThreadedMotoServer

from archive.store import ArchiveStore, RestorePending, StoreUnavailable, open_store
from db.postgres.engine import Database
from tests import factories
from tests.graphql import GraphQL
from tests.resolvers.writing.mutations import call, payload_of, user_errors

BINDING = "query ($id: ID!) { binding(id: $id) { id } }"
DATA = b"an archive"
DIGEST = sha256(DATA).hexdigest()


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A client of an S3 server for this module; the environment variables point at it."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "tests")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
        patch.setenv("AWS_REGION", "us-east-1")
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="archives")
        yield client
        client.close()
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ArchiveStore]:
    """An empty store of each kind."""
    if request.param == "bucket":
        request.getfixturevalue("s3")
    url = tmp_path.as_uri() if request.param == "folder" else f"s3://archives{tmp_path}"
    store = ArchiveStore(url)
    yield store
    store.close()


async def test_a_written_object_is_read_by_its_digest(store: ArchiveStore) -> None:
    (stored,) = await store.write([DATA])
    assert (stored.sha256, stored.size_bytes) == (DIGEST, len(DATA))
    assert await store.read(stored.uri, DIGEST) == DATA
    assert list(store.sizes()) == [(DIGEST, len(DATA))]


async def test_writing_twice_gives_one_object(store: ArchiveStore) -> None:
    assert await store.write([DATA]) == await store.write([DATA])
    assert len(list(store.sizes())) == 1


async def test_a_deleted_object_is_missing_and_can_be_deleted_again(store: ArchiveStore) -> None:
    (stored,) = await store.write([DATA])
    for _ in range(2):
        await store.delete(DIGEST)
    with pytest.raises(StoreUnavailable, match="missing"):
        await store.read(stored.uri, DIGEST)


async def test_a_store_with_another_url_reads_objects_at_the_old_one(
    store: ArchiveStore, tmp_path: Path
) -> None:
    (stored,) = await store.write([DATA])
    moved = ArchiveStore((tmp_path / "elsewhere").as_uri())
    assert await moved.read(stored.uri, DIGEST) == DATA
    moved.close()


async def test_a_changed_object_is_corrupt(
    store: ArchiveStore, tmp_path: Path, request: Any
) -> None:
    (stored,) = await store.write([DATA])
    key = f"{DIGEST[:2]}/{DIGEST}.json.zst"
    if stored.uri.startswith("s3:"):
        s3 = request.getfixturevalue("s3")
        s3.put_object(Bucket="archives", Key=f"{str(tmp_path)[1:]}/{key}", Body=b"another")
    else:
        (tmp_path / key).write_bytes(b"another")
    with pytest.raises(StoreUnavailable, match="corrupt"):
        await store.read(stored.uri, DIGEST)


async def test_objects_get_the_storage_class_of_the_settings(s3: Any) -> None:
    for storage_class in ("GLACIER_IR", "STANDARD_IA"):
        store = ArchiveStore(f"s3://archives/{storage_class}", storage_class)
        (stored,) = await store.write([DATA])
        head = s3.head_object(Bucket="archives", Key=stored.uri.removeprefix("s3://archives/"))
        assert head["StorageClass"] == storage_class
        store.close()


@pytest.mark.parametrize(("storage_class", "hours"), [("GLACIER", 5), ("DEEP_ARCHIVE", 12)])
async def test_an_object_in_an_archive_tier_is_requested_once_and_read_later(
    s3: Any, storage_class: str, hours: int
) -> None:
    async with httpx.AsyncClient() as client:
        await _slow_down_restores(client)
    store = ArchiveStore(f"s3://archives/{storage_class}", storage_class)
    (stored,) = await store.write([DATA])
    key = stored.uri.removeprefix("s3://archives/")
    with pytest.raises(RestorePending):
        await store.read(stored.uri, DIGEST, request_restore=False)
    assert "Restore" not in s3.head_object(Bucket="archives", Key=key)
    with pytest.raises(RestorePending, match=f"from {storage_class}: retry at 20") as pending:
        await store.read(stored.uri, DIGEST)
    assert 0 < (pending.value.at.timestamp() - stored_at(s3, key)) / 3600 - hours < 0.1
    attempts = [await _read_or_pending(store, stored.uri) for _ in range(6)]
    assert attempts[0] == "pending"
    assert attempts[-1] == DATA
    store.close()


async def test_a_version_in_an_archive_tier_is_restored_by_a_later_call(
    s3: Any, db: Database
) -> None:
    async with httpx.AsyncClient() as client:
        await _slow_down_restores(client)
    gql = GraphQL(db, ArchiveStore("s3://archives/versions", "DEEP_ARCHIVE"))
    version = await factories.version(db, await factories.model(db))
    binding = await factories.binding(db, version)
    await call(gql, "archiveVersion", version={"id": version.node_id})
    (error,) = await user_errors(gql, "restoreVersion", version={"id": version.node_id})
    assert error["code"] == "INVALID_STATE"
    assert "is being restored from DEEP_ARCHIVE: retry at 20" in error["message"]
    answers = [
        await payload_of(gql, "restoreVersion", version={"id": version.node_id}) for _ in range(4)
    ]
    restored = next(each["version"] for each in answers if each["version"])
    assert restored["status"] == "ACTIVE"
    assert (await gql(BINDING, id=binding.node_id))["binding"]["id"] == binding.node_id


async def _slow_down_restores(client: httpx.AsyncClient) -> None:
    """Let the server report an object as restored at the third look."""
    transition = {"progression": "manual", "times": 3}
    api = f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/state-manager/set-transition"
    body = {"model_name": "s3::keyrestore", "transition": transition}
    (await client.post(api, json=body)).raise_for_status()


def stored_at(s3: Any, key: str) -> float:
    return float(s3.head_object(Bucket="archives", Key=key)["LastModified"].timestamp())


async def _read_or_pending(store: ArchiveStore, uri: str) -> bytes | str:
    try:
        return await store.read(uri, DIGEST)
    except RestorePending:
        return "pending"


async def test_a_server_that_is_down_or_refuses_is_unavailable(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing_bucket = ArchiveStore("s3://no-such-bucket")
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        await missing_bucket.write([DATA])
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    unreachable = ArchiveStore("s3://archives")
    with pytest.raises(StoreUnavailable, match="does not answer"):
        await unreachable.write([DATA])
    with pytest.raises(StoreUnavailable, match="does not answer"):
        await unreachable.read("", DIGEST)
    for store in (missing_bucket, unreachable):
        store.close()


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = ArchiveStore((tmp_path / "file" / "folder").as_uri())
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        await store.write([DATA])
    store.close()


@pytest.mark.parametrize(
    "url", ["", "archives", "file://host/a", "file:///", "s3://", "s3://b?x=1"]
)
def test_a_url_of_no_store_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be file:///folder or s3://bucket/prefix"):
        open_store(url, "STANDARD")


@pytest.mark.parametrize("mask", [0o000, 0o022])
async def test_files_are_for_the_servers_user_only(tmp_path: Path, mask: int) -> None:
    """Archives hold values that the API hides from some callers; what is above stays as it is."""
    before = os.umask(mask)
    try:
        store = ArchiveStore((tmp_path / "data" / "cold").as_uri())
        await store.write([DATA])
        store.close()
    finally:
        os.umask(before)
    folder = tmp_path / "data" / "cold"
    modes = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert {p.stat().st_mode & 0o777 for p in (folder, *folder.iterdir())} == {0o700}
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o777 & ~mask


@pytest.fixture
def folder_with_mode(tmp_path: Path) -> Path:
    tmp_path.chmod(0o750)
    return tmp_path


async def test_a_folder_that_exists_keeps_its_mode(folder_with_mode: Path) -> None:
    store = ArchiveStore(folder_with_mode.as_uri())
    await store.write([DATA])
    store.close()
    assert os.stat(folder_with_mode).st_mode & 0o777 == 0o750
