"""Queries for databases of different sizes: operations, first and far pages, and counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import operations
from bench.operations import SampledKeys
from bench.servers import RunningServer

PAGE_SIZE = 20
FAR_PAGE = 1_000  # the number of the far page
POINTS = ("Q1", "Q2", "Q3")
COUNTS = ("ModelsCount", "BindingsCount")
LISTINGS = {
    "ModelsByName": "models",
    "ModelsNewest": "models",
    "BindingsByPriority": "bindings",
    "BindingsNewest": "bindings",
}
_STEP = 100  # rows per request on the way to the far page
_TOTALS = {"models": "ModelsCount", "bindings": "BindingsCount"}


@dataclass(frozen=True, slots=True)
class MeasuredQuery:
    """A query to measure: its operation, the variables of its requests, and its page number."""

    operation: str
    variables: Sequence[Mapping[str, Any]]
    page: int = 1


def first_page(listing: str) -> str:
    """The name of the query for a listing's first page."""
    return f"{listing}, page 1"


def far_page(listing: str) -> str:
    """The name of the query for a listing's far page, whatever its number is."""
    return f"{listing}, far page"


def queries(server: RunningServer, keys: SampledKeys) -> dict[str, MeasuredQuery]:
    """All queries for a server, by name."""
    by_name = {}
    for name in POINTS:
        count = 1 if name == "Q2" else len(keys.models)
        by_name[name] = MeasuredQuery(
            name,
            [operations.variables(name, keys, server.dialect, index) for index in range(count)],
        )
    for listing in LISTINGS:
        cursor, page = _far_cursor(server, listing)
        by_name[first_page(listing)] = MeasuredQuery(listing, [{"first": PAGE_SIZE, "after": None}])
        by_name[far_page(listing)] = MeasuredQuery(
            listing, [{"first": PAGE_SIZE, "after": cursor}], page
        )
    return by_name | {name: MeasuredQuery(name, [{}]) for name in COUNTS}


def select(
    by_name: Mapping[str, MeasuredQuery], prefixes: tuple[str, ...]
) -> dict[str, MeasuredQuery]:
    """The queries whose names have one of the prefixes; raises SystemExit when there is none."""
    selected = {name: query for name, query in by_name.items() if name.startswith(prefixes)}
    if not selected:
        raise SystemExit(f"No query begins with {', '.join(prefixes)}: {', '.join(by_name)}")
    return selected


def _far_cursor(server: RunningServer, listing: str) -> tuple[str | None, int]:
    """The cursor before page FAR_PAGE, or before the last whole page of a shorter listing."""
    field = LISTINGS[listing]
    total = server.execute(_TOTALS[field], {})[field]["totalCount"]
    page = max(1, min(FAR_PAGE, total // PAGE_SIZE))
    cursor, remaining = None, (page - 1) * PAGE_SIZE
    while remaining:
        values = {"first": min(_STEP, remaining), "after": cursor}
        connection = server.execute(listing, values)[field]
        cursor = connection["pageInfo"]["endCursor"]
        remaining -= len(connection["nodes"])
    return cursor, page


def write_bodies(
    server: RunningServer, by_name: Mapping[str, MeasuredQuery], folder: Path
) -> dict[str, Path]:
    """Write a file of request bodies for each query."""
    files = {}
    for number, (name, query) in enumerate(by_name.items()):
        file = folder / f"{server.server.name}-{number}.bodies"
        lines = [
            operations.body(query.operation, server.dialect, values) for values in query.variables
        ]
        file.write_text("\n".join(lines) + "\n", "utf-8")
        files[name] = file
    return files
