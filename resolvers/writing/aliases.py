"""Mutations of aliases."""

from typing import Annotated, Any

import strawberry

from db.tables import Model
from db.writes import aliases
from db.writes.aliases import MovedAlias
from domain import ids, rules
from domain.problems import Invalid, NotFound, Refused
from resolvers import references
from resolvers.arguments import describe, input_type, optional, required
from resolvers.context import Info
from resolvers.reference_inputs import ModelRef, VersionRef
from resolvers.writing.transaction import decode_id, refuse_if_any, write


@input_type("An alias, and the version that it is to point at.")
class SetAliasInput:
    model: ModelRef = required("The model.")
    alias: str = required("A lower-case word such as production; not latest.")
    version: VersionRef = required("The version to point at; of this model.")
    expected_version: strawberry.ID | None = optional(
        "Refuse unless the alias points at this version now."
    )


@input_type("An alias to roll back.")
class RollbackAliasInput:
    model: ModelRef = required("The model.")
    alias: str = required("The alias.")


@input_type("An alias to delete.")
class DeleteAliasInput:
    model: ModelRef = required("The model.")
    alias: str = required("The alias.")


async def point(
    info: Info, input: Annotated[SetAliasInput, describe("The alias and its version.")]
) -> MovedAlias:
    """Point an alias such as production at a version, creating or moving it."""
    refuse_if_any(_problems(input))
    expected = None
    if input.expected_version is not None:
        expected = decode_id(ids.VERSION, input.expected_version, "expectedVersion")

    async def point_alias(session: Any) -> MovedAlias:
        model = await references.existing_model(session, input.model)
        version = await references.existing_version(session, input.version)
        if version.model_id != model.id:
            raise Refused(NotFound("the version belongs to another model", ("version",)))
        return await aliases.point(session, version, input.alias, expected)

    return await write(info, point_alias)


async def roll_back(
    info: Info, input: Annotated[RollbackAliasInput, describe("The alias.")]
) -> MovedAlias:
    """Point an alias back at its previous version; the next call goes one version further back."""
    refuse_if_any(_problems(input))

    async def roll_back_alias(session: Any) -> MovedAlias:
        model = await references.existing_model(session, input.model)
        return await aliases.roll_back(session, model.id, input.alias)

    return await write(info, roll_back_alias, action="ALIAS:ROLLED_BACK")


async def delete(info: Info, input: Annotated[DeleteAliasInput, describe("The alias.")]) -> Model:
    """Delete an alias; its history stays in the audit log."""
    refuse_if_any(_problems(input))

    async def delete_alias(session: Any) -> Model:
        model = await references.existing_model(session, input.model)
        await aliases.delete(session, model.id, input.alias)
        return model

    return await write(info, delete_alias)


def _problems(input: Any) -> list[Invalid]:
    return rules.breaches({"alias": input.alias}, {"alias": rules.alias_name})
