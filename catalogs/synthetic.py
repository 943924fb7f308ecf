"""Generated data for benchmarks and demonstrations, with plausible but invented figures.

The same sizes and seed give the same content. The label `synthetic`, the names of providers and the
source of prices mark the data as synthetic: it is no catalog, and has no entries. Models are
generated while they are copied into the database, so a million bindings need no more memory than a
thousand.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from catalogs.importing import run
from catalogs.importing.applying import copy_rows
from db.postgres.engine import Database
from domain import actors, ids, prices, semver
from domain.enums import BindingStatus, Capability, PriceMeter, PriceUnit, ProviderKind, TaskType
from domain.prices import PriceComponent

SOURCE = "synthetic"
_CHUNK_BINDINGS = 20_000  # about 20 MB of rows in memory
_REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1")
_SUBJECTS = ("math", "law", "medicine", "code", "finance", None)
_TASKS = (TaskType.CHAT,) * 7 + (TaskType.EMBEDDING, TaskType.RERANK, TaskType.CLASSIFICATION)
_CONTEXTS = (8_192, 32_768, 128_000, 200_000, 1_000_000)
_STEP = Decimal("0.0000001")
_KINDS = tuple(ProviderKind)
Rows = dict[str, list[dict[str, Any]]]  # of each table, parents first


class Added(NamedTuple):
    """The number of rows added to each table, and in words what did not follow."""

    rows: dict[str, int]
    warnings: list[str]


async def load(
    database: Database, sizes: tuple[int, int, int], seed: int, progress: Callable[[int, int], None]
) -> Added:
    """Add models that are not there yet: `sizes` are the numbers of models, of versions of each
    model, and of bindings of each version, all at least 1.

    Commits about 20,000 bindings at a time, each model in one piece: an audit log of millions of
    events would not be sealed within the time of one statement. A second call adds what an
    interrupted one has not.

    Calls `progress(bindings done, total)`.
    """
    if min(sizes) < 1:
        raise ValueError("models, versions and bindings must be at least 1")
    added: dict[str, int] = defaultdict(int)
    done = 0
    async with database.write(actors.catalog_import(SOURCE)) as session:
        await run.begin(session)
        providers = await _providers(session, added)
    for chunk in _chunks(sizes, seed, providers):
        async with database.write(actors.catalog_import(SOURCE)) as session:
            await run.begin(session)
            new = await _new(session, chunk)
            for table, rows in new.items():
                added[table] += len(rows)
                if rows:
                    await copy_rows(session, table, list(rows[0]), rows)
        done += len(chunk["provider_bindings"])
        progress(done, sizes[0] * sizes[1] * sizes[2])
    warnings = await run.settle(database, actors.catalog_import(SOURCE))
    return Added(dict(added), warnings)


def _chunks(sizes: tuple[int, int, int], seed: int, providers: list[UUID]) -> Iterator[Rows]:
    """The rows of models, about _CHUNK_BINDINGS bindings at once; a model is never split."""
    chunk: Rows = _no_rows()
    for number in range(1, sizes[0] + 1):
        _add_model(chunk, number, sizes[1:], Random(f"{seed}/{number}"), providers)  # noqa: S311 - sample figures
        if len(chunk["provider_bindings"]) >= _CHUNK_BINDINGS:
            yield chunk
            chunk = _no_rows()
    yield chunk


def _no_rows() -> Rows:
    return {table: [] for table in ("models", "model_versions", "provider_bindings", "prices")}


async def _providers(session: AsyncSession, added: dict[str, int]) -> list[UUID]:
    """The ids of a provider of each kind, which are added where they are missing."""
    slugs = {f"synthetic-{kind.value.lower().replace('_', '-')}": kind for kind in _KINDS}
    connection = await session.connection()
    query = "SELECT slug, id FROM providers WHERE slug = ANY(:slugs)"
    found = await connection.execute(sa.text(query), {"slugs": list(slugs)})
    known: dict[str, UUID] = {slug: key for slug, key in found}
    rows: list[dict[str, Any]] = [
        {
            "id": ids.new(),
            "revision": 1,
            "slug": slug,
            "name": f"Synthetic {kind.value.replace('_', ' ').title()}",
            "kind": kind.value,
        }
        for slug, kind in slugs.items()
        if slug not in known
    ]
    if rows:
        await copy_rows(session, "providers", list(rows[0]), rows)
    added["providers"] = len(rows)
    known |= {str(row["slug"]): row["id"] for row in rows}
    return [known[slug] for slug in slugs]


async def _new(session: AsyncSession, chunk: Rows) -> Rows:
    """The rows of models whose names are not taken."""
    names = [row["name"] for row in chunk["models"]]
    query = "SELECT lower(name) FROM models WHERE lower(name) = ANY(:names)"
    found = await (await session.connection()).execute(sa.text(query), {"names": names})
    taken = set(found.scalars())
    if not taken:
        return chunk
    models = {row["id"] for row in chunk["models"] if row["name"] not in taken}
    bindings = [row for row in chunk["provider_bindings"] if row["model_id"] in models]
    kept = {row["id"] for row in bindings}
    return {
        "models": [row for row in chunk["models"] if row["id"] in models],
        "model_versions": [row for row in chunk["model_versions"] if row["model_id"] in models],
        "provider_bindings": bindings,
        "prices": [row for row in chunk["prices"] if row["binding_id"] in kept],
    }


def _add_model(
    chunk: Rows, number: int, sizes: tuple[int, ...], random: Random, providers: list[UUID]
) -> None:
    name, versions = f"model-{number:04d}", sizes[0]
    model = {
        "id": ids.new(),
        "revision": 1,
        "name": name,
        "task": random.choice(_TASKS).value,
        "subject": random.choice(_SUBJECTS),
        "description": "A synthetic model; its figures are generated.",
        "labels": {"synthetic": "true", "tier": random.choice(("gold", "silver", "bronze"))},
        "retention_keep": 3,
        "last_number": versions,
    }
    chunk["models"].append(model)
    for place in range(versions):
        price = Decimal(random.lognormvariate(-6, 1))
        version = _version(random, model, place, versions, price)
        chunk["model_versions"].append(version)
        for each in range(sizes[1]):
            binding = _binding(random, version, f"{name}-v{place}", each, providers)
            chunk["provider_bindings"].append(binding)
            chunk["prices"].append(_price(random, binding["id"], price))


def _version(
    random: Random, model: dict[str, Any], place: int, versions: int, price: Decimal
) -> dict[str, Any]:
    version = f"1.{place}.0"
    return {
        "id": ids.new(),
        "revision": 1,
        "model_id": model["id"],
        "number": place + 1,
        "version": version,
        "semver_key": semver.sort_key(version),
        "content_hash": sha256(f"{SOURCE}/{model['name']}/{version}".encode()).hexdigest(),
        "context_window": random.choice(_CONTEXTS),
        "max_output_tokens": random.choice((4_096, 8_192, 16_384, 64_000)),
        "capabilities": sorted(random.sample(list(Capability), random.randint(1, 6))),
        "status": _status(random, place, versions),
        "region": random.choice(_REGIONS),
        "eval_score": round(random.betavariate(8, 3), 4),
        "cost_per_1k": price.quantize(_STEP),
        "slo_latency_ms": random.choice((500, 1_000, 2_000, 5_000)),
        "slo_success_rate": random.choice((0.95, 0.99, 0.995)),
    }


def _status(random: Random, place: int, versions: int) -> str:
    if place == versions - 1:
        return "ACTIVE"  # every model has an ACTIVE version
    share = random.random()
    return "ACTIVE" if share < 0.85 else "DEPRECATED" if share < 0.95 else "DRAFT"


def _binding(
    random: Random, version: dict[str, Any], name: str, number: int, providers: list[UUID]
) -> dict[str, Any]:
    """`number` determines provider and region, so that all bindings of a version differ in key."""
    round_, provider = divmod(number, len(providers))
    copy, region = divmod(round_, len(_REGIONS))
    status = BindingStatus.ACTIVE if random.random() < 0.95 else BindingStatus.DISABLED
    return {
        "id": ids.new(),
        "revision": 1,
        "version_id": version["id"],
        "model_id": version["model_id"],
        "provider_id": providers[provider],
        "provider_model_id": name + (f"-{copy}" if copy else ""),
        "region": _REGIONS[region],
        "config": {},
        "status": status.value,
        "priority": random.choice((10, 100, 100, 200)),
        "weight": random.choice((50, 100, 100, 300)),
        "success_rate": round(min(1.0, random.gauss(0.985, 0.012)), 4),
        "latency_ms": round(random.lognormvariate(6.5, 0.5), 1),
    }


def _price(random: Random, binding_id: UUID, price: Decimal) -> dict[str, Any]:
    """A price of unknown start."""
    factor = Decimal(random.uniform(0.7, 1.4))
    input_per_1k = (price * factor).quantize(_STEP)
    amounts = {
        PriceMeter.INPUT: input_per_1k,
        PriceMeter.OUTPUT: input_per_1k * random.choice((3, 4, 5)),
        PriceMeter.CACHE_READ: (input_per_1k / 10).quantize(_STEP / 10),
    }
    components = tuple(
        PriceComponent(meter, PriceUnit.TOKENS_1K, amount) for meter, amount in amounts.items()
    )
    return {
        "id": ids.new(),
        "binding_id": binding_id,
        "effective_from": "-infinity",
        "source": SOURCE,
        "components": prices.to_json(components),
        **prices.columns(components),
    }
