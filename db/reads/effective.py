"""What a binding offers, in SQL: its own value, or its version's where it has none."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from db.reads.keyset import Condition
from db.tables import ModelVersion, ProviderBinding


def effective(column: str, condition: Callable[[Any], Condition]) -> Condition:
    """Bindings whose effective value in the column meets the condition.

    The two columns are compared apart, and not their coalesce(): so PostgreSQL knows from its
    statistics how many rows match.
    """
    own, of_version = col(getattr(ProviderBinding, column)), col(getattr(ModelVersion, column))

    def meets(value: Any) -> sa.ColumnElement[bool]:
        inherited = sa.and_(own.is_(None), condition(of_version)(value))
        matches = sa.or_(condition(own)(value), inherited)
        version = col(ModelVersion.id) == ProviderBinding.version_id
        return sa.exists().where(version, matches).correlate(ProviderBinding)

    return meets
