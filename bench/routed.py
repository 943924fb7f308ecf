"""Models for routes: each has one version, with 20 bindings that are all candidates."""

import asyncio
from decimal import Decimal
from hashlib import sha256
from typing import Any

import psycopg

from catalogs.importing.applying import copy_rows
from db.postgres.engine import Database
from domain import ids, prices, semver
from domain.candidates import CANDIDATES_MAX
from domain.enums import PriceMeter, PriceUnit
from domain.prices import PriceComponent

MODELS = 500  # so many that hardly two of 32 requests at a time are for the same one
PREFIX = "routed-"  # of their names, which come after all others
_VERSION = "1.0.0"
_REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1")
_TOKENS = Decimal("0.000001")  # US dollars, per 1,000 tokens

# Measured figures of each binding, different from those that are set by hand.
_HEALTH = """
    INSERT INTO binding_health (binding_id, window_start, succeeded, failed, rate_limited, latency,
        ttft, state, success_rate, rate_limited_share, latency_ms_p50, latency_ms_p95,
        latency_ms_p99, last_outcome_at, known_until, consecutive_failures, recent)
    SELECT b.id, now(), 990, 10, 0, '', '', 'HEALTHY', b.success_rate - 0.01, 0, b.latency_ms,
        b.latency_ms * 2, b.latency_ms * 3, now(), now() + interval '1 day', 0, '[]'
    FROM provider_bindings b JOIN models m ON m.id = b.model_id WHERE starts_with(m.name, %s)
"""


def add(url: str) -> None:
    """Add the models to a filled database."""
    with psycopg.connect(url) as connection:
        providers = [key for (key,) in connection.execute("SELECT id FROM providers ORDER BY slug")]
    rows = _rows(providers)
    asyncio.run(_copy(url, rows))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_HEALTH, [PREFIX])
        connection.execute("VACUUM ANALYZE")


def _rows(providers: list[Any]) -> dict[str, list[dict[str, Any]]]:
    models = [_model(number) for number in range(MODELS)]
    versions = [_version(model) for model in models]
    bindings = [
        _binding(version, place, number, providers)
        for number, version in enumerate(versions)
        for place in range(CANDIDATES_MAX)
    ]
    return {
        "models": models,
        "model_versions": versions,
        "provider_bindings": bindings,
        "prices": [_price(binding["id"], number) for number, binding in enumerate(bindings)],
    }


async def _copy(url: str, rows: dict[str, list[dict[str, Any]]]) -> None:
    database = Database(url)
    try:
        async with database.write("bench") as session:
            for table, of_table in rows.items():
                await copy_rows(session, table, list(of_table[0]), of_table)
    finally:
        await database.close()


def _model(number: int) -> dict[str, Any]:
    return {
        "id": ids.new(),
        "revision": 1,
        "name": f"{PREFIX}{number:04d}",
        "task": "CHAT",
        "labels": {},
        "retention_keep": 3,
        "last_number": 1,
    }


def _version(model: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": ids.new(),
        "revision": 1,
        "model_id": model["id"],
        "number": 1,
        "version": _VERSION,
        "semver_key": semver.sort_key(_VERSION),
        "content_hash": sha256(model["name"].encode()).hexdigest(),
        "region": _REGIONS[0],
        "status": "ACTIVE",
    }


def _binding(
    version: dict[str, Any], place: int, number: int, providers: list[Any]
) -> dict[str, Any]:
    """A version's bindings differ in provider, region or served model, and in figures."""
    round_, provider = divmod(place, len(providers))
    copy, region = divmod(round_, len(_REGIONS))
    mixed = (number * CANDIDATES_MAX + place) * 7_919
    return {
        "id": ids.new(),
        "revision": 1,
        "version_id": version["id"],
        "model_id": version["model_id"],
        "provider_id": providers[provider],
        "provider_model_id": f"served-{copy}",
        "region": _REGIONS[region],
        "endpoint": f"https://provider-{provider}.example/v1/models/served-{copy}",
        "config": {},
        "status": "ACTIVE",
        "priority": 100,  # of all, so that the strategy alone decides
        "weight": 100,
        "success_rate": 0.95 + mixed % 499 / 10_000,
        "latency_ms": 200.0 + mixed % 1_499,
    }


def _price(binding_id: Any, number: int) -> dict[str, Any]:
    input_per_1k = (500 + number * 31 % 997) * _TOKENS
    amounts = {PriceMeter.INPUT: input_per_1k, PriceMeter.OUTPUT: input_per_1k * 4}
    components = tuple(
        PriceComponent(meter, PriceUnit.TOKENS_1K, amount) for meter, amount in amounts.items()
    )
    return {
        "id": ids.new(),
        "binding_id": binding_id,
        "effective_from": "-infinity",
        "source": "bench",
        "components": prices.to_json(components),
        **prices.columns(components),
    }
