"""What can go wrong because of what the caller asked.

`Refused` stops the work and rolls it back; the problems are the data it carries, and become the
`userErrors` of a mutation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class UserErrorCode(StrEnum):
    """What a caller can do about a refusal."""

    INVALID = "INVALID"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    REVISION_MISMATCH = "REVISION_MISMATCH"
    INVALID_STATE = "INVALID_STATE"
    IN_USE = "IN_USE"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Problem:
    """A message and the place in the input it is about, in the API's spelling."""

    message: str
    path: tuple[str, ...] = ()

    def within(self, *outer: str) -> "Problem":
        """The same problem of an input that stands inside another one."""
        return replace(self, path=(*outer, *self.path))


@dataclass(frozen=True, slots=True)
class Invalid(Problem):
    """A value that breaks a rule."""

    code: UserErrorCode = UserErrorCode.INVALID


@dataclass(frozen=True, slots=True)
class NotFound(Problem):
    """Something named that is not there."""

    code: UserErrorCode = UserErrorCode.NOT_FOUND


@dataclass(frozen=True, slots=True)
class AlreadyExists(Problem):
    """Something that must be unique and is taken, by `existing`."""

    existing: Any = None
    code: UserErrorCode = UserErrorCode.ALREADY_EXISTS


@dataclass(frozen=True, slots=True)
class RevisionMismatch(Problem):
    """A write that was based on a revision which is no longer the current one."""

    current: Any = None
    code: UserErrorCode = UserErrorCode.REVISION_MISMATCH

    @property
    def current_revision(self) -> int:
        """The revision to read before trying again; 0 when there is no object."""
        return self.current.revision if self.current is not None else 0


@dataclass(frozen=True, slots=True)
class InvalidState(Problem):
    """Something that cannot be done now; the code says of which kind."""

    code: UserErrorCode = UserErrorCode.INVALID_STATE


class Refused(Exception):
    """Stops a write; nothing of it is kept."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems: Sequence[Problem] = problems
