"""Lets Alembic compare CHECK constraints, which it does not do by itself.

Its plugin alembic.ext.checkconstraint_byname compares only names, and creates the CHECK of a new
enum column twice. This plugin compares definitions. PostgreSQL rewrites a condition when it stores
it (`IN` becomes `= ANY`, casts are added). So the conditions of the tables' metadata are stored on
a temporary table, and read back.
"""

import re

import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import CreateCheckConstraintOp, DropConstraintOp, ModifyTableOps
from alembic.runtime.plugins import Plugin
from alembic.util import PriorityDispatchResult
from sqlalchemy.schema import conv

NAME = "registry.checks"
_DEFINITIONS = sa.text(
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE contype = 'c' AND conrelid = to_regclass(:table)"
)
_STORED_IN = re.compile(
    r"\(\((?P<column>\w+)\)::text = ANY \(\(ARRAY\[(?P<words>.+)\]\)::text\[\]\)\)"
)


def compare(
    context: AutogenContext,
    operations: ModifyTableOps,
    _schema: str | None,
    table: str,
    stored_table: sa.Table | None,
    declared_table: sa.Table | None,
) -> PriorityDispatchResult:
    """Add the operations that turn the stored CHECKs of a table into the declared ones."""
    if stored_table is None or declared_table is None:  # CREATE TABLE and DROP TABLE include them
        return PriorityDispatchResult.CONTINUE
    assert context.connection is not None
    conditions = _conditions(declared_table, context.connection.dialect)
    stored = _definitions(context.connection, table)
    declared = _as_stored(context.connection, declared_table, conditions)
    created = _created_with_column(stored_table, declared_table)
    # before the other operations, because dropping a column drops its CHECKs too
    operations.ops[:0] = [
        _drop(stored_table, name, definition)
        for name, definition in stored.items()
        if declared.get(name) != definition
    ]
    operations.ops += [
        CreateCheckConstraintOp(conv(name), table, conditions[name])
        for name, definition in declared.items()
        if stored.get(name) != definition and name not in created
    ]
    return PriorityDispatchResult.CONTINUE


def _conditions(table: sa.Table, dialect: sa.Dialect) -> dict[str, str]:
    """The conditions of the declared CHECKs in SQL, by name."""
    options = {"literal_binds": True, "include_table": False}
    compiled = {
        str(check.name): str(check.sqltext.compile(dialect=dialect, compile_kwargs=options))
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint)
    }
    # the compiler doubles % for psycopg
    return {name: condition.replace("%%", "%") for name, condition in compiled.items()}


def _definitions(connection: sa.Connection, table: str) -> dict[str, str]:
    rows = connection.execute(_DEFINITIONS, {"table": table})
    return {name: definition for name, definition in rows}


def _as_stored(
    connection: sa.Connection, table: sa.Table, conditions: dict[str, str]
) -> dict[str, str]:
    """The definitions that PostgreSQL makes of the conditions."""
    quote = connection.dialect.identifier_preparer.quote
    columns = [f"{quote(c.name)} {c.type.compile(connection.dialect)}" for c in table.columns]
    checks = [f"CONSTRAINT {quote(name)} CHECK ({text})" for name, text in conditions.items()]
    statement = f"CREATE TEMPORARY TABLE declared ({', '.join(columns + checks)})"
    with connection.begin_nested() as savepoint:
        connection.exec_driver_sql(statement.replace("%", "%%"))
        definitions = _definitions(connection, "declared")
        savepoint.rollback()
    return definitions


def _created_with_column(stored_table: sa.Table, declared_table: sa.Table) -> set[str]:
    """The CHECKs of new enum columns: Alembic's operation add_column creates them."""
    return {
        str(check.name)
        for check in declared_table.constraints
        if isinstance(check, sa.CheckConstraint)
        and any(column.name not in stored_table.columns for column in check.columns)
    }


def _drop(table: sa.Table, name: str, definition: str) -> DropConstraintOp:
    constraint = sa.CheckConstraint(_condition(definition), name=conv(name), table=table)
    return DropConstraintOp.from_constraint(constraint)


def _condition(definition: str) -> str:
    """The condition of a stored CHECK, such that PostgreSQL stores it in the same form again.

    Of its own form of an `IN`, it would store another one.
    """
    condition = definition.removeprefix("CHECK (").removesuffix(")")
    words = _STORED_IN.fullmatch(condition)
    if words is None:
        return condition
    return f"{words['column']} IN ({words['words'].replace('::character varying', '')})"


Plugin(NAME).add_autogenerate_comparator(compare, "table", "checks")
