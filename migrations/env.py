"""Runs migrations on the connection that db.postgres.migrate hands over."""

from alembic import context
from sqlmodel import SQLModel

import db.tables  # noqa: F401  fills SQLModel.metadata
from migrations import checks

# Tables that db/tables does not declare: that of the audit triggers, those of the job queue, and
# partitions.
NOT_OURS = (
    "audit_pending",
    "procrastinate_",
    "idx_procrastinate_",
    "outcome_minutes_",
    "outcome_hours_",
)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    compare_server_default=True,
    autogenerate_plugins=["alembic.autogenerate.*", checks.NAME],
    include_name=lambda name, _type, _parents: not (name or "").startswith(NOT_OURS),
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
