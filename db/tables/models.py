"""Models."""

import sqlalchemy as sa
from sqlmodel import Field

from db.tables.columns import SORTED_TEXT, VersionedRow, check, enum_column, json
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
