"""Whose values are hidden below a role: derived from the fields that are declared so.

A field with `requires` is null for a caller below that role (schema/fields.py). The same values
must not be seen elsewhere, such as in the changes of an audit event, which has them by columns.
"""

from typing import Any

from db.postgres.statements import stored_names
from domain.access import Identity, Role

_ROLES: dict[str, Role] = {}  # by the name of the column, of whatever table


def declare(table: Any, attribute: str, role: Role) -> None:
    """Hide the columns that an attribute of a table's rows needs from callers below the role."""
    for column in stored_names(table, attribute):
        known = _ROLES.get(column)
        _ROLES[column] = known if known and known.includes(role) else role


def hidden_columns(identity: Identity) -> frozenset[str]:
    """The columns whose values the caller may not see."""
    return frozenset(name for name, role in _ROLES.items() if not identity.may(role))
