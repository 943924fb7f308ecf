"""HAProxy of the lab: one port that leads to the server which Patroni calls the primary.

Or, for faults, to any other server.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from deploy.lab import processes

# Connections to a server that is no longer the primary are cut, so that no client goes on reading
# from it. The check's second is what HAProxy adds to the time of a failover.
_DEFAULTS = """\
global
    maxconn 1000
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
"""
_CONFIGURATION = f"""{_DEFAULTS}\
listen primary
    bind 127.0.0.1:{{port}}
    option httpchk GET /primary
    http-check expect status 200
    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
{{servers}}
"""
_FORWARDING = f"""{_DEFAULTS}\
listen forwarder
    bind 127.0.0.1:{{port}}
    server only 127.0.0.1:{{to}}
"""


class Server(NamedTuple):
    """A PostgreSQL server, and the port of its Patroni's REST interface."""

    name: str
    port: int
    rest_port: int


@contextmanager
def running(folder: Path, servers: Sequence[Server]) -> Iterator[int]:
    """HAProxy for the length of the block; yields its port. Raises MissingProgram."""
    program = processes.program("haproxy", "haproxy")
    folder.mkdir(parents=True, exist_ok=True)
    port, file = processes.free_port(), folder / "haproxy.cfg"
    lines = (f"    server {s.name} 127.0.0.1:{s.port} check port {s.rest_port}" for s in servers)
    file.write_text(_CONFIGURATION.format(port=port, servers="\n".join(lines)))
    with processes.running([program, "-f", str(file)], folder / "haproxy.log"):
        processes.wait_until(lambda: processes.is_listening(port), "HAProxy")
        yield port


@dataclass(slots=True)
class Forwarder:
    """A port that leads to another one; while it is stopped, it refuses connections."""

    port: int
    _file: Path
    _stack: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Forward connections from now on. Raises MissingProgram."""
        command = [processes.program("haproxy", "haproxy"), "-f", str(self._file)]
        self._stack.enter_context(processes.running(command, self._file.with_suffix(".log")))
        processes.wait_until(lambda: processes.is_listening(self.port), "HAProxy")

    def stop(self) -> None:
        """Cut all connections, and accept no more."""
        self._stack.close()


@contextmanager
def forwarding(folder: Path, to: int) -> Iterator[Forwarder]:
    """A forwarder to a port of loopback, started, for the length of the block."""
    forwarder = Forwarder(processes.free_port(), folder / "forwarder.cfg")
    forwarder._file.write_text(_FORWARDING.format(port=forwarder.port, to=to))
    try:
        forwarder.start()
        yield forwarder
    finally:
        forwarder.stop()
