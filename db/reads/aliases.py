"""Aliases and their histories in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, bound, labelled
from db.reads.derived import map_rows
from db.reads.keys import plain
from db.reads.keyset import Listing, Relation, page_per_parent
from db.reads.lookup import row_by_column, rows_by_column
from db.reads.windows import Window
from db.tables import ModelAlias
from domain.audit_enums import AuditAction

by_ids = partial(row_by_column, ModelAlias, "id")
of_models = partial(rows_by_column, ModelAlias, "model_id", order="name")
of_versions = partial(rows_by_column, ModelAlias, "version_id", order="name")


class AliasChange:
    """One change of an alias: an event of the audit log, and its version's number and label.

    The version is the one that the alias was pointed at; of a deleted alias, the one that it had
    pointed at until then. Its number and label are known also after it was deleted.
    """

    PROPERTIES: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    id: UUID  # of the event
    sequence: int
    at: datetime
    actor: str
    action: AuditAction
    model_id: UUID
    name: str  # of the alias
    version_id: UUID
    version_number: int
    version_label: str


# `kind` is compared with a constant, so that generic plans use the index of aliases' events. Of a
# version that is gone, its first event has its number and label.
_SELECT_CHANGES = sa.text("""
    SELECT e.id, e.sequence, e.at, e.actor, e.action, e.model_id, e.subject_name AS name,
        c.version_id,
        coalesce(
            (SELECT v.number FROM model_versions v WHERE v.id = c.version_id),
            (SELECT (f.changes -> 'number' ->> 1)::integer FROM audit_events f
             WHERE f.kind = 'VERSION' AND f.subject_id = c.version_id ORDER BY f.sequence LIMIT 1)
        ) AS version_number,
        coalesce(
            (SELECT v.version FROM model_versions v WHERE v.id = c.version_id),
            (SELECT f.changes -> 'version' ->> 1 FROM audit_events f
             WHERE f.kind = 'VERSION' AND f.subject_id = c.version_id ORDER BY f.sequence LIMIT 1)
        ) AS version_label
    FROM audit_events e CROSS JOIN LATERAL (
        SELECT coalesce(
            e.changes -> 'version_id' ->> 1, e.changes -> 'version_id' ->> 0
        )::uuid AS version_id
    ) c
    WHERE e.kind = 'ALIAS' AND e.changes ? 'version_id'
""").columns(
    id=sa.Uuid(),
    sequence=sa.BigInteger(),
    at=sa.DateTime(timezone=True),
    actor=sa.Text(),
    action=sa.Text(),
    model_id=sa.Uuid(),
    name=sa.Text(),
    version_id=sa.Uuid(),
    version_number=sa.Integer(),
    version_label=sa.Text(),
)

CHANGES = Listing(
    table=map_rows(AliasChange, _SELECT_CHANGES),
    conditions={
        "name": lambda name: col(AliasChange.name) == bound(name, sa.Text()),
        "until": lambda at: col(AliasChange.at) <= bound(at, sa.DateTime(timezone=True)),
    },
    keys={"SEQUENCE": plain(col(AliasChange.sequence))},
)


def _is_of_alias(alias_id: Any) -> sa.ColumnElement[bool]:
    """Changes of the alias, and of earlier ones of its name in its model."""

    def of_alias(column: Any) -> Any:
        # a scalar subquery instead of a join: PostgreSQL then reads the index in its order, and
        # stops at the limit
        alias = sa.select(column).where(col(ModelAlias.id) == alias_id)
        return alias.correlate_except(ModelAlias).scalar_subquery()

    return sa.and_(
        col(AliasChange.model_id) == of_alias(ModelAlias.model_id),
        col(AliasChange.name) == of_alias(ModelAlias.name),
    )


HISTORY = Relation(CHANGES, _is_of_alias)
_OF_MODEL = Relation(CHANGES, "model_id")
_NEWEST = Window("SEQUENCE", descending=True, limit=1)


async def named_at(
    source: Source, model_ids: Sequence[UUID], name: str, at: datetime
) -> dict[UUID, UUID]:
    """The key of the version that the alias of each model named at a time.

    A model that had no such alias then is missing. The version may have been deleted since.
    """
    needed = frozenset({"action", "version_id"})
    conditions = {"name": name, "until": at}
    pages = await page_per_parent(source, _OF_MODEL, model_ids, conditions, _NEWEST, needed)
    newest = {model_id: page.rows[0] for model_id, page in pages.items() if page.rows}
    return {
        model_id: change.version_id
        for model_id, change in newest.items()
        if change.action != AuditAction.DELETED
    }


async def changes(source: Source, model_id: UUID, name: str) -> list[AliasChange]:
    """The changes of an alias of this name in the model; oldest first."""
    columns = ("id", "action", "version_id")

    def build() -> sa.Select[Any]:
        statement = sa.select(*labelled(CHANGES.table, columns)).where(
            col(AliasChange.model_id) == sa.bindparam("model_id", type_=sa.Uuid()),
            col(AliasChange.name) == sa.bindparam("name", type_=sa.Text()),
        )
        return statement.order_by(col(AliasChange.sequence))

    values = {"model_id": model_id, "name": name}
    return await reader.rows(source, Query("alias changes", build, values, AliasChange))
