"""Where a page lies in an order."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Position:
    """A row's position in an order: the value of its key, and its id, which makes it unique."""

    key: Any
    id: UUID


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` rows after one position and before another, taken from either end.

    `parameters` are those of the key's expression, by name.
    """

    key: str
    descending: bool
    limit: int
    after: Position | None = None
    before: Position | None = None
    from_end: bool = False
    parameters: tuple[tuple[str, Any], ...] = ()

    @property
    def shape(self) -> tuple[Any, ...]:
        """The part of the window that the SQL depends on."""
        ends = (self.after is not None, self.before is not None, self.from_end)
        return (self.key, self.descending, *ends)

    @property
    def values(self) -> dict[str, Any]:
        """The window's parameters; one extra row shows whether there are more."""
        values: dict[str, Any] = {"limit": self.limit + 1, **dict(self.parameters)}
        for name, position in (("after", self.after), ("before", self.before)):
            if position is not None:
                values |= {f"{name}_key": position.key, f"{name}_id": position.id}
        return values
