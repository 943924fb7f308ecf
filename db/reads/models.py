"""Models in SQL."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from db.reads.conditions import any_label, name_contains, time_between
from db.reads.keyset import Listing, among, plain
from db.reads.lookup import row_by_column, rows_after
from db.tables import Model, ModelVersion, Provider, ProviderBinding
from domain.enums import VersionStatus


def referenced(refs: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Models with one of the `ids` or one of the `names`."""
    return sa.or_(among(col(Model.id), refs["ids"]), among(col(Model.name), refs["names"]))


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


LISTING = Listing(
    table=Model,
    conditions={
        "ids": lambda ids: among(col(Model.id), ids),
        "names": lambda names: among(col(Model.name), names),
        "name_contains": name_contains(Model),
        "tasks": lambda tasks: among(col(Model.task), tasks),
        "subjects": lambda subjects: among(col(Model.subject), subjects),
        "labels": any_label(Model),
        "providers": _offered_by,
        "has_active_version": _has_active_version,
        "created_at": time_between(col(Model.created_at)),
        "updated_at": time_between(col(Model.updated_at)),
    },
    keys={
        "NAME": plain(col(Model.name)),
        "CREATED_AT": plain(col(Model.created_at)),
        "UPDATED_AT": plain(col(Model.updated_at)),
    },
)


by_ids = partial(row_by_column, Model, "id")
by_names = partial(row_by_column, Model, "name")
after = partial(rows_after, Model, sa.true)
