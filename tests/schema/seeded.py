"""A small registry whose rows set or omit every field, and arguments that fit its data."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull
from sqlmodel import select

from db.postgres.engine import Database
from db.tables import ProviderBinding
from domain import ids, periods
from domain.enums import (
    ArchiveReason,
    BindingStatus,
    Capability,
    ProviderKind,
    TaskType,
    VersionStatus,
)
from domain.periods import UsageStep
from tests import factories
from tests.graphql import GraphQL

# From the path of an argument or input field ("Query.node.id") and its type; see
# tests/planner/documents.py.
Values: TypeAlias = Callable[[random.Random, str, Any], Any]

_UNKNOWN = [ids.encode(prefix, UUID(int=7)) for prefix in (ids.MODEL, ids.VERSION, ids.BINDING)]
_STATUSES = (
    VersionStatus.ACTIVE,
    VersionStatus.DEPRECATED,
    VersionStatus.ARCHIVED,
    VersionStatus.ACTIVE,
)
_BINDINGS = (
    {"success_rate": 0.99, "latency_ms": 120.5, "region": "eu-west-1", "config": {"a": [1, None]}},
    {"status": BindingStatus.DISABLED, "success_rate": 0.5, "endpoint": "https://example.org/v1"},
    {"sunset_on": date(2021, 5, 4), "priority": 5, "credential_ref": "env://KEY"},
    {"latency_ms": 900.0, "priority": 5, "weight": 0},
)
_YESTERDAY = periods.step_start(datetime.now(UTC) - timedelta(days=1), UsageStep.DAY)
_CURSORS = """
query Q($m: ModelOrder, $v: VersionOrder, $b: BindingOrder) {
  models(orderBy: $m) { edges { cursor node {
    versions { edges { cursor } } aliases { id history { edges { cursor } } } } } }
  versions(orderBy: $v) { edges { cursor node { bindings { edges { cursor } } } } }
  bindings(orderBy: $b) { edges { cursor node { prices { edges { cursor node { id } } } } } }
  providers { edges { cursor } }
  catalogs { edges { cursor node { id entries { edges { cursor node { id } } } } } }
  auditEvents { edges { cursor node { id subjectId } } }
  priceChanges { edges { cursor } }
  retirements { edges { cursor } }
  retentionStats { lastRun { id } }
}"""


@dataclass(frozen=True)
class Known:
    """Values of the registry that arguments can take, by type."""

    by_type: dict[str, list[Any]]
    cursors: dict[str, list[str]]
    ids: list[str]


async def fill(db: Database) -> Known:
    """Models with and without versions; versions, bindings and prices of every kind."""
    providers = [
        await factories.provider(db, kind=kind, **columns)
        for kind, columns in (
            (ProviderKind.OPENAI, {"docs_url": "https://example.org"}),
            (ProviderKind.BEDROCK, {"api_base": "https://example.org/api"}),
            (ProviderKind.OTHER, {}),
        )
    ]
    models = [
        await factories.model(db, subject="law", labels={"tier": "gold", "team": "a"}),
        await factories.model(db, description="“Ünïcode” \n and \\ quotes", retention_keep=1),
        await factories.model(db, task=TaskType.EMBEDDING, subject="math", labels={"tier": "low"}),
        await factories.model(db),
    ]
    for number, model in enumerate(models[:3]):
        versions = [await _version(db, model, number + index) for index in range(4)]
        for name, index in (("production", 0), ("canary", 3)):
            await factories.alias(db, versions[index], name)
        for index, version in enumerate(versions[: 3 - number]):
            for provider in providers[: 3 - index]:
                await _binding(db, version, provider, number + index)
    await factories.retention_run(db)
    await _catalogs(db)
    await _outcomes(db)
    return await _known(db)


async def _version(db: Database, model: Any, index: int) -> Any:
    status = _STATUSES[index % len(_STATUSES)]
    columns: dict[str, Any] = {"status": status, "region": ("eu-west-1", "us-east-1")[index % 2]}
    if index % 2:
        columns |= {
            "eval_score": index / 10,
            "cost_per_1k": "0.0025",
            "slo_latency_ms": 300,
            "slo_success_rate": 0.9,
            "context_window": 8_192,
            "max_output_tokens": 1_024,
            "capabilities": [Capability.TOOLS, Capability.VISION],
            "artifact_url": "s3://bucket/key",
            "size_bytes": 2**40,
            "metadata_": {"licence": None, "nested": [1, {"a": 0.5}]},
            "deprecated_on": date(2024, 2, 29),
            "sunset_on": date(2090, 1, 1) if index % 3 else date(2024, 3, 1),
        }
    if status is VersionStatus.ARCHIVED:
        columns |= {
            "archived_at": factories.EPOCH,
            "archive_reason": ArchiveReason.MANUAL,
            "archive_uri": "file:///cold/1",
            "archive_hash": "0" * 64,
            "archive_size_bytes": 7,
        }
    if index % 4 == 1:
        columns |= {"held_at": factories.EPOCH, "hold_reason": "audit", "hold_actor": "ann"}
    return await factories.version(db, model, **columns)


async def _binding(db: Database, version: Any, provider: Any, index: int) -> None:
    columns: dict[str, Any] = _BINDINGS[index % len(_BINDINGS)]
    binding = await factories.binding(db, version, provider, **columns)
    for days, amount in list(enumerate(("0.5", "0.0000001", None, "0")))[: index % 5]:
        then = factories.EPOCH + timedelta(days=days * 20)
        await factories.price(db, binding, amount, effective_from=then, source="list")
    if index % 2:
        then = factories.EPOCH + timedelta(days=36_500)
        await factories.price(db, binding, "9", output_per_1k="1.25", effective_from=then)


async def _catalogs(db: Database) -> None:
    """A catalog that lists some bindings, and says otherwise of them; and an empty one."""
    listing = await factories.catalog(db, precedence=10, url="https://example.org/list.json")
    await factories.catalog(db, imported_at=None, file_hash="0" * 64)
    said = {"priority": 7, "context_window": 100, "deprecated": True, "task": "CHAT"}
    async with db.write("tests") as session:
        bindings = list(await session.exec(select(ProviderBinding).order_by("id")))
    for index, binding in enumerate(bindings[:9]):
        then = factories.EPOCH if index % 3 == 1 else None
        columns = {"last_seen_at": then, "delisted_at": then}
        await factories.entry(db, listing, binding, said if index % 2 else None, **columns)
    await factories.catalog_values(db, bindings[1], priority=5, context_window=1)


async def _outcomes(db: Database) -> None:
    """Minutes and hours of some bindings, in the time that `usage` is asked for."""
    async with db.write("tests") as session:
        bindings = list(await session.exec(select(ProviderBinding).order_by("id")))
    calls = factories.latencies(20, 300, 4_000.5) | {"timeout": 2, "rate_limited": 1}
    for index, binding in enumerate(bindings[:4]):
        for minute in range(index, 100, 9):
            at = _YESTERDAY + timedelta(minutes=minute)
            await factories.minute(db, binding.id, at, **calls, input_tokens=2**40)
            at = _YESTERDAY - timedelta(hours=minute * 9)
            await factories.hour(db, binding.id, at, **calls, cost_usd="0.25")


async def _known(db: Database) -> Known:
    gql = GraphQL(db)
    cursors: dict[str, set[str]] = {}
    for model, version, binding in (
        ("NAME", "SEMVER", "SUCCESS_RATE"),
        ("CREATED_AT", "NUMBER", "PRIORITY"),
        ("UPDATED_AT", "COST_PER_1K", "INPUT_PER_1K"),
    ):
        orders = {"m": {"field": model}, "v": {"field": version}, "b": {"field": binding}}
        data = await gql(_CURSORS, **orders)
        _gather(data, "", cursors)
    all_ids = set(cursors.pop("id"))
    rows = await gql(
        "{ models { nodes { id name } } versions { nodes { id version contentHash number } }"
        " bindings { nodes { id providerModelId } } providers { nodes { id slug } }"
        " catalogs { nodes { id name } } }"
    )
    of = {
        f"{kind}.{key}": [node[key] for node in page["nodes"]]
        for kind, page in rows.items()
        for key in page["nodes"][0]
    }
    all_ids.update(*(values for key, values in of.items() if key.endswith(".id")))
    return Known(of, {key: sorted(values) for key, values in cursors.items()}, sorted(all_ids))


def _gather(value: Any, path: str, into: dict[str, set[str]]) -> None:
    if isinstance(value, list):
        for item in value:
            _gather(item, path, into)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ("cursor", "id", "subjectId"):
                into.setdefault(path if key == "cursor" else "id", set()).add(item)
            else:
                _gather(item, path if key in ("edges", "node") else key, into)


def values(known: Known) -> Values:
    """Arguments: mostly values that the data has, sometimes invalid ones."""
    texts, scalars = _texts(known), _scalars(known)

    def value(chance: random.Random, path: str, type_: Any) -> Any:
        is_required = isinstance(type_, GraphQLNonNull)
        type_ = type_.of_type if is_required else type_
        name = path.rsplit(".", 1)[-1]
        if isinstance(type_, GraphQLList | GraphQLInputObjectType):
            return NotImplemented
        rate = 0.9 if name in ("last", "before", "purgeArchivedBefore") else 0.1
        if not is_required and chance.random() < rate:
            return None
        if name in ("first", "last"):
            return chance.choice([0, 101, -1]) if chance.random() < 0.03 else chance.randint(1, 6)
        if name in ("after", "before"):
            if chance.random() < 0.6:
                return None  # most do not fit the order, which is another argument
            kind = path.split(".")[-2]
            return chance.choice(known.cursors.get(kind, ["x"]))
        for end, choices in texts:
            if path.endswith(end):
                is_nonsense = name != "strategy" and chance.random() < 0.05
                return _nonsense(chance, name) if is_nonsense else chance.choice(choices)
        if type_.name in scalars:
            return chance.choice(scalars[type_.name])
        return NotImplemented

    return value


def _texts(known: Known) -> list[tuple[str, list[Any]]]:
    """Values for an argument, by the end of its path; the first match counts."""
    of = known.by_type
    return [
        ("binding.id", of["bindings.id"]),
        ("BindingRef.id", of["bindings.id"]),
        ("ProviderRef.id", of["providers.id"]),
        ("ModelRef.id", of["models.id"]),
        ("VersionRef.id", of["versions.id"]),
        (".id", known.ids),
        (".ids", known.ids),
        ("AuditEventFilter.subjects", known.ids),
        ("PriceChangeFilter.bindings", of["bindings.id"]),
        (".subject", ["law", "math"]),
        (".subjects", ["law", "math"]),
        ("ModelRef.name", of["models.name"]),
        (".names", of["models.name"]),
        (".nameContains", ["model", "provider-1", "%", "", "3"]),
        ("catalog.name", of["catalogs.name"]),
        (".catalogs", of["catalogs.name"]),
        (".slug", of["providers.slug"]),
        (".slugs", of["providers.slug"]),
        (".provider", of["providers.slug"]),
        (".providers", of["providers.slug"]),
        (".actors", ["tests", "ann"]),
        (".providerModelId", of["bindings.providerModelId"]),
        (".providerModelIds", of["bindings.providerModelId"]),
        (".region", ["eu-west-1", "us-east-1"]),
        (".regions", ["eu-west-1", "us-east-1"]),
        (".alias", ["production", "canary", "latest"]),
        (".aliases", ["production", "canary", "latest"]),
        ("VersionFilter.versions", [*of["versions.version"], "1.0"]),
        ("LabelInput.key", ["tier", "team"]),
        ("LabelInput.value", ["gold", "low", "a"]),
        (".versions", of["versions.id"]),
        (".number", of["versions.number"]),
        (".expectedRevision", [1, 1, 2]),
        (".priority", [5, 100]),
        *_of_traffic(of["bindings.id"]),
    ]


def _of_traffic(bindings: list[Any]) -> list[tuple[str, list[Any]]]:
    """Values for usage and for routes, most of which leave candidates."""
    return [
        ("usage.from", [_YESTERDAY.isoformat(), (_YESTERDAY - timedelta(days=40)).isoformat()]),
        ("usage.to", [(_YESTERDAY + timedelta(hours=2)).isoformat()]),
        # without WEIGHTED, whose draw is new each time
        ("RouteInput.strategy", ["PRIORITY", "CHEAPEST", "FASTEST", "MOST_RELIABLE", "BALANCED"]),
        ("RouteInput.limit", [1, 5, 20]),
        ("RouteInput.stickyKey", [None]),
        ("RouteInput.seed", [1, -7]),
        ("RouteInput.excludeBindings", bindings),
        ("RouteInput.minContextWindow", [1, 8_000]),
        ("RouteInput.minSuccessRate", [0.5, 1]),
        ("RouteInput.minEvalScore", [0.0, 0.5]),
        ("RouteInput.maxCostPer1k", ["0.5", 3]),
        ("RouteInput.maxExpectedCost", ["0.5", 3]),
        ("RouteInput.maxLatencyMs", [100.5, 900.0]),
        ("UsageInput.inputTokens", [1_000_000]),
        ("UsageInput.outputTokens", [5_000]),
    ]


def _scalars(known: Known) -> dict[str, list[Any]]:
    of = known.by_type
    return {
        "SemVer": [*of["versions.version"], "1.0", "9.9.9"],
        "SHA256": [*of["versions.contentHash"], "0" * 64, "x"],
        "DateTime": ["2020-01-15T00:00:00Z", "2020-03-01T12:00:00.5+02:00", "2100-01-01T00:00:00Z"],
        "Date": ["2024-02-29", "2090-01-01", "2023-02-29"],
        "Decimal": ["0", "0.0000001", "0.5", 3, "1e400", "NaN"],
        "BigInt": [0, "1099511627776", 2**70],
        "JSON": [1, "x", [1, None], True],
        "URL": ["https://example.org/x", "s3://bucket/key", "no url"],
        "Float": [0.0, 0.5, 0.95, 200.0],
    }


def _nonsense(chance: random.Random, name: str) -> Any:
    if name in ("number", "expectedRevision", "priority"):
        return chance.choice([0, -1, 2**31 - 1])
    return chance.choice([*_UNKNOWN, "", "nobody", "mdl_", "a\u0000b", "é" * 300])
