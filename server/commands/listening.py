"""The address that the server listens on: one socket, or one for each worker process."""

import socket
import sys
from typing import Any

from server.commands.failures import Failure
from server.settings import setting_name


class OfEachProcess(socket.socket):
    """A bound socket that a process which it is sent to has another one for, on the same address.

    The system then shares connections out by their addresses (SO_REUSEPORT). A socket that workers
    have in common goes to whoever is awake first: one of two took 16 to 29 of 32, now 17 to 22.
    docs/decisions/0019-a-socket-per-worker.md
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _another, (self.family, self.type, self.proto, self.getsockname())


def bound(host: str, port: int, workers: int) -> socket.socket:
    """A socket on the address, not listening yet: a port in use is told before anything starts."""
    is_shared = workers > 1 and sys.platform == "linux"  # elsewhere one socket would get them all
    try:
        *kind, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = _bound(OfEachProcess if is_shared else socket.socket, kind, address)
    except OSError as error:
        places = f"{setting_name('host')}, {setting_name('port')}"
        raise Failure(f"{places}: cannot listen on {host}:{port}: {error.strerror}") from error
    if is_shared:
        # not before it is bound: another registry's workers on this port are to be found out
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.set_inheritable(True)
    return made


def _another(*given: Any) -> socket.socket:
    *kind, address = given
    return _bound(socket.socket, kind, address, is_shared=True)


def _bound(
    make: type[socket.socket], kind: list[Any], address: Any, *, is_shared: bool = False
) -> socket.socket:
    made = make(*kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
