"""The audit log in SQL."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query, bound_array, columns_of, labelled
from db.reads.conditions import time_between
from db.reads.keys import plain
from db.reads.keyset import Listing, among
from db.reads.lookup import row_by_column
from db.tables import AuditEvent, Model
from db.tables.columns import lower
from domain import ids
from domain.audit_enums import EntityKind

# Prefix of an object's id -> the kinds of events that have such an object as their subject.
SUBJECTS: Mapping[str, tuple[EntityKind, ...]] = {
    ids.MODEL: (EntityKind.MODEL, EntityKind.ALIAS),
    ids.VERSION: (EntityKind.VERSION,),
    ids.BINDING: (EntityKind.BINDING, EntityKind.PRICE),
    ids.PROVIDER: (EntityKind.PROVIDER,),
    ids.RUN: (EntityKind.RETENTION,),
    ids.CATALOG: (EntityKind.CATALOG,),
}
# `changes` itself is left out: its text has more digits
_COLUMNS = tuple(name for name in columns_of(AuditEvent, None) if name != "changes")


def about(subjects: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Events about one of the objects; `subjects` maps the prefix of an id to the objects' keys."""
    return sa.or_(
        sa.false(),
        *(
            sa.and_(
                among(col(AuditEvent.subject_id), keys),
                among(col(AuditEvent.kind), list(SUBJECTS[prefix])),
            )
            for prefix, keys in subjects.items()
        ),
    )


def of_models(refs: Mapping[str, Any]) -> sa.ColumnElement[bool]:
    """Events of models with one of the `ids`, also of deleted ones, or with one of the `names`.

    One array of keys, so that the index on the model's events is read.
    """
    named = sa.select(col(Model.id)).where(among(lower(col(Model.name)), refs["names"]))
    keys = sa.func.array_cat(
        bound_array(refs["ids"], sa.Uuid()), sa.func.array(named.scalar_subquery())
    )
    return col(AuditEvent.model_id) == sa.any_(keys)


LISTING = Listing(
    table=AuditEvent,
    conditions={
        "actors": lambda actors: among(col(AuditEvent.actor), actors),
        "actions": lambda actions: among(col(AuditEvent.action), actions),
        "kinds": lambda kinds: among(col(AuditEvent.kind), kinds),
        "subjects": about,
        "models": of_models,
        "at": time_between(col(AuditEvent.at)),
    },
    keys={"SEQUENCE": plain(col(AuditEvent.sequence))},
)


by_ids = partial(row_by_column, AuditEvent, "id")


async def after(source: Source, sequence: int, count: int) -> list[AuditEvent]:
    """The next `count` events after this sequence number, in commit order."""
    return await reader.rows(source, next_events(sequence, count))


def next_events(sequence: int, count: int) -> Query:
    """The query for `after`."""
    return Query("next events", _select_next, {"sequence": sequence, "count": count}, AuditEvent)


def _select_next() -> sa.Select[Any]:
    statement = sa.select(*labelled(AuditEvent, _COLUMNS))
    last = sa.bindparam("sequence", type_=sa.BigInteger())
    return (
        statement.where(col(AuditEvent.sequence) > last)
        .order_by(col(AuditEvent.sequence))
        .limit(sa.bindparam("count", type_=sa.Integer()))
    )
