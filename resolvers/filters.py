"""Filters as clients write them, and as db/reads/keyset.py takes them."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from db.postgres.memo import by_identity
from db.reads import audit
from domain import ids
from domain.enums import (
    BindingStatus,
    Capability,
    HealthState,
    ProviderKind,
    SloStatus,
    TaskType,
    VersionStatus,
)
from resolvers.arguments import input_type, optional
from resolvers.reference_inputs import LabelInput, ModelRef
from resolvers.scalars import SHA256, SemVer


@input_type("Inclusive bounds.")
class FloatRange:
    gte: float | None = optional("At least this.")
    lte: float | None = optional("At most this.")


@input_type("Inclusive bounds.")
class DecimalRange:
    gte: Decimal | None = optional("At least this.")
    lte: Decimal | None = optional("At most this.")


@input_type("gte is inclusive, lt exclusive.")
class DateTimeRange:
    gte: datetime | None = optional("From this time on.")
    lt: datetime | None = optional("Before this time.")


@input_type("All given conditions must hold; a list means any of its values.")
class ModelFilter:
    ids: list[strawberry.ID] | None = optional("Models with one of these IDs.")
    names: list[str] | None = optional("Models with one of these names.")
    name_contains: str | None = optional(
        "Models whose name has this in it, in upper or lower case."
    )
    task: list[TaskType] | None = optional("Models for one of these tasks.")
    subject: list[str] | None = optional("Models of one of these subject domains.")
    labels: list[LabelInput] | None = optional("Models with one of these labels.")
    provider: list[str] | None = optional("Models that one of these providers, by slug, serves.")
    has_active_version: bool | None = optional("Models with an ACTIVE version, or without one.")
    created_at: DateTimeRange | None = optional("Models created in this time.")
    updated_at: DateTimeRange | None = optional("Models last written in this time.")


@input_type("All given conditions must hold; a list means any of its values.")
class VersionFilter:
    ids: list[strawberry.ID] | None = optional("Versions with one of these IDs.")
    models: list[ModelRef] | None = optional("Versions of one of these models.")
    version: list[SemVer] | None = optional("Versions with one of these semantic versions.")
    content_hash: list[SHA256] | None = optional("Versions with one of these content hashes.")
    region: list[str] | None = optional("Versions at home in one of these regions.")
    status: list[VersionStatus] | None = optional("Versions in one of these states.")
    alias: list[str] | None = optional("Versions that one of these aliases points at.")
    eval_score: FloatRange | None = optional("Quality from 0 to 1; unknown is in no range.")
    cost_per_1k: DecimalRange | None = optional(
        "US dollars per 1,000 tokens; unknown is in no range."
    )
    slo_status: list[SloStatus] | None = optional("Versions whose targets stand so.")
    capabilities: list[Capability] | None = optional("Versions with one of these capabilities.")
    created_at: DateTimeRange | None = optional("Versions registered in this time.")
    has_routable_binding: bool | None = optional("Versions that can be called now, or that cannot.")


@input_type("All given conditions must hold; a list means any of its values.")
class BindingFilter:
    ids: list[strawberry.ID] | None = optional("Bindings with one of these IDs.")
    versions: list[strawberry.ID] | None = optional("Bindings of one of these versions.")
    provider: list[str] | None = optional("Bindings of one of these providers, by slug.")
    provider_model_id: list[str] | None = optional(
        "Bindings under one of these names at the provider."
    )
    region: list[str] | None = optional("Bindings in one of these regions.")
    status: list[BindingStatus] | None = optional("Bindings in one of these states.")
    routable: bool | None = optional("Bindings that can be called now, or that cannot.")
    success_rate: FloatRange | None = optional("From 0 to 1; unknown is in no range.")
    latency_ms: FloatRange | None = optional("In milliseconds; unknown is in no range.")
    health: list[HealthState] | None = optional("Bindings that traffic says this of.")
    input_per_1k: DecimalRange | None = optional(
        "The input price now, US dollars per 1,000 tokens; unknown is in no range."
    )


@input_type("All given conditions must hold; a list means any of its values.")
class ProviderFilter:
    slugs: list[str] | None = optional("Providers with one of these slugs.")
    kind: list[ProviderKind] | None = optional("Providers that speak one of these API families.")
    name_contains: str | None = optional(
        "Providers whose name has this in it, in upper or lower case."
    )


def decoded(prefix: str, texts: list[str]) -> list[UUID]:
    """The keys behind ids; malformed ones, and those of another type, name nothing."""
    keys = (ids.decode(prefix, text) for text in texts)
    return [key for key in keys if key is not None]


def _models(refs: list[ModelRef]) -> dict[str, Any]:
    return {
        "ids": decoded(ids.MODEL, [ref.id for ref in refs if ref.id is not None]),
        "names": [ref.name for ref in refs if ref.name is not None],
    }


def _subjects(texts: list[str]) -> dict[str, list[UUID]]:
    """The keys of each kind of object that audit events can be about, by the ids' prefix."""
    keys = {prefix: decoded(prefix, texts) for prefix in audit.SUBJECTS}
    return {prefix: found for prefix, found in keys.items() if found}


def _range(bounds: Any) -> dict[str, Any]:
    return dict(vars(bounds))


_CONVERTERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("ModelFilter", "ids"): lambda texts: decoded(ids.MODEL, texts),
    ("VersionFilter", "ids"): lambda texts: decoded(ids.VERSION, texts),
    ("BindingFilter", "ids"): lambda texts: decoded(ids.BINDING, texts),
    ("BindingFilter", "versions"): lambda texts: decoded(ids.VERSION, texts),
    ("ModelFilter", "labels"): lambda labels: tuple({label.key: label.value} for label in labels),
    ("VersionFilter", "models"): _models,
    ("AuditEventFilter", "subject"): _subjects,
}
_RANGES = (FloatRange, DecimalRange, DateTimeRange)


@by_identity
def conditions(filter: Any) -> dict[str, Any]:
    """The conditions that a filter sets, by name; an absent or null one is none."""
    conditions = {}
    for name, value in vars(filter).items() if filter is not None else ():
        if value is None:
            continue
        convert = _CONVERTERS.get((type(filter).__name__, name))
        if convert is None and isinstance(value, _RANGES):
            convert = _range
        conditions[name] = convert(value) if convert else value
    return conditions
