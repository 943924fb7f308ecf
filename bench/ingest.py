"""Reported outcomes per second: `python -m bench.ingest --seconds 60 --kind rollups`.

Clients send batches to one server, over HTTP, on a new PostgreSQL that syncs to the disk.
Each batch has its idempotency key, and a rollup stands for 100 calls, with 14 bounds. One more
client may ask for routes of 20 candidates meanwhile, each another one, so that no response is
cached; `--clients 0 --routes` measures these alone. Prints the rates, the CPU time of a batch, and
checks that each acknowledged report was counted once.
"""

import argparse
import asyncio
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import orjson
import psutil  # type: ignore[import-untyped]  # its stubs are a package of their own
import psycopg

from bench import cpu
from bench.servers import Server, running, serve_command
from db.postgres import embedded, migrate
from db.postgres.engine import Database
from tests.outcomes import BOUNDS, REPORT, bindings

CALLS = 100  # of a rollup
_OUTCOMES = ("SUCCESS", "TIMEOUT", "RATE_LIMITED")
_ROUTE = """query ($model: String!, $seed: Int!) {
    route(input: {model: {name: $model}, strategy: BALANCED, limit: 20, seed: $seed}) {
        etag candidates { rank score binding { id url provider { slug } } } } }"""
_CANDIDATES = 20
_VARIANTS = 20  # of a batch; each client takes them in turn
_MINUTE, _KEY = b"2000-01-01T00:00:00+00:00", b"idempotency-key"


class Connection(NamedTuple):
    """A connection that is kept open: a client that costs next to nothing."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, body: bytes) -> Any:
        """The response of a request, which must have status 200."""
        head = f"POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n"
        self.writer.write(f"{head}content-type: application/json\r\n\r\n".encode() + body)
        found = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        _, _, length = found.partition(b"content-length: ")
        answer = await self.reader.readexactly(int(length.split(b"\r\n")[0]))
        if b" 200 " not in found.split(b"\r\n")[0]:
            raise SystemExit(answer.decode())
        return orjson.loads(answer)


async def main() -> None:
    """Measure one kind of report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kind", choices=("items", "rollups"), default="rollups")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--size", type=int, default=500)
    parser.add_argument("--bindings", type=int, default=500)
    parser.add_argument("--routes", action="store_true", help="one client asks for routes too")
    parser.add_argument("--workers", type=int, default=1, help="processes of each server")
    parser.add_argument("--apart", action="store_true", help="routes from a server of their own")
    parser.add_argument("--reporters", action="store_true", help="each client names itself")
    options = parser.parse_args()
    with TemporaryDirectory() as folder, embedded.running(Path(folder) / "data") as url:
        migrate.upgrade(url)
        database = Database(url)
        ids = await bindings(database, options.bindings)
        await bindings(database, _CANDIDATES)
        await database.close()
        environment = {"REGISTRY_FIRST_CATALOG": "none", "REGISTRY_BODY_BYTES_MAX": "1048576"}
        server = Server(
            "outcomes", "registry", serve_command(options.workers), environment=environment
        )
        logs = [Path(folder) / name for name in ("reports", "routes")]
        for each in logs:
            each.mkdir()
        with running(server, url, logs[0]) as served, running(server, url, logs[1]) as other:
            processes = _processes(served.pid, Path(folder) / "data")
            routes_url = (other if options.apart else served).url
            await _measure(options, ids, (_model(url), routes_url), served.url, processes)
        _check(url, options.kind)


_accepted: Counter[str] = Counter()


async def _measure(
    options: argparse.Namespace,
    ids: list[str],
    routes: tuple[str, str],
    url: str,
    processes: dict[str, Any],
) -> None:
    """`routes` has the model whose routes are asked for, and the URL of the server."""
    port = _port(url)
    before = {name: cpu.times(each) for name, each in processes.items()}
    usage, began = cpu.cores(), time.monotonic()
    until = began + options.seconds
    latencies: list[float] = []
    clients = [_report(options, ids, port, n, until, latencies) for n in range(options.clients)]
    asked = [_ask(routes[0], _port(routes[1]), until)] if options.routes else []
    done = await asyncio.gather(*asked, *clients)
    elapsed = time.monotonic() - began
    busy = 1 - (cpu.cores().idle - usage.idle) / (cpu.cores().total - usage.total)
    if asked:
        print(f"routes: {done[0] / elapsed:,.0f} a second, one after another")
    print(f"the machine was {busy:.0%} busy, with all that runs on it")
    batches = len(latencies)
    if not batches:
        return
    reports = batches * options.size
    print(f"{options.kind}: {reports / elapsed:,.0f} a second, of {options.bindings} bindings")
    print(f"batches of {options.size}: {batches / elapsed:.1f} a second, {options.clients} clients")
    latencies.sort()
    print(f"ms a batch: p50 {median(latencies):.0f}, p99 {latencies[int(batches * 0.99)]:.0f}")
    for name, each in processes.items():
        used_s = cpu.used(before[name], cpu.times(each))
        print(
            f"CPU of {name}: {1_000 * used_s / batches:.1f} ms a batch,"
            f" {used_s / elapsed:.2f} cores"
        )


async def _report(
    options: argparse.Namespace,
    ids: list[str],
    port: int,
    number: int,
    until: float,
    latencies: list[float],
) -> None:
    connection = Connection(*await asyncio.open_connection("127.0.0.1", port, limit=2**20))
    dice = random.Random(number)
    bodies = [_body(options, ids, dice, f"gw-{number}") for _ in range(_VARIANTS)]
    sent = 0
    while (began := time.monotonic()) < until:
        now = datetime.now(UTC).replace(microsecond=0)
        at = now.replace(second=0) - timedelta(minutes=1) if options.kind == "rollups" else now
        body = bodies[sent % _VARIANTS].replace(_MINUTE, at.isoformat().encode())
        key = f"{number:05}-{sent:09}".encode()
        answer = await connection.post(body.replace(_KEY, key))
        payload = answer["data"]["reportOutcomes"]
        if payload["rejected"] and not options.reporters:
            raise SystemExit(str(payload["userErrors"][:3]))
        _accepted["reports"] += payload["accepted"]
        latencies.append(1_000 * (time.monotonic() - began))
        sent += 1
    connection.writer.close()


async def _ask(model: str, port: int, until: float) -> int:
    connection = Connection(*await asyncio.open_connection("127.0.0.1", port, limit=2**20))
    asked = 0
    while time.monotonic() < until:
        variables = {"model": model, "seed": asked}
        answer = await connection.post(orjson.dumps({"query": _ROUTE, "variables": variables}))
        assert len(answer["data"]["route"]["candidates"]) == _CANDIDATES, answer
        asked += 1
    connection.writer.close()
    return asked


def _port(url: str) -> int:
    return int(url.split(":")[2].split("/")[0])


def _model(url: str) -> str:
    """The name of the model whose routes are asked for: the newest one."""
    with psycopg.connect(url) as connection:
        ((name,),) = connection.execute("SELECT name FROM models ORDER BY id DESC LIMIT 1")
    return str(name)


def _body(options: argparse.Namespace, ids: list[str], dice: random.Random, reporter: str) -> bytes:
    made = [_rollup, _item][options.kind == "items"]
    if options.kind == "rollups":  # each binding and outcome once
        pairs = [(key, outcome) for key in ids for outcome in _OUTCOMES]
        first = dice.randrange(len(pairs) - options.size + 1)
        chosen = pairs[first : first + options.size]  # as a gateway that ends a minute has them
    else:
        chosen = [(dice.choice(ids), dice.choice(_OUTCOMES)) for _ in range(options.size)]
    input = {options.kind: [made(*pair, dice) for pair in chosen], "idempotencyKey": _KEY.decode()}
    if options.reporters:
        input["reporter"] = reporter
    return orjson.dumps({"query": REPORT, "variables": {"input": input}})


def _rollup(binding: str, outcome: str, dice: random.Random) -> dict[str, Any]:
    counts = [0] * (len(BOUNDS) + 1)
    for _ in range(CALLS):
        counts[min(len(BOUNDS), max(0, round(dice.gauss(7, 1.5))))] += 1
    ms_sum = sum(0.9 * ms * calls for ms, calls in zip((*BOUNDS, 20_000), counts, strict=True))
    return {
        "binding": binding,
        "minute": _MINUTE.decode(),
        "outcome": outcome,
        "count": CALLS,
        "latencyMs": {"bounds": BOUNDS, "counts": counts, "sum": ms_sum},
        "inputTokens": "123456",
        "outputTokens": "23456",
        "costUsd": "1.2345",
    }


def _sum_ms(counts: list[int]) -> float:
    """The latencies' sum if each were in the middle of its bucket."""
    edges = [0.0, *BOUNDS, 2 * BOUNDS[-1]]
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    return sum(count * middle for count, middle in zip(counts, middles, strict=True))


def _item(binding: str, outcome: str, dice: random.Random) -> dict[str, Any]:
    latency_ms = dice.lognormvariate(6, 0.8)
    times = {"latencyMs": latency_ms, "ttftMs": latency_ms / 5}
    tokens = {"inputTokens": 1_234, "outputTokens": 345}
    return {"binding": binding, "at": _MINUTE.decode(), "outcome": outcome, **times, **tokens}


def _processes(server: int, folder: Path) -> dict[str, Any]:
    """The processes of the server and of PostgreSQL."""
    pid = int(next(folder.rglob("postmaster.pid")).read_text("utf-8").split()[0])
    return {"the server": _Tree(server), "PostgreSQL": _Tree(pid)}


class _Tree:
    """A process with all its children, as they are now."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def __iter__(self) -> Any:
        return iter([self._root, *self._root.children(recursive=True)])


def _check(url: str, kind: str) -> None:
    sums = " + ".join(f"sum({outcome.lower()})" for outcome in _OUTCOMES)
    with psycopg.connect(url) as connection:
        ((stored,),) = connection.execute(
            f"SELECT coalesce({sums}, 0) FROM outcome_minutes"
        ).fetchall()
    expected = _accepted["reports"] * (CALLS if kind == "rollups" else 1)
    print(f"calls: {stored:,} are stored, {expected:,} were acknowledged")
    if stored != expected:
        raise SystemExit("calls were lost, or counted twice")


if __name__ == "__main__":
    asyncio.run(main())
