"""The rows of an import's temporary tables: one named tuple class per table.

The fields are the table's columns, in order. `ref` becomes the row's primary key if the row is new.
Enums are stored as their values, labels as JSON text.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID


class ProviderRow(NamedTuple):
    """A provider; its key is the slug."""

    ref: UUID
    slug: str
    name: str
    kind: str
    api_base: str | None
    docs_url: str | None


class ModelRow(NamedTuple):
    """A model; its key is the name."""

    ref: UUID
    name: str
    task: str
    subject: str | None
    description: str | None
    labels: str


class VersionRow(NamedTuple):
    """A version; its key is the model's name and the semantic version."""

    ref: UUID
    model: str
    version: str
    semver_key: str
    content_hash: str
    region: str
    status: str
    eval_score: float | None
    cost_per_1k: Decimal | None
    slo_latency_ms: int | None
    slo_success_rate: float | None
    context_window: int | None
    max_output_tokens: int | None
    capabilities: list[str] | None


class BindingRow(NamedTuple):
    """A binding; its key is the version, the provider's slug and model id, and the region."""

    ref: UUID
    model: str
    version: str
    provider: str
    provider_model_id: str
    region: str | None
    status: str
    priority: int
    weight: int
    sunset_on: date | None
    success_rate: float | None
    latency_ms: float | None


class PriceRow(NamedTuple):
    """A price; `binding` is the ref of its staged binding. Without a date it is today's price."""

    ref: UUID
    binding: UUID
    input_per_1k: Decimal | None
    output_per_1k: Decimal | None
    cache_read_per_1k: Decimal | None
    effective_from: datetime | None


Row = ProviderRow | ModelRow | VersionRow | BindingRow | PriceRow

TABLES: dict[type[Row], str] = {
    ProviderRow: "staged_providers",
    ModelRow: "staged_models",
    VersionRow: "staged_versions",
    BindingRow: "staged_bindings",
    PriceRow: "staged_prices",
}

CREATE = (
    """CREATE TEMP TABLE staged_providers (
        ref uuid, slug text COLLATE "C", name text, kind text, api_base text, docs_url text
    ) ON COMMIT DROP""",
    """CREATE TEMP TABLE staged_models (
        ref uuid, name text COLLATE "C", task text, subject text, description text, labels jsonb
    ) ON COMMIT DROP""",
    """CREATE TEMP TABLE staged_versions (
        ref uuid, model text COLLATE "C", version text, semver_key text COLLATE "C",
        content_hash text COLLATE "C", region text, status text, eval_score float8,
        cost_per_1k numeric(20, 10), slo_latency_ms integer, slo_success_rate float8,
        context_window integer, max_output_tokens integer, capabilities text[]
    ) ON COMMIT DROP""",
    """CREATE TEMP TABLE staged_bindings (
        ref uuid, model text COLLATE "C", version text, provider text COLLATE "C",
        provider_model_id text, region text, status text, priority integer, weight integer,
        sunset_on date, success_rate float8, latency_ms float8
    ) ON COMMIT DROP""",
    """CREATE TEMP TABLE staged_prices (
        ref uuid, binding uuid, input_per_1k numeric(20, 10), output_per_1k numeric(20, 10),
        cache_read_per_1k numeric(20, 10), effective_from timestamptz
    ) ON COMMIT DROP""",
    # The staged bindings with their foreign keys, and their own key, existing or new.
    """CREATE TEMP TABLE resolved_bindings (
        id uuid, is_new boolean, version_id uuid, model_id uuid, provider_id uuid,
        LIKE staged_bindings
    ) ON COMMIT DROP""",
    # The versions that the catalog names, in all of its chunks.
    "CREATE TEMP TABLE named_versions (id uuid) ON COMMIT DROP",
    "CREATE TEMP TABLE import_changes (kind text, action text) ON COMMIT DROP",
)
