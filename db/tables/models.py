"""Models, and the lowest price of each."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import (
    SORTED_TEXT,
    TIME,
    Table,
    VersionedRow,
    check,
    enum_column,
    json,
    money,
    unknown_last,
)
from domain import ids, patterns
from domain.enums import TaskType
from domain.values import Label


class Model(VersionedRow, table=True):
    """A named model, which has versions; no two names differ by case only."""

    __tablename__ = "models"
    __table_args__ = (
        check("name_format", f"name ~ '{patterns.NAME}'"),
        check("subject_format", f"subject ~ '{patterns.SLUG}'"),
        check("retention_keep_range", "retention_keep BETWEEN 1 AND 10"),
        sa.Index("uq_models_name", sa.text("lower(name)"), unique=True),
        sa.Index("ix_models_name_id", "name", "id"),
        sa.Index("ix_models_created_at_id", "created_at", "id"),
        sa.Index("ix_models_updated_at_id", "updated_at", "id"),
        sa.Index("ix_models_task", "task"),
        sa.Index("ix_models_subject", "subject"),
        sa.Index(
            "ix_models_labels",
            "labels",
            postgresql_using="gin",
            postgresql_ops={"labels": "jsonb_path_ops"},
        ),
        sa.Index("ix_models_name_trigrams", sa.text("trigrams(name)"), postgresql_using="gin"),
    )

    PROPERTIES = {**VersionedRow.PROPERTIES, "label_list": ("labels",)}

    name: str = Field(sa_type=SORTED_TEXT)
    task: TaskType = Field(sa_type=enum_column(TaskType))
    subject: str | None = Field(default=None, sa_type=sa.Text)
    description: str | None = Field(default=None, sa_type=sa.Text)
    labels: dict[str, str] = Field(
        default_factory=dict, sa_type=json(), sa_column_kwargs={"server_default": "{}"}
    )
    retention_keep: int = 3
    last_number: int = Field(default=0, sa_column_kwargs={"server_default": "0"})

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.MODEL, self.id)

    @property
    def label_list(self) -> list[Label]:
        """Its labels, by key."""
        return [Label(key, value) for key, value in sorted(self.labels.items())]


def _by_amount(column: str) -> tuple[sa.Index, sa.Index]:
    """Indexes for ordering by an amount, one per direction, as an unknown one is last in both."""
    return tuple(  # type: ignore[return-value]  # of two
        sa.Index(
            f"ix_lowest_prices_{column}_{name}_model_id",
            sa.text(unknown_last(column, "numeric", descending=name == "desc")),
            "model_id",
        )
        for name in ("asc", "desc")
    )


class LowestPrice(Table, table=True):
    """The lowest amounts of a model's routable bindings, USD per 1,000 tokens.

    They are as of the last refresh of the model (db/writes/lowest_prices.py), and hold until a time
    at which a price, a sunset, a release or a circuit changes by the clock; infinity for never.
    """

    __tablename__ = "lowest_prices"
    __table_args__ = (
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], ondelete="CASCADE"),
        *_by_amount("input_per_1k"),
        *_by_amount("output_per_1k"),
        sa.Index("ix_lowest_prices_holds_until", "holds_until"),
    )

    model_id: UUID = Field(primary_key=True)
    input_per_1k: Decimal | None = money()
    output_per_1k: Decimal | None = money()
    holds_until: datetime = Field(sa_type=TIME)


class LowestPricesState(Table, table=True):
    """One row: `lowest_prices` has what the audit log says up to this sequence number."""

    __tablename__ = "lowest_prices_state"
    __table_args__ = (check("one_row", "id = 1"),)

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    sequence: int = Field(default=0, sa_type=sa.BigInteger)
