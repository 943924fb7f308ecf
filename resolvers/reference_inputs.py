"""Inputs that refer to an object; resolvers/references.py finds the rows. And labels."""

import strawberry

from resolvers.arguments import input_type, optional, required
from resolvers.scalars import SHA256, SemVer


@input_type("A reference to a model: by exactly one of these fields.", one_of=True)
class ModelRef:
    id: strawberry.ID | None = optional("The ID of the model.")
    name: str | None = optional("The name of the model, in any case.")


@input_type("Selects a version of a model, by exactly one of these fields.", one_of=True)
class VersionSelector:
    latest: bool | None = optional("Must be true: the ACTIVE version that latestVersion returns.")
    alias: str | None = optional(
        "The version that this alias of the model, such as production, points at."
    )
    version: SemVer | None = optional("The version with this semantic version.")
    number: int | None = optional("The version with this number.")
    content_hash: SHA256 | None = optional("The version with this content hash.")


@input_type("A reference to a version: by a model and a selector.")
class VersionInModel:
    model: ModelRef = required("The model.")
    select: VersionSelector = required("How to select one of its versions.")


@input_type("A reference to a version: by exactly one of these fields.", one_of=True)
class VersionRef:
    id: strawberry.ID | None = optional("The ID of the version.")
    content_hash: SHA256 | None = optional(
        "The version with this content hash; the oldest if several models have one."
    )
    in_model: VersionInModel | None = optional("The version that a selector names in a model.")


@input_type("A reference to a provider: by exactly one of these fields.", one_of=True)
class ProviderRef:
    id: strawberry.ID | None = optional("The ID of the provider.")
    slug: str | None = optional("The slug of the provider.")


@input_type("What identifies a binding of a version.")
class BindingKey:
    version: VersionRef = required("The version that is served.")
    provider: str = required("The provider's slug.")
    provider_model_id: str = required("The provider's name for the model.")
    region: str | None = optional("Its region; null or absent for a binding without a region.")


@input_type("A reference to a binding: by exactly one of these fields.", one_of=True)
class BindingRef:
    id: strawberry.ID | None = optional("The ID of the binding.")
    in_version: BindingKey | None = optional("The binding with this key.")


@input_type("A label: a key and its value.")
class LabelInput:
    key: str = required("1 to 63 characters.")
    value: str = required("Up to 255 characters.")
