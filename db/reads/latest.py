"""Which version is the latest of its model, and the order of models by a value of it, in SQL."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from db.reads.keys import Key, Part
from db.reads.keyset import Condition
from db.tables import Model, ModelVersion
from db.tables.names import declare
from domain.enums import VersionStatus


def is_latest(version: type[ModelVersion] = ModelVersion) -> sa.ColumnElement[bool]:
    """ACTIVE versions after which no other ACTIVE one of their model comes in the release order."""
    later = sa.orm.aliased(ModelVersion, name="later")
    has_later = sa.exists().where(
        col(later.model_id) == version.model_id,
        col(later.status) == VersionStatus.ACTIVE,
        col(later.release_order) > version.release_order,
    )
    return sa.and_(col(version.status) == VersionStatus.ACTIVE, ~has_later.correlate(version))


def key(
    column: str,
    of_version: Callable[[str], Key],
    bounds: str,
    within: Callable[[Any, Key], Condition],
) -> Key:
    """The order of models by a column of their latest version, with unknown values last.

    `of_version` makes the key of versions under a name in a statement; its index is read in its
    order. `bounds` is the condition for a range of the column, which `within` makes.
    """
    ordered: Any = sa.orm.aliased(ModelVersion, name="ordered_version")
    known: Any = sa.orm.aliased(ModelVersion, name="known_version")
    own, of_known = of_version("ordered_version"), of_version("known_version")
    is_known = [is_latest(each) & getattr(each, column).is_not(None) for each in (ordered, known)]
    has_known = sa.exists().where(known.model_id == Model.id, is_known[1]).correlate(Model)
    last, first = (
        sa.cast(sa.literal_column(f"'{sign}Infinity'::float8"), own.type) for sign in ("", "-")
    )
    value = sa.select(of_known.ascending).where(known.model_id == Model.id, is_known[1])
    current = value.correlate(Model).limit(1).scalar_subquery()
    return Key(
        sa.func.coalesce(current, last),
        sa.func.coalesce(current, first),
        own.type,
        parts=(
            Part(
                is_known[0],
                own.ascending,
                own.descending,
                via=ordered.model_id,
                is_joined=True,
                within=within(getattr(ordered, column), own),
            ),
            Part(~has_known, last, first, is_constant=True),
        ),
        is_sequence=True,
        bounds=bounds,
    )


declare(ModelVersion, "is_latest", is_latest())
