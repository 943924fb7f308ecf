"""Mutations of aliases."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from db.tables import Model
from db.writes import aliases
from db.writes.aliases import MovedAlias
from domain import ids, rules
from domain.problems import NotFound, Refused
from resolvers import references
from resolvers.arguments import IDEMPOTENCY_KEY, describe, input_type, optional, required
from resolvers.context import Info
from resolvers.reference_inputs import ModelRef, VersionRef
from resolvers.writing.transaction import refuse_if_any, write

_EXPECTED_VERSION = "Refuse with REVISION_MISMATCH unless the alias points at this version now."


@input_type("An alias, and the version that it is to point at.")
class SetAliasInput:
    model: ModelRef = required("The model.")
    alias: str = required("A lower-case word such as production; not latest.")
    version: VersionRef = required("The version to point at; of this model.")
    expected_version: strawberry.ID | None = optional(_EXPECTED_VERSION)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("An alias to roll back.")
class RollbackAliasInput:
    model: ModelRef = required("The model.")
    alias: str = required("The alias.")
    expected_version: strawberry.ID | None = optional(_EXPECTED_VERSION)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("An alias to delete.")
class DeleteAliasInput:
    model: ModelRef = required("The model.")
    alias: str = required("The alias.")
    expected_version: strawberry.ID | None = optional(_EXPECTED_VERSION)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


async def point(
    info: Info, input: Annotated[SetAliasInput, describe("The alias and its version.")]
) -> MovedAlias:
    """Point an alias such as production at a version, creating or moving it."""
    expected = _expected_version(input)

    async def point_alias(session: Any) -> MovedAlias:
        model = await references.existing_model(session, input.model)
        version = await references.existing_version(session, input.version)
        if version.model_id != model.id:
            raise Refused(NotFound("the version belongs to another model", ("version",)))
        return await aliases.point(session, version, input.alias, expected)

    return MovedAlias(*await write(info, input, point_alias))


async def roll_back(
    info: Info, input: Annotated[RollbackAliasInput, describe("The alias.")]
) -> MovedAlias:
    """Point an alias back at its previous version; the next call goes one version further back.

    A retry goes no further with the same idempotencyKey, and is refused with expectedVersion.
    """
    expected = _expected_version(input)

    async def roll_back_alias(session: Any) -> MovedAlias:
        model = await references.existing_model(session, input.model)
        return await aliases.roll_back(session, model.id, input.alias, expected)

    return MovedAlias(*await write(info, input, roll_back_alias, action="ALIAS:ROLLED_BACK"))


async def delete(info: Info, input: Annotated[DeleteAliasInput, describe("The alias.")]) -> Model:
    """Delete an alias; its history stays in the audit log."""
    expected = _expected_version(input)

    async def delete_alias(session: Any) -> Model:
        model = await references.existing_model(session, input.model)
        await aliases.delete(session, model.id, input.alias, expected)
        return model

    return await write(info, input, delete_alias)


def _expected_version(input: SetAliasInput | RollbackAliasInput | DeleteAliasInput) -> UUID | None:
    """The key of the input's expectedVersion; refused if the alias's name or the key is invalid."""
    refuse_if_any(input, rules.breaches({"alias": input.alias}, {"alias": rules.alias_name}))
    if input.expected_version is None:
        return None
    return references.decoded(ids.VERSION, input.expected_version, "expectedVersion")
