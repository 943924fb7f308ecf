"""Circuits in the audit log, as events of their bindings."""

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# No client could read an infinite time: an OPEN circuit without an end has no open_until.
CHECKS = {
    "times_finite": "isfinite(open_until) AND isfinite(trial_until) AND isfinite(held_until)",
    "trial_half_open": "trial_until IS NULL OR state = 'HALF_OPEN'",
    "open_until_not_closed": "open_until IS NULL OR state <> 'CLOSED'",
}


def upgrade() -> None:
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_circuits_{name}"), "circuits", condition)
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    for operation, seen in (
        ("INSERT", "NEW TABLE AS new_rows"),
        ("UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("DELETE", "OLD TABLE AS old_rows"),
    ):
        op.execute(
            f"CREATE TRIGGER audit_{operation.lower()} AFTER {operation} ON circuits"
            f" REFERENCING {seen} FOR EACH STATEMENT EXECUTE FUNCTION audit_note_circuit()"
        )
    op.execute(
        "CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON circuits"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_sees_no_truncate()"
    )


def downgrade() -> None:
    for operation in ("insert", "update", "delete", "truncate"):
        op.execute(f"DROP TRIGGER audit_{operation} ON circuits")
    op.execute("DROP FUNCTION audit_note_circuit()")
    op.execute("DROP FUNCTION audit_circuit(uuid, jsonb, jsonb)")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_circuits_{name}"), "circuits", type_="check")
