"""Models in SQL."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from db.postgres.reader import Source
from db.reads import latest, lowest_prices
from db.reads.conditions import (
    any_label,
    days_between,
    has_all,
    in_range,
    name_contains,
    time_between,
    value_between,
)
from db.reads.keys import Key, nullable, plain
from db.reads.keyset import Condition, Listing, among
from db.reads.latest import is_latest
from db.reads.listed import is_listed
from db.reads.lookup import row_by_column, rows_after
from db.tables import Model, ModelAlias, ModelVersion, Price, Provider, ProviderBinding
from db.tables.columns import lower
from domain.enums import VersionStatus
from domain.names import without_case


def referenced(refs: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Models with one of the `ids` or one of the `names`, which are in lower case."""
    return sa.or_(among(col(Model.id), refs["ids"]), _named(refs["names"]))


def _named(names: Any) -> sa.ColumnElement[bool]:
    """Models with one of these names in lower case; it reads the unique index."""
    return among(lower(col(Model.name)), names)


def _offered_by(slugs: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        col(ProviderBinding.model_id) == Model.id,
        col(ProviderBinding.provider_id).in_(
            sa.select(col(Provider.id)).where(among(col(Provider.slug), slugs))
        ),
    )


def _has_active_version(is_expected: bool) -> sa.ColumnElement[bool]:
    has_one = sa.exists().where(
        col(ModelVersion.model_id) == Model.id, col(ModelVersion.status) == VersionStatus.ACTIVE
    )
    return has_one if is_expected else ~has_one


def _whose_latest(condition: Condition) -> Condition:
    """Models whose latest version meets the condition."""

    return lambda value: col(Model.id).in_(_of_latest(condition(value)))


def _of_latest(condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(col(ModelVersion.model_id)).where(condition, is_latest())


_version_ends = value_between(col(ModelVersion.sunset_on))
_binding_ends = days_between(
    col(ProviderBinding.sunset_on), nullable("provider_bindings", "sunset_on", "date", sa.Double())
)


def _retires(bounds: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Models of which the latest version, or a binding of any version, ends in the range."""
    of_bindings = sa.select(col(ProviderBinding.model_id)).where(_binding_ends(bounds))
    # a UNION, as PostgreSQL would read all models for an OR
    return col(Model.id).in_(sa.union(_of_latest(_version_ends(bounds)), of_bindings))


def _in_regions(regions: Sequence[str]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(ProviderBinding.model_id)).where(
        among(col(ProviderBinding.region), regions)
    )
    return col(Model.id).in_(chosen)


def _with_versions_in(statuses: Sequence[str]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(ModelVersion.model_id)).where(among(col(ModelVersion.status), statuses))
    return col(Model.id).in_(chosen)


def _with_words(words: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.and_(sa.true(), *map(name_contains(Model), words))


def _with_alias(names: Sequence[str]) -> sa.ColumnElement[bool]:
    chosen = sa.select(col(ModelAlias.model_id)).where(among(col(ModelAlias.name), names))
    return col(Model.id).in_(chosen)


def _listed(is_expected: bool) -> sa.ColumnElement[bool]:
    has_one = sa.exists().where(
        col(ProviderBinding.model_id) == Model.id,
        is_listed(),
    )
    return has_one if is_expected else ~has_one


def _released_on(table: str) -> Key:
    return nullable(table, "released_on", "date", sa.Double())


def _context_window(table: str) -> Key:
    # as a float, which can be the infinite key of an unknown one, and be compared with the column
    column: Any = sa.literal_column(f"{table}.context_window::float8", sa.Double())
    return Key(column, column, sa.Double())


LISTING = Listing(
    table=Model,
    conditions={
        "ids": lambda ids: among(col(Model.id), ids),
        "names": _named,
        "name_contains": _with_words,
        "tasks": lambda tasks: among(col(Model.task), tasks),
        "subjects": lambda subjects: among(col(Model.subject), subjects),
        "labels": any_label(Model),
        "providers": _offered_by,
        "has_active_version": _has_active_version,
        "capabilities": _whose_latest(has_all(col(ModelVersion.capabilities))),
        "context_window": _whose_latest(
            in_range(col(ModelVersion.context_window), _context_window("model_versions"))
        ),
        "released_on": _whose_latest(
            days_between(col(ModelVersion.released_on), _released_on("model_versions"))
        ),
        "version_statuses": _with_versions_in,
        "regions": _in_regions,
        "input_per_1k": lowest_prices.in_range(col(Price.input_per_1k)),
        "output_per_1k": lowest_prices.in_range(col(Price.output_per_1k)),
        "sunset_on": _retires,
        "aliases": _with_alias,
        "listed": _listed,
        "created_at": time_between(col(Model.created_at)),
        "updated_at": time_between(col(Model.updated_at)),
    },
    keys={
        "NAME": plain(col(Model.name)),
        "CREATED_AT": plain(col(Model.created_at)),
        "UPDATED_AT": plain(col(Model.updated_at)),
        "RELEASED_ON": latest.key("released_on", _released_on, "released_on", days_between),
        "CONTEXT_WINDOW": latest.key("context_window", _context_window, "context_window", in_range),
        "INPUT_PER_1K": lowest_prices.key(col(Price.input_per_1k), "input_per_1k"),
        "OUTPUT_PER_1K": lowest_prices.key(col(Price.output_per_1k), "output_per_1k"),
    },
)


by_ids = partial(row_by_column, Model, "id")
after = partial(rows_after, Model, sa.true)


async def by_names(
    source: Source, names: Sequence[str], attributes: frozenset[str] | None = None
) -> dict[str, Model]:
    """The model of each name, which may be written in any case; one statement for all names.

    A name without a model is missing.
    """
    keys = {name: without_case(name) for name in names}
    distinct = list(dict.fromkeys(keys.values()))
    found = await row_by_column(Model, "name", source, distinct, attributes, is_lower=True)
    return {name: found[key] for name, key in keys.items() if key in found}
