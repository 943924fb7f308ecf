"""Plans of statements without their values."""

import pytest

from db.postgres import plans
from db.postgres.engine import Database
from db.postgres.plans import NoPlan


def test_placeholders_become_those_of_postgresql() -> None:
    text = "SELECT %(a)s::INT, %(b)s, %(a)s WHERE n LIKE 'x%%' AND m = %s AND k = %s"
    numbered = b"SELECT $1::INT, $2, $1 WHERE n LIKE 'x%' AND m = $3 AND k = $4"
    assert plans.numbered(text) == numbered


async def test_a_plan_needs_no_values_and_executes_nothing(db: Database) -> None:
    plan = await plans.generic(db, "SELECT id FROM models WHERE name = %(name)s::TEXT")
    assert "models" in plan
    assert "$1" in plan
    await plans.generic(db, "DELETE FROM models WHERE name = %(name)s")


async def test_a_statement_without_a_plan_says_why(db: Database) -> None:
    assert not plans.is_planned("COMMIT")
    with pytest.raises(NoPlan, match="nowhere"):
        await plans.generic(db, "SELECT 1 FROM nowhere")
