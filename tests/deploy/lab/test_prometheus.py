"""A real Prometheus sees a real fault, and a real Alertmanager tells it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from deploy.lab import postgres, processes, prometheus, registry

_TOKENS = {"REGISTRY_REQUIRE_TOKENS": "true"}
_ALERT = "RegistryDatabaseDown"


def test_a_stopped_database_fires_an_alert_that_is_delivered() -> None:
    try:
        processes.program("prometheus", "prometheus")
        processes.program("prometheus-alertmanager", "prometheus-alertmanager")
    except processes.MissingProgram as missing:
        pytest.skip(str(missing))
    with (
        TemporaryDirectory(prefix="registry-lab-") as name,
        postgres.running(Path(name) / "database") as database,
        registry.serving(Path(name) / "registry", database.url, variables=_TOKENS) as served,
        _webhook() as (webhook, delivered),
        prometheus.alertmanager_running(Path(name) / "alertmanager", webhook) as alertmanager,
    ):
        token = _token(Path(name) / "token", database.url)
        _check_answers(served.url, token.read_text(), database)
        with prometheus.running(
            Path(name) / "prometheus", served.url, token, alertmanager, is_hasty=True
        ) as url:
            up = f"{url}/api/v1/query?query=registry_database_up%20%3D%3D%201"
            processes.wait_until(
                lambda: json.loads(prometheus.get(up))["data"]["result"], "a scrape"
            )
            assert _ALERT not in prometheus.firing(url)
            database.stop()
            processes.wait_until(lambda: _ALERT in prometheus.firing(url), "the alert")
            processes.wait_until(lambda: _ALERT in delivered, "the delivery")


def _check_answers(url: str, token: str, database: postgres.Postgres) -> None:
    """Without a token nothing; then the state of the database, also when it is frozen."""
    with pytest.raises(HTTPError, match="401"):
        prometheus.get(f"{url}/metrics")
    assert "registry_database_up 1.0" in _scraped(url, token)
    database.signal_all(signal.SIGSTOP)
    try:
        assert "registry_database_up 0.0" in _scraped(url, token)
    finally:
        database.signal_all(signal.SIGCONT)


def _scraped(url: str, token: str) -> str:
    request = Request(f"{url}/metrics", headers={"Authorization": f"Bearer {token}"})
    with urlopen(request, timeout=2) as response:
        return str(response.read().decode())


def _token(file: Path, url: str) -> Path:
    command = [sys.executable, "-m", "server", "token", "create", "--name", "p", "--role", "READER"]
    variables = {**os.environ, "DATABASE_URL": url}
    done = subprocess.run(command, env=variables, check=True, capture_output=True, text=True)
    file.write_text(done.stdout.strip())
    return file


@contextmanager
def _webhook() -> Iterator[tuple[str, list[str]]]:
    """A URL that takes alerts, and the names of those that have arrived."""
    delivered: list[str] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            delivered.extend(each["labels"]["alertname"] for each in body["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", delivered
        finally:
            server.shutdown()
            thread.join()
