"""What is hidden below a role: values of fields that are declared so, and objects of some types.

A field with `requires` is null for a caller below that role (schema/fields.py). The same values
must not be seen elsewhere, such as in the changes of an audit event, which has them by columns. Of
an object that the caller may not see, an event shows no values at all.
"""

from typing import Any

from db.postgres.statements import stored_names
from domain import ids
from domain.access import Identity, Role

_ROLES: dict[str, Role] = {}  # by the name of the column, of whatever table
_OBJECTS = {ids.TOKEN: Role.ADMIN}  # by the prefix of their ids; for any other caller none exists


def declare(table: Any, attribute: str, role: Role) -> None:
    """Hide the columns that an attribute of a table's rows needs from callers below the role."""
    for column in stored_names(table, attribute):
        known = _ROLES.get(column)
        _ROLES[column] = known if known and known.includes(role) else role


def hidden_columns(identity: Identity) -> frozenset[str]:
    """The columns whose values the caller may not see."""
    return frozenset(name for name, role in _ROLES.items() if not identity.may(role))


def may_see(identity: Identity, node_id: str) -> bool:
    """Whether the caller may see the object with this id, if there is one."""
    return identity.may(_OBJECTS.get(ids.prefix_of(node_id), Role.READER))
