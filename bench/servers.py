"""The servers: how each one is started, queried and stopped."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench import heads, operations, polls
from bench.operations import CURSORS, Dialect
from deploy.lab import processes

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "bench" / "peers"
NODE = str(PEERS / "node_modules" / ".bin" / "node")  # from npm: PostGraphile fails on Node 20
REGISTRY, CACHED, FLOOR = "registry", "cached", "floor"
FLOOR_OPERATIONS = ("Q1", "Q2", "Q6")
BASELINES = (REGISTRY, CACHED)
READY_TIMEOUT_S = 60
_UVICORN = ("-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log")
_ENVIRONMENT = {
    "NODE_ENV": "production",
    "GRAPHILE_ENV": "production",
    # the peers log no line per request; every other setting has its default
    "REGISTRY_LOG_LEVEL": "warning",
    # of the shell that runs the benchmark
    "OTEL_SDK_DISABLED": "true",
    # no retention at 03:00 UTC, in the middle of a measurement
    "REGISTRY_RETENTION_CRON": "0 0 29 2 *",
}


_DOCUMENTS = {"REGISTRY_DOCUMENTS": str(polls.DOCUMENTS)}


@dataclass(frozen=True, slots=True)
class Server:
    """A server to measure: its command, to which the port is appended, and its operations."""

    name: str
    title: str
    command: tuple[str, ...]
    documents_name: str | None = None  # its file in bench/documents
    has_prefixed_ids: bool = False
    has_cursors: bool = False
    operations: tuple[str, ...] = operations.CATALOG
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = ROOT  # where the command runs
    token: str = ""  # that each request has


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers requests."""

    server: Server
    url: str
    pid: int
    dialect: Dialect

    def execute(self, operation: str, values: Mapping[str, Any]) -> Any:
        """The data of one operation's response; raises SystemExit with a message on errors."""
        if operation == "Q8":
            return polls.data(self.url, values, self.server.token)
        body = operations.body(operation, self.dialect, values)
        return _execute(self.server, self.url, body)


def serve_command(workers: int) -> tuple[str, ...]:
    """The command that serves the registry."""
    return (sys.executable, "-m", "server", "serve", "--workers", str(workers), "--port")


SERVERS = (
    Server(
        REGISTRY,
        "Model Registry",
        serve_command(1),
        documents_name="registry",
        has_prefixed_ids=True,
        has_cursors=True,
        # no response cache: like its peers it makes every response anew
        environment={**_DOCUMENTS, "REGISTRY_RESPONSE_CACHE_BYTES_MAX": "0"},
        operations=operations.NAMES,
    ),
    Server(
        CACHED,
        "… with cached responses",
        serve_command(1),
        documents_name="registry",
        has_prefixed_ids=True,
        environment=_DOCUMENTS,
        # Q5 has too many pages to cache, and mutations are never cached
        operations=("Q1", "Q2", "Q6", "Q8"),
    ),
    Server(
        "json_agg",
        "hand-written SQL",
        (sys.executable, *_UVICORN, "bench.peers.json_agg:app", "--port"),
        operations=(*operations.CATALOG, "Q6", "Q7"),
    ),
    Server(
        "postgraphile",
        "PostGraphile",
        (NODE, str(PEERS / "postgraphile.mjs")),
        documents_name="postgraphile",
        has_cursors=True,
    ),
    Server(
        "mercurius", "Mercurius", (NODE, str(PEERS / "mercurius.mjs")), documents_name="mercurius"
    ),
    Server(
        FLOOR,
        "static floor",
        (sys.executable, *_UVICORN, "bench.peers.floor:app", "--port"),
        operations=FLOOR_OPERATIONS,
    ),
)


def unavailable(server: Server) -> str | None:
    """The reason why a server cannot be started on this machine, if there is one."""
    if server.command[0] == NODE and not Path(NODE).exists():
        return "run npm ci in bench/peers"
    return None


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server's process, which may not listen yet, its port, and the file of its output."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path


@contextmanager
def running(server: Server, database_url: str, folder: Path) -> Iterator[RunningServer]:
    """A server that answers for as long as the block runs."""
    with started(server, database_url, folder) as process:
        yield wait_until_ready(server, process)


@contextmanager
def started(server: Server, database_url: str, folder: Path) -> Iterator[ServerProcess]:
    """A server process for as long as the block runs; its output goes to a file in the folder."""
    port = processes.free_port()
    log = folder / f"{server.name}.log"
    environment = {"DATABASE_URL": database_url, "RESPONSES": str(folder)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*server.command, str(port)],
            env=os.environ | _ENVIRONMENT | server.environment | environment,
            cwd=server.folder,
            stdout=output,
            stderr=output,
        )
    try:
        yield ServerProcess(process, port, log)
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(server: Server, process: ServerProcess) -> RunningServer:
    """A server once it answers; raises SystemExit when it does not start."""
    url = f"http://127.0.0.1:{process.port}/graphql"
    wait_until_listening(process)
    return RunningServer(server, url, process.process.pid, _dialect(server, url))


def wait_until_listening(server: ServerProcess) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while server.process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.1)
    raise start_error(server)


def start_error(server: ServerProcess) -> SystemExit:
    """The error for a server that did not start, with the end of its output."""
    output = server.log.read_text("utf-8")[-2_000:]
    return SystemExit(f"{server.log.stem} did not start:\n{output}")


def _dialect(server: Server, url: str) -> Dialect:
    if server.documents_name is None:
        return Dialect({})
    documents = operations.documents(server.documents_name)
    dialect = Dialect(documents, server.has_prefixed_ids)
    if not server.has_cursors:
        return dialect
    cursors = dict(_cursors(server, url, dialect))
    return Dialect(documents, server.has_prefixed_ids, cursors)


def _cursors(server: Server, url: str, dialect: Dialect) -> Iterator[tuple[str, str]]:
    """Each model's name with its cursor."""
    after: str | None = None
    while True:
        body = operations.body(CURSORS, dialect, {"after": after})
        edges = _execute(server, url, body)["models"]["edges"]
        yield from ((edge["node"]["name"], edge["cursor"]) for edge in edges)
        if not edges:
            return
        after = edges[-1]["cursor"]


def _execute(server: Server, url: str, body: str) -> Any:
    headers = {"content-type": "application/json", "accept": "application/json"}
    headers |= heads.authorization(server.token)
    # verify=False: otherwise httpx reads certificates for 20 ms, which plain HTTP does not need
    response = httpx.post(url, content=body, headers=headers, timeout=30, verify=False).json()
    if response.get("errors") or not response.get("data"):
        raise SystemExit(f"{server.title} fails {body[:400]}:\n{str(response)[:1_000]}")
    return response["data"]
