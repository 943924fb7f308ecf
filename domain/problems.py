"""The failures of a write that its caller can act on.

`Refused` stops the write and rolls it back. It carries problems, which become the mutation's
`userErrors`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class UserErrorCode(StrEnum):
    """The kind of an expected failure.

    - INVALID: a value of the input breaks a rule.
    - NOT_FOUND: an object that the input names does not exist.
    - ALREADY_EXISTS: a value that must be unique is taken.
    - REVISION_MISMATCH: the object has changed since the caller read it.
    - INVALID_STATE: the object's present state does not allow the change.
    - IN_USE: other objects depend on the object.
    - LIMIT_EXCEEDED: the change covers more objects than one call may, or there are as many
      objects as there may be.
    - IDEMPOTENCY_CONFLICT: the idempotencyKey was used with another input.
    - STORAGE_UNAVAILABLE: cold storage is missing, does not answer, or holds a damaged object.
    """

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    REVISION_MISMATCH = "REVISION_MISMATCH"
    INVALID_STATE = "INVALID_STATE"
    IN_USE = "IN_USE"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"


USER_ERRORS_MAX = 100  # of one mutation; an input with more has enough to mend


@dataclass(frozen=True, slots=True)
class Problem:
    """A message, and the path of the input field that it is about, spelt as in the API."""

    message: str
    path: tuple[str, ...] = ()

    def within(self, *outer: str) -> "Problem":
        """The same problem, where the input is a field of another input."""
        return replace(self, path=(*outer, *self.path))


@dataclass(frozen=True, slots=True)
class Invalid(Problem):
    """A value breaks a rule."""

    code: UserErrorCode = UserErrorCode.INVALID


@dataclass(frozen=True, slots=True)
class NotFound(Problem):
    """An object that the input names does not exist."""

    code: UserErrorCode = UserErrorCode.NOT_FOUND


@dataclass(frozen=True, slots=True)
class AlreadyExists(Problem):
    """A value that must be unique is taken by the object `existing`."""

    existing: Any = None
    code: UserErrorCode = UserErrorCode.ALREADY_EXISTS


@dataclass(frozen=True, slots=True)
class RevisionMismatch(Problem):
    """The write expects a revision of the object that is not the current one."""

    current: Any = None
    code: UserErrorCode = UserErrorCode.REVISION_MISMATCH

    @property
    def current_revision(self) -> int:
        """The revision of the object now; 0 when there is no object."""
        return self.current.revision if self.current is not None else 0


@dataclass(frozen=True, slots=True)
class InvalidState(Problem):
    """The state of an object does not allow the write; the code names the kind of reason."""

    code: UserErrorCode = UserErrorCode.INVALID_STATE


class Refused(Exception):
    """Stops a write and rolls it back."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems: Sequence[Problem] = problems


class RefusedInPart(Exception):
    """Parts of a call were refused, each alone; `result`, a tuple, says what became of the rest."""

    def __init__(self, result: Sequence[Any], problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.result = result
        self.problems = problems
