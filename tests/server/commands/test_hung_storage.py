"""A server stops although a call to cold storage never ends."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import httpx

from tests.server.commands.test_commands import serving

CREATE = """mutation {
  createModel(input: {name: "m", task: CHAT}) { model { id } }
  createVersion(input: {
    model: {name: "m"}, version: "1.0.0", contentHash: "%s", region: "eu"
  }) { version { id } } }"""
ARCHIVE = """mutation ($id: ID!) { archiveVersion(input: {version: {id: $id}}) {
  userErrors { code message } } }"""


@contextmanager
def dripping() -> Iterator[str]:
    """The URL of a server whose head never ends: a byte comes before each timeout of a read."""
    listening = socket.create_server(("127.0.0.1", 0))

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
            while True:
                connection.sendall(b"x")
                time.sleep(0.5)

    def accept() -> None:
        with suppress(OSError):  # it is closed at the end
            while True:
                connection, _ = listening.accept()
                Thread(target=drip, args=(connection,), daemon=True).start()

    Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    listening.close()


def _post(url: str, query: str, **variables: Any) -> Any:
    body = {"query": query, "variables": variables}
    return httpx.post(f"{url}/graphql", json=body, timeout=30).json()


def test_a_server_stops_although_a_write_to_cold_storage_hangs() -> None:
    with TemporaryDirectory(prefix="registry-hung-") as folder, dripping() as endpoint:
        variables = {
            "REGISTRY_ARCHIVE_URL": "s3://bucket",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "tests",
            "AWS_REGION": "us-east-1",
        }
        with serving(Path(folder), **variables) as running:
            created = _post(running.url, CREATE % ("0" * 64))
            version = created["data"]["createVersion"]["version"]["id"]
            answer = _post(running.url, ARCHIVE, id=version)
            (error,) = answer["data"]["archiveVersion"]["userErrors"]
            assert error["code"] == "STORAGE_UNAVAILABLE"
            assert running.stop(signal.SIGTERM) == 0
            assert not running.database_runs
