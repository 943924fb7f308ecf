"""What outcomes take: `python -m bench.outcomes --bindings 2000 --days 30`.

Fills the tables as ingest would leave them, 48 hours of minutes and the hours before, each minute
of each binding with calls. Then it measures their size, reads of usage, the compaction of an hour,
and the emptying of partitions.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from statistics import median
from typing import Annotated, Any

import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg
import typer

from bench import cpu, data, machine
from bench.terminal import note, progress, table
from db.postgres.engine import Database
from db.reads import usage
from db.reads.usage import UsageRange
from db.writes import compaction, health
from domain import histograms, periods
from domain.health import HealthRules
from domain.periods import HOUR_SLOTS, MINUTE_SLOTS, UsageStep

_SAMPLES = 200  # different histograms
_ROUNDS = 5
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# In the order of time, as reports come in: the rows of a binding lie far apart.
_FILL = """
    INSERT INTO {table}
        (binding_id, starts_at, slot, success, rate_limited, timeout, upstream_error, overloaded,
         auth, not_found, client_error, content_filter, cancelled, latency, latency_ms_sum,
         ttft, ttft_ms_sum, input_tokens, output_tokens, cost_usd)
    SELECT b.binding_id, t, {slot}, {calls} * 97 / 100, {calls} / 100, {calls} / 100, {calls} / 100,
        0, 0, 0, 0, 0, 0, s.latency, {calls} * 600.5, s.ttft, {calls} * 200.5,
        {calls} * 1200, {calls} * 350, {calls} * 0.00123
    FROM generate_series(%(since)s::timestamptz, %(until)s, %(step)s) t
    CROSS JOIN (SELECT binding_id, row_number() OVER () AS n FROM binding_health) b
    JOIN samples s ON s.n = (b.n * 7 + extract(epoch FROM t)::bigint / 60) %% %(samples)s
"""
_HEALTH = """
    INSERT INTO binding_health (binding_id, window_start, succeeded, failed, rate_limited, latency,
        ttft, state, last_outcome_at, consecutive_failures, recent)
    SELECT id, now() - interval '20 minutes', 1455, 30, 15, '', '', 'UNKNOWN', now(), 0, '[]'
    FROM provider_bindings ORDER BY id LIMIT %s
"""
_SIZES = """
    SELECT sum(pg_relation_size(inhrelid)), sum(pg_indexes_size(inhrelid)),
        (SELECT count(*) FROM {table})
    FROM pg_inherits WHERE inhparent = %(t)s::regclass
"""


def main(
    bindings: Annotated[int, typer.Option(min=20, help="Bindings with traffic.")] = 2_000,
    days: Annotated[int, typer.Option(min=3, max=85, help="Days of outcomes.")] = 30,
) -> None:
    """Measure the storage of outcomes on this machine."""
    with data.fresh(bindings) as url:
        facts = machine.facts(url)
        progress(str(facts))
        now = asyncio.run(_now(url))
        _fill(url, bindings, days, now)
        _show_sizes(url)
        asyncio.run(_measure(url, now))


async def _now(url: str) -> datetime:
    database = Database(url)
    try:
        return await compaction.now(database)
    finally:
        await database.close()


def _fill(url: str, bindings: int, days: int, now: datetime) -> None:
    since = periods.minutes_since(now)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_HEALTH, (bindings,))
        for name, since_, until, step, calls, median_ms in (
            ("outcome_minutes", since - _HOUR, now, _MINUTE, 100, 500),
            ("outcome_hours", now - _DAY * days, since - 2 * _HOUR, _HOUR, 6_000, 500),
        ):
            started = time.perf_counter()
            _samples(connection, calls, median_ms)
            is_minute = name == "outcome_minutes"
            seconds, slots = (86_400, MINUTE_SLOTS) if is_minute else (604_800, HOUR_SLOTS)
            slot = f"floor(extract(epoch FROM t) / {seconds})::int %% {slots}"
            statement = _FILL.format(table=name, slot=slot, calls=calls)
            start = periods.step_start(since_, UsageStep.HOUR)
            values = {"since": start, "until": until, "step": step, "samples": _SAMPLES}
            connection.execute(statement, values)
            progress(f"filled {name} in {time.perf_counter() - started:.0f} s")
        connection.execute("VACUUM ANALYZE outcome_minutes, outcome_hours, binding_health")


def _samples(connection: Any, calls: int, median_ms: float) -> None:
    source = random.Random(1)
    connection.execute("DROP TABLE IF EXISTS samples")
    connection.execute("CREATE TABLE samples (n bigint PRIMARY KEY, latency bytea, ttft bytea)")
    for number in range(_SAMPLES):
        encoded = []
        for center in (median_ms, median_ms / 3):
            histogram: histograms.Histogram = {}
            for _ in range(calls):
                ms = min(center * source.lognormvariate(0, 0.6), 86_400_000)
                histograms.merge(histogram, {histograms.bucket_of(ms): 1})
            encoded.append(histograms.encode(histogram))
        connection.execute("INSERT INTO samples VALUES (%s, %s, %s)", (number, *encoded))


def _show_sizes(url: str) -> None:
    rows = []
    with psycopg.connect(url) as connection:
        for name in ("outcome_minutes", "outcome_hours"):
            query = _SIZES.format(table=name).encode()
            heap, index, count = map(int, connection.execute(query, {"t": name}).fetchall()[0])
            rows.append((name, f"{count:,}", *(f"{n / 1e6:,.0f}" for n in (heap, index))))
            rows[-1] = (*rows[-1], f"{(heap + index) / count:.0f}")
    table("Sizes", ("table", "rows", "table MB", "index MB", "bytes a row"), rows)


async def _measure(url: str, now: datetime) -> None:
    database = Database(url)
    try:
        keys = _keys(url)
        rows = [
            await _reading(database, url, keys[:count], UsageRange(now - span, now, step))
            for count, span, step in (
                (1, _DAY, UsageStep.MINUTE),
                (6, _DAY, UsageStep.MINUTE),
                (20, _DAY, UsageStep.MINUTE),
                (20, _DAY, UsageStep.HOUR),
                (20, 30 * _DAY, UsageStep.HOUR),
                (20, 30 * _DAY, UsageStep.DAY),
            )
        ]
        table("Usage", ("read", "points", "ms", "CPU ms", "PostgreSQL ms", "loop held up ms"), rows)
        jobs = [
            await _job(url, "refresh of health", lambda: health.refresh(database, HealthRules())),
            await _job(url, "compaction of an hour", lambda: compaction.compact(database, now)),
            await _job(url, "compaction, nothing to do", lambda: compaction.compact(database, now)),
        ]
        tomorrow = now + _DAY
        jobs.append(
            await _job(url, "compaction of a day", lambda: compaction.compact(database, tomorrow))
        )
        jobs.append(
            await _job(url, "emptying the day", lambda: compaction.drop(database, tomorrow))
        )
        table(
            "Jobs",
            ("job", "result", "ms", "CPU ms", "PostgreSQL ms", "transactions", "loop held up ms"),
            jobs,
        )
        note("CPU is that of the process; 'loop held up' is the longest pause of its event loop.")
    finally:
        await database.close()


def _keys(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        query = "SELECT binding_id FROM binding_health ORDER BY md5(binding_id::text) LIMIT 20"
        return [key for (key,) in connection.execute(query)]


async def _reading(database: Database, url: str, keys: list[Any], wanted: UsageRange) -> Any:
    points = 0

    async def read() -> None:
        nonlocal points
        points = sum(map(len, (await usage.of_bindings(database.reader, keys, wanted)).values()))

    await read()
    runs = [await _timed(url, read) for _ in range(_ROUNDS)]
    figures = [f"{median(run[place] for run in runs):,.0f}" for place in range(3)]
    held_up = f"{max(run[3] for run in runs):,.0f}"
    days = (wanted.until - wanted.since) // _DAY
    name = f"{len(keys)} bindings, {days} days, {wanted.step.value}"
    return (name, f"{points:,}", *figures, held_up)


async def _job(url: str, name: str, run: Callable[[], Awaitable[object]]) -> tuple[str, ...]:
    before = _transactions(url)
    result: list[object] = []

    async def work() -> None:
        result.append(await run())

    figures = [f"{figure:,.0f}" for figure in await _timed(url, work)]
    done = _transactions(url) - before
    return (name, str(result[0]), *figures[:3], f"{done:,}", figures[3])


async def _timed(
    url: str, work: Callable[[], Awaitable[None]]
) -> tuple[float, float, float, float]:
    """Milliseconds: of the clock, of this process, of PostgreSQL, and the longest pause."""
    pauses = [0.0]

    async def tick() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.001)
            pauses.append(time.perf_counter() - before - 0.001)

    ticking = asyncio.create_task(tick())
    server = _server(url)
    started, cpu_before, server_before = time.perf_counter(), time.process_time(), _spent(server)
    await work()
    elapsed = time.perf_counter() - started
    spent, of_server = time.process_time() - cpu_before, _spent(server) - server_before
    ticking.cancel()
    return elapsed * 1e3, spent * 1e3, of_server * 1e3, max(pauses) * 1e3


def _server(url: str) -> psutil.Process:
    return psutil.Process(cpu.postmaster(url))


def _spent(server: psutil.Process) -> float:
    return sum(cpu.times(server.children(recursive=True)).values())


def _transactions(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_clear_snapshot()")
        query = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        ((count,),) = connection.execute(query).fetchall()
    return int(count)


if __name__ == "__main__":
    typer.run(main)
