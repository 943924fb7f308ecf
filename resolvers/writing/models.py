"""Mutations of models."""

from functools import partial
from typing import Annotated, Any, NamedTuple

from strawberry import Maybe

from db.tables import Model
from db.writes import models, rows
from domain import ids, rules
from domain.enums import TaskType
from resolvers import references
from resolvers.arguments import IDEMPOTENCY_KEY, describe, input_type, optional, required
from resolvers.context import Info
from resolvers.reference_inputs import LabelInput, ModelRef
from resolvers.writing.inputs import EXPECTED_REVISION, InputColumns
from resolvers.writing.transaction import refuse_if_any, update_row, write


@input_type("A new model.")
class CreateModelInput:
    name: str = required(
        "Unique without regard to case: letters, digits, and . _ - : / @ inside, up to 200"
        " characters."
    )
    task: TaskType = required("The task that the model is made for.")
    subject: str | None = optional("Subject domain, for example math.")
    description: str | None = optional("Free text, up to 10,000 characters.")
    labels: list[LabelInput] | None = optional("At most 64, each key once.")
    retention_keep: int = optional(
        "Number of latest versions that retention keeps, 1 to 10.", default=3
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("Changes of a model; an absent field stays, null clears.")
class UpdateModelInput:
    model: ModelRef = required("The model.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    name: Maybe[str | None] = optional("Another name.")
    task: Maybe[TaskType | None] = optional("Another task.")
    subject: Maybe[str | None] = optional("Another subject domain.")
    description: Maybe[str | None] = optional("Another description.")
    labels: Maybe[list[LabelInput] | None] = optional("All its labels from now on.")
    retention_keep: Maybe[int | None] = optional(
        "Number of latest versions that retention keeps, 1 to 10."
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("A model to delete, with its versions and bindings.")
class DeleteModelInput:
    model: ModelRef = required("The model.")
    expected_revision: int | None = optional(EXPECTED_REVISION)
    force: bool = optional("Without it a model with ACTIVE versions is IN_USE.", default=False)
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


_NEW = InputColumns(CreateModelInput, Model, rules.MODEL, "idempotency_key")
_CHANGES = InputColumns(
    UpdateModelInput, Model, rules.MODEL, "model", "expected_revision", "idempotency_key"
)


class DeletedModel(NamedTuple):
    """The id of the deleted model, and how many versions and bindings were deleted with it."""

    deleted_id: str
    deleted_versions: int
    deleted_bindings: int


async def create(info: Info, input: Annotated[CreateModelInput, describe("The model.")]) -> Model:
    """Register a model; its name must be free."""
    values = _NEW.values(input)
    values["labels"] = _pairs(input.labels or [])
    refuse_if_any(input, _NEW.problems(values))

    async def insert_model(session: Any) -> Model:
        model = Model(**_columns(values))
        await rows.insert(session, model)
        return model

    return await write(info, input, insert_model)


async def update(
    info: Info, input: Annotated[UpdateModelInput, describe("The model and its changes.")]
) -> Model:
    """Absent fields stay; null clears."""
    values = _CHANGES.values(input)
    if values.get("labels") is not None:
        values["labels"] = _pairs(values["labels"])
    refuse_if_any(input, _CHANGES.problems(values))
    model = partial(references.model_key, ref=input.model)
    return await update_row(info, Model, input, model, _columns(values))


async def delete(
    info: Info, input: Annotated[DeleteModelInput, describe("The model.")]
) -> DeletedModel:
    """Delete a model with its versions and bindings."""
    refuse_if_any(input)

    async def delete_model(session: Any) -> DeletedModel:
        key = await references.model_key(session, input.model)
        counts = await models.delete(session, key, input.expected_revision, force=input.force)
        return DeletedModel(ids.encode(ids.MODEL, key), *counts)

    return DeletedModel(*await write(info, input, delete_model))


def _pairs(labels: list[LabelInput]) -> list[tuple[str, str]]:
    return [(label.key, label.value) for label in labels]


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """The row's columns. Labels are pairs until the rules have checked that no key is repeated."""
    return {**values, "labels": dict(values["labels"])} if "labels" in values else values
