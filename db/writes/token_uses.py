"""When tokens were last used, in one statement for many tokens."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from db.postgres.engine import Database
from db.postgres.reader import driver_connection
from domain import actors

# Several processes write at the same time: in one order, so that they do not wait for each other.
_NOTE = """
    INSERT INTO token_uses (token_id, last_used_at)
    SELECT used.token_id, used.at
    FROM unnest(%s::uuid[], %s::timestamptz[]) AS used (token_id, at)
    JOIN tokens ON tokens.id = used.token_id
    ORDER BY used.token_id
    ON CONFLICT (token_id) DO UPDATE
    SET last_used_at = greatest(token_uses.last_used_at, excluded.last_used_at)
"""


async def note(database: Database, uses: Mapping[UUID, datetime]) -> None:
    """Store the uses; the audit log and the registry's revision know nothing of them."""
    values = (list(uses), list(uses.values()))
    async with database.write(actors.job("token-uses")) as session:
        await driver_connection(session).execute(_NOTE.encode(), values)
