"""Whether a database takes writes."""

from typing import Any

import sqlalchemy as sa

from db.postgres import reader
from db.postgres.reader import Source
from db.postgres.statements import Query

_SETTING: Any = sa.func.current_setting("transaction_read_only")
_IS_READ_ONLY = Query("is read-only", lambda: sa.select((_SETTING == "on").label("is_on")), {})


async def is_read_only(source: Source) -> bool:
    """Whether new sessions cannot write: on a standby, or where a setting says so."""
    ((is_on,),) = await reader.rows(source, _IS_READ_ONLY)
    return bool(is_on)
