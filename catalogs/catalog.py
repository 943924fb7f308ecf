"""What a catalog says, whoever wrote it: plain data that load.py brings into the registry."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from domain.enums import BindingStatus, Capability, ProviderKind, TaskType, VersionStatus

HOME_REGION = "global"  # catalogs know where bindings run, not where a version is at home


class CatalogError(ValueError):
    """A catalog that cannot be read; the message names the entry at fault. Nothing is imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who serves models; `slug` is its key."""

    slug: str
    name: str
    kind: ProviderKind
    api_base: str | None = None
    docs_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per 1,000 tokens; None is unknown. Without a date it is what holds today."""

    input_per_1k: Decimal | None
    output_per_1k: Decimal | None
    cache_read_per_1k: Decimal | None
    effective_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """How one provider serves a version; unique by provider, its own name for it, and region."""

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
    """What holds for a version at every provider; None where the catalog does not know."""

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
    """An entry that was left out, or taken more simply than it is written, and why."""

    entry: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """All that one source says; `models` is read once, so that it may be generated on the way."""

    source: str
    providers: tuple[Provider, ...]
    models: Iterable[Model]
    binding_count: int
    skipped: tuple[ImportIssue, ...] = ()
    simplified: tuple[ImportIssue, ...] = ()


def content_hash(model: str, task: TaskType, version: str, facts: Facts) -> str:
    """SHA-256, in hex, of the canonical JSON (sorted keys, no blanks, UTF-8) of a version's facts.

    Nothing of a provider is in it, so that every provider's copy of a release is the same content.
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
