"""The processes of the demo: each on a free port, with a log, and stopped at the end."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from examples.gateway.transport import DOCUMENTS

REGISTRY = Path(sys.executable).parent / "registry"
_START_S, _STOP_S = 60.0, 20.0


class NotStarted(Exception):
    """A process does not answer; the message has the end of its log."""


class Process:
    """A child process that can be killed and started again."""

    def __init__(self, name: str, folder: Path, command: list[str], **variables: str) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = command
        self._variables = variables
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._running is not None and self._running.poll() is None

    @property
    def was_killed(self) -> bool:
        """Whether it ended by SIGKILL, so that it could not clean up."""
        return self._running is not None and self._running.poll() == -signal.SIGKILL

    def start(self) -> None:
        """Start it; what it prints goes to its log."""
        with self.log.open("ab") as log:
            # in a session of its own: Ctrl-C stops the demo, and the demo stops it
            self._running = subprocess.Popen(  # noqa: S603  # the command is ours
                self._command,
                env={**os.environ, **self._variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._running is not None:
            self._running.kill()
            self._running.wait()

    def stop(self) -> None:
        """End it in order."""
        if self._running is None or not self.is_running:
            return
        self._running.send_signal(signal.SIGTERM)
        try:
            self._running.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()

    async def answers(self, url: str) -> None:
        """Wait until a URL answers; raises NotStarted."""
        end = time.monotonic() + _START_S
        async with httpx.AsyncClient(timeout=2.0) as http:
            while self.is_running and time.monotonic() < end:
                try:
                    if (await http.get(url)).is_success:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.1)
        lines = self.log.read_text("utf-8", "replace").splitlines()[-15:]
        raise NotStarted("\n".join([f"{self.name} does not answer:", *lines]))


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def registry(folder: Path, port: int) -> Process:
    """A registry with an embedded database, which executes trusted documents only."""
    command = [str(REGISTRY), "serve", "--port", str(port), "--documents", str(DOCUMENTS)]
    return Process(
        "registry",
        folder,
        command,
        DATABASE_URL="",
        REGISTRY_DATA_DIR=str(folder / "data"),
        REGISTRY_DOCUMENTS_ONLY="true",
        REGISTRY_FIRST_CATALOG="none",
        REGISTRY_HOST="127.0.0.1",
        REGISTRY_LOG_LEVEL="warning",  # not a line for each request
    )


def stop_database(folder: Path) -> None:
    """Stop the database of a registry that was killed: the last command that uses it does."""
    variables = {**os.environ, "REGISTRY_DATA_DIR": str(folder / "data"), "DATABASE_URL": ""}
    command = [str(REGISTRY), "migrate"]
    subprocess.run(command, env=variables, capture_output=True, check=False)  # noqa: S603  # ours


def python(name: str, folder: Path, module: str, *arguments: str) -> Process:
    """A module of this repository as a process."""
    return Process(name, folder, [sys.executable, "-m", module, *arguments])


@contextmanager
def stopping(*processes: Process) -> Iterator[None]:
    """Stop the processes at the end of the block, the last one first, whatever happens."""
    try:
        yield
    finally:
        for process in reversed(processes):
            process.stop()
