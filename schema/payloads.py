"""What mutations answer: the object, or why not."""

from typing import Any

import strawberry

from schema.aliases import ModelAlias
from schema.bindings import Price, ProviderBinding
from schema.fields import attribute
from schema.models import Model
from schema.problems import UserError
from schema.providers import Provider
from schema.retention import RetentionRun
from schema.versions import ModelVersion


@strawberry.interface(
    description="Every payload: the object is null exactly when userErrors is not empty"
    " (reportOutcomes alone is per item)."
)
class MutationPayload:
    user_errors: list[UserError] = attribute("Why it was refused; empty when it was done.")


def payload_of(verb: str) -> Any:
    """A payload type, described by what its mutation does."""

    def decorate(cls: type) -> type:
        return strawberry.type(cls, description=f"What came of {verb}.")

    return decorate


@payload_of("createModel")
class CreateModelPayload(MutationPayload):
    model: Model | None = attribute("The new model.")


@payload_of("updateModel")
class UpdateModelPayload(MutationPayload):
    model: Model | None = attribute("The model as it is now.")


@payload_of("deleteModel")
class DeleteModelPayload(MutationPayload):
    deleted_id: strawberry.ID | None = attribute("The ID that is gone.")
    deleted_versions: int | None = attribute("How many versions went with it.")
    deleted_bindings: int | None = attribute("How many bindings went with it.")


@payload_of("createVersion")
class CreateVersionPayload(MutationPayload):
    version: ModelVersion | None = attribute("The new version.")
    archived: list[ModelVersion] | None = attribute("What retention archived for it.")


@payload_of("updateVersion")
class UpdateVersionPayload(MutationPayload):
    version: ModelVersion | None = attribute("The version as it is now.")


@payload_of("deleteVersion")
class DeleteVersionPayload(MutationPayload):
    deleted_id: strawberry.ID | None = attribute("The ID that is gone.")
    deleted_bindings: int | None = attribute("How many bindings went with it.")


@payload_of("archiveVersion")
class ArchiveVersionPayload(MutationPayload):
    version: ModelVersion | None = attribute("The version as it is now.")


@payload_of("restoreVersion")
class RestoreVersionPayload(MutationPayload):
    version: ModelVersion | None = attribute("The version as it is now.")


@payload_of("setVersionHold")
class SetVersionHoldPayload(MutationPayload):
    version: ModelVersion | None = attribute("The version as it is now.")


@payload_of("applyRetention")
class ApplyRetentionPayload(MutationPayload):
    run: RetentionRun | None = attribute("The run.")
    archived: list[ModelVersion] | None = attribute("The versions it archived.")
    purged_ids: list[strawberry.ID] | None = attribute("The versions it removed for good.")


@payload_of("createBinding")
class CreateBindingPayload(MutationPayload):
    binding: ProviderBinding | None = attribute("The new binding.")


@payload_of("updateBinding")
class UpdateBindingPayload(MutationPayload):
    binding: ProviderBinding | None = attribute("The binding as it is now.")


@payload_of("deleteBinding")
class DeleteBindingPayload(MutationPayload):
    deleted_id: strawberry.ID | None = attribute("The ID that is gone.")


@payload_of("setPrice")
class SetPricePayload(MutationPayload):
    binding: ProviderBinding | None = attribute("The binding.")
    price: Price | None = attribute("The price added to it.")


@payload_of("createProvider")
class CreateProviderPayload(MutationPayload):
    provider: Provider | None = attribute("The new provider.")


@payload_of("updateProvider")
class UpdateProviderPayload(MutationPayload):
    provider: Provider | None = attribute("The provider as it is now.")


@payload_of("deleteProvider")
class DeleteProviderPayload(MutationPayload):
    deleted_id: strawberry.ID | None = attribute("The ID that is gone.")


@payload_of("setAlias")
class SetAliasPayload(MutationPayload):
    alias: ModelAlias | None = attribute("The alias as it is now.")
    previous_version: ModelVersion | None = attribute("What it named before, if anything.")


@payload_of("rollbackAlias")
class RollbackAliasPayload(MutationPayload):
    alias: ModelAlias | None = attribute("The alias as it is now.")
    previous_version: ModelVersion | None = attribute("What it named until now.")


@payload_of("deleteAlias")
class DeleteAliasPayload(MutationPayload):
    model: Model | None = attribute("The model whose alias is gone.")
