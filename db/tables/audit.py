"""The audit log, which is also the event log, and the stored results of repeatable calls."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import column_property
from sqlmodel import Field

from db.tables.columns import TIME, Row, Table, check, enum_column, json
from domain import ids
from domain.audit_enums import AuditAction, EntityKind

_NODE_PREFIX = {
    EntityKind.MODEL: ids.MODEL,
    EntityKind.VERSION: ids.VERSION,
    EntityKind.BINDING: ids.BINDING,
    EntityKind.PROVIDER: ids.PROVIDER,
    EntityKind.PRICE: ids.BINDING,
    EntityKind.ALIAS: ids.MODEL,
    EntityKind.TOKEN: ids.TOKEN,
    EntityKind.RETENTION: ids.RUN,
    EntityKind.CATALOG: ids.CATALOG,
}


class AuditEvent(Row, table=True):
    """One committed change. Triggers write it (migration 0002); nothing updates or deletes it.

    `sequence` increases in commit order. `subject_id` is the object that a client can look up: the
    binding of a price, the model of an alias. `changes` maps each changed column to its values
    before and after.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        sa.UniqueConstraint("sequence"),
        sa.Index("ix_audit_events_model_id_sequence", "model_id", "sequence"),
        sa.Index("ix_audit_events_subject_id_sequence", "subject_id", "sequence"),
        sa.Index("ix_audit_events_actor_sequence", "actor", "sequence"),
        sa.Index("ix_audit_events_kind_action_sequence", "kind", "action", "sequence"),
        sa.Index("ix_audit_events_at", "at"),
        sa.Index(
            "ix_audit_events_alias",
            "model_id",
            "subject_name",
            "sequence",
            postgresql_where=sa.text("kind = 'ALIAS'"),
        ),
    )

    PROPERTIES = {
        **Row.PROPERTIES,
        "subject_node_id": ("kind", "subject_id"),
    }

    sequence: int = Field(sa_type=sa.BigInteger)
    at: datetime = Field(sa_type=TIME, nullable=False)
    actor: str = Field(sa_type=sa.Text)
    request_id: str | None = Field(default=None, sa_type=sa.Text)
    action: AuditAction = Field(sa_type=enum_column(AuditAction))
    kind: EntityKind = Field(sa_type=enum_column(EntityKind))
    subject_id: UUID
    subject_name: str = Field(sa_type=sa.Text)
    model_id: UUID | None = None
    changes: dict[str, Any] = Field(sa_type=json())

    @property
    def node_id(self) -> str:
        """The id that clients see."""
        return ids.encode(ids.EVENT, self.id)

    @property
    def subject_node_id(self) -> str:
        """The changed object's id that clients see."""
        return ids.encode(_NODE_PREFIX[self.kind], self.subject_id)


# Drivers parse JSON's numbers as floats; the text has all digits of an amount of money.
setattr(AuditEvent, "changes_text", column_property(sa.cast(AuditEvent.changes, sa.Text)))


class IdempotencyKey(Table, table=True):
    """The first call with an idempotency key: a hash of its input, and its result.

    `result_ids` has the ids of the result's rows, and the values that are in no row, such as the
    number of deleted versions; see resolvers/writing/results.py.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        check("key_length", "length(key) BETWEEN 1 AND 255"),
        sa.Index("ix_idempotency_keys_created_at", "created_at"),
    )

    actor: str = Field(primary_key=True, sa_type=sa.Text)
    operation: str = Field(primary_key=True, sa_type=sa.Text)
    key: str = Field(primary_key=True, sa_type=sa.Text)
    input_hash: str = Field(sa_type=sa.Text)
    result_ids: list[Any] = Field(default_factory=list, sa_type=json(), nullable=False)
    created_at: datetime = Field(
        default=None,
        sa_type=TIME,
        nullable=False,
        sa_column_kwargs={"server_default": sa.func.now()},
    )
