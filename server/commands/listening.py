"""The address that the server listens on: one socket, or one per worker process."""

import socket
import sys
from collections.abc import Iterable
from typing import Any

from server.commands.failures import Failure
from server.setting_names import setting_name


class PerWorkerSocket(socket.socket):
    """A bound socket; a worker process that receives it gets its own socket on the same address.

    The kernel then distributes connections over these sockets (SO_REUSEPORT). On one shared socket,
    the worker that wakes first takes the connection: one of two got 16 to 29 of 32, now 17 to 22.
    docs/decisions/0019-a-socket-per-worker.md
    """

    def __reduce__(self) -> tuple[Any, ...]:
        kind = (self.family, self.type, self.proto)
        return _bind, (socket.socket, kind, self.getsockname(), True)


def bind(host: str, port: int, workers: int) -> socket.socket:
    """A socket bound to the address, not listening yet; a port in use fails before anything starts.

    Raises Failure.
    """
    is_shared = workers > 1 and sys.platform == "linux"  # other systems do not distribute
    try:
        *kind, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = _bind(PerWorkerSocket if is_shared else socket.socket, kind, address)
    except OSError as error:
        settings = f"{setting_name('host')}, {setting_name('port')}"
        raise Failure(f"{settings}: cannot listen on {host}:{port}: {error.strerror}") from error
    if is_shared:
        # only after bind(), which must fail when workers of another registry use this port
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.set_inheritable(True)
    return bound


def _bind(
    socket_type: type[socket.socket], kind: Iterable[Any], address: Any, is_shared: bool = False
) -> socket.socket:
    bound = socket_type(*kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound
