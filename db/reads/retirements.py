"""What retires when, in SQL: versions that are deprecated, and versions and bindings that end."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import column_property
from sqlmodel import col

from db.reads import models
from db.reads.conditions import days_between, value_between
from db.reads.derived import map_rows
from db.reads.keys import Key
from db.reads.keyset import Listing, among
from db.reads.lookup import row_by_column
from db.tables import Model, ModelAlias, ModelVersion, Provider, ProviderBinding
from db.tables.columns import DAY_ZERO, unknown_last
from domain.retirement_enums import RetirementKind


class Retirement:
    """A day on which a version or a binding retires; `id` is the key of whichever it is."""

    PROPERTIES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "successor_key": ("version_id", "binding_id", "on"),
    }

    id: UUID
    version_id: UUID
    binding_id: UUID | None
    model_id: UUID
    on: date
    kind: RetirementKind
    place: int
    day_up: float
    day_down: float

    @property
    def successor_key(self) -> str:
        """What names the retirement in db/reads/successors.py."""
        return f"{self.version_id} {self.on} {self.binding_id or ''}"


_EARLIEST, _LATEST = (
    unknown_last("sunset_on", "date", descending=descending) for descending in (False, True)
)
# One version can have both kinds on one day: `place` tells them apart in the order. Indexes have
# the days of versions as they are, and those of bindings as numbers: `day_up` and `day_down`.
_SELECT = sa.text(f"""
    SELECT id, id AS version_id, NULL::uuid AS binding_id, model_id, deprecated_on AS "on",
        'DEPRECATION' AS kind, (deprecated_on - {DAY_ZERO})::bigint * 2 AS place,
        (deprecated_on - {DAY_ZERO})::float8 AS day_up,
        (deprecated_on - {DAY_ZERO})::float8 AS day_down
    FROM model_versions WHERE deprecated_on IS NOT NULL AND status <> 'ARCHIVED'
    UNION ALL
    SELECT id, id, NULL, model_id, sunset_on, 'SUNSET', (sunset_on - {DAY_ZERO})::bigint * 2 + 1,
        (sunset_on - {DAY_ZERO})::float8, (sunset_on - {DAY_ZERO})::float8
    FROM model_versions WHERE sunset_on IS NOT NULL AND status <> 'ARCHIVED'
    UNION ALL
    SELECT id, version_id, id, model_id, sunset_on, 'SUNSET',
        (sunset_on - {DAY_ZERO})::bigint * 2 + 1, {_EARLIEST}, {_LATEST}
    FROM provider_bindings WHERE sunset_on IS NOT NULL
""").columns(  # noqa: S608  constants above
    id=sa.Uuid(),
    version_id=sa.Uuid(),
    binding_id=sa.Uuid(),
    model_id=sa.Uuid(),
    on=sa.Date(),
    kind=sa.Text(),
    place=sa.BigInteger(),
    day_up=sa.Double(),
    day_down=sa.Double(),
)
_ROW: Any = map_rows(Retirement, _SELECT)


def _named_columns() -> dict[str, Any]:
    """What a row repeats of its version and its binding, as db/tables/names.py has for tables."""
    aliases = sa.select(col(ModelAlias.name)).where(col(ModelAlias.version_id) == _ROW.version_id)
    aliases = aliases.order_by(col(ModelAlias.name)).correlate(_ROW)
    bindings = sa.select(sa.func.count()).where(
        col(ProviderBinding.version_id) == _ROW.version_id,
        sa.or_(_ROW.binding_id.is_(None), col(ProviderBinding.id) == _ROW.binding_id),
    )
    provider = sa.select(col(Provider.name)).where(
        col(ProviderBinding.id) == _ROW.binding_id,
        col(Provider.id) == ProviderBinding.provider_id,
    )
    return {
        "model_name": sa.select(col(Model.name)).where(col(Model.id) == _ROW.model_id),
        "version_label": sa.select(col(ModelVersion.version)).where(
            col(ModelVersion.id) == _ROW.version_id
        ),
        "alias_names": sa.select(
            sa.func.array(aliases.scalar_subquery(), type_=postgresql.ARRAY(sa.Text()))
        ),
        "provider_name": provider,
        "region": sa.select(col(ProviderBinding.region)).where(
            col(ProviderBinding.id) == _ROW.binding_id
        ),
        "binding_count": bindings,
    }


for _name, _subquery in _named_columns().items():
    _column = _subquery.correlate(_ROW).scalar_subquery()
    sa.inspect(_ROW).add_property(_name, column_property(_column, deferred=True))

# Both retirements of a version have its id, and repeat the same.
by_ids: Any = partial(row_by_column, _ROW, "id")


def _of_models(refs: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(Model.id)).where(models.referenced(refs))
    return col(_ROW.model_id).in_(chosen)


def _of_providers(slugs: Sequence[str]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(Provider.id)).where(among(col(Provider.slug), slugs))
    is_its_own = sa.or_(
        col(ProviderBinding.id) == _ROW.binding_id,
        sa.and_(_ROW.binding_id.is_(None), col(ProviderBinding.version_id) == _ROW.version_id),
    )
    return sa.exists().where(is_its_own, col(ProviderBinding.provider_id).in_(chosen))


def _has_alias(is_expected: bool) -> sa.ColumnElement[bool]:
    has_one = sa.exists().where(col(ModelAlias.version_id) == _ROW.version_id)
    return has_one if is_expected else ~has_one


def _on(bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Retirements on these days: the same twice, so that each table's index is read."""
    as_number = days_between(col(_ROW.on), Key(_ROW.day_up, _ROW.day_down, sa.Double()))
    return sa.and_(value_between(col(_ROW.on))(bounds), as_number(bounds))


LISTING = Listing(
    table=_ROW,
    conditions={
        "on": _on,
        "kinds": lambda kinds: among(col(_ROW.kind), kinds),
        "models": _of_models,
        "providers": _of_providers,
        "has_alias": _has_alias,
    },
    keys={"PLACE": Key(_ROW.place, _ROW.place, sa.BigInteger())},
)
