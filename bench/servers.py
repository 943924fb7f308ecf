"""The servers: how each is started, asked and stopped."""

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

from bench import operations
from bench.operations import CURSORS, Language

PEERS = Path(__file__).parent / "peers"
NODE = str(PEERS / "node_modules" / ".bin" / "node")  # of npm: PostGraphile fails on Node 20
REGISTRY, KEPT, FLOOR = "registry", "kept", "floor"
BASELINES = (REGISTRY, KEPT)
READY_WITHIN_S = 60
_UVICORN = ("-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log")
_ENVIRONMENT = {
    "NODE_ENV": "production",
    "GRAPHILE_ENV": "production",
    # the peers write no line a request; everything else is as it is shipped
    "REGISTRY_LOG_LEVEL": "warning",
    # no retention while it is measured, at 03:00 UTC
    "REGISTRY_RETENTION_CRON": "0 0 29 2 *",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A server to measure: its command, which gets the port at its end, and its operations."""

    name: str
    title: str
    command: tuple[str, ...]
    speaks: str | None = None  # the file of its documents
    has_prefixed_ids: bool = False
    has_cursors: bool = False
    operations: tuple[str, ...] = operations.NAMES
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    server: Server
    url: str
    pid: int
    language: Language

    def ask(self, operation: str, values: Mapping[str, Any]) -> Any:
        """The data of one operation's answer; raises SystemExit with a message on errors."""
        return _ask(self.server.title, self.url, operations.body(operation, self.language, values))


def serve(workers: int) -> tuple[str, ...]:
    """The command that serves the registry."""
    return (sys.executable, "-m", "server", "serve", "--workers", str(workers), "--port")


_SERVE = serve(1)
SERVERS = (
    Server(
        REGISTRY,
        "Model Registry",
        _SERVE,
        speaks="registry",
        has_prefixed_ids=True,
        has_cursors=True,
        # each answer is made anew, as the peers make theirs
        environment={"REGISTRY_RESPONSE_CACHE_BYTES_MAX": "0"},
    ),
    Server(
        KEPT,
        "… keeping answers",
        _SERVE,
        speaks="registry",
        has_prefixed_ids=True,
        operations=("Q1", "Q2"),  # Q5's places are too many to keep, and writes are never kept
    ),
    Server(
        "json_agg",
        "hand-written SQL",
        (sys.executable, *_UVICORN, "bench.peers.json_agg:app", "--port"),
    ),
    Server(
        "postgraphile",
        "PostGraphile",
        (NODE, str(PEERS / "postgraphile.mjs")),
        speaks="postgraphile",
        has_cursors=True,
    ),
    Server("mercurius", "Mercurius", (NODE, str(PEERS / "mercurius.mjs")), speaks="mercurius"),
    Server(
        FLOOR,
        "static floor",
        (sys.executable, *_UVICORN, "bench.peers.floor:app", "--port"),
        operations=("Q1", "Q2"),
    ),
)


def missing(server: Server) -> str | None:
    """Why a server cannot be started here, if so."""
    if server.command[0] == NODE and not Path(NODE).exists():
        return "run npm ci in bench/peers"
    return None


@dataclass(frozen=True, slots=True)
class Started:
    """A server's process, which may not answer yet, its port, and the file it writes to."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path


@contextmanager
def running(server: Server, database_url: str, folder: Path) -> Iterator[Running]:
    """A server that answers for as long as the block runs."""
    with started(server, database_url, folder) as found:
        yield answering(server, found)


@contextmanager
def started(server: Server, database_url: str, folder: Path) -> Iterator[Started]:
    """A server process for as long as the block runs; its output goes to a file in the folder."""
    port = _free_port()
    log = folder / f"{server.name}.log"
    environment = {"DATABASE_URL": database_url, "ANSWERS": str(folder)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*server.command, str(port)],
            env=os.environ | _ENVIRONMENT | server.environment | environment,
            cwd=PEERS.parent.parent,
            stdout=output,
            stderr=output,
        )
    try:
        yield Started(process, port, log)
    finally:
        process.terminate()
        process.wait()


def answering(server: Server, process: Started) -> Running:
    """A server once it answers; raises SystemExit when it does not."""
    url = f"http://127.0.0.1:{process.port}/graphql"
    _wait(process)
    return Running(server, url, process.process.pid, _language(server, url))


def _wait(server: Started) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while server.process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", server.port)) == 0:
                return
        time.sleep(0.1)
    raise failed(server)


def failed(server: Started) -> SystemExit:
    """That a server did not start, with the end of what it wrote."""
    written = server.log.read_text("utf-8")[-2_000:]
    return SystemExit(f"{server.log.stem} did not start:\n{written}")


def _language(server: Server, url: str) -> Language:
    if server.speaks is None:
        return Language({})
    documents = operations.documents(server.speaks)
    language = Language(documents, server.has_prefixed_ids)
    if not server.has_cursors:
        return language
    cursors = dict(_cursors(server, url, language))
    return Language(documents, server.has_prefixed_ids, cursors)


def _cursors(server: Server, url: str, language: Language) -> Iterator[tuple[str, str]]:
    """Each model's name with the cursor that stands for it."""
    after: str | None = None
    while True:
        body = operations.body(CURSORS, language, {"after": after})
        edges = _ask(server.title, url, body)["models"]["edges"]
        yield from ((edge["node"]["name"], edge["cursor"]) for edge in edges)
        if not edges:
            return
        after = edges[-1]["cursor"]


def _ask(title: str, url: str, body: str) -> Any:
    headers = {"content-type": "application/json", "accept": "application/json"}
    # verify=False: else it reads certificates for 20 ms each time, which plain HTTP does not need
    answer = httpx.post(url, content=body, headers=headers, timeout=30, verify=False).json()
    if answer.get("errors") or not answer.get("data"):
        raise SystemExit(f"{title} refuses {body[:400]}:\n{str(answer)[:1_000]}")
    return answer["data"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
