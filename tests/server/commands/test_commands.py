"""`registry serve` and other commands as processes: start, stop and leftovers."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # its stubs are a separate package
import pytest

ROOT = Path(__file__).resolve().parents[3]
TIMEOUT_S = 60


class Running:
    """A `registry serve` with its own embedded database."""

    def __init__(self, data_dir: Path, *arguments: str, **variables: str) -> None:
        self.data_dir = data_dir
        self.output = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", *arguments],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "REGISTRY_DATA_DIR": str(data_dir),
                "REGISTRY_FIRST_CATALOG": "none",
                "REGISTRY_PORT": "0",
                "REGISTRY_RETENTION_CRON": os.environ["REGISTRY_RETENTION_CRON"],
                **variables,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.url = self._printed_url()
        self._wait_until_it_answers()

    def _printed_url(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if match := re.search(r"http://127\.0\.0\.1:\d+", line):
                return match[0]
        raise AssertionError(f"no URL was printed: {self.output}")

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            try:
                httpx.get(f"{self.url}/healthz")
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server did not answer")

    @property
    def database_runs(self) -> bool:
        """Whether the embedded PostgreSQL of this data directory is alive."""
        pid_file = self.data_dir / "postgres" / "postmaster.pid"
        return pid_file.exists() and psutil.pid_exists(int(pid_file.read_text().split()[0]))

    def stop(self, number: int) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(TIMEOUT_S)
        assert self.process.stdout is not None
        self.output += self.process.stdout.read()
        return code


@contextmanager
def serving(data_dir: Path, *arguments: str, **variables: str) -> Iterator[Running]:
    running = Running(data_dir, *arguments, **variables)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop(signal.SIGTERM)
        if running.process.stdout is not None:
            running.process.stdout.close()


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a stopped server; a new one takes seconds, a copy does not."""
    folder = tmp_path_factory.mktemp("stopped")
    with serving(folder) as running:
        assert running.stop(signal.SIGTERM) == 0
    return folder


@pytest.fixture
def data_dir(stopped: Path, tmp_path: Path) -> Path:
    """A copy of the data directory of a migrated, empty registry."""
    subprocess.run(["cp", "-a", stopped, tmp_path / "data"], check=True)
    return tmp_path / "data"


def model_count(url: str) -> int:
    body = httpx.post(f"{url}/graphql", json={"query": "{ models { totalCount } }"}).json()
    return int(body["data"]["models"]["totalCount"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_and_its_database_with_exit_code_0(
    number: int, data_dir: Path
) -> None:
    with serving(data_dir) as running:
        assert model_count(running.url) == 0
        assert running.database_runs
        assert running.stop(number) == 0
        assert not running.database_runs
        assert running.output.count("\nOpen mode: whoever reaches this address may") == 1
        assert "Traceback" not in running.output


@pytest.mark.parametrize("workers", ["1", "2"])
def test_after_kill_9_the_next_server_uses_and_stops_the_database(
    workers: str, data_dir: Path
) -> None:
    with serving(data_dir, "--workers", workers) as killed:
        assert killed.stop(signal.SIGKILL) == -signal.SIGKILL
        assert killed.database_runs
    with serving(data_dir) as running:
        assert model_count(running.url) == 0
        assert running.stop(signal.SIGINT) == 0
        assert not running.database_runs


def test_the_last_of_two_servers_stops_the_database_they_share(data_dir: Path) -> None:
    with serving(data_dir) as first, serving(data_dir) as second:
        assert first.stop(signal.SIGINT) == 0
        assert second.database_runs
        assert model_count(second.url) == 0
        assert second.stop(signal.SIGINT) == 0
        assert not second.database_runs


def test_a_pid_file_with_the_id_of_another_program_is_not_the_database(
    data_dir: Path,
) -> None:
    with serving(data_dir) as running:
        pid_file = data_dir / "postgres" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        assert running.stop(signal.SIGINT) == 0, running.output
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with serving(data_dir) as recovered:
        assert model_count(recovered.url) == 0


def _workers(running: Running) -> list[psutil.Process]:
    """The worker processes, once each listens on its own socket."""
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        children = psutil.Process(running.process.pid).children(recursive=True)
        # Python's resource tracker is a child process too, and does not listen
        if len(workers := [each for each in children if _listens(each)]) > 1:
            return workers
        time.sleep(0.05)
    raise AssertionError("fewer than two workers listen")


def _listens(process: psutil.Process) -> bool:
    try:
        connections = process.net_connections("tcp")
    except psutil.NoSuchProcess:  # it has ended since it was listed
        return False
    return any(each.status == psutil.CONN_LISTEN for each in connections)


def test_a_start_warns_of_more_connections_than_the_database_allows(data_dir: Path) -> None:
    with serving(data_dir) as usual, serving(data_dir, REGISTRY_READ_CONNECTIONS_MAX="90") as large:
        usual.stop(signal.SIGINT)
        large.stop(signal.SIGINT)
    assert "REGISTRY_READ_CONNECTIONS_MAX" not in usual.output
    assert "REGISTRY_READ_CONNECTIONS_MAX" in large.output
    assert "may open 108 connections, the database allows 97" in large.output


def test_workers_start_and_stop_together(data_dir: Path) -> None:
    with serving(data_dir, "--workers", "2") as running:
        assert model_count(running.url) == 0
        workers = _workers(running)
        assert len(workers) == 2
        assert running.stop(signal.SIGINT) == 0
        assert not running.database_runs
        _, alive = psutil.wait_procs(workers, timeout=TIMEOUT_S)
        assert alive == []


def test_the_supervisor_of_workers_logs_lines_of_json(data_dir: Path) -> None:
    with serving(data_dir, "--workers", "2", REGISTRY_LOG_FORMAT="json") as running:
        _workers(running)
        pid_file = data_dir / "postgres" / "postmaster.pid"
        first = pid_file.read_text().split()[:1]
        os.kill(int(first[0]), signal.SIGKILL)
        end = time.monotonic() + TIMEOUT_S
        while not pid_file.exists() or pid_file.read_text().split()[:1] in ([], first):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert running.stop(signal.SIGINT) == 0
    lines = [line for line in running.output.splitlines() if "embedded PostgreSQL has" in line]
    # it is tried again while processes of the killed one still end
    assert {json.loads(line)["level"] for line in lines} == {"error"}


def test_workers_end_when_their_parent_is_killed(database_url: str, tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", DATABASE_URL=database_url) as running:
        workers = psutil.Process(running.process.pid).children(recursive=True)
        assert len(workers) >= 2
        running.process.kill()
        running.process.wait()
        _, alive = psutil.wait_procs(workers, timeout=TIMEOUT_S)
        assert alive == []


def test_a_port_in_use_is_a_one_line_error_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "server", "serve", "--port", port],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "REGISTRY_DATA_DIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"127.0.0.1:{port}: Address already in use" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_new_registry_gets_the_first_catalog(data_dir: Path) -> None:
    with serving(data_dir, REGISTRY_FIRST_CATALOG="genai-prices") as running:
        assert model_count(running.url) > 100


def test_the_database_of_database_url_is_migrated_only_with_migrate(
    empty_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path, DATABASE_URL=empty_url) as running:
        response = httpx.get(f"{running.url}/readyz")
        assert response.status_code == 503
        assert "is not migrated" in response.json()["reason"]
    with serving(tmp_path, "--migrate", DATABASE_URL=empty_url) as running:
        assert httpx.get(f"{running.url}/readyz").status_code == 200
    assert not (tmp_path / "postgres").exists()


def test_psql_reaches_the_database(database_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "server", "psql", "--", "-Atc", "SELECT 6 * 7"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "42\n", "")


def test_ctrl_c_before_the_command_starts_prints_no_traceback() -> None:
    script = """
import sys
import server.__main__

class Interrupting:
    def find_spec(self, name, *_):
        if name == "server.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
server.__main__.main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "")


def test_each_worker_has_the_trusted_documents(database_url: str, tmp_path: Path) -> None:
    options = ("--workers", "2", "--documents", "ui/examples")
    only = {"REGISTRY_DOCUMENTS_ONLY": "true"}
    with serving(tmp_path, *options, DATABASE_URL=database_url, **only) as running:
        for _ in range(10):  # each request on a connection of its own, to either worker
            body = {"documentId": "03-gateway-fetch", "variables": {"name": "none"}}
            answer = httpx.post(f"{running.url}/graphql", json=body)
            assert answer.json() == {"data": {"model": None}}
            other = httpx.post(f"{running.url}/graphql", json={"query": "{ __typename }"})
            assert other.status_code == 403
