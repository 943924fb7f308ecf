"""The errors that a mutation's payload can hold."""

import strawberry

from domain import problems
from domain.problems import UserErrorCode
from schema.fields import PATH_STEPS_MAX, attribute, type_of
from schema.nodes import Node


@strawberry.interface(
    description="A failure of a mutation that the caller can act on. Other failures are in the"
    " response's errors."
)
class UserError:
    code: UserErrorCode = attribute("The kind of failure.")
    message: str = attribute("An explanation for people; it may change between releases.")
    path: list[str] | None = attribute(
        'The path of the field in input that it is about, such as ["bindings", "0", "endpoint"].',
        items_max=PATH_STEPS_MAX,
    )


@type_of(problems.Invalid, "A value of the input breaks a rule.")
class InvalidInputError(UserError):
    pass


@type_of(problems.NotFound, "An object that the input names does not exist.")
class NotFoundError(UserError):
    pass


@type_of(problems.AlreadyExists, "A value that must be unique is taken.")
class AlreadyExistsError(UserError):
    existing: Node | None = attribute(
        "The object that has the value; null when it is in the same input, or has been deleted."
    )


@type_of(problems.RevisionMismatch, "The object has changed since the caller read it.")
class RevisionMismatchError(UserError):
    current_revision: int = attribute(
        "The revision of current; 0 when current is null. Read the object again before a retry."
    )
    current: Node | None = attribute(
        "The object as it is now; for setAlias, the version that the alias points at, or null."
    )


@type_of(
    problems.InvalidState, "The state of the registry does not allow the change; code says why."
)
class InvalidStateError(UserError):
    pass


ERRORS = (
    InvalidInputError,
    NotFoundError,
    AlreadyExistsError,
    RevisionMismatchError,
    InvalidStateError,
)
