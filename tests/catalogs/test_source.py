"""Reads the bytes of a catalog from a path or a URL, within limits."""

import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from catalogs import source
from catalogs.catalog import CatalogError

CONTENT = b'{"acme/m-1": {"litellm_provider": "acme"}}' * 100


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        exists = self.path.startswith("/map.json")
        self.send_response(200 if exists else 404)
        self.end_headers()
        self.wfile.write(CONTENT if exists else b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture
def base() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_file_may_be_gzipped(tmp_path: Path) -> None:
    plain, packed = tmp_path / "map.json", tmp_path / "map.json.gz"
    plain.write_bytes(CONTENT)
    packed.write_bytes(gzip.compress(CONTENT))
    assert source.read(str(plain)) == source.read(str(packed)) == CONTENT


def test_a_truncated_or_oversized_gzip_file_is_an_error(tmp_path: Path) -> None:
    truncated, bomb = tmp_path / "truncated.gz", tmp_path / "bomb.gz"
    truncated.write_bytes(gzip.compress(CONTENT)[:-20])
    bomb.write_bytes(gzip.compress(b" " * (source.BYTES_MAX + 1)))
    with pytest.raises(CatalogError, match="not a complete gzip file"):
        source.read(str(truncated))
    with pytest.raises(CatalogError, match="larger than 64 MiB"):
        source.read(str(bomb))


@pytest.mark.parametrize("name", ["nowhere.json", "", "a\0b", "~nobody-here/map.json", "x" * 5000])
def test_a_path_without_a_file_is_an_error(tmp_path: Path, name: str) -> None:
    place = name if name.startswith("~") else str(tmp_path / name)
    with pytest.raises(CatalogError):
        source.read(place)


def test_a_url_is_fetched(base: str) -> None:
    assert source.read(f"{base}/map.json") == CONTENT
    with pytest.raises(CatalogError, match="404"):
        source.read(f"{base}/other.json")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/map.json", "http://", "https://[", "http://a b"]
)
def test_a_url_that_does_not_answer_is_an_error(url: str) -> None:
    with pytest.raises(CatalogError):
        source.read(url)


def test_a_password_is_in_no_message(base: str) -> None:
    host = base.removeprefix("http://")
    for place in (f"{host}/other.json", "127.0.0.1:1/map.json"):
        with pytest.raises(CatalogError) as caught:
            source.read(f"http://user:hunter2@{place}")
        assert place in str(caught.value)
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("place", "url"),
    [
        ("/data/map.json", None),
        ("https://example.com/map.json?ref=main#top", "https://example.com/map.json?ref=main"),
        ("https://user:hunter2@example.com:8443/map.json", "https://example.com:8443/map.json"),
        ("https://example.com/map.json?X-Amz-Signature=" + "a1b2" * 16,
         "https://example.com/map.json"),
        ("http://[", None),
    ],
)  # fmt: skip
def test_the_address_that_is_kept_holds_no_secret(place: str, url: str | None) -> None:
    assert source.address(place) == url
