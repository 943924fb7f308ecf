"""Inputs that refer to a model, a version or a label; resolvers/references.py finds the rows."""

import strawberry

from resolvers.arguments import input_type, optional, required
from resolvers.scalars import SHA256, SemVer


@input_type("Exactly one way to name a model.", one_of=True)
class ModelRef:
    id: strawberry.ID | None = optional("The model's ID.")
    name: str | None = optional("The model's name.")


@input_type("Which version of a model.", one_of=True)
class VersionSelector:
    latest: bool | None = optional("True: the ACTIVE version with the highest number.")
    alias: str | None = optional("The version that an alias such as production points at.")
    version: SemVer | None = optional("The version with this semantic version.")
    number: int | None = optional("The version with this number.")
    content_hash: SHA256 | None = optional("The version with this content hash.")


@input_type("A version within a model.")
class VersionInModel:
    model: ModelRef = required("The model.")
    select: VersionSelector = required("Which of its versions.")


@input_type("Exactly one way to name a version.", one_of=True)
class VersionRef:
    id: strawberry.ID | None = optional("The version's ID.")
    content_hash: SHA256 | None = optional(
        "The version with this content; the oldest where several models hold the same."
    )
    in_model: VersionInModel | None = optional("By its model and a selector.")


@input_type("A label's key and value.")
class LabelInput:
    key: str = required("Up to 63 characters.")
    value: str = required("Up to 255 characters.")
