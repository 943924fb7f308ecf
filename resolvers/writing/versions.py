"""Mutations of versions."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from strawberry import Maybe
from strawberry.scalars import JSON

from archive.store import ArchiveStore
from db.reads.retention_plan import RetentionScope
from db.tables import ModelVersion
from db.writes import aliases, archive, bindings, retention, versions
from domain import ids, rules
from domain.enums import Capability, VersionStatus
from domain.problems import Invalid, Problem
from domain.retention import ACTIONS_MAX
from resolvers import references
from resolvers.arguments import IDEMPOTENCY_KEY, describe, input_type, optional, required
from resolvers.context import Info
from resolvers.reference_inputs import ModelRef, VersionRef
from resolvers.scalars import SHA256, URL, BigInt, SemVer
from resolvers.writing.archive import store_of
from resolvers.writing.bindings import NewBindingInput, new_binding
from resolvers.writing.inputs import EXPECTED_REVISION, InputColumns, with_distinct_capabilities
from resolvers.writing.transaction import refuse_if_any, write


@input_type("A new version.")
class CreateVersionInput:
    model: ModelRef = required("The model it is a version of.")
    version: SemVer = required("Unique in the model.")
    content_hash: SHA256 = required(
        "Unique in the model: publishing the same content twice is ALREADY_EXISTS."
    )
    region: str = required("Home region, such as eu-west-1.")
    status: VersionStatus = optional("DRAFT, ACTIVE or DEPRECATED.", default=VersionStatus.ACTIVE)
    eval_score: float | None = optional("Quality from 0 to 1.")
    cost_per_1k: Decimal | None = optional(
        "Cost in US dollars per 1,000 tokens, with at most 10 decimals.", name="costPer1k"
    )
    slo_latency_ms: int | None = optional("Target 95th-percentile latency in milliseconds.")
    slo_success_rate: float | None = optional("Target success rate, 0 to 1.")
    context_window: int | None = optional("Largest number of tokens in a context.")
    max_output_tokens: int | None = optional("Largest number of tokens in a response.")
    capabilities: list[Capability] | None = optional(
        "Features beyond its task; null when unknown, empty for none."
    )
    artifact_url: URL | None = optional("The URI of its artifact.")
    size_bytes: BigInt | None = optional("Size of the artifact in bytes.")
    metadata_: JSON | None = optional("Any JSON of at most 16 KiB and 8 levels.", name="metadata")
    released_on: date | None = optional("The day on which its maker released it.")
    rolling: bool = optional(
        "True for a name under which the provider may serve something else tomorrow, such as one"
        " without a date.",
        default=False,
    )
    deprecated_on: date | None = optional(
        "The day from which new uses should choose another version."
    )
    sunset_on: date | None = optional("The last day (UTC) on which its bindings are routable.")
    bindings: list[NewBindingInput] | None = optional("How providers serve it.")
    alias: str | None = optional("An alias to point at it, such as production.")
    apply_retention: bool = optional(
        "Then archive the versions that retention no longer keeps.", default=False
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("Changes of a version; an absent field stays, null clears.")
class UpdateVersionInput:
    version: VersionRef = required("The version.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    region: Maybe[str | None] = optional("Another home region.")
    status: Maybe[VersionStatus | None] = optional("DRAFT to ACTIVE, or ACTIVE to DEPRECATED.")
    eval_score: Maybe[float | None] = optional("Quality from 0 to 1.")
    cost_per_1k: Maybe[Decimal | None] = optional(
        "Cost in US dollars per 1,000 tokens, with at most 10 decimals.", name="costPer1k"
    )
    slo_latency_ms: Maybe[int | None] = optional("Target 95th-percentile latency in milliseconds.")
    slo_success_rate: Maybe[float | None] = optional("Target success rate, 0 to 1.")
    context_window: Maybe[int | None] = optional("Largest number of tokens in a context.")
    max_output_tokens: Maybe[int | None] = optional("Largest number of tokens in a response.")
    capabilities: Maybe[list[Capability] | None] = optional(
        "All its capabilities from now on; null for unknown, empty for none."
    )
    artifact_url: Maybe[URL | None] = optional("The URI of its artifact.")
    size_bytes: Maybe[BigInt | None] = optional("Size of the artifact in bytes.")
    metadata_: Maybe[JSON | None] = optional(
        "Any JSON of at most 16 KiB and 8 levels.", name="metadata"
    )
    released_on: Maybe[date | None] = optional("The day on which its maker released it.")
    rolling: Maybe[bool | None] = optional(
        "True for a name under which the provider may serve something else tomorrow, such as one"
        " without a date."
    )
    deprecated_on: Maybe[date | None] = optional(
        "The day from which new uses should choose another version."
    )
    sunset_on: Maybe[date | None] = optional(
        "The last day (UTC) on which its bindings are routable."
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("A version to delete, with its bindings.")
class DeleteVersionInput:
    version: VersionRef = required("The version.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    force: bool = optional(
        "Without it a version that is ACTIVE, held or has an alias is IN_USE.", default=False
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


_NEW = InputColumns(
    CreateVersionInput,
    ModelVersion,
    rules.VERSION,
    *("model", "bindings", "alias", "apply_retention", "idempotency_key"),
)
_CHANGES = InputColumns(
    UpdateVersionInput,
    ModelVersion,
    rules.VERSION,
    *("version", "expected_revision", "idempotency_key"),
)


class CreatedVersion(NamedTuple):
    """The new version, and the versions that retention archived because of it."""

    version: ModelVersion
    archived: list[ModelVersion]


class DeletedVersion(NamedTuple):
    """The id of the deleted version, and how many bindings were deleted with it."""

    deleted_id: str
    deleted_bindings: int


async def create(
    info: Info, input: Annotated[CreateVersionInput, describe("The version.")]
) -> CreatedVersion:
    """Register a version, optionally with its bindings and an alias, in one transaction."""
    values = with_distinct_capabilities(_NEW.values(input))
    new_bindings = [new_binding(binding) for binding in input.bindings or []]
    refuse_if_any(input, _problems(input, values, [problems for _, problems in new_bindings]))
    store = store_of(info, "applyRetention") if input.apply_retention else None

    async def insert_version(session: Any) -> CreatedVersion:
        model = await references.existing_model(session, input.model)
        version = await versions.create(session, model.id, values)
        new = [binding for binding, _ in new_bindings]
        await bindings.create(session, version, new, lambda n: ("bindings", str(n)))
        if input.alias is not None:
            await aliases.point(session, version, input.alias)
        scope = RetentionScope([model.id], recent_traffic=info.context.service.recent_traffic)
        archived = await _apply_retention(session, scope, store) if store is not None else []
        return CreatedVersion(version, archived)

    return CreatedVersion(*await write(info, input, insert_version))


async def update(
    info: Info, input: Annotated[UpdateVersionInput, describe("The version and its changes.")]
) -> ModelVersion:
    """Absent fields stay; null clears. Number, semantic version and hash are immutable."""
    values = with_distinct_capabilities(_CHANGES.values(input))
    refuse_if_any(input, [*_CHANGES.problems(values), *_dates(values)])

    async def update_version(session: Any) -> ModelVersion:
        key = await references.version_key(session, input.version)
        return await versions.update(session, key, input.expected_revision, values)

    return await write(info, input, update_version)


async def delete(
    info: Info, input: Annotated[DeleteVersionInput, describe("The version.")]
) -> DeletedVersion:
    """Delete a version with its bindings; its number is never used again."""
    refuse_if_any(input)

    async def delete_version(session: Any) -> DeletedVersion:
        key = await references.version_key(session, input.version)
        count = await versions.delete(session, key, input.expected_revision, force=input.force)
        return DeletedVersion(ids.encode(ids.VERSION, key), count)

    return DeletedVersion(*await write(info, input, delete_version))


async def _apply_retention(
    session: Any, scope: RetentionScope, store: ArchiveStore
) -> list[ModelVersion]:
    """Apply retention to a model; returns the versions that it archived."""
    result = await retention.apply(session, store, scope, actions_max=ACTIONS_MAX)
    return await archive.reloaded(session, result.archived)


def _problems(
    input: CreateVersionInput, values: dict[str, Any], of_bindings: list[list[Problem]]
) -> list[Problem]:
    problems = [*_NEW.problems(values), *_dates(values)]
    if input.status == VersionStatus.ARCHIVED:
        problems.append(Invalid("status must be DRAFT, ACTIVE or DEPRECATED", ("status",)))
    problems += rules.breaches({"alias": input.alias}, {"alias": rules.alias_name})
    for n, of_binding in enumerate(of_bindings):
        problems += [problem.within("bindings", str(n)) for problem in of_binding]
    return problems


def _dates(values: dict[str, Any]) -> list[Problem]:
    deprecated_on, sunset_on = values.get("deprecated_on"), values.get("sunset_on")
    if deprecated_on is None or sunset_on is None or deprecated_on <= sunset_on:
        return []
    return [Invalid("sunsetOn must not be before deprecatedOn", ("sunsetOn",))]
