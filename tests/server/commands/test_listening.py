"""The sockets of worker processes: one per worker, all on the same address."""

import pickle
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from server.commands.failures import Failure
from server.commands.listening import bind

CONNECTIONS = 64


@pytest.fixture
def workers() -> Iterator[list[socket.socket]]:
    """The sockets of two workers; multiprocessing sends them by pickle."""
    with bind("127.0.0.1", 0, 2) as parent, ExitStack() as stack:
        yield [stack.enter_context(pickle.loads(pickle.dumps(parent))) for _ in range(2)]


def _accepted(listening: socket.socket) -> int:
    listening.setblocking(False)
    for count in range(CONNECTIONS + 1):
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return count
    raise AssertionError("accepted more connections than were opened")


def test_connections_are_distributed_over_the_workers(workers: list[socket.socket]) -> None:
    assert workers[0].getsockname() == workers[1].getsockname()
    for each in workers:
        each.listen()
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection(workers[0].getsockname()))
        accepted = [_accepted(each) for each in workers]
    assert sum(accepted) == CONNECTIONS
    assert min(accepted) > 0  # fails by chance in one of 2**63 runs


def test_a_worker_that_is_not_ready_gets_no_connection(workers: list[socket.socket]) -> None:
    workers[0].listen()
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection(workers[0].getsockname()))
        assert _accepted(workers[0]) == CONNECTIONS


def test_after_a_worker_ends_the_others_get_all_new_connections(
    workers: list[socket.socket],
) -> None:
    address = workers[0].getsockname()
    for each in workers:
        each.listen()
    workers[0].close()
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection(address))
        assert _accepted(workers[1]) == CONNECTIONS


@pytest.mark.parametrize("count", [1, 2])
def test_a_port_of_other_workers_is_in_use(workers: list[socket.socket], count: int) -> None:
    """Otherwise a second registry would silently get a part of their connections."""
    host, port = workers[0].getsockname()
    workers[0].listen()
    with pytest.raises(Failure, match=f"cannot listen on {host}:{port}: Address already in use"):
        bind(host, port, count)


def test_the_socket_of_a_single_worker_is_not_shared() -> None:
    with bind("127.0.0.1", 0, 1) as bound, pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(bound)
