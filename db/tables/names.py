"""What rows repeat of the rows that they belong to, so that a table is read by one statement.

Each is a subquery that a statement has only where it is asked for by its name; SQLAlchemy's own
loads, and statements for all columns, leave it out.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import column_property
from sqlmodel import col

from db.tables.aliases import ModelAlias
from db.tables.audit import AuditEvent
from db.tables.bindings import ProviderBinding
from db.tables.catalogs import Catalog
from db.tables.columns import json
from db.tables.models import Model
from db.tables.providers import Provider
from db.tables.versions import ModelVersion
from db.tables.work_runs import WorkRuns


def declare(table: Any, name: str, expression: Any) -> None:
    """A column that statements have only where it is asked for by its name."""
    setattr(table, name, column_property(expression, deferred=True, expire_on_flush=False))


def _declare(table: Any, name: str, subquery: sa.Select[Any]) -> None:
    declare(table, name, subquery.correlate(table).scalar_subquery())


def _of_binding() -> sa.Select[Any]:
    names = (col(Model.name), col(ModelVersion.version), col(Provider.slug), col(Provider.name))
    every: Any = postgresql.array([sa.cast(name, sa.Text()) for name in names], type_=sa.Text())
    return sa.select(every).where(
        col(ModelVersion.id) == ProviderBinding.version_id,
        col(Model.id) == ProviderBinding.model_id,
        col(Provider.id) == ProviderBinding.provider_id,
    )


def _aliases_of_version() -> sa.Select[Any]:
    names = sa.select(col(ModelAlias.name)).where(col(ModelAlias.version_id) == ModelVersion.id)
    ordered = names.order_by(col(ModelAlias.name)).correlate(ModelVersion)
    return sa.select(sa.func.array(ordered.scalar_subquery(), type_=postgresql.ARRAY(sa.Text())))


_declare(ProviderBinding, "names", _of_binding())
_declare(
    ModelVersion,
    "model_name",
    sa.select(col(Model.name)).where(col(Model.id) == ModelVersion.model_id),
)
_declare(ModelVersion, "alias_names", _aliases_of_version())
_declare(
    AuditEvent,
    "model_name",
    sa.select(col(Model.name)).where(col(Model.id) == AuditEvent.model_id),
)
_declare(
    Catalog,
    "import_runs",
    sa.select(sa.func.to_jsonb(sa.literal_column("work_runs"), type_=json()))
    .select_from(WorkRuns)
    .where(col(WorkRuns.kind) == "import", col(WorkRuns.name) == Catalog.name),
)
