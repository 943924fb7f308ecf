"""What a caller without a single point is told: when its operation can run, if that is known."""

from collections.abc import Callable
from contextlib import suppress

from domain.access import Identity
from server.errors import HttpError, OperationRejected
from server.execution.operations import Operations
from server.execution.parameters import Parameters

_READ_BYTES_MAX = 4_096  # more is not read for a caller that has no points for it


def check(
    operations: Operations,
    payload: bytes,
    read: Callable[[bytes], Parameters],
    identity: Identity,
) -> None:
    """Raises HttpError, 429, for a caller without a single point.

    It says when the operation can run, if its document need not be parsed for that; else, when
    there is a point to have it parsed.
    """
    limits = operations.rate_limits
    if limits.is_used_up(identity):
        known = _points(operations, payload, read, identity)
        limits.refuse_used_up(identity, known)


def _points(
    operations: Operations,
    payload: bytes,
    read: Callable[[bytes], Parameters],
    identity: Identity,
) -> int | None:
    """The points of an operation whose document is at hand; None for any other, and a wrong one."""
    if len(payload) > _READ_BYTES_MAX:
        return None
    with suppress(HttpError, OperationRejected):
        parameters = read(payload)
        if operations.is_at_hand(parameters, identity):
            return operations.prepare(parameters, identity, read_only=False).points
    return None
