"""How a server's connections are spread over its worker processes, while it is under load."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

from bench.servers import Running

_EACH_S = 0.3
Spread = tuple[int, ...]  # connections of each worker, the most first


def workers(server: Running) -> list[psutil.Process]:
    """The processes that answer: the server's own, or those that it started for that."""
    own = psutil.Process(server.pid)
    # Python's tracker of shared resources is a child too, and answers nothing
    started = [each for each in own.children() if "spawn_main" in " ".join(each.cmdline())]
    return started or [own]


class Watch:
    """The spread that was seen under load, by the server's name."""

    def __init__(self, servers: Sequence[Running]) -> None:
        self._servers = [(each, workers(each)) for each in servers]
        self._seen: dict[str, Spread] = {}

    def look(self) -> None:
        """Count the connections of each server; the most that it had at once are kept."""
        for server, processes in self._servers:
            counts = sorted((_connections(each, server) for each in processes), reverse=True)
            if sum(counts) > sum(self._seen.get(server.server.name, ())):
                self._seen[server.server.name] = tuple(counts)

    def take(self, server: str) -> Spread:
        """What was seen of a server since it was taken last; nothing after too short a load."""
        return self._seen.pop(server, ())


@contextmanager
def watched(servers: Sequence[Running]) -> Iterator[Watch]:
    """Look again and again in a thread of its own, for as long as the block runs."""
    watch, is_over = Watch(servers), threading.Event()

    def look() -> None:
        while not is_over.wait(_EACH_S):
            watch.look()

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield watch
    finally:
        is_over.set()
        looking.join()


def _connections(process: psutil.Process, server: Running) -> int:
    port = int(server.url.rsplit(":", 1)[1].split("/")[0])
    found = process.net_connections("tcp4")
    return sum(each.status == "ESTABLISHED" and each.laddr.port == port for each in found)
