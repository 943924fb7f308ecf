"""The gate before measuring: all servers answer each operation alike, whatever their spelling."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from statistics import mean
from typing import Any

from bench import operations
from bench.operations import ANY_NUMBER, Places
from bench.servers import FLOOR, Running

_PLACES = 10  # the dashboard has but one
_ID = re.compile(
    r"(?:[a-z]{3}_)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})"
)
_ID_FIELD, _MONEY_FIELD, _TIME_FIELD = "id", "costPer1k", re.compile(r"\w+At")


def require(servers: Sequence[Running], places: Places, chosen: Sequence[str]) -> dict[str, int]:
    """How many leaves each operation's answer has; raises SystemExit where two servers differ."""
    leaves = {}
    for operation in chosen:
        compared = [
            each
            for each in servers
            # the floor has but one answer
            if operation in each.server.operations and each.server.name != FLOOR
        ]
        counts = [
            _compare(operation, compared, places, place)
            for place in range(_PLACES if operation != "Q2" else 1)
        ]
        leaves[operation] = round(mean(counts))
    return leaves


def _compare(operation: str, servers: Sequence[Running], places: Places, place: int) -> int:
    """The answer's number of leaves, where all give the same."""
    first, *others = [
        (each, _answer(operation, each, places, place, number))
        for number, each in enumerate(servers)
    ]
    for each, found in others:
        for where, ours, theirs in _differences(first[1], found, operation):
            raise SystemExit(
                f"Nothing was measured: {first[0].server.title} and {each.server.title} differ"
                f" at {where}: {ours!r:.200} and {theirs!r:.200}"
            )
    return sum(1 for _ in _leaves(first[1]))


def _answer(operation: str, server: Running, places: Places, place: int, number: int) -> Any:
    values = operations.variables(operation, places, server.language, place)
    if operation != "Q4":
        return plain(server.ask(operation, values))
    # each server writes a figure of its own, so that none can show what another one wrote
    values["latencyMs"] = figure = 100.5 + place + 1_000 * number
    answer = plain(server.ask(operation, values))
    written = answer["updateBinding"]["binding"]
    if written["latencyMs"] == figure:
        written["latencyMs"] = ANY_NUMBER
    return answer


def plain(value: Any, field: str = "") -> Any:
    """An answer without its server's spelling of connections, ids, times and money."""
    if isinstance(value, dict):
        if set(value) == {"nodes"}:
            return [plain(item) for item in value["nodes"]]
        shown = {key: plain(item, key) for key, item in value.items()}
        return {key: item for key, item in shown.items() if key != "userErrors" or item}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return _plain_leaf(value, field)


def _plain_leaf(value: Any, field: str) -> Any:
    if value is None:
        return None
    if field == _ID_FIELD and (found := _ID.fullmatch(value)):
        return "".join(found.groups())
    if field == _MONEY_FIELD:
        return Decimal(value)
    if _TIME_FIELD.fullmatch(field):
        return datetime.fromisoformat(value).astimezone(UTC)
    return value


def _differences(ours: Any, theirs: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(ours, dict) and isinstance(theirs, dict) and set(ours) == set(theirs):
        for key in ours:
            yield from _differences(ours[key], theirs[key], f"{where}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _differences(one, other, f"{where}.{place}")
    elif ours != theirs:
        yield where, ours, theirs


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value
