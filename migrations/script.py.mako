"""${message}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

# The newest migration of the oldest code that works with this schema: docs/operations.md, Upgrades.
compatible_from = ${repr(down_revision)}
loses = ""  # what a downgrade deletes, in words for the operator


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
