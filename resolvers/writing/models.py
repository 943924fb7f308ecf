"""Mutations of models."""

from typing import Annotated, Any, NamedTuple

import strawberry
from strawberry import Maybe

from db.tables import Model
from db.writes import models, rows
from domain import ids, rules
from domain.enums import TaskType
from resolvers.arguments import IDEMPOTENCY_KEY, describe, input_type, optional, required
from resolvers.context import Info
from resolvers.reference_inputs import LabelInput
from resolvers.writing.inputs import EXPECTED_REVISION, InputColumns, problems_of_key
from resolvers.writing.transaction import decode_id, refuse_if_any, update_row, write, write_once


@input_type("A new model.")
class CreateModelInput:
    name: str = required("Unique: letters, digits, and . _ - : / @ inside, up to 200 characters.")
    task: TaskType = required("The task that the model is made for.")
    subject: str | None = optional("Subject domain, for example math.")
    description: str | None = optional("Free text, up to 10,000 characters.")
    labels: list[LabelInput] | None = optional("At most 64, each key once.")
    retention_keep: int = optional(
        "Number of newest versions that retention keeps, 1 to 10.", default=3
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("Changes of a model; an absent field stays, null clears.")
class UpdateModelInput:
    id: strawberry.ID = required("The model.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    name: Maybe[str | None] = optional("Another name.")
    task: Maybe[TaskType | None] = optional("Another task.")
    subject: Maybe[str | None] = optional("Another subject domain.")
    description: Maybe[str | None] = optional("Another description.")
    labels: Maybe[list[LabelInput] | None] = optional("All its labels from now on.")
    retention_keep: Maybe[int | None] = optional(
        "Number of newest versions that retention keeps, 1 to 10."
    )


@input_type("A model to delete, with its versions and bindings.")
class DeleteModelInput:
    id: strawberry.ID = required("The model.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    force: bool = optional("Without it a model with ACTIVE versions is IN_USE.", default=False)


_NEW = InputColumns(CreateModelInput, Model, rules.MODEL, "idempotency_key")
_CHANGES = InputColumns(UpdateModelInput, Model, rules.MODEL, "id", "expected_revision")


class DeletedModel(NamedTuple):
    """The id of the deleted model, and how many versions and bindings were deleted with it."""

    deleted_id: str
    deleted_versions: int
    deleted_bindings: int


async def create(info: Info, input: Annotated[CreateModelInput, describe("The model.")]) -> Model:
    """Register a model; its name must be free."""
    values = _NEW.values(input)
    values["labels"] = _pairs(input.labels or [])
    refuse_if_any([*_NEW.problems(values), *problems_of_key(input)])

    async def insert_model(session: Any) -> list[Model]:
        model = Model(**_columns(values))
        await rows.insert(session, model)
        return [model]

    return (await write_once(info, "createModel", input, insert_model))[0]


async def update(
    info: Info, input: Annotated[UpdateModelInput, describe("The model and its changes.")]
) -> Model:
    """Absent fields stay; null clears."""
    values = _CHANGES.values(input)
    if values.get("labels") is not None:
        values["labels"] = _pairs(values["labels"])
    refuse_if_any(_CHANGES.problems(values))
    return await update_row(info, Model, ids.MODEL, input, _columns(values))


async def delete(
    info: Info, input: Annotated[DeleteModelInput, describe("The model.")]
) -> DeletedModel:
    """Delete a model with its versions and bindings."""
    key = decode_id(ids.MODEL, input.id)
    expected = input.expected_revision
    counts = await write(
        info, lambda session: models.delete(session, key, expected, force=input.force)
    )
    return DeletedModel(input.id, *counts)


def _pairs(labels: list[LabelInput]) -> list[tuple[str, str]]:
    return [(label.key, label.value) for label in labels]


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """The row's columns. Labels are pairs until the rules have checked that no key is repeated."""
    return {**values, "labels": dict(values["labels"])} if "labels" in values else values
