"""Runs migrations on the connection that db.postgres.migrate hands over."""

import sqlalchemy as sa
from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
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

_STATE = "UPDATE alembic_version SET compatible_from = :code"


def keep_compatible_code(
    ctx: MigrationContext, step: MigrationInfo, heads: object, run_args: object
) -> None:
    """Write beside the version which code works with it; part of the migration's transaction."""
    (revision,) = step.destination_revision_ids or (None,)
    migration = context.script.get_revision(revision).module if revision else None
    code = getattr(migration, "compatible_from", None)
    if code is not None:
        context.get_bind().execute(sa.text(_STATE), {"code": code})


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    compare_server_default=True,
    autogenerate_plugins=["alembic.autogenerate.*", checks.NAME],
    include_name=lambda name, _type, _parents: not (name or "").startswith(NOT_OURS),
    transaction_per_migration=True,
    on_version_apply=keep_compatible_code,
)
with context.begin_transaction():
    context.run_migrations()
