"""Finds the rows that references name."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from db.reads import bindings, models, providers, versions
from db.tables import Model, ModelVersion
from domain import ids, rules
from domain.problems import Invalid, NotFound, Refused
from resolvers.arguments import chosen
from resolvers.errors import RequestError
from resolvers.reference_inputs import (
    BindingRef,
    ModelRef,
    ProviderRef,
    VersionRef,
    VersionSelector,
)


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


async def existing_model(source: Any, ref: ModelRef, *path: str) -> Model:
    """The model that a write names; raises Refused when it does not exist."""
    row = await model(source, ref) if _can_be_stored(ref) else None
    if row is None:
        raise Refused(NotFound("the model does not exist", path or ("model",)))
    return row


async def existing_version(source: Any, ref: VersionRef, *path: str) -> ModelVersion:
    """The version that a write names; raises Refused when it does not exist."""
    path = path or ("version",)
    try:
        row = await version(source, ref) if _can_be_stored(ref) else None
    except RequestError as error:
        raise Refused(Invalid(error.message, (*path, "inModel", "select"))) from error
    if row is None:
        raise Refused(NotFound("the version does not exist", path))
    return row


async def model_key(source: Any, ref: ModelRef) -> UUID:
    """The key of the model that a write names; that of an id may belong to no model."""
    if ref.id is not None:
        return decoded(ids.MODEL, ref.id, "model")
    return (await existing_model(source, ref)).id


async def version_key(source: Any, ref: VersionRef) -> UUID:
    """The key of the version that a write names; that of an id may belong to no version."""
    if ref.id is not None:
        return decoded(ids.VERSION, ref.id, "version")
    return (await existing_version(source, ref)).id


async def provider_key(source: Any, ref: ProviderRef) -> UUID:
    """The key of the provider that a write names; that of an id may belong to no provider."""
    if ref.id is not None:
        return decoded(ids.PROVIDER, ref.id, "provider")
    assert ref.slug is not None  # a one-of input has one field set
    found = await providers.by_slugs(source, [ref.slug]) if _can_be_stored(ref) else {}
    if ref.slug not in found:
        raise Refused(NotFound("the provider does not exist", ("provider",)))
    return found[ref.slug].id


async def binding_key(source: Any, ref: BindingRef) -> UUID:
    """The key of the binding that a write names; that of an id may belong to no binding."""
    if ref.id is not None:
        return decoded(ids.BINDING, ref.id, "binding")
    key = ref.in_version
    assert key is not None  # a one-of input has one field set
    owner = await existing_version(source, key.version, "binding", "inVersion", "version")
    names = (key.provider, key.provider_model_id, key.region)
    found = await bindings.key_of(source, owner.id, *names) if _can_be_stored(key) else None
    if found is None:
        raise Refused(NotFound("the binding does not exist", ("binding",)))
    return found


def decoded(prefix: str, text: str, *path: str) -> UUID:
    """The key behind an id in an input; refused as NOT_FOUND when it is not an id of this type."""
    key = ids.decode(prefix, text)
    if key is None:
        raise Refused(NotFound(f"there is no object with the id {text[:64]!r}", path))
    return key


def _can_be_stored(ref: Any) -> bool:
    """Whether the registry can hold all text of the reference; other text can name no row."""
    for field in ref.__strawberry_definition__.fields:
        value = getattr(ref, field.python_name)
        if isinstance(value, str) and rules.reference(value) is not None:
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
