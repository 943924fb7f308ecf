"""The sockets that workers listen on: each has its own, and all have the same address."""

import pickle
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from server.commands.failures import Failure
from server.commands.listening import bound

CONNECTIONS = 64


@pytest.fixture
def workers() -> Iterator[list[socket.socket]]:
    """What two workers are given of one socket, as multiprocessing gives it."""
    with bound("127.0.0.1", 0, 2) as parent, ExitStack() as stack:
        yield [stack.enter_context(pickle.loads(pickle.dumps(parent))) for _ in range(2)]


def _accepted(listening: socket.socket) -> int:
    listening.setblocking(False)
    for count in range(CONNECTIONS + 1):
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return count
    raise AssertionError("more connections than were made")


def test_connections_are_spread_over_the_workers(workers: list[socket.socket]) -> None:
    assert workers[0].getsockname() == workers[1].getsockname()
    for each in workers:
        each.listen()
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection(workers[0].getsockname()))
        taken = [_accepted(each) for each in workers]
    assert sum(taken) == CONNECTIONS
    assert min(taken) > 0  # by chance once in 2**63 runs


def test_a_worker_that_is_not_ready_gets_no_connection(workers: list[socket.socket]) -> None:
    workers[0].listen()
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection(workers[0].getsockname()))
        assert _accepted(workers[0]) == CONNECTIONS


def test_a_worker_that_ends_leaves_new_connections_to_the_others(
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
def test_a_port_that_other_workers_share_is_in_use(
    workers: list[socket.socket], count: int
) -> None:
    """It would take half of their connections otherwise, and nobody would know."""
    host, port = workers[0].getsockname()
    workers[0].listen()
    with pytest.raises(Failure, match=f"cannot listen on {host}:{port}: Address already in use"):
        bound(host, port, count)


def test_one_worker_has_the_socket_for_itself() -> None:
    with bound("127.0.0.1", 0, 1) as own, pytest.raises(TypeError, match="cannot pickle"):
        pickle.dumps(own)
