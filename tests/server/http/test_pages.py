"""The files that the pages load: cached for good, compressed, and nothing but them."""

import gzip
from asyncio import Event
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Message

from server.http import pages

ASSET = f"{pages.ASSETS_PATH}/index-1a2b.js"
LARGE = f"{pages.ASSETS_PATH}/large-3c4d.js"
TEXT = "export default 1;" * 200


def client(files: Path) -> TestClient:
    return TestClient(Starlette(routes=pages.routes(files)))


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as the build leaves it, with a file beside the assets that is not for clients."""
    assets = tmp_path / "built" / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "built" / "index.html").write_text("<!doctype html>")
    (tmp_path / "built" / "package.json").write_text("{}")
    (assets / "index-1a2b.js").write_text("export {};")
    (assets / "large-3c4d.js").write_text(TEXT)
    (assets / "large-3c4d.js.gz").write_bytes(gzip.compress(TEXT.encode()))
    return tmp_path / "built"


@pytest.fixture
def unbuilt(tmp_path: Path) -> Path:
    """The folder of a checkout in which nothing was built: there is none."""
    return tmp_path / "none"


async def status_of(files: Path, path: str) -> int:
    """The status of a path that reaches the application as written: clients resolve dots first."""
    sent: list[Message] = []

    async def receive() -> Message:
        await Event().wait()  # the client stays until it has its answer
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": unquote(path), "headers": []}
    await Starlette(routes=pages.routes(files))(scope, receive, send)
    return int(sent[0]["status"])


def test_assets_are_cached_for_good(built: Path) -> None:
    response = client(built).get(ASSET)
    assert response.text == "export {};"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "javascript" in response.headers["content-type"]


def test_an_asset_that_did_not_change_is_not_sent_again(built: Path) -> None:
    tag = client(built).get(ASSET).headers["etag"]
    response = client(built).get(ASSET, headers={"If-None-Match": tag})
    assert (response.status_code, response.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/static/ui/index.html",
        "/static/ui/../../pyproject.toml",
        "/static/ui/assets/",
        "/static/ui/assets/none.js",
        "/static/ui/assets/../index.html",
        "/static/ui/assets/%2e%2e/%2e%2e/package.json",
        "/static/ui/assets/..%2f..%2fpackage.json",
        "/static/ui/assets/%2fetc%2fpasswd",
        "/static/ui/assets//etc/passwd",
        "/static/ui/assets/large-3c4d.js.gz",
        "/static/ui/assets/index-1a2b.js%00",
    ],
)
async def test_nothing_but_the_assets_is_served(built: Path, path: str) -> None:
    assert await status_of(built, path) == 404


async def test_the_same_request_for_an_asset_finds_it(built: Path) -> None:
    assert await status_of(built, ASSET) == 200


def test_assets_of_a_ui_that_was_not_built_are_404(unbuilt: Path) -> None:
    assert client(unbuilt).get(ASSET).status_code == 404


def test_a_build_made_while_the_server_runs_is_served(unbuilt: Path) -> None:
    running = client(unbuilt)
    assert running.get(ASSET).status_code == 404
    assets = unbuilt / "assets"
    assets.mkdir(parents=True)
    (assets / "index-1a2b.js").write_text("export {};")
    assert running.get(ASSET).status_code == 200


def raw(files: Path, path: str, accept_encoding: str, method: str = "GET") -> httpx.Response:
    """The response, with the bytes that were sent as its content."""
    with client(files).stream(
        method, path, headers={"accept-encoding": accept_encoding}
    ) as response:
        response._content = b"".join(response.iter_raw())
    return response


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "gzip"),
        ("gzip", "gzip"),
        ("*", "gzip"),
        ("br", None),
        ("identity", None),
        ("gzip;q=0", None),
        ("", None),
    ],
)
def test_an_asset_is_sent_in_its_compressed_form_to_those_who_accept_it(
    built: Path, accepted: str, coding: str | None
) -> None:
    response = raw(built, LARGE, accepted)
    assert response.headers.get("content-encoding") == coding
    assert int(response.headers["content-length"]) == len(response.content)
    assert (gzip.decompress(response.content) if coding else response.content) == TEXT.encode()
    assert response.headers["vary"] == "Accept-Encoding"
    assert "javascript" in response.headers["content-type"]
    assert "immutable" in response.headers["cache-control"]


def test_an_asset_without_a_compressed_form_is_sent_as_it_is(built: Path) -> None:
    response = raw(built, ASSET, "gzip")
    assert (response.content, response.headers.get("content-encoding")) == (b"export {};", None)
    assert response.headers["vary"] == "Accept-Encoding"


def test_each_form_of_an_asset_has_a_tag_of_its_own(built: Path) -> None:
    plain, coded = (raw(built, LARGE, coding).headers["etag"] for coding in ("identity", "gzip"))
    assert plain != coded
    known = {"accept-encoding": "gzip", "if-none-match": coded}
    assert client(built).get(LARGE, headers=known).status_code == 304
    assert client(built).get(LARGE, headers=known | {"if-none-match": plain}).status_code == 200


def test_head_of_an_asset_tells_what_get_sends(built: Path) -> None:
    got, head = (raw(built, LARGE, "gzip", method) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == got.headers


@pytest.mark.skipif(not pages.FILES.exists(), reason="the pages are not built: make ui")
def test_the_build_compresses_what_is_worth_it() -> None:
    for file in (pages.FILES / "assets").iterdir():
        coded = file.with_name(f"{file.name}.gz")
        if file.suffix in (".js", ".css", ".svg") and file.stat().st_size >= 1_400:
            assert gzip.decompress(coded.read_bytes()) == file.read_bytes()
