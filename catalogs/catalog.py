"""The content of a catalog, whatever its source: plain data that load.py imports."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from domain.enums import BindingStatus, Capability, ProviderKind, TaskType, VersionStatus

HOME_REGION = "global"  # catalogs have regions of bindings, but no home region of a version


class CatalogError(ValueError):
    """The catalog is malformed; the message names the faulty entry. Nothing is imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A service that hosts models; `slug` is its key."""

    slug: str
    name: str
    kind: ProviderKind
    api_base: str | None = None
    docs_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per 1,000 tokens; None is unknown. Without a date it is today's price."""

    input_per_1k: Decimal | None
    output_per_1k: Decimal | None
    cache_read_per_1k: Decimal | None
    effective_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """How a provider serves a version; unique by provider, provider_model_id and region."""

    provider: str
    provider_model_id: str
    region: str | None = None
    sunset_on: date | None = None
    prices: tuple[Price, ...] = ()
    status: BindingStatus = BindingStatus.ACTIVE
    priority: int = 100
    weight: int = 100
    success_rate: float | None = None
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Properties that a version has at every provider; None is unknown."""

    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: tuple[Capability, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One release of a model; `version` is semantic."""

    version: str
    facts: Facts
    bindings: tuple[Binding, ...]
    status: VersionStatus = VersionStatus.ACTIVE
    region: str = HOME_REGION
    eval_score: float | None = None
    cost_per_1k: Decimal | None = None
    slo_latency_ms: int | None = None
    slo_success_rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model under its canonical name."""

    name: str
    task: TaskType
    versions: tuple[Version, ...]
    subject: str | None = None
    description: str | None = None
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportIssue:
    """An entry that was skipped, or imported only in part, and the reason."""

    entry: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The content of one source. `models` is iterated once, so it may be a generator.

    It is complete: versions that it does not name are no longer listed by this source.
    """

    source: str
    providers: tuple[Provider, ...]
    models: Iterable[Model]
    binding_count: int
    skipped: tuple[ImportIssue, ...] = ()
    partial: tuple[ImportIssue, ...] = ()
    lists_versions: bool = True  # retention keeps what it names; False for generated data


def content_hash(model: str, task: TaskType, version: str, facts: Facts) -> str:
    """SHA-256, in hex, of the canonical JSON (sorted keys, no blanks, UTF-8) of a version's facts.

    It leaves out the provider, so that all providers of a release have the same content hash.
    """
    manifest = {
        "model": model,
        "task": task.value,
        "version": version,
        "contextWindow": facts.context_window,
        "maxOutputTokens": facts.max_output_tokens,
        "capabilities": sorted(facts.capabilities or ()),
    }
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
