"""Expected failures as data."""

import strawberry

from domain import problems
from domain.problems import UserErrorCode
from schema.fields import attribute, type_of
from schema.nodes import Node


@strawberry.interface(
    description="An expected failure the caller can act on; path points into input, for example"
    ' ["bindings", "0", "endpoint"].'
)
class UserError:
    code: UserErrorCode = attribute("What kind of failure it is.")
    message: str = attribute("What is wrong, for people.")
    path: list[str] | None = attribute("The place in the input it is about.")


@type_of(problems.Invalid, "A value breaks a rule.")
class InvalidInputError(UserError):
    pass


@type_of(problems.NotFound, "Something that was named is not there.")
class NotFoundError(UserError):
    pass


@type_of(problems.AlreadyExists, "Something that must be unique is taken.")
class AlreadyExistsError(UserError):
    existing: Node | None = attribute("What is there already.")


@type_of(problems.RevisionMismatch, "Somebody wrote in between.")
class RevisionMismatchError(UserError):
    current_revision: int = attribute("The revision to read before trying again.")
    current: Node | None = attribute("The object as it is now.")


@type_of(problems.InvalidState, "It cannot be done now; the code says of which kind.")
class InvalidStateError(UserError):
    pass


ERRORS = (
    InvalidInputError,
    NotFoundError,
    AlreadyExistsError,
    RevisionMismatchError,
    InvalidStateError,
)
