"""Inserts rows that are valid by default; counters make them unique, not random values."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

from db.postgres.engine import Database
from db.tables import (
    BindingHealth,
    Catalog,
    CatalogEntry,
    CatalogValues,
    Circuit,
    Model,
    ModelAlias,
    ModelVersion,
    OutcomeHour,
    OutcomeMinute,
    Price,
    Provider,
    ProviderBinding,
    RegistryState,
    RetentionRun,
    Token,
    TokenSecret,
)
from domain import histograms, periods, prices, semver, token_secrets
from domain.access import Role
from domain.enums import BindingStatus, ProviderKind, TaskType, VersionStatus
from domain.traffic_enums import CircuitState, HealthState

_numbers = count(1)
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


async def _inserted(db: Database, *rows: Any) -> Any:
    async with db.write("tests") as session:
        session.add_all(rows)
        await session.flush()
        for row in rows:
            await session.refresh(row)
    return rows[0]


async def token(
    db: Database,
    role: Role = Role.READER,
    *,
    secret_expires_at: datetime | None = None,
    **columns: Any,
) -> str:
    """A token's secret; the token is valid unless the columns say otherwise.

    `secret_expires_at` is the end of a secret that was rotated out.
    """
    prefix = token_secrets.new_prefix()
    secret = token_secrets.new(prefix)
    values = {"name": f"token-{next(_numbers)}", "role": role, "prefix": prefix, **columns}
    row = await _inserted(db, Token(**values))
    stored = {"secret_hash": secret.secret_hash, "expires_at": secret_expires_at}
    await _inserted(db, TokenSecret(token_id=row.id, **stored))
    return secret.text


async def model(db: Database, **columns: Any) -> Model:
    """A CHAT model."""
    values = {"name": f"model-{next(_numbers)}", "task": TaskType.CHAT, **columns}
    return await _inserted(db, Model(**values))


async def version(db: Database, of: Model, **columns: Any) -> ModelVersion:
    """An ACTIVE version; numbers count up over the whole run, so they do in each model too."""
    number = next(_numbers)
    values = {
        "number": number,
        "version": f"{number}.0.0",
        "content_hash": sha256(str(number).encode()).hexdigest(),
        "region": "eu-west-1",
        "status": VersionStatus.ACTIVE,
        **columns,
    }
    values["semver_key"] = semver.sort_key(values["version"])
    return await _inserted(db, ModelVersion(model_id=of.id, **values))


async def provider(db: Database, **columns: Any) -> Provider:
    """A provider that speaks OpenAI's API."""
    slug = f"provider-{next(_numbers)}"
    values = {"slug": slug, "name": slug.title(), "kind": ProviderKind.OPENAI, **columns}
    return await _inserted(db, Provider(**values))


async def binding(
    db: Database, of: ModelVersion, by: Provider | None = None, **columns: Any
) -> ProviderBinding:
    """An ACTIVE binding, by a new provider by default."""
    by = by or await provider(db)
    values = {
        "provider_model_id": f"served-{next(_numbers)}",
        "status": BindingStatus.ACTIVE,
        **columns,
    }
    row = ProviderBinding(version_id=of.id, model_id=of.model_id, provider_id=by.id, **values)
    return await _inserted(db, row)


async def circuit(db: Database, **columns: Any) -> Circuit:
    """A circuit that opened once, and became HALF_OPEN in 2020."""
    values = {"state": CircuitState.OPEN, "open_until": EPOCH, "openings": 1, "changed_at": EPOCH}
    return await _inserted(db, Circuit(**{**values, **columns}))


async def price(
    db: Database, of: ProviderBinding, input_per_1k: str | None, **columns: Any
) -> Price:
    """A price in effect since 2020."""
    amount = Decimal(input_per_1k) if input_per_1k is not None else None
    values = {"effective_from": EPOCH, "input_per_1k": amount, **columns}
    values.setdefault("components", prices.to_json(prices.of_columns(values)))
    return await _inserted(db, Price(binding_id=of.id, **values))


async def alias(db: Database, of: ModelVersion, name: str = "production") -> ModelAlias:
    """An alias."""
    row = ModelAlias(model_id=of.model_id, name=name, version_id=of.id)
    return await _inserted(db, row)


async def catalog(db: Database, **columns: Any) -> Catalog:
    """A catalog that was imported in 2020."""
    values = {"name": f"catalog-{next(_numbers)}", "imported_at": EPOCH, **columns}
    return await _inserted(db, Catalog(**values))


async def entry(
    db: Database,
    of: Catalog,
    binding: ProviderBinding,
    said: dict[str, Any] | None = None,
    **columns: Any,
) -> CatalogEntry:
    """A listed entry; `said` has the values that the catalog says of the binding, as JSON."""
    stored = {"provider_model_id": binding.provider_model_id, "said": said or {}}
    values = {"key": f"key-{next(_numbers)}", "first_seen_at": EPOCH, "said": stored, **columns}
    ids = {"binding_id": binding.id, "version_id": binding.version_id}
    return await _inserted(db, CatalogEntry(catalog_id=of.id, **ids, **values))


async def catalog_values(db: Database, of: Any, **columns: Any) -> CatalogValues:
    """What all catalogs together said of a row when it was last merged, as JSON."""
    return await _inserted(db, CatalogValues(row_id=of.id, columns=columns))


async def health(db: Database, of: ProviderBinding, **columns: Any) -> BindingHealth:
    """The health of a binding whose window began in 2020; its figures hold for an hour."""
    until = datetime.now(UTC) + timedelta(hours=1)
    state = HealthState.UNKNOWN
    values = {"window_start": EPOCH, "state": state, "known_until": until, **columns}
    return await _inserted(db, BindingHealth(binding_id=of.id, **values))


async def minute(db: Database, of: UUID, at: datetime, **columns: Any) -> OutcomeMinute:
    """A minute of outcomes; the default counts are 0."""
    values = {"binding_id": of, "starts_at": at, "slot": periods.minute_slot(at), **columns}
    return await _inserted(db, OutcomeMinute(**values))


async def hour(db: Database, of: UUID, at: datetime, **columns: Any) -> OutcomeHour:
    """An hour of outcomes; the default counts are 0."""
    values = {"binding_id": of, "starts_at": at, "slot": periods.hour_slot(at), **columns}
    return await _inserted(db, OutcomeHour(**values))


def latencies(*calls: float) -> dict[str, Any]:
    """The columns of successful calls with these latencies in milliseconds."""
    histogram: histograms.Histogram = {}
    for ms in calls:
        histograms.merge(histogram, {histograms.bucket_of(ms): 1})
    encoded = histograms.encode(histogram)
    return {"success": len(calls), "latency": encoded, "latency_ms_sum": sum(calls)}


async def retention_run(db: Database) -> RetentionRun:
    """A run over all models that did nothing."""
    return await _inserted(db, RetentionRun(actor="tests"))


async def revision(db: Database) -> int:
    """The registry's revision in the database."""
    async with db.write("tests") as session:
        state = await session.get(RegistryState, 1)
        assert state is not None
        return state.revision
