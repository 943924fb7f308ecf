"""Where a catalog and the registry differ, told in SQL when it is read: it is never out of date.

The fields are those of domain/catalog_fields.py. All values are compared as JSON; a list is
compared without its order. What an operator set differs from `catalog_values`. A catalog does not
differ where another of its entries says what the model or the version has.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query
from db.reads import prices
from db.reads.keyset import among
from db.tables import (
    Catalog,
    CatalogEntry,
    CatalogValues,
    Model,
    ModelVersion,
    Price,
    Provider,
    ProviderBinding,
)
from domain.audit_enums import EntityKind
from domain.catalog_fields import FIELDS, MERGED_FIELDS, PRICE_PATH, STATUSES, CatalogField
from domain.enums import DifferenceReason


class Difference(NamedTuple):
    """A field, by its path in the API from the entry's binding, with both values as in the API."""

    field: str
    catalog_value: Any
    registry_value: Any
    because: DifferenceReason


class DifferenceCounts(NamedTuple):
    """Numbers of fields that differ, by the reason."""

    edited: int
    precedence: int


_TABLES: dict[EntityKind, Any] = {
    EntityKind.BINDING: ProviderBinding,
    EntityKind.VERSION: ModelVersion,
    EntityKind.MODEL: Model,
    EntityKind.PROVIDER: Provider,
}
_BASES: dict[EntityKind, Any] = {
    kind: sa.orm.aliased(CatalogValues, name=f"{kind.lower()}_base") for kind in _TABLES
}
_SHARED = {EntityKind.VERSION, EntityKind.MODEL}  # rows that many entries of a catalog are about
_NULL = sa.literal_column("'null'::jsonb", JSONB())


async def of_entries(source: Source, entry_ids: Sequence[UUID]) -> dict[UUID, list[Difference]]:
    """The differences of each entry, sorted by field; an entry without any is missing."""
    rows_of = await reader.rows_by_key(source, _OF_ENTRIES, entry_ids)
    return {
        key: [
            Difference(row.path, row.said, row.held, _reason(is_edited=row.is_edited))
            for row in rows
        ]
        for key, rows in rows_of.items()
    }


async def counts(source: Source, catalog_ids: Sequence[UUID]) -> dict[UUID, DifferenceCounts]:
    """How many fields of rows differ from what each catalog says; a field counts once."""
    key = ("catalog differences", frozenset(catalog_ids))
    row_of = await reader.shared(
        source, key, lambda: reader.row_by_key(source, _COUNTS, catalog_ids)
    )
    return {
        key: DifferenceCounts(row_of[key].edited, row_of[key].precedence)
        if key in row_of
        else DifferenceCounts(0, 0)
        for key in catalog_ids
    }


def has_differences(entry_id: Any, is_expected: bool) -> sa.ColumnElement[bool]:
    """Whether the entry with this id differs from the registry."""
    differs = sa.exists(_differences(sa.literal(1)).where(col(CatalogEntry.id) == entry_id))
    return differs if is_expected else ~differs


def _reason(*, is_edited: bool) -> DifferenceReason:
    return DifferenceReason.EDITED if is_edited else DifferenceReason.PRECEDENCE


def _json(text: str) -> Any:
    return sa.literal_column(f"'{text}'::jsonb", JSONB())


def _same(one: Any, other: Any) -> Any:
    """Whether two JSON values are equal; lists without their order."""
    return sa.and_(one.contains(other), other.contains(one))


def _said_price(said: Any) -> Any:
    """The components that hold now by what an entry says."""
    all_said = sa.func.coalesce(said["prices"], _json("[]"))
    price = sa.func.jsonb_array_elements(all_said, type_=JSONB()).column_valued("said_price")
    start = sa.func.coalesce(
        sa.cast(price["effective_from"].astext, sa.Date()), sa.text("'-infinity'::date")
    )
    newest = sa.select(price["components"]).where(start <= sa.func.current_date())
    newest = newest.order_by(start.desc()).limit(1).correlate(CatalogEntry)
    return newest.scalar_subquery()


def _price(said: Any) -> tuple[Any, Any, Any]:
    """What the entry says, what the registry has, and the base.

    A price whose source is no catalog was set by an operator: then the base is another value.
    """
    held = sa.func.coalesce(_PRICE_NOW.c.components, _NULL)
    of_catalog = sa.select(sa.literal(1)).where(col(Catalog.name) == _PRICE_NOW.c.source)
    is_of_catalog = sa.exists(of_catalog.correlate(_PRICE_NOW))
    return _said_price(said), held, sa.case((is_of_catalog, held), else_=_json("false"))


def _value(field: CatalogField, said: Any, base: Any) -> Any:
    """What the entry says of the field; SQL's NULL when it says nothing."""
    if field.said is None:
        return base
    if field.column != "status":
        return said[field.said]
    return sa.case(
        *((said[field.said] == _json(str(k).lower()), _json(f'"{v}"')) for k, v in STATUSES.items())
    )


def _select_compared() -> Any:
    """For each field: its path, the row's id, what the entry says, what the row has, the base."""
    said = col(CatalogEntry.said)["said"]
    row_id = col(ProviderBinding.id)
    rows: list[Any] = [(sa.literal_column(f"'{PRICE_PATH}'"), row_id, *_price(said), sa.null())]
    for field in (*FIELDS, *MERGED_FIELDS):
        table, base = _TABLES[field.kind], _BASES[field.kind].columns[field.column]
        held = sa.func.coalesce(sa.func.to_jsonb(getattr(table, field.column)), _NULL)
        base = sa.func.nullif(base, _NULL)
        default = sa.func.coalesce(base, _json(field.default))
        path: Any = sa.literal_column(f"'{field.path}'")
        is_shared = field.said is not None and field.kind in _SHARED
        name: Any = sa.literal_column(f"'{field.said}'") if is_shared else sa.null()
        rows.append((path, table.id, _value(field, said, base), held, default, name))
    columns: list[Any] = [sa.column("path", sa.Text()), sa.column("row_id", sa.Uuid())]
    columns += [sa.column(name, JSONB()) for name in ("said", "held", "base")]
    columns.append(sa.column("shared", sa.Text()))  # the name of what other entries may say, too
    return sa.values(*columns, name="compared").data(rows).lateral()


# of both sides the price that started last: before a release, too, what an operator sets differs
_PRICE_NOW = prices.newest_started(col(Price.components), col(Price.source)).lateral("price_now")
_COMPARED = _select_compared()
_IS_EDITED = ~_same(_COMPARED.c.held, _COMPARED.c.base)


def _says_so_elsewhere() -> Any:
    """Whether another entry of the catalog says of the model or the version what the row has."""
    other, binding = sa.orm.aliased(CatalogEntry), sa.orm.aliased(ProviderBinding)
    said = col(other.said)["said"][_COMPARED.c.shared]
    statuses = {_json(f'"{status}"'): _json(str(said).lower()) for said, status in STATUSES.items()}
    is_status = _COMPARED.c.shared == sa.literal_column("'deprecated'")
    held = sa.case(
        *((sa.and_(is_status, _COMPARED.c.held == key), value) for key, value in statuses.items()),
        else_=_COMPARED.c.held,
    )
    is_of_row = sa.or_(
        col(binding.version_id) == _COMPARED.c.row_id, col(binding.model_id) == _COMPARED.c.row_id
    )
    return sa.exists(
        sa.select(sa.literal(1))
        .select_from(sa.join(other, binding, col(binding.id) == col(other.binding_id)))
        .where(
            _COMPARED.c.shared.is_not(None),
            is_of_row,
            col(other.catalog_id) == CatalogEntry.catalog_id,
            col(other.delisted_at).is_(None),
            _same(said, held),
        )
        .correlate(CatalogEntry, _COMPARED)
    )


def _differences(*columns: Any) -> sa.Select[Any]:
    """Columns of entries that are listed, and of their fields that differ."""
    binding_id = col(ProviderBinding.id)
    tables: Any = sa.join(CatalogEntry, ProviderBinding, binding_id == CatalogEntry.binding_id)
    tables = tables.join(ModelVersion, col(ModelVersion.id) == ProviderBinding.version_id)
    tables = tables.join(Model, col(Model.id) == ProviderBinding.model_id)
    tables = tables.join(Provider, col(Provider.id) == ProviderBinding.provider_id)
    for kind, base in _BASES.items():
        tables = tables.outerjoin(base, base.row_id == _TABLES[kind].id)
    tables = tables.outerjoin(_PRICE_NOW, sa.true()).join(_COMPARED, sa.true())
    is_listed = col(CatalogEntry.delisted_at).is_(None)
    differs = ~_same(_COMPARED.c.said, _COMPARED.c.held)  # NULL where the entry says nothing
    is_catalogs = sa.or_(_IS_EDITED, ~_says_so_elsewhere())
    return sa.select(*columns).select_from(tables).where(is_listed, differs, is_catalogs)


def _select_of_entries() -> sa.Select[Any]:
    statement = _differences(
        col(CatalogEntry.id).label("parent"),
        _COMPARED.c.path,
        _COMPARED.c.said,
        _COMPARED.c.held,
        _IS_EDITED.label("is_edited"),
    )
    by_key = among(col(CatalogEntry.id), sa.bindparam("keys"))
    return statement.where(by_key).order_by(_COMPARED.c.path)


def _select_counts() -> sa.Select[Any]:
    catalog_id = col(CatalogEntry.catalog_id)
    field = sa.func.row(_COMPARED.c.row_id, _COMPARED.c.path).distinct()
    statement = _differences(
        catalog_id.label("parent"),
        sa.func.count(field).filter(_IS_EDITED).label("edited"),
        sa.func.count(field).filter(~_IS_EDITED).label("precedence"),
    )
    return statement.where(among(catalog_id, sa.bindparam("keys"))).group_by(catalog_id)


_OF_ENTRIES = Query("entry differences", _select_of_entries, {})
_COUNTS = Query("catalog differences", _select_counts, {}, is_slow=True)
