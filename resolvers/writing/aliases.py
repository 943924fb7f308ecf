"""Mutations of aliases."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

from db.tables import Model
from db.writes import aliases
from db.writes.aliases import Moved
from domain import ids, rules
from domain.problems import NotFound, Problem, Refused
from resolvers import references
from resolvers.arguments import describe, input_type, optional, required
from resolvers.context import Info
from resolvers.reference_inputs import ModelRef, VersionRef
from resolvers.writing.transaction import key_of, refuse_if, write


@input_type("Where an alias is to point.")
class SetAliasInput:
    model: ModelRef = required("The model.")
    alias: str = required("A lower-case word such as production; not latest.")
    version: VersionRef = required("The version to point at; of this model.")
    expected_version: strawberry.ID | None = optional("Fail unless the alias points here now.")


@input_type("An alias to point back.")
class RollbackAliasInput:
    model: ModelRef = required("The model.")
    alias: str = required("The alias.")


@input_type("An alias to delete.")
class DeleteAliasInput:
    model: ModelRef = required("The model.")
    alias: str = required("The alias.")


async def point(
    info: Info, input: Annotated[SetAliasInput, describe("The alias and its version.")]
) -> Moved:
    """Point an alias such as production at a version, creating or moving it."""
    refuse_if(_problems(input))
    expected = None
    if input.expected_version is not None:
        expected = key_of(ids.VERSION, input.expected_version, "expectedVersion")

    async def work(session: Any) -> Moved:
        model = await references.existing_model(session, input.model)
        version = await references.existing_version(session, input.version)
        if version.model_id != model.id:
            raise Refused(NotFound("the version is of another model", ("version",)))
        return await aliases.point(session, version, input.alias, expected)

    return await write(info, work)


async def roll_back(
    info: Info, input: Annotated[RollbackAliasInput, describe("The alias.")]
) -> Moved:
    """Point an alias back at the version it named before; again, at the one before that."""
    refuse_if(_problems(input))

    async def work(session: Any) -> Moved:
        model = await references.existing_model(session, input.model)
        return await aliases.roll_back(session, model.id, input.alias)

    return await write(info, work, action="ALIAS:ROLLED_BACK")


async def delete(info: Info, input: Annotated[DeleteAliasInput, describe("The alias.")]) -> Model:
    """Delete an alias; its history stays in the audit log."""
    refuse_if(_problems(input))

    async def work(session: Any) -> Model:
        model = await references.existing_model(session, input.model)
        await aliases.delete(session, model.id, input.alias)
        return model

    return await write(info, work)


def _problems(input: Any) -> Sequence[Problem]:
    return rules.breaches({"alias": input.alias}, {"alias": rules.alias_name})
