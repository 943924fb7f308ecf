"""Bodies of responses: JSON, of a bounded number of bytes."""

from typing import Any, NamedTuple

import orjson

from domain import json_values
from server.errors import OperationRejected, limit_exceeded

# Up to this many times the limit a body is encoded and then measured, which costs nothing.
_ENCODED_TIMES = 4


class ShownCost(NamedTuple):
    """What an operation costs, for a caller whose points are counted."""

    nodes: int
    points: int


def with_cost(body: dict[str, Any], cost: ShownCost | None) -> dict[str, Any]:
    """The body with `extensions.cost`, if there is a cost to show."""
    if cost is not None:
        body["extensions"] = {"cost": {"nodes": cost.nodes, "points": cost.points}}
    return body


def encode(body: Any, bytes_estimate: int, bytes_max: int) -> bytes:
    """The body as JSON; raises OperationRejected when it has more than `bytes_max` bytes.

    `bytes_estimate` is the size that it would have if each value had its largest size. A body that
    may be far too large is measured before it is encoded.
    """
    if bytes_estimate > _ENCODED_TIMES * bytes_max and not _fits(body, bytes_max):
        raise too_large(bytes_max)
    encoded = to_json(body)
    if len(encoded) > bytes_max:
        raise too_large(bytes_max)
    return encoded


def to_json(body: Any) -> bytes:
    """The body as JSON.

    Rows that a mutation returns may hold integers beyond 64 bits, which PostgreSQL makes of
    3.8e25: they are sent as floats.
    """
    try:
        return orjson.dumps(body)
    except TypeError:
        return orjson.dumps(json_values.sendable(body))


def too_large(bytes_max: int) -> OperationRejected:
    """The rejection of a response that is too large."""
    message = f"The response has more than {bytes_max} bytes; ask for fewer objects or fields"
    return OperationRejected([limit_exceeded(message)])


def _fits(body: Any, bytes_max: int) -> bool:
    """Whether the body may have at most this many bytes as JSON; never false for one that has."""
    return _size(body, {}) <= bytes_max


def _size(value: Any, known: dict[int, int]) -> int:
    """No more bytes than the value has as JSON. An object that occurs often is measured once."""
    if value.__class__ is str:
        return len(value) + 2
    if value.__class__ is dict:
        size = known.get(id(value))
        if size is None:
            size = sum([len(name) + 4 + _size(item, known) for name, item in value.items()])
            known[id(value)] = size
        return size
    if value.__class__ is list:
        return sum([_size(item, known) + 1 for item in value])
    return 1
