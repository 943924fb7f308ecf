"""The table of docs/access.md: what each role may do, made from the schema's declarations.

`python -m tests.project.access_page` writes it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from graphql import is_input_object_type, is_object_type

from domain.access import Role
from resolvers.arguments import REQUIRES
from tests.graphql import SCHEMA
from tests.project.pages import ROOT

PAGE = ROOT / "docs" / "access.md"
_START, _END = "<!-- access -->\n", "\n<!-- /access -->"
_TYPES = SCHEMA._schema.type_map
_ROOTS = ("Query", "Mutation", "Subscription")


class Restriction(NamedTuple):
    """A field that needs a role, and what a caller below that role gets."""

    type_name: str
    field: str
    role: Role
    below: str

    @property
    def coordinate(self) -> str:
        """The field as `Type.field`."""
        return f"{self.type_name}.{self.field}"


def restrictions() -> list[Restriction]:
    """Every root field, and each other field that names a role."""
    return [*_declared(_ROOTS, "FORBIDDEN"), *_declared(_objects(), "null"), *_inputs()]


def table() -> str:
    """The restrictions as a table, with a column for each role."""
    heads = ["field", *Role, "below"]
    lines = [_row(heads), _row(["---", *[":-:"] * len(Role), "---"])]
    for each in restrictions():
        marks = ["yes" if role.includes(each.role) else "no" for role in Role]
        below = "" if each.role is Role.READER else each.below
        lines.append(_row([f"`{each.coordinate}`", *marks, below]))
    return "\n".join(lines)


def page() -> str:
    """The whole page, with the table as it is now."""
    before, _, rest = PAGE.read_text("utf-8").partition(_START)
    return f"{before}{_START}{table()}{_END}{rest.partition(_END)[2]}"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _objects() -> list[str]:
    return [name for name in sorted(_TYPES) if is_object_type(_TYPES[name]) and name not in _ROOTS]


def _inputs() -> Iterator[Restriction]:
    names = [name for name in sorted(_TYPES) if is_input_object_type(_TYPES[name])]
    return _declared(names, "FORBIDDEN, in a mutation")


def _declared(type_names: Iterable[str], below: str) -> Iterator[Restriction]:
    for type_name in type_names:
        for name, field in _TYPES[type_name].fields.items():  # type: ignore[attr-defined]  # it has fields
            definition = field.extensions.get("strawberry-definition")
            role = definition.metadata.get(REQUIRES) if definition else None
            if role is not None:
                yield Restriction(type_name, name, role, below)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
