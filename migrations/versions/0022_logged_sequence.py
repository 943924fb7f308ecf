"""A sequence that standbys have.

PostgreSQL gives the sequence of an unlogged table no place in the log, but for its creation. A
standby that becomes the primary before its next restartpoint has only zeros of it on its disk, and
every write failed there: "bad magic number in sequence".
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

loses = ""  # no data, but the fault comes back


def upgrade() -> None:
    op.execute("ALTER SEQUENCE audit_pending_place_seq SET LOGGED")


def downgrade() -> None:
    op.execute("ALTER SEQUENCE audit_pending_place_seq SET UNLOGGED")
