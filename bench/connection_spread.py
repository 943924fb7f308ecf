"""How a server's connections are spread over its worker processes while it is under load."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own

from bench.servers import RunningServer

_INTERVAL_S = 0.3
ConnectionCounts = tuple[int, ...]  # of each worker, the largest first


def workers(server: RunningServer) -> list[psutil.Process]:
    """The processes that answer requests: the server's process itself, or its worker processes."""
    root = psutil.Process(server.pid)
    # multiprocessing's resource tracker is a child too, and answers no requests
    children = [child for child in root.children() if "spawn_main" in " ".join(child.cmdline())]
    return children or [root]


class SpreadMonitor:
    """The connections of each worker that were counted under load, by the server's name."""

    def __init__(self, servers: Sequence[RunningServer]) -> None:
        self._servers = [(server, workers(server)) for server in servers]
        self._counts: dict[str, ConnectionCounts] = {}

    def count(self) -> None:
        """Count the connections of each server; the count with the largest total is kept."""
        for server, processes in self._servers:
            counts = sorted((_connections(each, server) for each in processes), reverse=True)
            if sum(counts) > sum(self._counts.get(server.server.name, ())):
                self._counts[server.server.name] = tuple(counts)

    def take(self, server: str) -> ConnectionCounts:
        """The counts of a server since the last call; empty when the load was too short."""
        return self._counts.pop(server, ())


@contextmanager
def monitored(servers: Sequence[RunningServer]) -> Iterator[SpreadMonitor]:
    """Count in a thread at a fixed interval for as long as the block runs."""
    monitor, is_over = SpreadMonitor(servers), threading.Event()

    def count_until_over() -> None:
        while not is_over.wait(_INTERVAL_S):
            monitor.count()

    thread = threading.Thread(target=count_until_over)
    thread.start()
    try:
        yield monitor
    finally:
        is_over.set()
        thread.join()


def _connections(process: psutil.Process, server: RunningServer) -> int:
    port = int(server.url.rsplit(":", 1)[1].split("/")[0])
    connections = process.net_connections("tcp4")
    return sum(each.status == "ESTABLISHED" and each.laddr.port == port for each in connections)
