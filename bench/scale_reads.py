"""Reads of a large database: each query alone, and what PostgreSQL read for it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from bench import load, operations, pagination, scale_sql, servers
from bench.load import RequestSource
from bench.operations import Dialect, SampledKeys
from bench.pagination import MeasuredQuery
from bench.servers import CACHED, SERVERS, RunningServer
from bench.terminal import progress

PAGE_SIZE = pagination.PAGE_SIZE
# The lists of documents/scale.graphql that are also measured at a far page.
_LISTS = {
    "BindingsFastest": "bindings",
    "BindingsCheapest": "bindings",
    "BindingsByCapability": "bindings",
    "VersionsBest": "versions",
    "ModelsByTask": "models",
    "ModelsUpdated": "models",
}
_CONCURRENT = ("Q1", "Q3")
_SCANS = "SELECT relname, seq_tup_read FROM pg_stat_user_tables WHERE seq_tup_read > 0"


def measure(url: str, seconds: float, folder: Path) -> dict[str, Any]:
    """The figures of each query by name, without kept responses and with them."""
    keys = operations.sample_keys(url)
    found: dict[str, Any] = {}
    with _running(url, "registry", folder) as server:
        queries = {**pagination.queries(server, keys), **_queries(server, keys)}
        for name, query in queries.items():
            found[name] = _measured(url, server, query, seconds, folder)
            progress(f"  {name}: {found[name]}")
        for name in _CONCURRENT:
            connections = load.CONNECTIONS
            one = _measured(url, server, queries[name], seconds, folder, connections)
            found[f"{name}, {connections} connections"] = one
    with _running(url, CACHED, folder) as server:
        for name in ("Q1", "Q2"):
            one = _measured(url, server, queries[name], seconds, folder)
            found[f"{name} kept"] = one
            progress(f"  {name} kept: {one}")
    return found


@contextmanager
def _running(url: str, name: str, folder: Path) -> Iterator[RunningServer]:
    server = next(each for each in SERVERS if each.name == name)
    server = replace(server, has_cursors=False, operations=operations.CATALOG)
    with servers.running(server, url, folder) as started:
        documents = {
            **started.dialect.documents,
            **operations.documents("growth"),
            **operations.documents("scale"),
        }
        yield replace(started, dialect=Dialect(documents, server.has_prefixed_ids))


def _queries(server: RunningServer, keys: SampledKeys) -> dict[str, MeasuredQuery]:
    names = [name for name, _ in keys.models]
    first = {"first": PAGE_SIZE}
    found = {}
    for name, field in _LISTS.items():
        found[pagination.first_page(name)] = MeasuredQuery(name, [{**first, "after": None}])
        cursor, page = _far(server, name, field)
        found[pagination.far_page(name)] = MeasuredQuery(name, [{**first, "after": cursor}], page)
    of_ids = [{**first, "name": f"{name}-v3"} for name in names]
    found["BindingsOfModelId"] = MeasuredQuery("BindingsOfModelId", of_ids)
    texts = [{**first, "text": name.removeprefix("model-")[:5]} for name in names]
    found["Search"] = MeasuredQuery("Search", texts)
    found["SearchOfNothing"] = MeasuredQuery("SearchOfNothing", [first])
    for name in ("Stats", "StatsWhole"):
        found[name] = MeasuredQuery(name, [{}])
    return found


def _far(server: RunningServer, name: str, field: str) -> tuple[str | None, int]:
    """The cursor before the 1,000th page, or before the last one of a shorter list."""
    cursor, before, page, step = None, None, 1, 100 // PAGE_SIZE
    while page < pagination.FAR_PAGE:
        try:
            found = server.execute(name, {"first": 100, "after": cursor})[field]
        except SystemExit as failure:  # a time-out, which the measurement will show
            progress(f"  {failure}"[:200])
            return cursor, page
        if not found["pageInfo"]["hasNextPage"]:
            return before, max(1, page - step)
        before, cursor = cursor, found["pageInfo"]["endCursor"]
        page += step
    return cursor, page


def _measured(
    url: str,
    server: RunningServer,
    query: MeasuredQuery,
    seconds: float,
    folder: Path,
    connections: int = 1,
) -> dict[str, Any]:
    lines = [operations.body(query.operation, server.dialect, each) for each in query.variables]
    bodies = folder / "bodies"
    bodies.write_text("\n".join(lines) + "\n", "utf-8")
    source = RequestSource(server.url, bodies)
    if scale_sql.is_precise(seconds):
        load.run(source, 0.5, 0, connections=connections)
    counted: dict[str, float] = {}
    scans = _scanned(url)
    with scale_sql.counting(url, counted, scale_sql.settle_s(seconds)):
        result = load.run(source, seconds, 1, connections=connections, is_checked=True)
    figures = result.figures()
    requests = max(1, result.requests)
    sequential = {
        table: round((rows - scans.get(table, 0)) / requests)
        for table, rows in _scanned(url).items()
        if rows > scans.get(table, 0)
    }
    return {
        "page": query.page,
        "per_second": figures["per_second"],
        "p50_ms": figures["p50_ms"],
        "p99_ms": figures["p99_ms"],
        "failures": figures["failures"],
        "blocks_a_request": round(counted["blocks"] / requests),
        "hit_share": round(counted["hit_share"], 3),
        "rows_scanned_a_request": sequential,
    }


def _scanned(url: str) -> Mapping[str, int]:
    with psycopg.connect(url) as connection:
        return dict(connection.execute(_SCANS).fetchall())


def sequential(reads: Mapping[str, Any]) -> Sequence[str]:
    """The queries for which PostgreSQL read more than a thousand rows of a table in sequence."""
    return [
        name
        for name, figures in reads.items()
        if max(figures["rows_scanned_a_request"].values(), default=0) > 1_000
    ]
