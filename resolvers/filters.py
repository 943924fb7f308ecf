"""The inputs of filters, and their conversion to the conditions of db/reads/keyset.py."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from db.postgres.memo import by_identity
from db.reads import audit
from domain import ids
from domain.enums import BindingStatus, Capability, ProviderKind, SloStatus, TaskType, VersionStatus
from domain.names import without_case
from domain.traffic_enums import HealthState
from resolvers.arguments import input_type, optional
from resolvers.errors import RequestError
from resolvers.reference_inputs import LabelInput, ModelRef
from resolvers.scalars import SHA256, SemVer

_WORDS_MAX = 8  # that a name is searched for: each makes the statement longer
FILTER_DESCRIPTION = (
    "An object must match every field that is set. A list matches any of its values, and"
    " an empty one nothing, unless its field says otherwise; it has at most 100 values by default."
)


@input_type("A range of numbers, both bounds inclusive. An unknown value is in no range.")
class FloatRange:
    gte: float | None = optional("At least this; no lower bound when null.")
    lte: float | None = optional("At most this; no upper bound when null.")


@input_type("A range of decimals, both bounds inclusive. An unknown value is in no range.")
class DecimalRange:
    gte: Decimal | None = optional("At least this; no lower bound when null.")
    lte: Decimal | None = optional("At most this; no upper bound when null.")


@input_type("A range of whole numbers, both bounds inclusive. An unknown value is in no range.")
class IntRange:
    gte: int | None = optional("At least this; no lower bound when null.")
    lte: int | None = optional("At most this; no upper bound when null.")


@input_type("A range of days (UTC), both bounds inclusive. An unknown day is in no range.")
class DateRange:
    gte: date | None = optional("On this day or later; no lower bound when null.")
    lte: date | None = optional("On this day or earlier; no upper bound when null.")


@input_type("A period: gte is inclusive, lt exclusive.")
class DateTimeRange:
    gte: datetime | None = optional("At this time or later; no lower bound when null.")
    lt: datetime | None = optional("Before this time; no upper bound when null.")


@input_type(FILTER_DESCRIPTION)
class ModelFilter:
    ids: list[strawberry.ID] | None = optional("Models with one of these IDs.")
    names: list[str] | None = optional("Models with one of these names, in any case.")
    name_contains: str | None = optional(
        "Models whose name contains this text, in any case; of several words, all of them, in any"
        " order. At most 8 words."
    )
    tasks: list[TaskType] | None = optional("Models for one of these tasks.")
    subjects: list[str] | None = optional("Models with one of these subjects.")
    labels: list[LabelInput] | None = optional("Models with one of these labels.")
    providers: list[str] | None = optional("Models with a binding of these providers, by slug.")
    has_active_version: bool | None = optional("True: with an ACTIVE version; false: without.")
    capabilities: list[Capability] | None = optional(
        "Models whose latestVersion has all of these capabilities; all models when it is empty."
    )
    context_window: IntRange | None = optional(
        "Models whose latestVersion has a contextWindow in this range."
    )
    released_on: DateRange | None = optional("Models whose latestVersion was released then.")
    version_statuses: list[VersionStatus] | None = optional(
        "Models with a version in one of these states."
    )
    regions: list[str] | None = optional("Models with a binding in one of these regions.")
    input_per_1k: DecimalRange | None = optional(
        "Models whose lowest input price now of a routable binding is in this range.",
        name="inputPer1k",
    )
    output_per_1k: DecimalRange | None = optional(
        "Models whose lowest output price now of a routable binding is in this range.",
        name="outputPer1k",
    )
    sunset_on: DateRange | None = optional(
        "Models whose latestVersion, or one of whose bindings, has a sunsetOn in this range."
    )
    aliases: list[str] | None = optional("Models that have one of these aliases.")
    listed: bool | None = optional(
        "True: models with a binding that a catalog lists now; false: the others."
    )
    created_at: DateTimeRange | None = optional("Models created in this period.")
    updated_at: DateTimeRange | None = optional("Models last changed in this period.")


@input_type(FILTER_DESCRIPTION)
class VersionFilter:
    ids: list[strawberry.ID] | None = optional("Versions with one of these IDs.")
    models: list[ModelRef] | None = optional("Versions of one of these models.")
    versions: list[SemVer] | None = optional("Versions with one of these semantic versions.")
    content_hashes: list[SHA256] | None = optional("Versions with one of these content hashes.")
    regions: list[str] | None = optional("Versions with one of these home regions.")
    statuses: list[VersionStatus] | None = optional("Versions with one of these states.")
    aliases: list[str] | None = optional("Versions that one of these aliases points at.")
    eval_score: FloatRange | None = optional("Versions with an evalScore in this range, 0 to 1.")
    cost_per_1k: DecimalRange | None = optional("Versions with a costPer1k in this range.")
    slo_statuses: list[SloStatus] | None = optional(
        "Versions with one of these sloStatus values.", observed=True
    )
    capabilities: list[Capability] | None = optional(
        "Versions with all of these capabilities, and maybe others; all versions when it is empty."
    )
    any_capability: list[Capability] | None = optional(
        "Versions with at least one of these capabilities."
    )
    released_on: DateRange | None = optional("Versions released on these days.")
    rolling: bool | None = optional("True: rolling versions; false: the others.")
    deprecated_on: DateRange | None = optional("Versions with a deprecatedOn in this range.")
    sunset_on: DateRange | None = optional("Versions with a sunsetOn in this range.")
    providers: list[str] | None = optional("Versions with a binding of these providers, by slug.")
    created_at: DateTimeRange | None = optional("Versions created in this period.")
    has_routable_binding: bool | None = optional("True: with a routable binding; false: without.")
    held: bool | None = optional("True: versions with a hold; false: the others.")


@input_type(FILTER_DESCRIPTION)
class BindingFilter:
    ids: list[strawberry.ID] | None = optional("Bindings with one of these IDs.")
    versions: list[strawberry.ID] | None = optional("Bindings of one of these versions.")
    providers: list[str] | None = optional("Bindings of one of these providers, by slug.")
    provider_model_ids: list[str] | None = optional("Bindings with these names at the provider.")
    regions: list[str] | None = optional("Bindings in one of these regions.")
    statuses: list[BindingStatus] | None = optional("Bindings with one of these states.")
    routable: bool | None = optional("True: bindings that can be called now; false: the others.")
    success_rate: FloatRange | None = optional(
        "Bindings with a successRate in this range, 0 to 1.", observed=True
    )
    latency_ms: FloatRange | None = optional(
        "Bindings with a latencyMs in this range.", observed=True
    )
    health_states: list[HealthState] | None = optional(
        "Bindings in one of these health states.", observed=True
    )
    input_per_1k: DecimalRange | None = optional(
        "Bindings whose input price now, US dollars per 1,000 tokens, is in this range.",
        name="inputPer1k",
    )
    output_per_1k: DecimalRange | None = optional(
        "Bindings whose output price now, US dollars per 1,000 tokens, is in this range.",
        name="outputPer1k",
    )
    capabilities: list[Capability] | None = optional(
        "Bindings with all of these capabilities, their own or, where theirs are null, those of the"
        " version; all bindings when it is empty."
    )
    any_capability: list[Capability] | None = optional(
        "Bindings with at least one of these capabilities, their own or else those of the version."
    )
    context_window: IntRange | None = optional(
        "Bindings with a contextWindow in this range, their own or else that of the version."
    )
    tasks: list[TaskType] | None = optional("Bindings of models for one of these tasks.")
    models: list[ModelRef] | None = optional("Bindings of one of these models.")
    version_statuses: list[VersionStatus] | None = optional(
        "Bindings of versions with one of these states."
    )
    sunset_on: DateRange | None = optional(
        "Bindings whose own sunsetOn is in this range; that of the version may be earlier."
    )
    has_region: bool | None = optional("True: bindings with a region; false: without.")
    listed: bool | None = optional("True: bindings that a catalog lists now; false: the others.")


@input_type(FILTER_DESCRIPTION)
class ProviderFilter:
    slugs: list[str] | None = optional("Providers with one of these slugs.")
    kinds: list[ProviderKind] | None = optional("Providers of one of these kinds.")
    name_contains: str | None = optional("Providers whose name contains this text, in any case.")


def decoded(prefix: str, texts: list[str]) -> list[UUID]:
    """The keys of ids; ids that are malformed or of another type are left out."""
    keys = (ids.decode(prefix, text) for text in texts)
    return [key for key in keys if key is not None]


def _models(refs: list[ModelRef]) -> dict[str, Any]:
    return {
        "ids": decoded(ids.MODEL, [ref.id for ref in refs if ref.id is not None]),
        "names": [without_case(ref.name) for ref in refs if ref.name is not None],
    }


def _subjects(texts: list[str]) -> dict[str, list[UUID]]:
    """The keys of the ids, by prefix, for each type that audit events can be about."""
    by_prefix = {prefix: decoded(prefix, texts) for prefix in audit.SUBJECTS}
    return {prefix: keys for prefix, keys in by_prefix.items() if keys}


def _words(text: str) -> tuple[str, ...]:
    """The words of a text, of which none can be in a name."""
    words = tuple(text.split())
    if len(words) > _WORDS_MAX:
        raise RequestError(f"nameContains: at most {_WORDS_MAX} words, not {len(words)}")
    return words


def _range(bounds: Any) -> dict[str, Any]:
    return dict(vars(bounds))


_CONVERTERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("ModelFilter", "ids"): lambda texts: decoded(ids.MODEL, texts),
    ("ModelFilter", "names"): lambda names: [without_case(name) for name in names],
    ("ModelFilter", "name_contains"): _words,
    ("VersionFilter", "ids"): lambda texts: decoded(ids.VERSION, texts),
    ("BindingFilter", "ids"): lambda texts: decoded(ids.BINDING, texts),
    ("BindingFilter", "versions"): lambda texts: decoded(ids.VERSION, texts),
    ("ModelFilter", "labels"): lambda labels: tuple({label.key: label.value} for label in labels),
    ("VersionFilter", "models"): _models,
    ("BindingFilter", "models"): _models,
    ("PriceChangeFilter", "bindings"): lambda texts: decoded(ids.BINDING, texts),
    ("PriceChangeFilter", "models"): _models,
    ("RetirementFilter", "models"): _models,
    ("AuditEventFilter", "subjects"): _subjects,
    ("AuditEventFilter", "models"): _models,
}
# Lists of which all values must match: an empty one sets no condition.
_ALL_OF = {(f"{kind}Filter", "capabilities") for kind in ("Model", "Version", "Binding")}
_RANGES = (FloatRange, DecimalRange, IntRange, DateRange, DateTimeRange)


@by_identity
def conditions(filter: Any) -> dict[str, Any]:
    """The conditions that a filter sets, by name; absent and null fields set none."""
    conditions = {}
    for name, value in vars(filter).items() if filter is not None else ():
        field = (type(filter).__name__, name)
        if value is None or (value == [] and field in _ALL_OF):
            continue
        convert = _CONVERTERS.get(field)
        if convert is None and isinstance(value, _RANGES):
            convert = _range
        conditions[name] = convert(value) if convert else value
    return conditions
