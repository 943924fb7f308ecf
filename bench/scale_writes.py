"""Writes to a large database, and the log (WAL) of each."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench import load, operations, scale_sql, servers
from bench.load import RequestSource
from bench.operations import SampledKeys
from bench.servers import SERVERS, RunningServer
from bench.terminal import progress
from catalogs.importing.plan import Options
from catalogs.importing.run import run
from catalogs.sources import genai_prices
from db.postgres.engine import Database, PoolLimits

_CALLS = 500  # of a report of Q7
_BATCH = 50  # bindings of a new version, with a price each
_VERSIONS_MAX = 20_000
_BATCH_DOCUMENT = """mutation Batch($input: CreateVersionInput!) {
    createVersion(input: $input) { version { id } userErrors { code message } } }"""
_CONNECTIONS = (1, 8)


def measure(url: str, seconds: float, folder: Path) -> dict[str, Any]:
    """Single updates, versions with 50 bindings each, and reported outcomes, by name."""
    keys = operations.sample_keys(url)
    environment = {**SERVERS[0].environment, "REGISTRY_INPUT_LIST_MAX": str(_BATCH)}
    server = replace(SERVERS[0], has_cursors=False, environment=environment)
    found = {}
    with servers.running(server, url, folder) as started:
        for name, lines in _requests(started, keys).items():
            bodies = folder / "bodies"
            bodies.write_text("\n".join(lines) + "\n", "utf-8")
            for connections in _CONNECTIONS:
                one = _measured(url, started, bodies, seconds, connections)
                if name == "Q7":
                    one["outcomes_per_second"] = round(one["per_second"] * _CALLS)
                found[f"{name}, {connections} connection{'s' * (connections > 1)}"] = one
                progress(f"  {name}, {connections}: {one}")
    return found


def _requests(server: RunningServer, keys: SampledKeys) -> Mapping[str, list[str]]:
    return {
        "Q4": operations.bodies("Q4", server.dialect, keys),
        "Batch": [_batch(name, n) for n, (name, _) in enumerate(keys.models[:_VERSIONS_MAX])],
        "Q7": operations.bodies("Q7", server.dialect, keys),
    }


def _batch(model: str, number: int) -> str:
    """A version that no other request creates: the generator's number is in its name."""
    hash_ = sha256(f"batch {model} {time.time_ns()}".encode()).hexdigest()
    given = {
        "model": {"name": model},
        "version": f"9.{number}.0",
        "contentHash": hash_,
        "region": "eu-west-1",
        "status": "ACTIVE",
        "bindings": [
            {
                "provider": "synthetic-openai",
                "providerModelId": f"{model}-b{place}",
                "price": {"inputPer1k": "0.001", "outputPer1k": "0.002"},
            }
            for place in range(_BATCH)
        ],
    }
    return json.dumps({"query": _BATCH_DOCUMENT, "variables": {"input": given}})


def _measured(
    url: str, server: RunningServer, bodies: Path, seconds: float, connections: int
) -> dict[str, Any]:
    counted: dict[str, float] = {}
    with scale_sql.counting(url, counted, scale_sql.settle_s(seconds)):
        result = load.run(
            RequestSource(server.url, bodies), seconds, connections, connections=connections
        )
    figures, requests = result.figures(), max(1, result.requests)
    return {
        "per_second": figures["per_second"],
        "p50_ms": figures["p50_ms"],
        "p99_ms": figures["p99_ms"],
        "failures": figures["failures"],
        "wal_bytes": round(counted["wal_bytes"] / requests),
        "hit_share": round(counted["hit_share"], 3),
    }


def import_catalog(url: str) -> dict[str, float]:
    """The seconds of a plan, of an import and of a second import of the shipped catalog."""
    return asyncio.run(_import_catalog(url))


async def _import_catalog(url: str) -> dict[str, float]:
    database = Database(url, PoolLimits(statement_timeout_ms=600_000))
    file, took = genai_prices.read(), {}
    try:
        for name, options in (
            ("plan", Options(is_plan=True)),
            ("import", Options()),
            ("second import", Options()),
        ):
            began = time.monotonic()
            report = await run(database, file, {}, options, lambda done, total: None)
            assert not report.warnings, report.warnings
            took[name] = round(time.monotonic() - began, 1)
            progress(f"  catalog, {name}: {took[name]} s")
    finally:
        await database.close()
    return took
