"""PostgreSQL reads the same UUIDs from our array format."""

from uuid import UUID

import psycopg
import pytest

from db.postgres.arrays import uuid_array
from domain import ids


@pytest.mark.parametrize("count", [0, 1, 300])
def test_postgresql_reads_the_same_keys(database_url: str, count: int) -> None:
    keys = [UUID(int=0), UUID(int=2**128 - 1), *(ids.new() for _ in range(298))][:count]
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT %s::uuid[]", [uuid_array(keys)]).fetchone()
    assert found == (keys,)
