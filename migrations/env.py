"""Runs migrations on the connection that db.migrate hands over."""

from alembic import context
from sqlmodel import SQLModel

import db.tables  # noqa: F401  fills SQLModel.metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    compare_server_default=True,
    # belongs to the triggers of migration 0002; Python never touches it
    include_name=lambda name, _type, _parents: name != "audit_pending",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
