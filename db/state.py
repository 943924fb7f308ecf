"""What the registry knows of itself, in SQL."""

from typing import Any

import sqlalchemy as sa

from db import reader
from db.reader import Source
from db.statements import Query
from db.tables import RegistryState


def _select_revision() -> sa.Select[Any]:
    columns: list[Any] = [sa.literal(1).label("parent"), RegistryState.revision]
    return sa.select(*columns)


_REVISION = Query("revision", _select_revision, {})


async def revision(source: Source) -> int:
    """The sequence number of the last committed change; concurrent readers share one statement."""
    return int((await reader.row_by_key(source, _REVISION, [1]))[1].revision)
