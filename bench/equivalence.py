"""The check before measuring: all servers return equal data, apart from its spelling."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from statistics import mean
from typing import Any

from bench import operations
from bench.operations import NUMBER_PLACEHOLDER, SampledKeys
from bench.servers import FLOOR, RunningServer

_KEYS = 10  # compared for each operation; Q2 has one request only
_ID = re.compile(
    r"(?:[a-z]{3}_)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})"
)
_ID_FIELD, _MONEY_FIELDS, _TIME_FIELD = "id", ("costPer1k", "expectedCost"), re.compile(r"\w+At")
_SCORE_FIELD, _SCORE_DIGITS = "score", 9  # PostgreSQL and Python round a root differently


def require(
    servers: Sequence[RunningServer], keys: SampledKeys, chosen: Sequence[str]
) -> dict[str, int]:
    """The mean count of leaves of each operation; raises SystemExit where two servers differ."""
    leaves = {}
    for operation in chosen:
        compared = [
            server
            for server in servers
            # the floor sends the same response whatever the variables
            if operation in server.server.operations and server.server.name != FLOOR
        ]
        counts = [
            _compare(operation, compared, keys, index)
            for index in range(_KEYS if operation != "Q2" else 1)
        ]
        leaves[operation] = round(mean(counts))
    return leaves


def _compare(
    operation: str, servers: Sequence[RunningServer], keys: SampledKeys, index: int
) -> int:
    """The count of leaves in the data, which is equal for all servers."""
    (first, expected), *others = [
        (server, _data(operation, server, keys, index, number))
        for number, server in enumerate(servers)
    ]
    for server, data in others:
        for path, left, right in _differences(expected, data, operation):
            raise SystemExit(
                f"Nothing was measured: {first.server.title} and {server.server.title} differ"
                f" at {path}: {left!r:.200} and {right!r:.200}"
            )
    return sum(1 for _ in _leaves(expected))


def _data(operation: str, server: RunningServer, keys: SampledKeys, index: int, number: int) -> Any:
    values = operations.variables(operation, keys, server.dialect, index)
    if operation != "Q4":
        return normalize(server.execute(operation, values))
    # each server writes a different figure, so that no server can return what another one wrote
    values["latencyMs"] = figure = 100.5 + index + 1_000 * number
    data = normalize(server.execute(operation, values))
    binding = data["updateBinding"]["binding"]
    if binding["latencyMs"] == figure:
        binding["latencyMs"] = NUMBER_PLACEHOLDER
    return data


def normalize(value: Any, field: str = "") -> Any:
    """Data with one spelling of connections, ids, times and money for all servers."""
    if isinstance(value, dict):
        if set(value) == {"nodes"}:
            return [normalize(item) for item in value["nodes"]]
        fields = {key: normalize(item, key) for key, item in value.items()}
        return {key: item for key, item in fields.items() if key != "userErrors" or item}
    if isinstance(value, list):
        return [normalize(item) for item in value]
    return _normalize_leaf(value, field)


def _normalize_leaf(value: Any, field: str) -> Any:
    if value is None:
        return None
    if field == _ID_FIELD and (match := _ID.fullmatch(value)):
        return "".join(match.groups())
    if field in _MONEY_FIELDS:
        return Decimal(value)
    if field == _SCORE_FIELD:
        return round(value, _SCORE_DIGITS)
    if _TIME_FIELD.fullmatch(field):
        return datetime.fromisoformat(value).astimezone(UTC)
    return value


def _differences(left: Any, right: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(left, dict) and isinstance(right, dict) and set(left) == set(right):
        for key in left:
            yield from _differences(left[key], right[key], f"{path}.{key}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _differences(one, other, f"{path}.{index}")
    elif left != right:
        yield path, left, right


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value
