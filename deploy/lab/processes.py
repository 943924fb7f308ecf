"""Processes of the lab: started, awaited, and always ended."""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_PORTS = (15_000, 32_000)  # below those of outgoing connections
_STOP_S = 20.0
_START_S = 30.0


class MissingProgram(Exception):
    """A program of a Debian package that is not installed."""


def program(name: str, package: str) -> str:
    """The path of a program; raises MissingProgram, which names the Debian package to install."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MissingProgram(f"{name} is not installed: apt-get install {package}")
    return found


def free_port() -> int:
    """A port of loopback that nothing listens on, and no outgoing connection takes meanwhile."""
    while True:
        port = random.randrange(*_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until(check: Callable[[], object], what: str, timeout_s: float = _START_S) -> float:
    """Call `check` until it returns something true, and return the seconds that it took.

    An OSError of `check`, such as a refused connection, counts as false. Raises TimeoutError.
    """
    began_at = time.monotonic()
    while time.monotonic() - began_at < timeout_s:
        with suppress(OSError):
            if check():
                return time.monotonic() - began_at
        time.sleep(0.02)
    raise TimeoutError(f"{what}: not within {timeout_s:g} s")


def is_listening(port: int) -> bool:
    """Whether a process accepts connections on a port of loopback."""
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    *,
    user: str | None = None,
    variables: Mapping[str, str] | None = None,
    stop: signal.Signals = signal.SIGTERM,
    cwd: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process for the length of the block; its output goes to the file `log`.

    It is a group of its own, so that its children end with it. `user` is a name, and needs root.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(variables or {})},
            user=user,
            cwd=cwd,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process, stop)


def end(process: subprocess.Popen[bytes], stop: signal.Signals = signal.SIGTERM) -> None:
    """Stop a process, by force if it does not end in time, and whatever it has started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGCONT)  # it may be frozen
            process.send_signal(stop)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
