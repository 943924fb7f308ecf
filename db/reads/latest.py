"""Which version is the latest of its model, in SQL."""

import sqlalchemy as sa
from sqlmodel import col

from db.tables import ModelVersion
from domain.enums import VersionStatus


def is_latest() -> sa.ColumnElement[bool]:
    """ACTIVE versions after which no other ACTIVE one of their model comes in the release order."""
    later = sa.orm.aliased(ModelVersion, name="later")
    has_later = sa.exists().where(
        col(later.model_id) == ModelVersion.model_id,
        col(later.status) == VersionStatus.ACTIVE,
        col(later.release_order) > ModelVersion.release_order,
    )
    return sa.and_(col(ModelVersion.status) == VersionStatus.ACTIVE, ~has_later)
