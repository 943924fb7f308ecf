"""Column shapes that the tables share."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from domain import ids

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# Byte order: the same on every machine, and the order in which plain b-tree indexes are read.
SORTED_TEXT = sa.Text(collation="C")
MONEY = sa.Numeric(20, 10)  # USD per 1,000 tokens
TIME = sa.DateTime(timezone=True)


def enum_column(enum: type[StrEnum]) -> sa.Enum:
    """One of an enum's words, as text with a CHECK: adding a word is then a plain migration."""
    return sa.Enum(enum, native_enum=False, create_constraint=True, length=32, name=_snake(enum))


def enum_array_column() -> ARRAY[str]:
    """Several words; the table's CHECK names the allowed ones."""
    return ARRAY(sa.Text)


def json() -> JSONB:
    """A JSON document; Python's None is SQL's NULL."""
    return JSONB(none_as_null=True)


def unknown_last(column: str, type_name: str, *, descending: bool) -> str:
    """SQL for the column as a sort key in which NULL comes last, whatever the direction.

    An infinity in place of NULL makes the key comparable, so that a keyset cursor is one row
    comparison, which an index on this very expression answers.
    """
    sign = "-" if descending else ""
    return f"coalesce({column}, '{sign}Infinity'::{type_name})"


def asc_desc_indexes(table: str, column: str, type_name: str) -> tuple[sa.Index, sa.Index]:
    """Indexes for ordering by a nullable column, one a direction, for NULL is last in both."""
    return (
        sa.Index(
            f"ix_{table}_{column}_asc_id",
            sa.text(unknown_last(column, type_name, descending=False)),
            "id",
        ),
        sa.Index(
            f"ix_{table}_{column}_desc_id",
            sa.text(unknown_last(column, type_name, descending=True)),
            "id",
        ),
    )


def _snake(enum: type[StrEnum]) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in enum.__name__).lstrip("_")


class Row(SQLModel):
    """A row with a key made by the application."""

    # the columns that each property of a row is made of; see db.postgres.statements.columns_of
    PROPERTIES: ClassVar[Mapping[str, tuple[str, ...]]] = {"node_id": ("id",)}

    id: UUID = Field(default_factory=ids.new, primary_key=True)


class VersionedRow(Row):
    """A row whose revision grows by one with every write."""

    revision: int = Field(default=1)
    created_at: datetime = Field(
        default=None,
        sa_type=TIME,
        nullable=False,
        sa_column_kwargs={"server_default": sa.func.now()},
    )
    updated_at: datetime = Field(
        default=None,
        sa_type=TIME,
        nullable=False,
        sa_column_kwargs={"server_default": sa.func.now()},
    )


def money(**given: Any) -> Any:
    """A nullable amount: NULL is unknown, which is not zero."""
    return Field(default=None, sa_type=MONEY, **given)


def check(name: str, condition: str) -> sa.CheckConstraint:
    """A named CHECK; the name becomes `ck_<table>_<name>`, which db/postgres/errors.py reads."""
    return sa.CheckConstraint(condition, name=name)
