"""The payloads of mutations: the result, or the errors that the caller can act on."""

from datetime import datetime
from typing import Any

import strawberry

from domain.problems import USER_ERRORS_MAX
from domain.retention import ACTIONS_MAX
from schema.aliases import ModelAlias
from schema.bindings import Price, ProviderBinding
from schema.fields import attribute
from schema.models import Model
from schema.problems import UserError
from schema.providers import Provider
from schema.retention import RetentionRun
from schema.tokens import Token
from schema.versions import ModelVersion


@strawberry.interface(
    description="The result of a mutation. When userErrors is not empty, nothing was changed and"
    " every other field is null; reportOutcomes alone records the items that have no errors."
)
class MutationPayload:
    user_errors: list[UserError] = attribute(
        "Why the mutation was refused, at most 100 reasons; empty when it succeeded.",
        items_max=USER_ERRORS_MAX,
    )


def payload_of(verb: str) -> Any:
    """A payload type, described by the name of its mutation."""

    def decorate(cls: type) -> type:
        cls.__doc__ = f"The result of {verb}."  # else dataclasses would write each signature
        return strawberry.type(cls, description=cls.__doc__)

    return decorate


@payload_of("createModel")
class CreateModelPayload(MutationPayload):
    model: Model | None = attribute("The created model; null on failure.")


@payload_of("updateModel")
class UpdateModelPayload(MutationPayload):
    model: Model | None = attribute("The changed model; null on failure.")


@payload_of("deleteModel")
class DeleteModelPayload(MutationPayload):
    deleted_id: strawberry.ID | None = attribute("The ID of the deleted object; null on failure.")
    deleted_versions: int | None = attribute(
        "How many versions were deleted with it; null on failure."
    )
    deleted_bindings: int | None = attribute(
        "How many bindings were deleted with it; null on failure."
    )


@payload_of("createVersion")
class CreateVersionPayload(MutationPayload):
    version: ModelVersion | None = attribute("The created version; null on failure.")
    archived: list[ModelVersion] | None = attribute(
        "The versions that applyRetention: true archived, empty without it; null on failure.",
        items_max=ACTIONS_MAX,
    )


@payload_of("updateVersion")
class UpdateVersionPayload(MutationPayload):
    version: ModelVersion | None = attribute("The changed version; null on failure.")


@payload_of("deleteVersion")
class DeleteVersionPayload(MutationPayload):
    deleted_id: strawberry.ID | None = attribute("The ID of the deleted object; null on failure.")
    deleted_bindings: int | None = attribute(
        "How many bindings were deleted with it; null on failure."
    )


@payload_of("archiveVersion")
class ArchiveVersionPayload(MutationPayload):
    version: ModelVersion | None = attribute("The changed version; null on failure.")


@payload_of("restoreVersion")
class RestoreVersionPayload(MutationPayload):
    version: ModelVersion | None = attribute("The changed version; null on failure.")


@payload_of("setVersionHold")
class SetVersionHoldPayload(MutationPayload):
    version: ModelVersion | None = attribute("The changed version; null on failure.")


@payload_of("applyRetention")
class ApplyRetentionPayload(MutationPayload):
    run: RetentionRun | None = attribute("The retention run; null on failure.")
    archived: list[ModelVersion] | None = attribute(
        "The archived versions; null on failure.", items_max=ACTIONS_MAX
    )
    purged_ids: list[strawberry.ID] | None = attribute(
        "The IDs of the versions that were deleted for good; null on failure.",
        items_max=ACTIONS_MAX,
    )


@payload_of("createBinding")
class CreateBindingPayload(MutationPayload):
    binding: ProviderBinding | None = attribute("The created binding; null on failure.")


@payload_of("updateBinding")
class UpdateBindingPayload(MutationPayload):
    binding: ProviderBinding | None = attribute("The changed binding; null on failure.")


@payload_of("deleteBinding")
class DeleteBindingPayload(MutationPayload):
    deleted_id: strawberry.ID | None = attribute("The ID of the deleted object; null on failure.")


@payload_of("setCircuit")
class SetCircuitPayload(MutationPayload):
    binding: ProviderBinding | None = attribute(
        "The binding that has the circuit; null on failure."
    )


@payload_of("claimTrial")
class ClaimTrialPayload(MutationPayload):
    binding: ProviderBinding | None = attribute(
        "The binding that has the circuit; null on failure."
    )
    claimed: bool | None = attribute(
        "Whether the caller has the trial, and may call; false when another has it; null on"
        " failure."
    )
    until: datetime | None = attribute(
        "When the trial is free again, unless an outcome ends it before; null on failure."
    )


@payload_of("setPrice")
class SetPricePayload(MutationPayload):
    binding: ProviderBinding | None = attribute("The binding that has the price; null on failure.")
    price: Price | None = attribute("The added price; null on failure.")


@payload_of("withdrawPrice")
class WithdrawPricePayload(MutationPayload):
    binding: ProviderBinding | None = attribute("The binding that had the price; null on failure.")
    price: Price | None = attribute(
        "The price that is in effect now; null when it is unknown, and on failure."
    )


@payload_of("createProvider")
class CreateProviderPayload(MutationPayload):
    provider: Provider | None = attribute("The created provider; null on failure.")


@payload_of("updateProvider")
class UpdateProviderPayload(MutationPayload):
    provider: Provider | None = attribute("The changed provider; null on failure.")


@payload_of("deleteProvider")
class DeleteProviderPayload(MutationPayload):
    deleted_id: strawberry.ID | None = attribute("The ID of the deleted object; null on failure.")


@payload_of("setAlias")
class SetAliasPayload(MutationPayload):
    alias: ModelAlias | None = attribute("The alias after the change; null on failure.")
    previous_version: ModelVersion | None = attribute(
        "The version that it pointed at before; null for a new alias, and on failure."
    )


@payload_of("rollbackAlias")
class RollbackAliasPayload(MutationPayload):
    alias: ModelAlias | None = attribute("The alias after the change; null on failure.")
    previous_version: ModelVersion | None = attribute(
        "The version that it pointed at before; null on failure."
    )


@payload_of("deleteAlias")
class DeleteAliasPayload(MutationPayload):
    model: Model | None = attribute("The model that had the alias; null on failure.")


@payload_of("reportOutcomes")
class ReportOutcomesPayload(MutationPayload):
    accepted: int = attribute(
        "How many items and rollups were recorded; a rollup counts once, whatever its count."
    )
    rejected: int = attribute(
        "How many items and rollups were not recorded, also where userErrors leaves them out; all"
        " of them when the call was refused as a whole, as for an invalid idempotencyKey."
    )


@payload_of("createToken")
class CreateTokenPayload(MutationPayload):
    token: Token | None = attribute("The created token; null on failure.")
    secret: str | None = attribute(
        "What its bearers send as `Authorization: Bearer <secret>`, shown once; only its hash is"
        " stored. Null for a repeated call, and on failure."
    )


@payload_of("rotateToken")
class RotateTokenPayload(MutationPayload):
    token: Token | None = attribute("The token; null on failure.")
    secret: str | None = attribute(
        "The new secret, shown once; only its hash is stored. Null for a repeated call, and on"
        " failure."
    )


@payload_of("revokeToken")
class RevokeTokenPayload(MutationPayload):
    token: Token | None = attribute("The revoked token; null on failure.")
