"""Finds the rows that references name."""

from collections.abc import Sequence
from typing import Any

from db.reads import models, versions
from db.tables import Model, ModelVersion
from domain import ids, rules
from domain.problems import Invalid, NotFound, Refused
from resolvers.arguments import chosen
from resolvers.errors import RequestError
from resolvers.reference_inputs import ModelRef, VersionRef, VersionSelector


async def model(
    source: Any, ref: ModelRef, attributes: frozenset[str] | None = None
) -> Model | None:
    """The model with this id or name; None when it does not exist."""
    return (await models_by(source, [ref], attributes))[0]


async def models_by(
    source: Any, refs: Sequence[ModelRef], attributes: frozenset[str] | None = None
) -> list[Model | None]:
    """The model of each reference; one statement for all ids, and one for all names."""
    names = [ref.name for ref in refs if ref.name is not None]
    keys = [None if ref.name is not None else ids.decode(ids.MODEL, ref.id or "") for ref in refs]
    distinct = list(dict.fromkeys(key for key in keys if key is not None))
    by_name = await models.by_names(source, list(dict.fromkeys(names)), attributes) if names else {}
    by_id = await models.by_ids(source, distinct, attributes) if distinct else {}
    return [
        (by_id.get(key) if key is not None else None) if ref.name is None else by_name.get(ref.name)
        for ref, key in zip(refs, keys, strict=True)
    ]


async def version(source: Any, ref: VersionRef) -> ModelVersion | None:
    """The version with this id or content hash, or that a selector names in a model, or None."""
    if ref.content_hash is not None:
        return await versions.by_content_hash(source, ref.content_hash)
    if ref.id is not None:
        key = ids.decode(ids.VERSION, ref.id)
        return (await versions.by_ids(source, [key])).get(key) if key else None
    assert ref.in_model is not None  # a one-of input has one field set
    selected = selector(ref.in_model.select)
    owner = await model(source, ref.in_model.model)
    if owner is None:
        return None
    return (await versions.selected_of_models(source, [owner.id], *selected)).get(owner.id)


async def existing_model(source: Any, ref: ModelRef) -> Model:
    """The model that a write names; raises Refused when it does not exist."""
    row = await model(source, ref) if _can_be_stored(ref) else None
    if row is None:
        raise Refused(NotFound("the model does not exist", ("model",)))
    return row


async def existing_version(source: Any, ref: VersionRef) -> ModelVersion:
    """The version that a write names; raises Refused when it does not exist."""
    try:
        row = await version(source, ref) if _can_be_stored(ref) else None
    except RequestError as error:
        raise Refused(Invalid(error.message, ("version", "inModel", "select"))) from error
    if row is None:
        raise Refused(NotFound("the version does not exist", ("version",)))
    return row


def _can_be_stored(ref: Any) -> bool:
    """Whether PostgreSQL can hold all text of the reference; other text can name no row."""
    for field in ref.__strawberry_definition__.fields:
        value = getattr(ref, field.python_name)
        if isinstance(value, str) and ("\0" in value or not rules.is_unicode(value)):
            return False
        if hasattr(value, "__strawberry_definition__") and not _can_be_stored(value):
            return False
    return True


def selector(select: VersionSelector) -> tuple[str, Any]:
    """A selector's name and value; raises RequestError for `latest: false`."""
    name, value = chosen(select)
    if name == "latest" and value is not True:
        raise RequestError("latest: must be true; set another selector instead")
    return name, value
